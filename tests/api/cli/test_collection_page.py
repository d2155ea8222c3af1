"""`docs/collection.md` shows what happens: every command and request on it is run, and every answer compared."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from policies.actor import Role
from tests.support.live import Company, Server
from tests.support.pictures import picture
from tests.support.remote import Desk
from tests.support.transcript import TYPED, Page
from warifu import Warifu

PAGE = Path(__file__).parents[3] / "docs" / "collection.md"


@pytest.fixture
def sandbox(server: Server) -> Iterator[Company]:
    """A company for trials, which takes published sample numbers."""
    opened: list[Warifu] = []
    yield server.company(opened, sandbox=True)
    for vault in opened:
        vault.close()


def test_the_page_says_what_happens(
    sandbox: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "card.jpg").write_bytes(picture())
    people = {
        "sato": sandbox.human("sato", Role.ADMINISTRATOR),
        "tanaka": sandbox.human("tanaka", Role.HANDLER),
    }
    text = PAGE.read_text(encoding="utf-8")
    assert Page(Desk(sandbox), people, tmp_path).again(text) == text
    commands, _, requests = text.partition("## By the API")
    assert not [number for number in TYPED if number in commands]
    assert requests.count("```graphql") > 3
