"""The life of a number as use cases: people, accounts, clients, use."""
