"""The append-only Merkle log of a tenant (RFC 6962 hashing, C2SP checkpoints and proofs)."""
