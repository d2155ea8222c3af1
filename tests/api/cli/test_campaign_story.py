"""A company's day by commands: asked, sent, come back, looked at, verified, registered, reminded. Synthetic numbers."""

import csv
import stat
from pathlib import Path

from tests.support.capture import Captured
from tests.support.gathering import CARD_SEEN, Gathering
from tests.support.live import GENSEN, PASSWORD
from tests.support.numbers import synthetic_numbers
from tests.support.remote import Desk

NUMBERS = synthetic_numbers(4, seed=41)


def test_a_companys_day_by_commands(desk: Desk, tmp_path: Path, server_log: Captured) -> None:
    day = Gathering(desk, tmp_path)
    campaign = day.begin()
    first, second, silent, counter = day.add(day.people(4))
    told: list[str] = [day.tell("campaign", "board", campaign)]
    assert day.board() == {"INSTRUCTED": 4}

    # The kits go out, on the company's instruction, with the purpose notice in them.
    ordered = day.do(
        "campaign", "send", campaign, "--kind", "kit", "--cost", "800", "--state", "instructed", "--yes"
    )
    assert (ordered["count"], ordered["cost_yen"], ordered["rejections"]) == (4, 3200, [])
    (order,) = ordered["orders"]
    sent = day.do("campaign", "sent", campaign, order, "--notice", "document", "--on", day.on())
    assert sent == {"count": 4, "pieces": 4, "cost_yen": 3200, "void": 0}
    (notice,) = day.do("notice", "show", "E-1")["notices"]
    assert notice["purposes"] == [GENSEN]
    assert "給与所得の源泉徴収票" in notice["text"]

    # Two come back. What is in them is sealed, looked at side by side, and decided by the rules.
    day.clock.advance(days=5)
    back = day.do(
        "collection", "arrive", "--campaign", campaign, "--person", "E-1", "--person", "E-2", by=day.tanaka
    )
    assert [each["state"] for each in back["collections"]] == ["ARRIVED", "ARRIVED"]
    photo = str(day.photographed())
    for collection, number in ((first, NUMBERS[0]), (second, NUMBERS[1])):
        day.do(
            "collection",
            "submit",
            collection,
            photo,
            "--document",
            "MY_NUMBER_CARD",
            "--side",
            "front",
            by=day.tanaka,
        )
        day.submit(collection, number)
    seen = day.do("collection", "view", first, "--out", str(tmp_path / "desk"), by=day.tanaka)
    (image,) = [Path(each["file"]) for each in seen["images"]]
    assert image.read_bytes().startswith(b"\xff\xd8")
    assert stat.S_IMODE(image.stat().st_mode) == 0o600
    revision = ("--revision", str(seen["collection"]["revision"]))
    post = CARD_SEEN[:3] + CARD_SEEN[4:]
    verdict = day.do("collection", "verify", first, *revision, *post, by=day.tanaka)
    assert (verdict["verification"]["accepted"], verdict["verification"]["channel"]) == (True, "POST")

    # The other's licence has expired: the article is told, the reason recorded, and a second kit ordered.
    licence = (
        "--number-document",
        "NOTIFICATION_CARD",
        "--unaltered",
        "--document",
        "licence",
        "--agrees",
        "number",
    )
    expired = (*licence, "--agrees", "name", "--agrees", "birth_date", "--valid-until", "2026-10-31")
    revision = ("--revision", day.revision(second))
    refused = desk("collection", "verify", second, *revision, *expired, by=day.tanaka)
    assert refused.code == 1
    (fault,) = refused.json["verification"]["faults"]
    assert (fault["finding"], fault["document"]) == ("EXPIRED", "DRIVING_LICENCE")
    assert fault["basis"]
    codes = [word for each in refused.json["deficiencies"] for word in ("--why", each["code"])]
    assert codes == ["--why", "EXPIRED"]
    day.do("collection", "deficient", second, *codes, by=day.tanaka)
    again = day.do("campaign", "send", campaign, "--kind", "kit", "--cost", "900", "--ids", second, "--yes")
    day.do("campaign", "sent", campaign, again["orders"][0])
    assert day.state(second) == "DISTRIBUTED"

    # One comes in person; the number is typed, never an argument.
    done = day.typing(f"{NUMBERS[2]}\n", "collection", "enter", counter, *CARD_SEEN)
    assert done.code == 0, done.text
    assert done.json["token"].startswith("wft_")

    # After two weeks, a postcard to who has not answered: not to whom a kit went out since.
    day.clock.advance(days=9)
    remind = (
        "campaign",
        "remind",
        campaign,
        "--waiting-days",
        "14",
        "--cost",
        "85",
        "--on",
        "2026-12-06",
        "--yes",
    )
    cards = day.do(*remind)
    assert (cards["count"], cards["cost_yen"]) == (1, 85)
    (card,) = day.do("collection", "show", silent)["dispatches"][1:]
    assert (card["kind"], card["state"]) == ("POSTCARD", "ORDERED")
    day.do("campaign", "sent", campaign, cards["orders"][0])
    assert desk(*remind, by=day.sato).json["error"]["code"] == "NOBODY"

    # Verified numbers become tokens.
    tokens = tmp_path / "tokens.csv"
    made = day.do("collection", "register", "--campaign", campaign, "--out", str(tokens), by=day.tanaka)
    assert made["registered"] == 1
    with tokens.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["external_id"], row["collection_id"]) == ("E-1", first)
    assert row["token"].startswith("wft_")
    assert day.do("collection", "show", first)["items"] == []

    assert day.board() == {"DISTRIBUTED": 2, "REGISTERED": 2}
    board = day.do("campaign", "board", campaign)
    assert (board["sent"], board["cost_yen"]) == (6, 3200 + 900 + 85)
    told += [day.tell("campaign", "board", campaign), day.tell("collection", "list", campaign)]
    told += [day.tell("collection", "show", each) for each in (first, second, silent, counter)]
    assert "Registered" in told[1]
    assert "4,185 円 / yen" in told[1]
    told += [server_log.text]
    assert not [number for number in NUMBERS for text in told if number in text]
    assert not [text for text in told if PASSWORD in text]
    assert desk.open_sessions == 0
