"""`warifu link` at a running vault: addresses into a file for its owner alone, one person's at most on a terminal."""

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from policies.actor import Role
from tests.support.live import GENSEN, Company, Human
from tests.support.remote import Desk, refused
from warifu import CollectionChannel, InvitedColumns

BIRTHDAY = "1990-04-01"
PEOPLE = ["E1-F1", "E1", "E2", "E3"]


class Season:
    """A campaign with a family and two others, of whom one has no birth date on record."""

    def __init__(self, company: Company) -> None:
        self.sato: Human = company.human("sato", Role.ADMINISTRATOR, Role.HANDLER)
        vault = company.login(self.sato)
        self.vault = vault
        self.campaign = vault.create_campaign("年末調整", [GENSEN], date(2027, 1, 31)).campaign_id
        columns = InvitedColumns(
            PEOPLE,
            [CollectionChannel.LINK_QR] * 4,
            kinds=["DEPENDENT", "EMPLOYEE", "EMPLOYEE", "EMPLOYEE"],
            birth_dates=["2015-04-01", BIRTHDAY, BIRTHDAY, ""],
            employees=["E1", "", "", ""],
        )
        # The employee comes first, so that the dependent has one.
        order = [1, 0, 2, 3]
        added = vault.add_to_campaign(self.campaign, _picked(columns, order))
        assert added.rejections == ()
        ids = [made or "" for made in added.collection_ids]
        self.ids = {PEOPLE[place]: made for place, made in zip(order, ids, strict=True)}

    def links_of(self, external_id: str) -> int:
        review = self.vault.collection(self.ids[external_id])
        assert review is not None
        return len(review.links)


def _picked(columns: InvitedColumns, order: Sequence[int]) -> InvitedColumns:
    def pick(column: Sequence[str]) -> list[str]:
        return [column[place] for place in order]

    return InvitedColumns(
        pick(columns.external_ids),
        pick(columns.channels),
        kinds=pick(columns.kinds),
        birth_dates=pick(columns.birth_dates),
        employees=pick(columns.employees),
    )


@pytest.fixture
def season(company: Company) -> Season:
    return Season(company)


def saved(path: Path) -> dict[str, tuple[str, str]]:
    """Address and passcode of each person in a file."""
    with path.open(encoding="utf-8-sig", newline="") as text:
        return {row[0]: (row[1], row[2]) for row in list(csv.reader(text))[1:]}


def test_the_links_of_everybody_come_into_a_file_for_its_owner_and_not_on_the_terminal(
    desk: Desk, season: Season, tmp_path: Path
) -> None:
    out = tmp_path / "links.csv"
    issue = ("link", "issue", season.campaign, "--everybody", "--factor", "passcode", "--out", str(out))
    for as_json in (True, False):
        done = desk(*issue, "--force", by=season.sato, as_json=as_json)
        assert done.code == 0, done.text
        there = saved(out)
        assert list(there) == ["E1", "E2", "E3"]
        assert out.stat().st_mode & 0o777 == 0o600
        assert all(url.startswith("https://numbers.example/my#wfl_") for url, _ in there.values())
        assert not [text for pair in there.values() for text in pair if text in done.text]
        assert "wfl_" not in done.text
    assert season.links_of("E1") == 2


def test_one_persons_link_may_be_shown_and_those_of_two_may_not(desk: Desk, season: Season) -> None:
    one = ("link", "issue", season.campaign, "--factor", "passcode", "--person", "E2")
    done = desk(*one, by=season.sato)
    assert done.code == 0, done.text
    (told,) = done.json["links"]
    assert told["external_id"] == "E2"
    assert told["url"].startswith("https://numbers.example/my#wfl_")
    assert len(told["passcode"]) == 9
    plain = desk(*one, by=season.sato, as_json=False)
    assert "numbers.example/my#wfl_" in plain.text
    # Told before anybody signs in.
    assert refused(desk(*one, "--person", "E3")) == "OUT"
    assert refused(desk("link", "issue", season.campaign, "--factor", "passcode", "--everybody")) == "OUT"
    assert season.links_of("E3") == 0


def test_rows_without_a_link_are_reported_and_the_others_are_in_the_file(
    desk: Desk, season: Season, tmp_path: Path
) -> None:
    rows = tmp_path / "people.csv"
    rows.write_text("社員番号\nE1\nE3\nnobody\nE1-F1\n", encoding="utf-8")
    out = tmp_path / "links.csv"
    sent = ("--factor", "birth-date", "--file", str(rows), "--out", str(out))
    done = desk("link", "issue", season.campaign, *sent, by=season.sato)
    assert done.code == 1
    assert [(each["line"], each["id"], each["code"]) for each in done.json["rejections"]] == [
        (4, "nobody", "PERSON_UNKNOWN"),
        (3, "E3", "BIRTH_DATE_MISSING"),
        (5, "E1-F1", "LINK_SHARED"),
    ]
    assert [(person, pair[1]) for person, pair in saved(out).items()] == [("E1", "")]
    assert done.json["links"][0].keys() == {"external_id", "gives_until"}


def test_no_file_is_replaced_unless_that_is_meant_and_none_is_made_without_a_link(
    desk: Desk, season: Season, tmp_path: Path
) -> None:
    out = tmp_path / "links.csv"
    out.write_text("mine")
    issue = ("link", "issue", season.campaign, "--factor", "birth-date", "--person")
    assert refused(desk(*issue, "E1", "--out", str(out))) == "FILE_EXISTS"
    assert out.read_text() == "mine"
    assert refused(desk(*issue, "E1", "--out", str(tmp_path / "none" / "links.csv"))) == "FILE"
    out.unlink()
    assert desk(*issue, "E3", "--out", str(out), by=season.sato).code == 1
    assert list(tmp_path.iterdir()) == []


def test_people_are_named_in_one_way(desk: Desk, season: Season, tmp_path: Path) -> None:
    issue = ("link", "issue", season.campaign, "--factor", "passcode", "--out", str(tmp_path / "x.csv"))
    assert refused(desk(*issue)) == "PERSONS"
    assert refused(desk(*issue, "--everybody", "--person", "E1")) == "PERSONS"


def test_links_are_shown_without_secrets_and_revoked(desk: Desk, season: Season) -> None:
    issue = ("link", "issue", season.campaign, "--factor", "passcode", "--person", "E1")
    issued = desk(*issue, by=season.sato).json["links"][0]
    show = ("link", "show", season.campaign, "E1-F1")
    shown = desk(*show, by=season.sato)
    (link,) = shown.json["links"]
    assert (link["tries_left"], link["gives"], link["issued_by"]) == (5, True, "sato")
    assert issued["url"] not in shown.text
    assert "wfl_" not in shown.text
    assert link["link_id"] in desk(*show, by=season.sato, as_json=False).text
    done = desk("link", "revoke", season.campaign, "--person", "E1", by=season.sato)
    assert (done.code, done.json["revoked"]) == (0, 1)
    assert desk(*show, by=season.sato).json["links"][0]["opens"] is False
    assert desk("link", "revoke", season.campaign, "--everybody", by=season.sato).json["revoked"] == 0
    assert refused(desk("link", "show", season.campaign, "nobody", by=season.sato)) == "PERSON_UNKNOWN"
