import re
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from pypdf import PdfReader

from custody.kits.code import in_groups
from custody.kits.errors import KitError, KitFault
from custody.kits.facts import KitDependent, PostalAddress
from custody.kits.marker import Part
from custody.kits.pages import markers_of
from custody.kits.press import KitPress, kits_job
from custody.paper.glyphs import MISSING
from tests.support.canary import Canaries, numbers_in
from tests.support.kits import kit, longest_kit, printed, reminder


def bare(text: str) -> str:
    return re.sub(r"\s|\u200b", "", text)


def texts(pdf: bytes) -> list[str]:
    """The text of each page without white space, which PDF knows only as distance."""
    return [bare(page.extract_text()) for page in PdfReader(BytesIO(pdf)).pages]


USUAL = kit()
PAGES = texts(printed(USUAL))


@pytest.mark.parametrize("part", Part)
def test_every_sheet_says_its_part_its_kit_and_its_place(part: Part) -> None:
    page = PAGES[part - 1]
    assert bare(part.title.ja) in page
    assert f"{in_groups(USUAL.code)}／{part.value}-1/1" in page
    assert f"全6枚の{part.value}枚目" in page


def test_the_letter_says_who_asks_for_what_until_when() -> None:
    letter = PAGES[0]
    for said in (
        "530-0001",
        "大阪府大阪市北区梅田九丁目9番99-1203号",
        "髙﨑𠮷男様",
        "株式会社わりふ商事",
        "2026年11月24日",
        "2026年12月18日（金）必着",
        "簡易書留",
        "委任状と、髙﨑花子様の番号確認書類の写し",
        "0120-000-000",
        "by18December2026",
    ):
        assert said in letter, said


def test_the_notice_names_every_purpose_in_both_languages() -> None:
    for one in USUAL.purposes:
        assert bare(one.ja) in PAGES[1]
        assert bare(one.en) in PAGES[1]


def test_the_form_has_the_particulars_in_print_and_offers_no_room_to_correct_them() -> None:
    form = PAGES[2]
    for said in (
        "タカサキヨシオ",
        "髙﨑𠮷男",
        "1985年（昭和60年）4月3日",
        "梅田九丁目9番99-1203号",
        "続柄配偶者（第3号）",
        "髙﨑さくら",
    ):
        assert said in form, said
    assert "訂正しないでください" in form
    assert "訂正欄" not in form


def test_the_power_of_attorney_names_agent_and_principal_and_leaves_room_to_sign() -> None:
    page = PAGES[5]
    for said in (
        "国民年金第3号被保険者",
        "髙﨑𠮷男",
        "髙﨑花子様が自ら記入",
        "委任する日",
        "署名又は記名押印",
        "印",
    ):
        assert said in page, said


def test_what_is_sent_back_and_what_is_not_follow_the_family() -> None:
    alone = texts(printed(kit(dependents=0)))
    assert len(alone) == 5
    assert not any("委任状" in page or "扶養親族等の方の" in page for page in alone)


@pytest.mark.parametrize("dependents", [0, 4, 5, 8, 20])
def test_the_longest_texts_stay_on_their_sheets(dependents: int) -> None:
    longest = longest_kit(dependents)
    pages = texts(printed(longest))
    assert len(pages) == len(markers_of(longest))
    for page, marker in zip(pages, markers_of(longest), strict=True):
        assert f"{in_groups(marker.code)}／{marker.part.value}-{marker.sheet}/{marker.sheets}" in page


def test_every_dependent_stands_on_the_form_once() -> None:
    pages = texts(printed(kit(dependents=8)))
    for place, one in enumerate(kit(dependents=8).dependents):
        assert (bare(one.name) in pages[2]) == (place < 4)
        assert (bare(one.name) in pages[3]) == (place >= 4)
    assert "続紙が1枚あります" in pages[2]


def test_a_character_that_the_font_lacks_is_shown_as_such() -> None:
    strange = replace(USUAL, dependents=(KitDependent("ᚠ太郎", "子"),))
    assert f"{MISSING}太郎" in texts(printed(strange))[2]
    assert strange.unprintable() == ("dependents.name",)
    assert USUAL.unprintable() == ()


def test_rare_kanji_are_printed_as_they_are() -> None:
    assert MISSING not in "".join(PAGES)
    assert "髙﨑𠮷男" in PAGES[2]


def test_the_boxes_are_empty_and_no_number_stands_anywhere() -> None:
    for pdf in (printed(USUAL), printed(longest_kit())):
        assert not numbers_in(
            " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).encode()
        )


async def test_a_number_planted_in_a_name_is_refused_before_anything_is_printed() -> None:
    number = Canaries().plant("a dependent's name")
    with pytest.raises(KitError) as error:
        await KitPress().kits([replace(USUAL, dependents=(KitDependent(number, "子"),))])
    assert error.value.fault is KitFault.HOLDS_NUMBER
    assert number not in str(error.value)


async def test_the_same_kits_give_the_same_bytes() -> None:
    press = KitPress()
    assert await press.kits([USUAL, kit(2, 5)]) == await press.kits([USUAL, kit(2, 5)])


async def test_no_text_is_markup() -> None:
    evil = replace(USUAL, company='#panic() $x$ "\\', dependents=(KitDependent("*太* _郎_ @x", "#子"),))
    pages = texts(await KitPress().kits([evil]))
    assert '#panic()$x$"\\' in pages[2]
    assert "*太*_郎_@x" in pages[2]


async def test_two_kits_of_one_code_are_refused() -> None:
    with pytest.raises(KitError) as error:
        await KitPress().kits([USUAL, USUAL])
    assert error.value.fault is KitFault.TWICE


async def test_no_kit_at_all_is_refused() -> None:
    with pytest.raises(KitError):
        await KitPress().kits([])


async def test_a_file_with_other_pages_than_its_kits_have_is_not_handed_out() -> None:
    job = kits_job([USUAL]).replace(b'"pages": 6', b'"pages": 7')
    with pytest.raises(KitError) as error:
        await KitPress().set(job)
    assert error.value.fault is KitFault.NOT_PRINTED
    assert USUAL.recipient.name not in str(error.value)


async def test_the_postcard_says_whose_papers_are_awaited_until_when_and_no_more() -> None:
    pdf = await KitPress().reminders([reminder(), reminder(2)])
    reader = PdfReader(BytesIO(pdf))
    assert len(reader.pages) == 4
    for page in reader.pages:
        assert (
            round(float(page.mediabox.width) / 72 * 25.4),
            round(float(page.mediabox.height) / 72 * 25.4),
        ) == (
            100,
            148,
        )
    front, back = texts(pdf)[:2]
    assert "髙﨑𠮷男様" in front
    assert "530-0001" in front
    for said in ("株式会社わりふ商事", "2027年1月15日（金）", in_groups(reminder().code)):
        assert said in back, said
    for hidden in ("個人番号", "マイナンバー", "扶養", "配偶者", "委任", "税", "保険"):
        assert hidden not in front + back, hidden


async def test_the_longest_postcard_has_two_sides() -> None:
    address = PostalAddress("100-0001", "住" * 120)
    longest = reminder(
        company="社" * 60, sender=address, name="名" * 60, postal=address, deadline=date(2027, 12, 31)
    )
    assert len(texts(await KitPress().reminders([longest]))) == 2
