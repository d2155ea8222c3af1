"""Measures the vault against floors taken in the same run: `python -m benchmarks` from the repository root."""
