"""The vault: number, token, keys, envelope, audit log, storage. Knows no HTTP, no GraphQL, no rule."""
