import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from policies.free_text import contains_number, is_plain, refusal
from tokenizer.audit.guard import holds_number

# Every 12-digit number here is synthetic: made up for these tests, valid check digit or not.
WITH_NUMBER = {
    "twelve digits in a row": "123456789018",
    "twelve digits inside a sentence": "番号は123456789018です",
    "a wrong check digit": "123456789012",
    "leading zeros": "000000000019",
    "full-width digits": "１２３４５６７８９０１８",
    "Arabic-Indic digits": "١٢٣٤٥٦٧٨٩٠١٨",
    "mathematical bold digits": "𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗𝟎𝟏𝟖",
    "circled digits": "①②③④⑤⑥⑦⑧⑨⓪①⑧",
    "six characters that become twelve digits": "⑫⑫⑫⑫⑫⑫",
    "zero-width spaces inside": "12\u200b34567\u200b89018",
    "keycap emoji": "".join(f"{digit}\ufe0f\u20e3" for digit in "123456789018"),
    "the tax form's leading zero": "0123456789018",
    "the tax form's leading zero in full width": "０１２３４５６７８９０１８",
    "the tax form's leading zero in Arabic-Indic": "٠١٢٣٤٥٦٧٨٩٠١٨",
    "the spaces of the card": "1234 5678 9018",
    "hyphens": "1234-5678-9018",
    "the long vowel mark": "1234ー5678ー9018",
    "its half-width form": "1234ｰ5678ｰ9018",
    "middle dots": "1234・5678・9018",
    "two different separators": "1234−5678　9018",
    "one separator without width": "1234\u200b5678-9018",
    "many separators": "1234 - 5678 / 9018",
    "line breaks": "1234\n5678\r\n9018",
    "brackets and arrows": "(1234)[5678]→9018",
    "after a house number": "1-2-3-1234-5678-9018",
    "between other words": "山田 1234 5678 9018 様",
    "a card number of sixteen digits": "1234-5678-9018-1234",
    "an external id that is nothing else": "EMP_123456789018",
    "a login": "123456789018@example.jp",
}

WITHOUT_NUMBER = {
    "nothing": "",
    "a plain reason": "令和8年分の源泉徴収票を作成するため",
    "an address": "〒100-0001 東京都千代田区千代田1-1-1 サンプルビル1201号室",
    "an address in full width": "東京都港区芝公園４－２－８ タワーマンション２３０５",
    "an address with long vowel marks": "大阪府大阪市北区梅田３ー１ー３ー１２０１",
    "an address with a large lot number": "北海道札幌市北区北1234番地5678 第2マンション1234",
    "a mobile phone": "090-1234-5678",
    "a mobile phone without hyphens": "09012345678",
    "a mobile phone, abroad": "+81-90-1234-5678",
    "a Tokyo phone": "03-1234-5678",
    "a toll-free phone": "0120-123-456",
    "two phones": "03-1234-5678 / 090-1234-5678",
    "a postal code and a phone": "100-0001 03-1234-5678",
    "a date": "2026-11-22",
    "a date in eight digits": "20261122",
    "a span of dates": "2026/04/01-2027/03/31",
    "a date and a time": "2026-11-22 15:30:45",
    "years with words between": "2024年、2025年、2026年分",
    "years in Japanese prose": "2024、2025、2026年分の再提出",
    "a corporate number": "7000012050002",
    "an invoice registration number": "T7000012050002",
    "a corporate number in full width": "７００００１２０５０００２",
    "eleven digits": "12345678901",
    "fourteen digits": "12345678901234",
    "a basic pension number": "1234-567890",
    "an employment insurance number": "1234-567890-1",
    "an amount of money": "1,234,567,890円",
    "kanji digits": "一二三四五六七八九〇一八",
    "two groups of four": "1234-5678",
    "words between groups": "1234番5678番9018番",
    "letters inside": "1234-5678-901A",
    "a token": "wft_4f9Zk2pQ8sLm3Xc7Vb1Nh6Tg5RdJ0w2K",
    "an order id": "PO-2026-000123-45",
}

SEPARATORS = "ーｰ‐‑–—−・･-－_.／/，, \t\u00a0\u3000\u200b\u2060\ufeff"
SCRIPTS = ("0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९")

numbers = st.text("0123456789", min_size=12, max_size=12)
separators = st.text(SEPARATORS, min_size=1, max_size=4)


def folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


before = st.text().filter(lambda text: not folded(text)[-1:].isdecimal())
after = st.text().filter(lambda text: not folded(text)[:1].isdecimal())


@pytest.mark.parametrize("text", WITH_NUMBER.values(), ids=WITH_NUMBER)
def test_a_number_is_seen(text: str) -> None:
    assert contains_number(text)


@pytest.mark.parametrize("text", WITHOUT_NUMBER.values(), ids=WITHOUT_NUMBER)
def test_usual_text_passes(text: str) -> None:
    assert not contains_number(text)


@given(before, numbers, separators, separators, after)
def test_a_number_in_three_groups_is_found_wherever_it_is_planted(
    before: str, number: str, first: str, second: str, after: str
) -> None:
    planted = f"{number[:4]}{first}{number[4:8]}{second}{number[8:]}"
    assert contains_number(before + planted + after)


@given(before, numbers, st.sampled_from(SCRIPTS), after)
def test_a_number_in_one_run_is_found_in_any_script(
    before: str, number: str, script: str, after: str
) -> None:
    written = number.translate(str.maketrans("0123456789", script))
    assert contains_number(before + written + after)
    assert contains_number(before + script[0] + written + after)


@given(st.text(), st.text("0123456789" + SEPARATORS + "番地号室", max_size=11), st.text())
def test_fewer_than_twelve_digits_are_never_a_number(before: str, short: str, after: str) -> None:
    text = "".join(char for char in before + after if not any(part.isdecimal() for part in folded(char)))
    assert not contains_number(text + short)
    assert not contains_number(short + text)


@given(
    st.text("あア亜-ー 、。", max_size=20),
    st.integers(10**12, 10**13 - 1),
    st.text("あア亜-ー 、。", max_size=20),
)
def test_a_corporate_number_is_not_taken_for_an_individual(before: str, corporate: int, after: str) -> None:
    assert not contains_number(f"{before}{corporate}{after}")


@st.composite
def addresses(draw: st.DrawFn) -> str:
    hyphen = draw(st.sampled_from("-ー－−"))
    street = hyphen.join(str(draw(st.integers(1, most))) for most in (9999, 99, 99))
    room, middle, last = draw(st.integers(101, 4999)), draw(st.integers(0, 9999)), draw(st.integers(0, 9999))
    return f"〒123-{last:04} 神奈川県横浜市中区山下町{street} ハイツ{room} 電話 090-{middle:04}-{last:04}"


@given(addresses())
def test_an_address_with_postal_code_and_phone_passes(text: str) -> None:
    assert not contains_number(text)


@given(st.text())
def test_any_text_has_an_answer_that_normalising_does_not_change(text: str) -> None:
    assert contains_number(text) is contains_number(folded(text))


@pytest.mark.parametrize(
    "pattern", ["1 ", "1", "123\u200b" * 3 + "x", "1234 5678 1 ", "1234\u200b\u200b \u200b-"]
)
def test_a_long_hostile_text_is_answered(pattern: str) -> None:
    repeated = pattern * (100_000 // len(pattern))
    assert contains_number(repeated) is contains_number(pattern * 4)


def test_every_digit_of_unicode_counts_as_a_digit() -> None:
    decimals = [
        char for char in map(chr, range(sys.maxunicode + 1)) if unicodedata.decimal(char, None) is not None
    ]
    missed = [char for char in decimals if not contains_number(char * 12)]
    assert len(decimals) >= 600
    assert missed == []


def test_thirteen_digits_are_judged_by_their_first_in_every_script() -> None:
    for char in map(chr, range(sys.maxunicode + 1)):
        value = unicodedata.decimal(char, None)
        if value is not None:
            assert contains_number(char + "1" * 12) is (value == 0)


def test_the_refusal_names_the_field_and_says_what_to_do_in_both_languages() -> None:
    message_ja, message_en = refusal("reason")
    assert message_ja.startswith("reason ")
    assert "消してください" in message_ja
    assert message_en.startswith("reason ")
    assert "Remove them" in message_en


def test_the_refusal_holds_no_number_itself() -> None:
    assert not any(contains_number(message) for message in refusal("external_id"))


@given(
    st.lists(
        st.sampled_from(
            [*"0123456789", "1234", "5678", "9018", "12345678", "-", " ", "ー", "・", "−", "０", "x", "、"]
        ),
        max_size=12,
    ).map("".join)
)
@example("1234-56789018")
@example("12345678 9018")
@example("01234-5678-9018")
def test_whatever_the_audit_log_would_not_take_is_refused_before_it_gets_there(text: str) -> None:
    assert contains_number(text) or not holds_number(text)


@pytest.mark.parametrize("text", ["架空\u3000太郎", "Taro Kaku", "株式会社\u3000架空", "髙﨑 𠮷野"])
def test_names_as_japanese_lists_write_them_are_plain(text: str) -> None:
    assert is_plain(text)


@pytest.mark.parametrize("sign", ["\n", "\x00", "\ud800", "\u202e", "\u200b", "\u00a0", "\u2028"])
def test_a_sign_that_no_line_can_show_is_not_plain(sign: str) -> None:
    assert not is_plain(f"架空{sign}太郎")
