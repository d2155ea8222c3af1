"""The only place that imports nacl and argon2."""
