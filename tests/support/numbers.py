"""Synthetic Individual Numbers for tests: right check digit, drawn from a seed, nobody's on purpose."""

import random

_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def synthetic_numbers(count: int, seed: int = 0) -> list[str]:
    """Distinct synthetic numbers."""
    rng = random.Random(f"synthetic {seed}")  # noqa: S311 - the same numbers each time, no secrets
    payloads = rng.sample(range(1, 10**11), count)
    return [complete(f"{payload:011d}") for payload in payloads]


def complete(payload: str) -> str:
    """Eleven digits with their check digit (平成26年総務省令第85号5条)."""
    total = sum(int(digit) * weight for digit, weight in zip(payload, _WEIGHTS, strict=True))
    return payload + str(-total % 11 % 10)
