"""What a human is shown before deciding is the list that the digest is of, though the list may be changing."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from api.cli.disposal_decide import reviewed
from api.cli.output import CommandError


class Changing:
    """A vault that tells these digests, one after another, and with each the list as it is then."""

    def __init__(self, *digests: str) -> None:
        self._left = iter(digests)
        self._now = ""

    def disposal_run(self, _run: str) -> SimpleNamespace:
        self._now = next(self._left)
        return SimpleNamespace(digest=self._now)

    def disposal_items(self, _run: str) -> Iterator[str]:
        yield f"list of {self._now}"


@pytest.mark.parametrize(
    ("digests", "seen"),
    [(("a", "a"), "a"), (("a", "b", "b"), "b"), (("a", "b", "c", "c"), "c")],
)
def test_list_and_digest_belong_together(digests: tuple[str, ...], seen: str) -> None:
    review, items = reviewed(Changing(*digests), "run_1")
    assert (review.digest, items) == (seen, [f"list of {seen}"])


def test_a_list_that_keeps_changing_is_told() -> None:
    with pytest.raises(CommandError) as stopped:
        reviewed(Changing("a", "b", "c", "d"), "run_1")
    assert stopped.value.code == "run-changed"
