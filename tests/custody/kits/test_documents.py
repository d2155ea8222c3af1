from datetime import date

from custody.kits.documents import Line, document_lists
from policies.identity_catalogue import load_identity_catalogue

CATALOGUE = load_identity_catalogue()
LISTS = document_lists(CATALOGUE, date(2026, 11, 24))


def names(lines: list[Line]) -> list[str]:
    return [line["ja"] for line in lines]


def test_the_number_is_proven_by_the_usual_documents_only() -> None:
    wanted = [
        CATALOGUE.documents[code].name.ja
        for code in ("MY_NUMBER_CARD", "NOTIFICATION_CARD", "RESIDENCE_RECORD")
    ]
    assert names(LISTS["number"]) == wanted


def test_the_kits_own_form_stands_first_among_those_that_count_alone() -> None:
    assert LISTS["one"][0] == {
        "ja": "同封の個人番号申告書（氏名などを印字したもの）",
        "en": "The pre-printed form enclosed, unaltered",
        "note": "訂正したものは使えません",
    }
    assert CATALOGUE.documents["DRIVING_LICENCE"].name.ja in names(LISTS["one"])


def test_what_counts_online_or_by_phone_alone_is_not_asked_for_by_post() -> None:
    every = [name for lines in LISTS.values() for name in names(lines)]
    for code in ("COMPANY_LOGIN", "SIGNATURE_CERTIFICATE", "KNOWN_FACTS", "EARLIER_FILE"):
        assert CATALOGUE.documents[code].name.ja not in every


def test_insurance_cards_move_to_what_is_never_accepted_the_day_after_their_last() -> None:
    card = CATALOGUE.documents["INSURANCE_CARD"].name.ja
    before = document_lists(CATALOGUE, date(2025, 12, 1))
    after = document_lists(CATALOGUE, date(2025, 12, 2))
    assert card in names(before["two"])
    assert card not in names(before["never"])
    assert card not in names(after["two"])
    assert card in names(after["never"])
    assert any("2025年12月1日" in line["note"] for line in after["never"])


def test_the_notice_of_the_number_is_never_accepted() -> None:
    notice = CATALOGUE.documents["NUMBER_NOTICE"].name.ja
    assert notice in names(LISTS["never"])
    assert not any(notice in names(LISTS[which]) for which in ("number", "one", "two"))


def test_what_must_be_heeded_stands_beside_the_document() -> None:
    notes = {line["ja"]: line["note"] for which in ("number", "one", "two") for line in LISTS[which]}
    assert "6か月以内" in notes[CATALOGUE.documents["RECEIPT"].name.ja]
    assert "有効期限内" in notes[CATALOGUE.documents["DRIVING_LICENCE"].name.ja]
    assert "塗りつぶし" in notes[CATALOGUE.documents["PENSION_BOOK"].name.ja]
    assert "2012年4月1日" in notes[CATALOGUE.documents["DRIVING_HISTORY"].name.ja]
    assert "住所がありません" in notes[CATALOGUE.documents["PASSPORT"].name.ja]
    assert "住民票" in notes[CATALOGUE.documents["NOTIFICATION_CARD"].name.ja]
