"""`warifu collection submit` and `view`: into the vault, and out to be looked at. Synthetic numbers."""

import stat
from pathlib import Path
from typing import Final

import pytest

from policies.actor import Role
from tests.support.gathering import CARD_SEEN, Gathering
from tests.support.numbers import synthetic_numbers
from tests.support.remote import Desk, refused, terminal

NUMBER, OTHER = synthetic_numbers(2, seed=47)
MISTYPED: Final = NUMBER[:-1] + str((int(NUMBER[-1]) + 1) % 10)


@pytest.fixture
def day(desk: Desk, tmp_path: Path) -> Gathering:
    day = Gathering(desk, tmp_path)
    day.begin()
    return day


def looks(day: Gathering) -> list[str]:
    """How each look at what was submitted ended."""
    log = day.desk.company.login(day.desk.company.human("ito", Role.AUDITOR)).audit_entries()
    return [each.outcome.name for each in log if each.action == "vault:collection:view"]


def test_what_came_in_is_sealed_and_looked_at_on_record(day: Gathering) -> None:
    (made,) = day.add(day.people(1))
    photos = [str(day.photographed(name)) for name in ("one.jpg", "two.jpg")]
    shown = day.do(
        "collection",
        "submit",
        made,
        *photos,
        "--document",
        "個人番号カード",
        "--side",
        "front",
        by=day.tanaka,
    )
    assert [each["document"] for each in shown["items"]] == ["MY_NUMBER_CARD"] * 2
    day.submit(made, NUMBER)
    out = day.directory / "desk"
    view = ("collection", "view", made, "--out", str(out))
    told = day.tell(*view, by=day.tanaka)
    assert "試験 1" in told
    assert NUMBER not in told
    files = sorted(out.iterdir())
    assert [file.name for file in files] == [f"{made}-{place}-MY_NUMBER_CARD-front.jpg" for place in (1, 2)]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    before = [file.read_bytes() for file in files]
    assert refused(day.desk(*view, by=day.tanaka)) == "FILE_EXISTS"
    assert [file.read_bytes() for file in files] == before
    denied = day.desk("collection", "view", made, "--out", str(out / "more"), by=day.sato)
    assert refused(denied) == "no-rule-permits"
    assert list((out / "more").iterdir()) == []
    assert looks(day) == ["ALLOWED", "ALLOWED", "DENIED"]


def test_a_number_is_shown_at_a_terminal_alone(day: Gathering) -> None:
    (made,) = day.add(day.people(1))
    day.submit(made, NUMBER)
    view = ("collection", "view", made, "--show-number")
    for as_json in (True, False):
        done = day.desk(*view, by=day.tanaka, as_json=as_json)
        assert done.code == 1
        assert "TERMINAL" in done.text
        assert NUMBER not in done.text
    assert refused(day.desk("collection", "view", made)) == "NOTHING_TO_VIEW"
    with terminal(*view, environment=day.desk.place | day.desk.signing_in(day.tanaka)) as screen:
        assert screen.end() == 0, screen.shown
    assert f"個人番号 / number: {NUMBER}" in screen.shown
    with terminal(
        *view[:-1],
        "--out",
        str(day.directory / "desk"),
        environment=day.desk.place | day.desk.signing_in(day.tanaka),
    ) as screen:
        assert screen.end() == 0, screen.shown
    assert NUMBER not in screen.shown


def test_a_number_is_typed_without_echo_and_again_where_it_can_be_none(day: Gathering) -> None:
    (made,) = day.add(day.people(1))
    environment = day.desk.place | day.desk.signing_in(day.tanaka)
    with terminal("collection", "submit", made, environment=environment) as screen:
        screen.until("not shown")
        screen.type(MISTYPED)
        screen.until("not shown")
        screen.type(" ".join(NUMBER[place : place + 4] for place in (0, 4, 8)))
        assert screen.end() == 0, screen.shown
    assert "番号を封印しました" in screen.shown
    assert not [number for number in (NUMBER, MISTYPED) if number in screen.shown]
    assert day.state(made) == "ARRIVED"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "EMPTY"),
        (MISTYPED, "CHECK_DIGIT"),
        (NUMBER[:-1], "LEADING_ZERO_LOST"),
        (NUMBER * 40, "WRONG_LENGTH"),
        ("山田", "NOT_DIGITS"),
    ],
)
def test_what_can_be_no_number_is_told_and_not_repeated(day: Gathering, typed: str, code: str) -> None:
    (made,) = day.add(day.people(1))
    for command in (("submit", made), ("enter", made, *CARD_SEEN)):
        done = day.typing(f"{typed}\n", "collection", *command)
        assert refused(done) == code
        assert not typed or typed not in done.text
    assert day.state(made) == "INSTRUCTED"


def test_files_that_are_no_papers_are_told_before_or_by_the_vault(day: Gathering) -> None:
    (made,) = day.add(day.people(1))
    photo, empty, large = day.photographed(), day.directory / "empty.jpg", day.directory / "large.jpg"
    empty.write_bytes(b"GIF89a nothing")
    large.write_bytes(b"\xff\xd8" + bytes(5 * 1024 * 1024))
    submit = ("collection", "submit", made)
    assert refused(day.desk(*submit, str(photo))) == "DOCUMENT"
    assert refused(day.desk(*submit, "--side", "front")) == "DOCUMENT"
    card = ("--document", "MY_NUMBER_CARD")
    assert refused(day.desk(*submit, str(large), *card)) == "FILE_TOO_LARGE"
    assert refused(day.desk(*submit, str(photo) + "x", *card)) == "FILE"
    assert (
        refused(day.desk(*submit, str(photo), "--document", "card of a library", by=day.tanaka))
        == "DOCUMENT_UNKNOWN"
    )
    assert refused(day.desk(*submit, str(empty), *card, by=day.tanaka)) == "collection-item-invalid"
    assert day.do("collection", "show", made)["items"] == []


def test_a_number_typed_anywhere_is_repeated_nowhere(day: Gathering) -> None:
    (made,) = day.add(day.people(1))
    named = str(day.directory / f"{NUMBER}.csv")
    commands = [
        (NUMBER,),
        ("collection", NUMBER),
        ("collection", "enter", made, NUMBER),
        ("collection", "submit", made, NUMBER, "--document", "MY_NUMBER_CARD"),
        ("collection", "submit", made, f"--number={NUMBER}"),
        ("collection", "show", NUMBER),
        ("collection", "list", made, "--state", NUMBER),
        ("collection", "arrive", NUMBER),
        ("collection", "arrive", "--campaign", day.campaign, "--person", NUMBER),
        ("collection", "arrive", "--campaign", day.campaign, "--file", named),
        ("collection", "view", made, "--out", f"{photo_of(day)}/{NUMBER}"),
        ("collection", "verify", made, "--case", named),
        ("collection", "verify", made, "--revision", NUMBER, "--document", NUMBER),
        ("collection", "verify", made, "--revision", "1", "--document", NUMBER),
        ("collection", "verify", made, "--valid-until", NUMBER),
        ("collection", "register", "--campaign", NUMBER),
        ("campaign", "create", "--name", NUMBER, "--purpose", NUMBER, "--deadline", "2027-01-31"),
        ("campaign", "create", "--name", "x", "--purpose", NUMBER, "--deadline", "2027-01-31"),
        ("campaign", "send", day.campaign, "--kind", "kit", "--cost", NUMBER, "--person", "E-1", "--yes"),
        ("campaign", "send", day.campaign, "--kind", NUMBER, "--cost", "1", "--ids", NUMBER, "--yes"),
        ("campaign", "send", day.campaign, "--kind", "kit", "--cost", "1", "--ids", NUMBER, "--yes"),
        ("campaign", "sent", day.campaign, NUMBER),
        ("notice", "show", NUMBER),
        ("notice", "text", "--purpose", NUMBER),
        ("notice", "give", "--purpose", "TAX_GENSEN", "--person", NUMBER, "--text", named),
    ]  # fmt: skip
    for command in commands:
        for as_json in (True, False):
            done = day.desk(*command, by=day.tanaka, as_json=as_json)
            assert NUMBER not in "".join(done.text.split()), command
            assert done.code != 0 or command[:2] == ("notice", "show"), command


def photo_of(day: Gathering) -> Path:
    """A file where a directory is wanted."""
    return day.photographed()
