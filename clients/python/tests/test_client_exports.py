"""The client against a real vault: files of everything, saved whole or not at all."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from policies.actor import Role
from tests.support.live import TERMS, Company, people
from tests.support.network import Network, failed
from warifu import AuthenticationError, LimitError, Refused, TransportError
from warifu.client_exports import EXPORT_FILES
from warifu.roster import RosterRow, read_roster

CSV = {"content-type": "text/csv; charset=utf-8"}


class Cut(httpx.SyncByteStream):
    """A body that breaks off."""

    def __iter__(self) -> Iterator[bytes]:
        yield b"half"
        raise httpx.ReadError("gone")


def test_every_file_is_saved_and_people_can_be_read_back(company: Company, tmp_path: Path) -> None:
    rows = people(3)
    company.client().tokenize(rows, **TERMS)
    boss = company.login(company.human("sato", Role.ADMINISTRATOR))
    for file in EXPORT_FILES:
        boss.export(file, tmp_path / f"{file}.csv")
    found = list(read_roster(tmp_path / "people.csv", numbers=False))
    assert [row.external_id for row in found if isinstance(row, RosterRow)] == list(rows.external_ids)
    assert (tmp_path / "people.csv").stat().st_mode & 0o777 == 0o600


def test_a_refusal_is_raised_by_its_rule_and_nothing_is_saved(company: Company, tmp_path: Path) -> None:
    boss = company.human("sato", Role.ADMINISTRATOR)
    vault = company.login(boss)
    company.server.clock.advance(seconds=601)
    for refused, rule in ((vault, "recent-proof-needed"), (company.client(), "no-rule-permits")):
        with pytest.raises(Refused) as caught:
            refused.export("people", tmp_path / "people.csv")
        assert caught.value.rule == rule
    assert list(tmp_path.iterdir()) == []
    vault.reauthenticate(company.code(boss))
    vault.export("people", tmp_path / "people.csv")


def test_a_file_that_is_there_is_replaced_only_if_that_is_meant(company: Company, tmp_path: Path) -> None:
    boss = company.login(company.human("sato", Role.ADMINISTRATOR))
    path = tmp_path / "holds.csv"
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        boss.export("holds", path)
    assert path.read_text() == "mine"
    boss.export("holds", path, replace=True)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (httpx.Response(200, headers=CSV, stream=Cut()), TransportError),
        (
            httpx.Response(200, text="<html>Sign in</html>", headers={"content-type": "text/html"}),
            TransportError,
        ),
        (httpx.ConnectError("no way"), TransportError),
        (failed(429, "THROTTLED", {"retry-after": "3"}), LimitError),
        (failed(401, "UNAUTHENTICATED"), AuthenticationError),
    ],
    ids=["cut off", "somebody else's page", "no connection", "too soon", "session ended"],
)
def test_whatever_goes_wrong_on_the_way_is_named_and_leaves_nothing(
    reply: httpx.Response | Exception, error: type[Exception], tmp_path: Path
) -> None:
    with Network(reply).vault() as vault, pytest.raises(error):
        vault.export("people", tmp_path / "people.csv")
    assert list(tmp_path.iterdir()) == []
