"""Kits in the client: what is sent and read, and that a scan's answer is checked like any other."""

from pathlib import Path

import httpx
import pytest

from tests.support.network import Network, data, failed
from warifu import InvalidRequestError, KitPrintState, ScanOutcome, TransportError, UnexpectedAnswerError

PRINT = {
    "orderId": "ord_1",
    "kind": "KIT",
    "state": "DONE",
    "deadline": "2026-12-18",
    "papers": 1,
    "printed": 1,
    "pages": 5,
    "askedBy": "sato",
    "askedAt": "2026-11-22T03:00:00.000+00:00",
    "finishedAt": None,
    "deleteAt": None,
    "problem": None,
    "files": ["/kits/prints/ord_1/kits-0001.pdf"],
}
PAGE = {
    "page": 1,
    "outcome": "KEPT",
    "kit": "WK1-AAAA",
    "part": "FORM",
    "sheet": 1,
    "sheets": 1,
    "collections": ["col_1"],
    "messageJa": "保管しました。",
    "messageEn": "Kept.",
}


def test_a_printing_is_asked_for_followed_and_deleted() -> None:
    asked = {"__typename": "KitsPrinting", "kitPrint": PRINT, "leftOut": [], "rejections": []}
    gone = {"__typename": "KitPrintDeleted", "kitPrint": {**PRINT, "state": "DELETED", "files": []}}
    network = Network(data({"printKits": asked}), data({"kitPrint": PRINT}), data({"deletePrint": gone}))
    with network.vault() as vault:
        assert vault.print_kits("ord_1").kit_print.state is KitPrintState.DONE
        found = vault.kit_print("ord_1")
        assert found is not None
        assert found.files == ("/kits/prints/ord_1/kits-0001.pdf",)
        assert vault.delete_print("ord_1").state is KitPrintState.DELETED
    assert network.bodies[0]["variables"] == {"input": {"orderId": "ord_1", "deadline": None}}


def test_a_printed_file_is_saved_whole_for_its_owner_alone(tmp_path: Path) -> None:
    pdf = httpx.Response(200, content=b"%PDF-1.7", headers={"content-type": "application/pdf"})
    network = Network(pdf)
    with network.vault() as vault:
        vault.download_print("/kits/prints/ord_1/kits-0001.pdf", tmp_path / "a.pdf")
    assert (tmp_path / "a.pdf").read_bytes() == b"%PDF-1.7"
    assert (tmp_path / "a.pdf").stat().st_mode & 0o777 == 0o600
    assert network.requests[0].url.path == "/kits/prints/ord_1/kits-0001.pdf"


def test_another_kind_of_file_is_not_saved(tmp_path: Path) -> None:
    page = httpx.Response(200, content=b"<html>", headers={"content-type": "text/html"})
    with Network(page).vault() as vault, pytest.raises(TransportError):
        vault.download_print("/kits/prints/ord_1/kits-0001.pdf", tmp_path / "a.pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_scan_is_sent_as_it_is_and_told_page_by_page() -> None:
    report = {
        "pages": [PAGE],
        "arrived": ["col_1"],
        "missing": [{"kit": "WK1-AAAA", "part": "FORM", "sheet": 2, "sheets": 2}],
    }
    network = Network(httpx.Response(200, json=report))
    with network.vault() as vault:
        found = vault.scan_kits(b"%PDF-scan")
    assert (found.pages[0].outcome, found.arrived) == (ScanOutcome.KEPT, ("col_1",))
    assert found.missing[0].sheet == 2
    assert network.requests[0].content == b"%PDF-scan"
    assert network.requests[0].headers["authorization"].startswith("Bearer ")


def test_what_cannot_be_read_is_told_as_the_sender_s_fault() -> None:
    with Network(failed(400, "SCAN_UNREADABLE")).vault() as vault, pytest.raises(InvalidRequestError) as told:
        vault.scan_kits(b"x")
    assert told.value.code == "SCAN_UNREADABLE"


@pytest.mark.parametrize(
    "answer",
    [
        {"pages": "x", "arrived": [], "missing": []},
        {"pages": [{**PAGE, "outcome": "EATEN"}], "arrived": [], "missing": []},
    ],
)
def test_an_answer_of_another_shape_is_named_by_its_place(answer: object) -> None:
    with Network(httpx.Response(200, json=answer)).vault() as vault, pytest.raises(UnexpectedAnswerError):
        vault.scan_kits(b"x")
