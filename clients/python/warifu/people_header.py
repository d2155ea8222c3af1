"""Which column of a list of people holds what, by its title, as Japanese HR systems and offices write them.

Titles are compared as in `roster_header`, first with what stands in brackets (姓（カナ） is not 姓), then without
(社員番号（必須） is 社員番号), then without a word in front that says whose it is (現住所：郵便番号).
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from warifu.number_guard import masked
from warifu.roster_header import fold
from warifu.roster_problem import RosterProblem, problem

PersonField = Literal[
    "external_id", "name", "family_name", "given_name", "kana", "family_kana", "given_kana", "birth_date",
    "postal_code", "address", "prefecture", "city", "town", "building",
    "email", "phone", "channel", "kind", "relation", "employee",
]  # fmt: skip

_TITLES: Final[Mapping[PersonField, str]] = {
    "external_id": "社員番号 社員No 社員コード 社員ID 従業員番号 従業員コード 従業員ID 従業員No 職員番号 職員コード "
    "スタッフコード スタッフ番号 管理番号 個人コード 支払先番号 支払先コード 受給者番号 "
    "external_id employee_id employee_number employee_no employee_code staff_id staff_code person_id",
    "name": "氏名 名前 お名前 氏名漢字 漢字氏名 社員名 従業員名 職員名 社員氏名 従業員氏名 戸籍氏名 name full_name",
    "family_name": "姓 苗字 名字 氏 姓漢字 氏名姓 戸籍姓 family_name last_name surname",
    "given_name": "名 名漢字 氏名名 戸籍名 given_name first_name",
    "kana": "フリガナ ふりがな カナ 氏名カナ カナ氏名 氏名フリガナ 氏名ふりがな 氏名かな 社員名カナ 従業員名カナ "
    "ヨミガナ 氏名ヨミガナ name_kana kana furigana full_name_kana",
    "family_kana": "姓カナ セイ 姓フリガナ 姓ふりがな 姓かな 姓ヨミガナ カナ姓 氏名カナ姓 戸籍姓ヨミガナ "
    "family_name_kana last_name_kana",
    "given_kana": "名カナ メイ 名フリガナ 名ふりがな 名かな 名ヨミガナ カナ名 氏名カナ名 戸籍名ヨミガナ "
    "given_name_kana first_name_kana",
    "birth_date": "生年月日 誕生日 生年月日西暦 生年月日和暦 birth_date birthdate birthday date_of_birth dob",
    "postal_code": "郵便番号 〒 郵便 postal_code postcode zip zip_code zipcode",
    "address": "住所 現住所 居所 住所1 住所又は居所 送付先住所 郵送先住所 現住所1 address address1",
    "prefecture": "都道府県 都道府県名 prefecture state",
    "city": "市区町村 市区郡町村 市町村 市区 市区町村名 city",
    "town": "町名番地 番地 丁目番地 町域番地 町域 町名丁目番地 市区町村以降 番地以降 town street",
    "building": "建物名 建物 建物名部屋番号 建物名号室 マンション名 方書 住所2 現住所2 建物名等 building address2",
    "email": "メールアドレス メール Eメール 電子メール 電子メールアドレス Eメールアドレス mailアドレス mail_address "
    "email email_address e_mail",
    "phone": "電話番号 電話 TEL 携帯電話番号 携帯電話 携帯番号 携帯 連絡先電話番号 phone phone_number mobile telephone",
    "channel": "収集方法 依頼方法 提出方法 回収方法 収集手段 送付方法 案内方法 収集チャネル channel collection_method",
    "kind": "区分 種別 本人家族区分 対象者区分 kind type",
    "relation": "続柄 関係 本人との続柄 従業員との続柄 relation relationship",
    "employee": "扶養者番号 扶養者の社員番号 扶養者社員番号 扶養者の従業員番号 扶養者従業員番号 扶養者コード 扶養者ID "
    "本人番号 本人の社員番号 本人社員番号 本人の従業員番号 親社員番号 親従業員番号 対象従業員番号 "
    "employee employee_external_id employee_of dependent_of supporter_id",
}  # fmt: skip
_NUMBERS: Final = ("個人番号", "マイナンバ", "mynumber", "individualnumber", "12桁番号")
_ABOUT_NUMBERS: Final = re.compile(
    r"状況|状態|有無|区分|提出|収集|登録|確認|取得|日$|方法|フラグ|同意|status|date|flag"
)
_NAMED_NUMBER: Final = frozenset({"number"})

_BRACKETS: Final = re.compile(r"[()\[\]【】「」〔〕/.,。、：]")
_OWNERS: Final = re.compile(
    r"^(現住所|住所|自宅|本人|社員|従業員|個人|連絡先|基本情報|家族|扶養親族)(?:の|情報)?"
)
_MANY_DIGITS: Final = re.compile(r"(?:[0-9][\s\-]?){8}")
_TITLE_SHOWN: Final = 30
_TITLES_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class PeopleHeader:
    """Where the columns of a list are.

    Attributes:
        titles: the title of every column, as the file spells it.
        places: for each known field its column, from 0; the first one where several mean the same.
        repeated: further columns that mean what another does already.
        numbers: columns that are said to hold Individual Numbers.
    """

    titles: tuple[str, ...]
    places: Mapping[PersonField, int]
    repeated: tuple[int, ...] = ()
    numbers: tuple[int, ...] = field(default=())

    @property
    def known(self) -> frozenset[int]:
        """The columns that are understood."""
        return frozenset(self.places.values())

    def cell(self, cells: Sequence[str], name: PersonField) -> str:
        """What a row holds for a field, without blanks or an apostrophe before it; "" without such a column."""
        place = self.places.get(name)
        return "" if place is None else cells[place].strip().lstrip("'’＇").strip()

    def title(self, *names: PersonField) -> str:
        """The title of the first of these fields that the file has; "" when it has none."""
        return next((self.titles[self.places[name]] for name in names if name in self.places), "")


def field_of(title: str) -> PersonField | None:
    """What a column of this title holds, or None."""
    whole = fold_whole(title)
    bare = fold(title)
    return (
        _FIELD_OF.get(whole)
        or _FIELD_OF.get(bare)
        or _FIELD_OF.get(_OWNERS.sub("", whole))
        or _FIELD_OF.get(_OWNERS.sub("", bare))
    )


def says_number(title: str) -> bool:
    """Whether a column of this title holds Individual Numbers, and not whether or when they were handed in."""
    plain = fold_whole(title)
    says = plain in _NAMED_NUMBER or any(word in plain for word in _NUMBERS)
    return says and not _ABOUT_NUMBERS.search(plain)


def read_people_header(
    cells: Sequence[str], line: int, chosen: Mapping[str, PersonField]
) -> PeopleHeader | RosterProblem:
    """Recognise the columns.

    Args:
        cells: a row that may be the header.
        line: its number.
        chosen: what columns of these titles hold, whatever they would be taken for.

    Returns:
        The header, or why the row is none.
    """
    if any(_MANY_DIGITS.search(unicodedata.normalize("NFKC", cell)) for cell in cells):
        return problem("NO_HEADER", line, expected=expected_people_titles())
    titles = tuple(masked(cell.strip())[:_TITLE_SHOWN] for cell in cells)
    found = [(at, chosen.get(title) or field_of(title)) for at, title in enumerate(titles)]
    places: dict[PersonField, int] = {}
    for at, name in found:
        if name:
            places.setdefault(name, at)
    if missing := _missing(places):
        shown = ", ".join(title or "-" for title in titles[:_TITLES_SHOWN])
        return problem(
            "MISSING_COLUMNS", line, missing=missing, found=shown, expected=expected_people_titles()
        )
    repeated = tuple(at for at, name in found if name and places[name] != at)
    if doubled := [
        titles[at] for at, name in found if name == "external_id" and repeated and _twice(found, name)
    ]:
        return problem("DUPLICATE_COLUMNS", line, titles=", ".join(doubled[:_TITLES_SHOWN]))
    return PeopleHeader(
        titles, places, repeated, tuple(at for at, title in enumerate(titles) if says_number(title))
    )


def expected_people_titles() -> str:
    """The titles that would do, for messages."""
    return ", ".join(f"{titles.split()[0]} ({name})" for name, titles in _TITLES.items())


def fold_whole(title: str) -> str:
    """A title as it is compared, with what stands in brackets."""
    return fold(_BRACKETS.sub("", unicodedata.normalize("NFKC", title)))


def _missing(places: Mapping[PersonField, int]) -> str:
    named = "name" in places or {"family_name", "given_name"} <= places.keys()
    lacking = {"社員番号": "external_id" in places, "氏名": named}
    return ", ".join(title for title, there in lacking.items() if not there)


def _twice(found: Sequence[tuple[int, PersonField | None]], name: PersonField) -> bool:
    return sum(other == name for _, other in found) > 1


_FIELD_OF: Final = {fold_whole(title): name for name, titles in _TITLES.items() for title in titles.split()}
