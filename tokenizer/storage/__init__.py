"""Tables, transactions and the two databases. Rows hold opaque bytes."""
