"""Which column of a roster holds what, by its title in Japanese or English.

Titles are compared after NFKC and case folding, without spaces, hyphens, underscores and remarks in brackets,
so that 「社員番号（必須）」 and "Employee ID" are found. Columns with other titles are left alone.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from warifu.roster_problem import RosterProblem, problem

Field = Literal["external_id", "number", "kind", "name", "kana", "birth_date", "address", "employee"]
Kind = Literal["employee", "dependent", "spouse", "payee"]

_TITLES: Final[Mapping[Field, str]] = {
    "external_id": "社員番号 従業員番号 社員コード 従業員コード 社員ID 従業員ID 管理番号 受給者番号 "
    "支払先番号 支払先コード "
    "external_id employee_id employee_number employee_no employee_code staff_id person_id",
    "number": "個人番号 マイナンバー マイナンバ my_number mynumber individual_number number",
    "kind": "区分 種別 続柄 本人家族区分 対象者区分 kind relation relationship type",
    "name": "氏名 名前 お名前 氏名漢字 漢字氏名 社員名 従業員名 name full_name",
    "kana": "フリガナ ふりがな カナ 氏名カナ カナ氏名 氏名フリガナ 氏名かな kana name_kana furigana",
    "birth_date": "生年月日 誕生日 birth_date birthdate birthday date_of_birth dob",
    "address": "住所 現住所 居所 住所又は居所 address",
    "employee": "扶養者番号 扶養者の社員番号 扶養者社員番号 扶養者の従業員番号 扶養者従業員番号 扶養者コード "
    "扶養者ID 本人番号 本人の社員番号 本人社員番号 親社員番号 対象従業員番号 "
    "employee employee_external_id employee_of dependent_of supporter_id",
}
_NAMING: Final[tuple[Field, ...]] = ("external_id", "name")
_REQUIRED: Final[tuple[Field, ...]] = (*_NAMING, "number")

_KINDS: Final[Mapping[Kind, str]] = {
    "employee": "本人 社員 従業員 正社員 役員 パート アルバイト 契約社員 employee self staff",
    "spouse": "配偶者 妻 夫 spouse wife husband",
    "dependent": "扶養 扶養親族 扶養家族 被扶養者 家族 親族 子 子供 長男 長女 次男 二男 次女 二女 三男 三女 "
    "四男 四女 父 母 父親 母親 義父 義母 祖父 祖母 兄 弟 姉 妹 孫 dependent dependant child son daughter "
    "father mother parent sibling grandchild relative",
    "payee": "支払先 外注先 個人事業主 報酬支払先 地主 家主 payee contractor",
}

_REMARK: Final = re.compile(r"\([^)]*\)|\[[^]]*\]|【[^】]*】")
_NOISE: Final = re.compile(r"[\s_\-*※・:'\"]")
_MANY_DIGITS: Final = re.compile(r"(?:[0-9][\s\-]?){8}")
_TITLES_SHOWN: Final = 20
_TITLE_SHOWN: Final = 20


def fold(title: str) -> str:
    """A title, or a kind, as it is compared."""
    plain = unicodedata.normalize("NFKC", title).casefold()
    return _NOISE.sub("", _REMARK.sub("", plain))


_FIELD_OF: Final = {fold(title): field for field, titles in _TITLES.items() for title in titles.split()}
_KIND_OF: Final = {fold(word): kind for kind, words in _KINDS.items() for word in words.split()}


def kind_of(cell: str) -> Kind | None:
    """Whose row it is by its 区分 or 続柄: 長女 is a dependent. None when the word is unknown."""
    return _KIND_OF.get(cell) or _KIND_OF.get(fold(cell))


@dataclass(frozen=True, slots=True)
class Header:
    """Where the known columns are.

    Attributes:
        titles: the title of every column, as the file spells it.
        places: for each known field its column, from 0.
    """

    titles: tuple[str, ...]
    places: Mapping[Field, int]

    @property
    def known(self) -> frozenset[int]:
        """The columns that are understood."""
        return frozenset(self.places.values())

    def cell(self, cells: Sequence[str], field: Field) -> str:
        """What a row holds for a field, without blanks around it; "" when the file has no such column."""
        place = self.places.get(field)
        return "" if place is None else cells[place].strip()

    def title(self, field: Field) -> str:
        """The title of a field's column in this file, or its English name when there is none."""
        place = self.places.get(field)
        return field if place is None else self.titles[place]


def read_header(cells: Sequence[str], line: int, *, numbers: bool = True) -> Header | RosterProblem:
    """Recognise the columns.

    Args:
        cells: the first row of the file.
        line: its number.
        numbers: whether there must be a column of numbers.

    Returns:
        The header, or why the file cannot be read: titles missing, doubled, or no header at all.
    """
    titles = tuple(cell.strip() for cell in cells)
    # Checked first, because the messages below repeat titles and must not repeat anybody's number.
    if any(_MANY_DIGITS.search(unicodedata.normalize("NFKC", title)) for title in titles):
        return problem("NO_HEADER", line, expected=expected_titles())
    found = [(_FIELD_OF.get(fold(title)), place) for place, title in enumerate(titles)]
    places: dict[Field, int] = {field: place for field, place in reversed(found) if field}
    if doubled := [titles[place] for field, place in found if field and _times(found, field) > 1]:
        return problem("DUPLICATE_COLUMNS", line, titles=_shown(doubled))
    required = _REQUIRED if numbers else _NAMING
    if missing := [field for field in required if field not in places]:
        names = ", ".join(_first_title(field) for field in missing)
        return problem(
            "MISSING_COLUMNS", line, missing=names, found=_shown(titles), expected=expected_titles()
        )
    return Header(titles, places)


def knows(title: str) -> bool:
    """Whether a title is one of ours."""
    return fold(title) in _FIELD_OF


def expected_titles(*, numbers: bool = True) -> str:
    """The titles that would do, for messages."""
    return ", ".join(f"{_first_title(field)} ({field})" for field in _TITLES if numbers or field != "number")


def _times(found: Sequence[tuple[Field | None, int]], field: Field) -> int:
    return sum(other == field for other, _ in found)


def _first_title(field: Field) -> str:
    return _TITLES[field].split()[0]


def _shown(titles: Sequence[str]) -> str:
    shown = [title[:_TITLE_SHOWN] or "-" for title in titles[:_TITLES_SHOWN]]
    return ", ".join([*shown, "…"] if len(titles) > _TITLES_SHOWN else shown)
