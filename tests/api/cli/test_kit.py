"""`warifu kit`: from the sender to the scan, at a running server."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import House
from custody.kits.files import PrintPlace
from custody.kits.print_file import Shop
from custody.kits.print_work import print_waiting
from policies.actor import Role
from tests.support.kits import FORM_PAGE, as_scan, drawn
from tests.support.kitting import HOME, PressInHouse
from tests.support.live import GENSEN
from tests.support.remote import Desk, refused
from warifu import CollectionChannel, DispatchKind, InvitedColumns

SENDER = (
    *("--company", "株式会社わりふ商事", "--return-name", "個人番号受付センター", "--postal-code", "1350061"),
    *("--address", "東京都江東区豊洲9丁目99番99号", "--contact", "個人番号受付センター"),
)


class Counter:
    """A company that asks two people by kits, one of whom cannot be written to."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        company = desk.company
        self.sato = company.human("sato", Role.ADMINISTRATOR)
        vault = company.login(company.human("suzuki", Role.ADMINISTRATOR))
        campaign = vault.create_campaign("年末調整", [GENSEN], date(2027, 1, 31)).campaign_id
        people = InvitedColumns(
            ["E1", "E2"],
            [CollectionChannel.KIT] * 2,
            names=["架空 甲", "架空 乙"],
            addresses=[HOME, "東京都"],
        )
        self.collections = [each or "" for each in vault.add_to_campaign(campaign, people).collection_ids]
        order = vault.order_dispatches(campaign, self.collections, DispatchKind.KIT, 800)
        self.order = str(order.order_id)

    def run(self, *arguments: str, code: int = 0) -> dict[str, Any]:
        done = self.desk("kit", *arguments, by=self.sato)
        assert done.code == code, done.text
        return done.json

    def refused(self, *arguments: str) -> str:
        return refused(self.desk("kit", *arguments, by=self.sato))

    def work(self) -> None:
        """What the worker does."""
        server, tenant = self.desk.company.server, self.desk.company.tenant
        house: House = server.house
        shop = Shop(PrintPlace(house.settings.data), PressInHouse(), server.clock)
        server.run(print_waiting(house.custodian, shop, [tenant], server.clock() + 1))


@pytest.fixture
def counter(desk: Desk) -> Counter:
    return Counter(desk)


def test_from_the_sender_to_the_scan(counter: Counter, tmp_path: Path) -> None:
    assert counter.run("sender") == {"sender": None}
    assert counter.refused("print", counter.order) == "kit-sender-missing"
    changed = counter.run("sender", *SENDER)["sender"]
    assert (changed["postal_code"], changed["phone"]) == ("135-0061", "")
    assert counter.run("sender", "--phone", "0120-000-000")["sender"]["company"] == changed["company"]
    asked = counter.run("print", counter.order, code=1)
    assert asked["left_out"] == [counter.collections[1]]
    assert asked["rejections"][0]["code"] == "ADDRESS_WITHOUT_POSTAL_CODE"
    assert counter.refused("download", counter.order, "--to", str(tmp_path / "out")) == "PRINT_NOT_DONE"
    counter.work()
    assert counter.run("print", counter.order)["kit_print"]["state"] == "DONE"
    to = tmp_path / "out"
    saved = counter.run("download", counter.order, "--to", str(to))
    assert [Path(path).name for path in saved["files"]] == ["kits-0001.pdf", "manifest.csv"]
    assert {path.stat().st_mode & 0o777 for path in to.iterdir()} == {0o600}
    assert counter.refused("download", counter.order, "--to", str(to)) == "FILE_EXISTS"
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(as_scan([drawn((to / "kits-0001.pdf").read_bytes(), 150)[FORM_PAGE]]))
    (report,) = counter.run("scan", str(scan))["scans"]
    assert report["arrived"] == [counter.collections[0]]
    assert [page["outcome"] for page in report["pages"]] == ["KEPT"]
    counter.run("download", counter.order, "--to", str(to), "--force", "--delete")
    assert counter.refused("download", counter.order, "--to", str(tmp_path / "later")) == "PRINT_NOT_DONE"


def test_codes_come_from_the_line_and_from_a_file_and_wrong_ones_are_told(
    counter: Counter, tmp_path: Path
) -> None:
    counter.run("sender", *SENDER)
    counter.run("print", counter.order, code=1)
    vault = counter.desk.company.login(counter.sato)
    (kit,) = vault.kits(counter.collections[0])
    typed = tmp_path / "codes.txt"
    typed.write_text(f"{kit.code.lower()}\n\nWK1-NONE\n", encoding="utf-8")
    done = counter.run("arrive", "--file", str(typed), code=1)
    assert (done["arrived"], [each["row"] for each in done["rejections"]]) == ([1, 0], [1])
    assert counter.run("arrive", kit.code, code=1)["rejections"][0]["code"] == "KIT_ARRIVED"
    assert counter.refused("arrive") == "CODES"


def test_what_is_no_scan_is_told_and_what_cannot_be_read_before_anybody_signs_in(
    counter: Counter, tmp_path: Path
) -> None:
    text = tmp_path / "note.txt"
    text.write_text("no scan", encoding="utf-8")
    assert counter.refused("scan", str(text)) == "SCAN_UNREADABLE"
    before = counter.desk.open_sessions
    assert refused(counter.desk("kit", "scan", str(tmp_path / "none.pdf"))) == "FILE"
    assert counter.desk.open_sessions == before


def test_people_are_told_page_by_page(counter: Counter, tmp_path: Path) -> None:
    counter.run("sender", *SENDER)
    counter.run("print", counter.order, code=1)
    counter.work()
    to = tmp_path / "out"
    counter.run("download", counter.order, "--to", str(to))
    sheets = drawn((to / "kits-0001.pdf").read_bytes(), 150)
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(as_scan([sheets[1], sheets[FORM_PAGE]]))
    done = counter.desk("kit", "scan", str(scan), by=counter.sato, as_json=False)
    assert done.code == 1, done.text
    assert "NO_KIT" in done.text
    assert "KEPT" in done.text
