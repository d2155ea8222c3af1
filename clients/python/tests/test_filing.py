"""The people and numbers here are synthetic; 7000012050002 is the tax agency's own published Corporate Number."""

import io
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.make_roster import synthetic_numbers, synthetic_people
from warifu.filing import (
    Amounts,
    Circumstances,
    Family,
    FamilyMember,
    FilingRefusedError,
    MidYear,
    Payer,
    Person,
    WithholdingSlip,
    age_on_december_31,
    assign_family,
    check_slip,
    read_number_columns,
    to_record,
    write_375,
)
from warifu.filing_columns import COLUMNS, Form
from warifu.filing_family import count_dependents
from warifu.filing_text import _VARIANTS, encode, instead_of, outside_jis, to_full_width
from warifu.my_number import TaxNumber

NUMBERS = list(synthetic_numbers(30, 30))
YEAR = 2024
PAYER = Payer(
    name="架空商事株式会社",
    address="東京都千代田区架空町1-1-1",
    number="7000012050002",
    phone="03-0000-0000",
)
PERSON = Person(
    name="架空 太郎",
    kana="カクウ タロウ",
    address="東京都新宿区架空町1-2-3",
    birth_date=date(1985, 4, 1),
    number=NUMBERS[0],
)
SLIP = WithholdingSlip(
    year=YEAR, payer=PAYER, person=PERSON, amounts=Amounts(paid=5_000_000, withheld=102_100)
)


def member(order: int, born: int, relation: Any = "dependent", **changes: Any) -> FamilyMember:
    return FamilyMember(
        **{
            "relation": relation,
            "name": f"架空 {'一二三四五六七八九'[order - 1]}子",
            "kana": "カクウ コ",
            "birth_date": date(born, 6, 15),
            "number": NUMBERS[order],
        }
        | changes
    )


SPOUSE = member(9, 1986, "spouse")
ADULTS = tuple(member(order, born) for order, born in enumerate((2008, 2004, 1950, 1990), 1))
CHILDREN = tuple(member(order, born) for order, born in enumerate((2010, 2015, 2020, 2024), 5))
FULL = replace(SLIP, family=assign_family((*CHILDREN, SPOUSE, *ADULTS), YEAR))


def values(slip: WithholdingSlip) -> dict[int, str]:
    """The columns of a slip that are not blank."""
    return {place: value for place, value in enumerate(to_record(slip), 1) if value}


def codes(slip: WithholdingSlip) -> list[tuple[int, str]]:
    return [(problem.column, problem.code) for problem in check_slip(slip)]


def person(**changes: Any) -> WithholdingSlip:
    return replace(SLIP, person=replace(PERSON, **changes))


# --- the columns ---

COLUMNS_OF_THE_NOTICE = {
    1: ("法定資料の種類", Form.DIGITS, 3),
    6: ("提出義務者の電話番号", Form.PHONE, 15),
    14: ("支払を受ける者の氏名", Form.TEXT, 30),
    17: ("支払金額", Form.DIGITS, 10),
    21: ("源泉徴収税額", Form.DIGITS, 10),
    36: ("社会保険料等の金額", Form.DIGITS, 10),
    44: ("受給者の生年月日(元号)", Form.DIGITS, 1),
    60: ("中途就職・退職の区分", Form.DIGITS, 1),
    64: ("他の支払者の住所(居所)又は所在地", Form.TEXT, 60),
    80: ("住宅借入金等の額(1回目)", Form.DIGITS, 8),
    86: ("摘要", Form.TEXT, 300),
    91: ("16歳未満扶養親族の数", Form.DIGITS, 2),
    94: ("提出義務者の個人番号又は法人番号", Form.DIGITS, 13),
    95: ("支払を受ける者の個人番号", Form.DIGITS, 13),
    99: ("(源泉・特別)控除対象配偶者の個人番号", Form.DIGITS, 13),
    103: ("控除対象扶養親族(1)の個人番号", Form.DIGITS, 13),
    115: ("控除対象扶養親族(4)の個人番号", Form.DIGITS, 13),
    116: ("16歳未満の扶養親族(1)のフリガナ", Form.TEXT, 30),
    127: ("16歳未満の扶養親族(4)の区分", Form.DIGITS, 2),
    128: ("備考", Form.TEXT, 100),
    131: ("ひとり親", Form.DIGITS, 1),
    132: ("支払を受ける者のフリガナ", Form.TEXT, 30),
}


def test_there_are_132_columns_numbered_in_order() -> None:
    assert [column.place for column in COLUMNS] == list(range(1, 133))


@pytest.mark.parametrize(("place", "expected"), COLUMNS_OF_THE_NOTICE.items())
def test_a_column_is_where_the_notice_has_it(place: int, expected: tuple[str, Form, int]) -> None:
    assert COLUMNS[place - 1][1:] == expected


def test_the_columns_the_notice_leaves_blank_are_blank() -> None:
    assert {column.place for column in COLUMNS if column.limit == 0} == {48, 53, 55}
    assert values(FULL).keys().isdisjoint({8, 9, 48, 53, 55})


# --- one record ---


def test_a_plain_slip_fills_these_columns_and_no_others() -> None:
    assert values(SLIP) == {
        1: "375",
        4: "東京都千代田区架空町１－１－１",
        5: "架空商事株式会社",
        6: "03-0000-0000",
        10: "0",
        11: "06",
        12: "東京都新宿区架空町１－２－３",
        13: "0",
        14: "架空　太郎",
        16: "給料・賞与",
        17: "5000000",
        21: "102100",
        23: "2",
        24: "0",
        44: "1",
        45: "60",
        46: "04",
        47: "01",
        49: "0",
        50: "0",
        51: "0",
        52: "0",
        54: "0",
        56: "0",
        57: "0",
        58: "0",
        59: "0",
        60: "0",
        94: "7000012050002",
        95: "0" + NUMBERS[0],
        131: "0",
        132: "カクウ　タロウ",
    }


def test_each_number_stands_in_its_own_column() -> None:
    found = values(FULL)
    assert {place: found[place] for place in (94, 95, 99, 103, 107, 111, 115)} == {
        94: "7000012050002",
        95: "0" + NUMBERS[0],
        99: "0" + NUMBERS[9],
        103: "0" + NUMBERS[1],
        107: "0" + NUMBERS[2],
        111: "0" + NUMBERS[3],
        115: "0" + NUMBERS[4],
    }


def test_children_under_16_have_names_and_no_numbers() -> None:
    record = to_record(FULL)
    assert record[115:127] == [
        part for child in CHILDREN for part in ("カクウ　コ", child.name.replace(" ", "　"), "00")
    ]
    assert not any(child.number in cell for child in CHILDREN for cell in record)


def test_the_family_is_counted() -> None:
    found = values(FULL)
    assert {place: found.get(place) for place in (23, 24, 26, 28, 29, 31, 91, 93)} == {
        23: "1",
        24: "0",
        26: "1",
        28: "1",
        29: "1",
        31: "2",
        91: "4",
        93: None,
    }


FAMILY_COLUMNS = {
    "a second job moves the counts and the spouse": (
        replace(FULL, circumstances=Circumstances(second_job=True)),
        {23: "3", 26: None, 27: "1", 28: None, 29: None, 30: "1", 31: None, 32: "2", 50: "1"},
    ),
    "a second job without a spouse": (
        replace(SLIP, circumstances=Circumstances(second_job=True)),
        {23: "4"},
    ),
    "a spouse with the special deduction": (
        replace(FULL, spouse_has_special_deduction=True),
        {23: "2", 24: "0", 97: "架空　九子"},
    ),
    "an elderly spouse": (
        replace(SLIP, family=Family(spouses=(member(9, 1954, "spouse"),))),
        {23: "1", 24: "1"},
    ),
    "an elderly parent living elsewhere": (
        replace(SLIP, family=Family(dependents=(member(1, 1950, lives_with=False),))),
        {28: "1", 29: None},
    ),
    "family abroad": (
        replace(SLIP, family=Family(dependents=(member(1, 1980, residence="04"),))),
        {93: "1", 102: "04"},
    ),
    "disabilities": (
        replace(
            SLIP,
            family=Family(
                spouses=(member(9, 1986, "spouse", disability="special"),),
                dependents=(member(1, 1990, disability="special", lives_with=False),),
                under_16=(member(2, 2015, disability="general"),),
            ),
        ),
        {33: "2", 34: "1", 35: "1"},
    ),
}


@pytest.mark.parametrize(("slip", "expected"), FAMILY_COLUMNS.values(), ids=FAMILY_COLUMNS.keys())
def test_family_columns_follow_from_the_family(
    slip: WithholdingSlip, expected: dict[int, str | None]
) -> None:
    found = values(slip)
    assert {place: found.get(place) for place in expected} == expected


OTHER_COLUMNS = {
    "a sole proprietor": (
        replace(SLIP, payer=replace(PAYER, number=NUMBERS[20])),
        {94: "0" + NUMBERS[20]},
    ),
    "no number given": (person(number=""), {95: None}),
    "abroad": (person(lives_abroad=True), {13: "1"}),
    "a position": (person(position="取締役"), {15: "取締役"}),
    "born in Heisei": (person(birth_date=date(1989, 1, 8)), {44: "4", 45: "01", 46: "01", 47: "08"}),
    "joined": (
        replace(SLIP, mid_year=MidYear(joined=True, day=date(2024, 4, 1))),
        {60: "1", 61: "06", 62: "04"},
    ),
    "left": (replace(SLIP, mid_year=MidYear(joined=False, day=date(2024, 9, 30))), {60: "2", 63: "30"}),
    "a cancellation": (replace(SLIP, cancels=True), {10: "1"}),
    "zero yen": (replace(SLIP, amounts=Amounts(paid=0, withheld=0)), {17: "0", 21: "0", 36: None}),
    "amounts": (
        replace(
            SLIP,
            amounts=Amounts(paid=1, withheld=2, social_insurance=3, national_pension=4, basic_deduction=5),
        ),
        {17: "1", 21: "2", 36: "3", 92: "4", 129: "5"},
    ),
    "circumstances": (
        replace(
            SLIP, circumstances=Circumstances(minor=True, widow=True, foreigner=True, single_parent=True)
        ),
        {49: "1", 54: "1", 59: "1", 131: "1"},
    ),
    "another payer": (replace(SLIP, further={64: "大阪市", 65: "0", 67: "1000"}), {64: "大阪市", 67: "1000"}),
    "remarks": (replace(SLIP, remarks="前職あり"), {86: "前職あり"}),
    "half-width kana": (person(kana="ｶｸｳ ﾀﾞｲｽｹ"), {132: "カクウ　ダイスケ"}),
}


@pytest.mark.parametrize(("slip", "expected"), OTHER_COLUMNS.values(), ids=OTHER_COLUMNS.keys())
def test_values_go_to_their_columns(slip: WithholdingSlip, expected: dict[int, str | None]) -> None:
    found = values(slip)
    assert {place: found.get(place) for place in expected} == expected


def test_a_fifth_dependent_stands_in_the_remarks_and_its_number_in_the_note() -> None:
    fifth, sixth = member(10 - 1, 1991), member(8, 1992, number="")
    found = values(replace(SLIP, remarks="前職あり", family=Family(dependents=(*ADULTS, fifth, sixth))))
    assert found[86] == "前職あり（１）架空　九子（２）架空　八子"
    assert found[128] == "（１）" + to_full_width(NUMBERS[9])
    assert found[31] == "4"


def test_a_fifth_child_stands_in_the_remarks_without_a_number() -> None:
    fifth = member(1, 2012)
    found = values(replace(SLIP, family=Family(under_16=(*CHILDREN, fifth))))
    assert found[86] == "（１）架空　一子（年少）"
    assert 128 not in found
    assert found[91] == "5"


# --- what is refused ---

REFUSED = {
    "a year before the layout": (replace(SLIP, year=2019), [(11, "YEAR_TOO_OLD")]),
    "a year after the confirmed layout": (replace(SLIP, year=2025), [(11, "YEAR_NOT_CONFIRMED")]),
    "no payer's name": (replace(SLIP, payer=replace(PAYER, name=" ")), [(5, "VALUE_MISSING")]),
    "no payer's number": (replace(SLIP, payer=replace(PAYER, number="")), [(94, "VALUE_MISSING")]),
    "a wrong Corporate Number": (
        replace(SLIP, payer=replace(PAYER, number="1000012050002")),
        [(94, "NOT_CORPORATE_NUMBER")],
    ),
    "no name": (person(name=""), [(14, "VALUE_MISSING")]),
    "a wrong Individual Number": (person(number="123456789017"), [(95, "CHECK_DIGIT")]),
    "a comma in an address": (person(address="東京都,架空町"), [(12, "COMMA")]),
    "a line break in an address": (person(address="東京都\n架空町"), [(12, "LINE_BREAK")]),
    "a carriage return": (person(address="東京都\r架空町"), [(12, "LINE_BREAK")]),
    "another line separator": (person(address="東京都\u2028架空町"), [(12, "LINE_BREAK")]),
    "髙": (person(name="髙橋 太郎"), [(14, "CHARACTER_NOT_ALLOWED")]),
    "﨑": (person(name="山﨑 太郎"), [(14, "CHARACTER_NOT_ALLOWED")]),
    "a circled digit": (replace(SLIP, remarks="①前職"), [(86, "CHARACTER_NOT_ALLOWED")]),
    "㈱": (replace(SLIP, payer=replace(PAYER, name="㈱架空")), [(5, "CHARACTER_NOT_ALLOWED")]),
    "a character beyond 16 bits": (person(name="𠮷田 太郎"), [(14, "CHARACTER_NOT_ALLOWED")]),
    "a long name": (person(name="架" * 31), [(14, "TOO_LONG")]),
    "a large amount": (replace(SLIP, amounts=Amounts(paid=10**10, withheld=0)), [(17, "TOO_LONG")]),
    "a negative amount": (replace(SLIP, amounts=Amounts(paid=1, withheld=-1)), [(21, "NOT_DIGITS")]),
    "a telephone with words": (replace(SLIP, payer=replace(PAYER, phone="代表")), [(6, "NOT_DIGITS")]),
    "a number in the address": (person(address=f"架空町{NUMBERS[3]}"), [(12, "NUMBER_IN_TEXT")]),
    "a full-width number in a name": (person(name=to_full_width(NUMBERS[3])), [(14, "NUMBER_IN_TEXT")]),
    "the spouse with the person's number": (
        replace(SLIP, family=Family(spouses=(member(9, 1986, "spouse", number=NUMBERS[0]),))),
        [(99, "NUMBER_REPEATED")],
    ),
    "a fifth dependent with the first one's number": (
        replace(SLIP, family=Family(dependents=(*ADULTS, member(9, 1991, number=NUMBERS[1])))),
        [(128, "NUMBER_REPEATED")],
    ),
    "a fifth dependent with a wrong number": (
        replace(SLIP, family=Family(dependents=(*ADULTS, member(9, 1991, number="123456789017")))),
        [(128, "CHECK_DIGIT")],
    ),
    "two spouses": (
        replace(SLIP, family=Family(spouses=(SPOUSE, member(8, 1987, "spouse")))),
        [(99, "TWO_SPOUSES")],
    ),
    "a child among the dependents": (
        replace(SLIP, family=Family(dependents=(member(1, 2015),))),
        [(101, "WRONG_AGE_GROUP")],
    ),
    "an adult among the children": (
        replace(SLIP, family=Family(under_16=(member(1, 1990),))),
        [(117, "WRONG_AGE_GROUP")],
    ),
    "a dependent without a name": (
        replace(SLIP, family=Family(dependents=(member(1, 1990, name=""),))),
        [(101, "VALUE_MISSING")],
    ),
    "a number column among the further ones": (
        replace(SLIP, further={95: "0" + NUMBERS[1]}),
        [(95, "COLUMN_TAKEN")],
    ),
    "a further column that is none": (replace(SLIP, further={133: "1"}), [(0, "COLUMN_TAKEN")]),
    "words in a further amount": (replace(SLIP, further={67: "千円"}), [(67, "NOT_DIGITS")]),
    "several faults at once": (
        replace(person(name="髙橋", address=""), kind=""),
        [(14, "CHARACTER_NOT_ALLOWED"), (12, "VALUE_MISSING"), (16, "VALUE_MISSING")],
    ),
}


@pytest.mark.parametrize(("slip", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_filed_is_refused_with_its_column(
    slip: WithholdingSlip, expected: list[tuple[int, str]]
) -> None:
    assert codes(slip) == expected
    with pytest.raises(FilingRefusedError) as caught:
        to_record(slip)
    assert caught.value.problems == check_slip(slip)


@pytest.mark.parametrize("slip", [slip for slip, _ in REFUSED.values()], ids=REFUSED.keys())
def test_a_refusal_names_no_number(slip: WithholdingSlip) -> None:
    with pytest.raises(FilingRefusedError) as caught:
        to_record(slip)
    shown = str(caught.value) + repr(caught.value.problems)
    assert not any(number in shown for number in (*NUMBERS, "123456789017"))


def test_a_character_outside_jis_is_named_with_what_to_write_instead() -> None:
    (problem,) = check_slip(person(name="髙橋 太郎"))
    assert "「髙」" in problem.message_ja
    assert "「高」" in problem.message_ja
    assert "U+9AD9" in problem.message_en
    (problem,) = check_slip(person(name="草彅 太郎"))
    assert "「彅」" in problem.message_ja
    assert "仮名" in problem.message_ja


def test_a_later_year_is_written_when_its_layout_is_vouched_for() -> None:
    later = replace(SLIP, year=2026)
    assert check_slip(later, unconfirmed_layout=True) == ()
    assert to_record(later, unconfirmed_layout=True)[10] == "08"


def test_a_slip_hides_its_numbers() -> None:
    assert not any(number in repr(FULL) for number in (*NUMBERS, PAYER.number))


# --- characters ---


def test_every_variant_has_an_answer_inside_jis() -> None:
    assert {character for character in _VARIANTS if outside_jis(character) != character} == set()
    assert {usual for usual in _VARIANTS.values() if outside_jis(usual)} == set()


INSTEAD = {"㈱": "（株）", "①": "１", "髙": "高", "㍻": "平成", "\ufa19": "神", "彅": None, "😀": None}


@pytest.mark.parametrize(("character", "usual"), INSTEAD.items())
def test_a_replacement_is_proposed_where_there_is_one(character: str, usual: str | None) -> None:
    assert outside_jis(character) == character
    assert instead_of(character) == usual


@pytest.mark.parametrize("text", ["〜", "～", "−", "－", "‖", "―", "—", "凜熙", "濱邊", "ー・々", "￥"])
def test_characters_with_two_names_are_taken_under_both(text: str) -> None:
    written = to_full_width(text)
    assert outside_jis(written) is None
    assert len(encode(written)) == 2 * len(text)


@given(st.text(max_size=30))
def test_whatever_passes_is_jis_x_0208_alone(text: str) -> None:
    written = to_full_width(text)
    if outside_jis(written) is None:
        rows = [byte for at, byte in enumerate(encode(written)) if at % 2 == 0 and byte >= 0x80]
        assert len(encode(written).decode("shift_jis")) == len(written)
        assert all(byte < 0x87 or 0x88 <= byte <= 0xEA for byte in rows)


# --- ages and columns by birth date, the tax agency's dates for 令和6年分 ---

AGES = {
    "born on January 1, 2009, is 16": (date(2009, 1, 1), 16),
    "born a day later is 15": (date(2009, 1, 2), 15),
    "born on January 1, 1955, is 70": (date(1955, 1, 1), 70),
    "born a day later is 69": (date(1955, 1, 2), 69),
    "born on December 31, 2008, is 16": (date(2008, 12, 31), 16),
    "born on the last day of the year is 0": (date(2024, 12, 31), 0),
}


@pytest.mark.parametrize(("born", "age"), AGES.values(), ids=AGES.keys())
def test_age_is_complete_on_the_day_before_the_birthday(born: date, age: int) -> None:
    assert age_on_december_31(born, YEAR) == age


def groups(born: date) -> tuple[int, int, int]:
    counts = count_dependents([member(1, 2000, birth_date=born)], YEAR)
    return counts.specific, counts.elderly, counts.other


GROUPS = {
    "specific from January 2, 2002": (date(2002, 1, 2), (1, 0, 0)),
    "not a day before": (date(2002, 1, 1), (0, 0, 1)),
    "specific until January 1, 2006": (date(2006, 1, 1), (1, 0, 0)),
    "not a day later": (date(2006, 1, 2), (0, 0, 1)),
    "elderly until January 1, 1955": (date(1955, 1, 1), (0, 1, 0)),
    "not a day later than that": (date(1955, 1, 2), (0, 0, 1)),
}


@pytest.mark.parametrize(("born", "expected"), GROUPS.values(), ids=GROUPS.keys())
def test_dependents_are_grouped_as_the_form_has_it(born: date, expected: tuple[int, int, int]) -> None:
    assert groups(born) == expected


def test_a_family_is_sorted_into_its_columns() -> None:
    unborn = member(1, 2025)
    family = assign_family((CHILDREN[0], SPOUSE, unborn, ADULTS[0]), YEAR)
    assert family == Family((SPOUSE,), (ADULTS[0],), (CHILDREN[0],), (unborn,))


@given(st.lists(st.tuples(st.dates(date(1930, 1, 1), date(2026, 12, 31)), st.booleans()), max_size=8))
def test_nobody_is_lost_and_no_child_is_a_dependent(people: list[tuple[date, bool]]) -> None:
    members = [
        member(1, 2000, "spouse" if spouse else "dependent", birth_date=born) for born, spouse in people
    ]
    family = assign_family(members, YEAR)
    assert len(family.members) + len(family.not_born) == len(members)
    assert all(age_on_december_31(each.birth_date, YEAR) >= 16 for each in family.dependents)
    assert all(0 <= age_on_december_31(each.birth_date, YEAR) < 16 for each in family.under_16)


# --- the file ---


def example_slips(employees: int) -> Iterator[WithholdingSlip]:
    """Slips of the example generator's people."""
    group: list[dict[str, str]] = []
    for row in synthetic_people(40, employees):
        if row["kind"] == "employee" and group:
            yield example_slip(group)
            group = []
        group.append(row)
    yield example_slip(group)


def example_slip(group: list[dict[str, str]]) -> WithholdingSlip:
    employee, *relatives = group
    members = [
        FamilyMember(
            relation="spouse" if row["kind"] == "spouse" else "dependent",
            name=row["name"],
            kana=row["kana"],
            birth_date=date.fromisoformat(row["birth_date"]),
            number=row["number"],
        )
        for row in relatives
    ]
    person = Person(
        name=employee["name"],
        kana=employee["kana"],
        address=employee["address"],
        birth_date=date.fromisoformat(employee["birth_date"]),
        number=employee["number"],
    )
    return replace(SLIP, person=person, family=assign_family(members, YEAR))


def test_a_file_is_crlf_shift_jis_without_header_or_quotes(tmp_path: Path) -> None:
    path = tmp_path / "375dat01.txt"
    assert write_375([SLIP, FULL], path) == 2
    content = path.read_bytes()
    first, second, rest = content.split(b"\r\n")
    assert rest == b""
    assert b'"' not in content
    assert first.decode("cp932").split(",") == to_record(SLIP)
    assert second.decode("cp932").split(",") == to_record(FULL)
    assert content.decode("shift_jis")  # JIS X 0208 alone
    assert second.count(b",") == 131


def test_a_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "375dat01.txt"
    write_375([SLIP], path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_refusal_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "375dat01.txt"
    write_375([SLIP], path)
    before = path.read_bytes()
    with pytest.raises(FilingRefusedError) as caught:
        write_375([FULL, person(name="髙橋"), FULL, person(number="123456789017")], path)
    assert [(each.record, each.code) for each in caught.value.problems] == [
        (2, "CHARACTER_NOT_ALLOWED"),
        (4, "CHECK_DIGIT"),
    ]
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_an_interruption_leaves_no_partial_file(tmp_path: Path) -> None:
    def slips() -> Iterator[WithholdingSlip]:
        yield SLIP
        raise ConnectionError

    with pytest.raises(ConnectionError):
        write_375(slips(), tmp_path / "375dat01.txt")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["375dat00.txt", "375dat1.txt", "376dat01.txt", "slips.csv", "375DAT01.TXT"])
def test_a_file_name_the_tax_office_does_not_know_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(FilingRefusedError, match="375dat01"):
        write_375([SLIP], tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_no_slips_make_no_file(tmp_path: Path) -> None:
    with pytest.raises(FilingRefusedError) as caught:
        write_375([], tmp_path / "375dat99.txt")
    assert [each.code for each in caught.value.problems] == ["NO_SLIPS"]
    assert list(tmp_path.iterdir()) == []


def test_at_most_a_hundred_problems_are_told(tmp_path: Path) -> None:
    with pytest.raises(FilingRefusedError) as caught:
        write_375((person(name="髙橋", address="") for _ in range(1000)), tmp_path / "375dat01.txt")
    assert len(caught.value.problems) == 100


def test_the_numbers_of_a_thousand_people_are_read_back() -> None:
    slips = list(example_slips(1000))
    file = io.BytesIO()
    assert write_375(iter(slips), file) == 1000
    file.seek(0)
    for slip, found in zip(slips, read_number_columns(file), strict=True):
        family = slip.family
        relatives = [TaxNumber("individual", each.number) for each in family.dependents]
        assert found.payer == TaxNumber("corporate", PAYER.number)
        assert found.person == TaxNumber("individual", slip.person.number)
        assert found.spouse == (TaxNumber("individual", family.spouses[0].number) if family.spouses else None)
        assert [each for each in found.dependents if each] == relatives
        assert not found.child_columns_hold_digits


def test_numbers_read_back_are_hidden_and_include_those_in_the_note(tmp_path: Path) -> None:
    path = tmp_path / "375dat01.txt"
    write_375([replace(SLIP, family=Family(dependents=(*ADULTS, member(9, 1991))))], path)
    (found,) = read_number_columns(path)
    assert found.further == (NUMBERS[9],)
    assert not any(number in repr(found) for number in NUMBERS)


def altered(place: int, value: str) -> io.BytesIO:
    cells = to_record(FULL)
    cells[place - 1] = value
    return io.BytesIO(",".join(cells).encode("cp932") + b"\r\n")


def test_a_number_in_a_childs_columns_is_noticed() -> None:
    for place in range(116, 128):
        (found,) = read_number_columns(altered(place, NUMBERS[5]))
        assert found.child_columns_hold_digits


def test_a_spreadsheets_damage_to_a_number_is_noticed() -> None:
    (found,) = read_number_columns(altered(95, NUMBERS[0]))
    assert getattr(found.person, "code", None) == "FIELD_LENGTH"
    assert NUMBERS[0] not in repr(found)


NOT_A_FILE = {
    "a record with a column too many": (",".join(["1"] * 133).encode(), "COLUMN_COUNT"),
    "a record with a column missing": (",".join(["1"] * 131).encode(), "COLUMN_COUNT"),
    "another kind of record": (",".join(["316"] * 132).encode(), "NOT_375"),
    "UTF-8": (("375," + "架," * 130 + "空").encode(), "NOT_SHIFT_JIS"),
    "characters of Windows alone": ("375,髙橋".encode("cp932") + b"," * 130, "NOT_SHIFT_JIS"),
    "broken Shift_JIS": (b"375,\x81\x30" + b"," * 130, "NOT_SHIFT_JIS"),
}


@pytest.mark.parametrize(("content", "code"), NOT_A_FILE.values(), ids=NOT_A_FILE.keys())
def test_a_file_that_was_edited_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(FilingRefusedError) as caught:
        list(read_number_columns(io.BytesIO(content + b"\r\n")))
    assert [each.code for each in caught.value.problems] == [code]
