"""Lets the chapters of a story fail as readably as tests do."""

import pytest

pytest.register_assert_rewrite(
    *(f"tests.story.{name}" for name in ("company", "paper", "phones")),
    *(f"tests.support.{name}" for name in ("employer", "installation", "print_room", "resident", "traces")),
)
