"""Makes rosters of people who do not exist: ``roster.csv`` and the files in ``bad/``.

    python examples/make_roster.py --employees 1000 --seed 1

The same seed gives the same bytes on every machine and Python. Names are common ones put together by chance,
in JIS level 1 and 2; every address is in a town called 架空町 (fictional); every row says 架空/SYNTHETIC.
The Individual Numbers have valid check digits and are meant for nobody; the README tells of those that are
somebody's by chance.
"""

import argparse
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Final

Person = dict[str, str]
"""One row, with the keys `FIELDS`."""

NOTE: Final = "架空/SYNTHETIC"
REFERENCE_YEAR: Final = 2024
"""Ages are chosen for the end of this year."""

FIELDS: Final = (
    "external_id",
    "kind",
    "employee",
    "name",
    "kana",
    "birth_date",
    "address",
    "number",
    "note",
)
JAPANESE_HEADER: Final = (
    "社員番号",
    "区分",
    "扶養者の社員番号",
    "氏名",
    "フリガナ",
    "生年月日",
    "住所",
    "個人番号",
    "備考",
)
ENGLISH_HEADER: Final = (
    "employee_id",
    "relation",
    "employee",
    "name",
    "kana",
    "birth_date",
    "address",
    "my_number",
    "note",
)
_KINDS_JA: Final = {"employee": "本人", "spouse": "配偶者", "dependent": "扶養親族"}

_FAMILY_NAMES: Final = """
佐藤サトウ 鈴木スズキ 高橋タカハシ 田中タナカ 伊藤イトウ 渡辺ワタナベ 山本ヤマモト 中村ナカムラ
小林コバヤシ 加藤カトウ 吉田ヨシダ 山田ヤマダ 佐々木ササキ 山口ヤマグチ 松本マツモト 井上イノウエ
木村キムラ 林ハヤシ 斎藤サイトウ 清水シミズ 山崎ヤマザキ 阿部アベ 森モリ 池田イケダ 橋本ハシモト
石川イシカワ 山下ヤマシタ 小川オガワ 石井イシイ 長谷川ハセガワ 後藤ゴトウ 岡田オカダ 近藤コンドウ
前田マエダ 藤田フジタ 遠藤エンドウ 青木アオキ 坂本サカモト 村上ムラカミ 太田オオタ 金子カネコ 藤井フジイ
福田フクダ 西村ニシムラ 三浦ミウラ 竹内タケウチ 中川ナカガワ 岡本オカモト 松田マツダ 原田ハラダ
"""
_WOMEN: Final = """
陽子ヨウコ 恵子ケイコ 由美子ユミコ 久美子クミコ 真由美マユミ 智子トモコ 裕子ユウコ 直美ナオミ 美穂ミホ
香織カオリ 麻衣マイ 愛アイ 彩アヤ 美咲ミサキ 葵アオイ 結衣ユイ 陽菜ヒナ 凛リン 咲良サクラ 千尋チヒロ
"""
_MEN: Final = """
誠マコト 浩ヒロシ 隆タカシ 健一ケンイチ 和也カズヤ 直樹ナオキ 大輔ダイスケ 健太ケンタ 翔太ショウタ
拓也タクヤ 達也タツヤ 亮リョウ 大樹ダイキ 蓮レン 大翔ヒロト 悠真ユウマ 湊ミナト 陽翔ハルト 修オサム
茂シゲル
"""
_TOWNS: Final = """
北海道札幌市中央区 宮城県仙台市青葉区 埼玉県さいたま市大宮区 千葉県船橋市 東京都新宿区 東京都世田谷区
東京都八王子市 神奈川県横浜市港北区 神奈川県川崎市中原区 新潟県新潟市中央区 石川県金沢市
静岡県浜松市中央区 愛知県名古屋市東区 京都府京都市左京区 大阪府大阪市北区 大阪府堺市堺区
兵庫県神戸市中央区 広島県広島市中区 福岡県福岡市博多区 沖縄県那覇市
"""

_PAYLOADS: Final = 10**11
_WEIGHTS: Final = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_CHECK_DIGITS: Final = tuple(str(-total % 11 % 10) for total in range(11))


def synthetic_numbers(seed: int, count: int) -> Iterator[str]:
    """Different numbers with valid check digits.

    A stride without a common factor with 10^11 visits each of the 10^11 payloads once before any comes again,
    so that the numbers of one seed differ by construction and nothing has to be remembered.

    Args:
        seed: which numbers; other seeds may give some of the same.
        count: how many, less than 10^11.
    """
    return islice(_numbers(seed), count)


def synthetic_people(seed: int, employees: int, *, with_dependents: bool = True) -> Iterator[Person]:
    """Employees, each followed by their family.

    Args:
        seed: which people.
        employees: how many employees; with families there are about 2.5 rows for each.
        with_dependents: also make spouses, children and parents.

    Yields:
        Rows with the keys `FIELDS`. `kind` is employee, spouse or dependent; `birth_date` is ISO 8601.
    """
    numbers = _numbers(seed)
    for order in range(1, employees + 1):
        dice = _Dice(seed * 1_000_003 + order)
        employee = _employee(dice, order, next(numbers))
        yield employee
        if with_dependents:
            for place, relative in enumerate(_relatives(dice, employee), 1):
                yield relative | {
                    "external_id": f"{employee['external_id']}-{place}",
                    "employee": employee["external_id"],
                    "address": employee["address"],
                    "number": next(numbers),
                    "note": NOTE,
                }


def to_csv(
    people: Iterable[Person],
    header: tuple[str, ...] = JAPANESE_HEADER,
    kinds: Mapping[str, str] = _KINDS_JA,
) -> str:
    """A roster as text, CRLF at the end of each row as spreadsheets write it.

    Args:
        people: rows with the keys `FIELDS`.
        header: the titles, in the order of `FIELDS`.
        kinds: what to write for each kind.
    """
    rows = [header, *([_cell(person, field, kinds) for field in FIELDS] for person in people)]
    return "".join(",".join(row) + "\r\n" for row in rows)


class _Dice:
    """SplitMix64: `random` may change how it draws between versions of Python, this does not."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def below(self, limit: int) -> int:
        self._state = (self._state + 0x9E3779B97F4A7C15) % 2**64
        mixed = (self._state ^ self._state >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB % 2**64
        return (mixed ^ mixed >> 31) % limit

    def between(self, first: int, last: int) -> int:
        return first + self.below(last - first + 1)

    def percent(self, chance: int) -> bool:
        return self.below(100) < chance


def _split_names(text: str) -> tuple[tuple[str, str], ...]:
    """佐藤サトウ becomes ("佐藤", "サトウ")."""
    starts = (
        (name, next(at for at, sign in enumerate(name) if "ァ" <= sign <= "ー")) for name in text.split()
    )
    return tuple((name[:at], name[at:]) for name, at in starts)


_FAMILIES: Final = _split_names(_FAMILY_NAMES)
_GIVEN: Final = {"w": _split_names(_WOMEN), "m": _split_names(_MEN)}
_TOWN_LIST: Final = tuple(_TOWNS.split())


def _sums(weights: tuple[int, ...]) -> tuple[int, ...]:
    """For each number of that many digits the weighted sum of its digits."""
    sums: tuple[int, ...] = (0,)
    for weight in weights:
        sums = tuple(total + weight * digit for total in sums for digit in range(10))
    return sums


_HIGH, _MIDDLE, _LOW = _sums(_WEIGHTS[:3]), _sums(_WEIGHTS[3:7]), _sums(_WEIGHTS[7:])


def _numbers(seed: int) -> Iterator[str]:
    dice = _Dice(seed)
    payload, stride = dice.below(_PAYLOADS), dice.below(_PAYLOADS // 10) * 10 + 3
    while True:
        payload = (payload + stride) % _PAYLOADS
        if payload:  # twelve zeros pass the check digit and are refused all the same
            total = _HIGH[payload // 10**8] + _MIDDLE[payload // 10**4 % 10**4] + _LOW[payload % 10**4]
            yield f"{payload:011d}{_CHECK_DIGITS[total % 11]}"


def _employee(dice: _Dice, order: int, number: str) -> Person:
    town = _TOWN_LIST[dice.below(len(_TOWN_LIST))]
    blocks = "-".join(str(dice.between(1, 20)) for _ in range(3))
    family = _FAMILIES[dice.below(len(_FAMILIES))]
    person = _person(dice, family, dice.between(20, 64))
    return person | {
        "external_id": f"E{order:06d}",
        "kind": "employee",
        "employee": "",
        "address": f"{town}架空町{blocks}",
        "number": number,
        "note": NOTE,
    }


def _relatives(dice: _Dice, employee: Person) -> Iterator[Person]:
    """Whoever the employee supports: a spouse, children up to 22, a parent."""
    age = REFERENCE_YEAR - int(employee["birth_date"][:4])
    family = employee["name"].split()[0], employee["kana"].split()[0]
    if dice.percent(50):
        yield _person(dice, family, max(20, age + dice.between(-5, 5))) | {"kind": "spouse"}
    oldest = min(22, age - 22)
    for _ in range(dice.between(0, 2) if oldest >= 0 else 0):
        yield _person(dice, family, dice.between(0, oldest)) | {"kind": "dependent"}
    if dice.percent(6):
        yield _person(dice, family, age + dice.between(22, 32)) | {"kind": "dependent"}


def _person(dice: _Dice, family: tuple[str, str], age: int) -> Person:
    names = _GIVEN["w" if dice.percent(50) else "m"]
    given = names[dice.below(len(names))]
    born = date(REFERENCE_YEAR - age, dice.between(1, 12), dice.between(1, 28))
    return {
        "name": f"{family[0]} {given[0]}",
        "kana": f"{family[1]} {given[1]}",
        "birth_date": born.isoformat(),
    }


def _cell(person: Person, field: str, kinds: Mapping[str, str]) -> str:
    return kinds[person[field]] if field == "kind" else person[field]


def bad_files(seed: int) -> dict[str, bytes]:
    """Small rosters, each with one kind of trouble, or one encoding, that happens in real ones.

    Args:
        seed: which people.

    Returns:
        For each file name its content.
    """
    people = list(synthetic_people(seed, 600, with_dependents=False))
    few, family = people[:20], list(synthetic_people(seed, 20))
    csv = to_csv(few)
    title_row, *rows = csv.splitlines(keepends=True)
    return {
        "wrong_check_digit.csv": _changed(people, 517, number=_next_digit(people[515]["number"])).encode(),
        "duplicate_number.csv": _changed(few, 15, number=few[2]["number"]).encode(),
        "duplicate_id.csv": _changed(few, 12, external_id=few[4]["external_id"]).encode(),
        "excel_mangled.csv": to_csv(_mangled_by_excel(few, seed)).encode(),
        "bad_dates.csv": to_csv(_with_dates(few)).encode(),
        "unknown_employee.csv": to_csv(
            row for row in family if row["external_id"] != _supporter(family)
        ).encode(),
        "shift_jis.csv": csv.encode("shift_jis"),
        "utf8_bom.csv": csv.encode("utf-8-sig"),
        "utf16_tab.csv": csv.replace(",", "\t").encode("utf-16"),
        "english_header.csv": to_csv(family, ENGLISH_HEADER, {kind: kind for kind in _KINDS_JA}).encode(),
        "empty.csv": b"",
        "header_only.csv": title_row.encode(),
        "no_header.csv": "".join(rows).encode(),
        "missing_column.csv": csv.replace("個人番号", "番号不明", 1).encode(),
        "duplicate_header.csv": csv.replace("備考", "マイナンバー", 1).encode(),
        "ragged.csv": _changed(few, 5, address="東京都新宿区架空町1,2,3").encode(),
        "unclosed_quote.csv": csv.replace(few[3]["name"], f'"{few[3]["name"]}', 1).encode(),
        "embedded_nul.csv": csv.replace(few[6]["kana"], few[6]["kana"] + "\0", 1).encode(),
        "really_xlsx.csv": b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00" + bytes(64),
    }


def _changed(people: list[Person], line: int, **values: str) -> str:
    """A roster with other values in one row, counted as a spreadsheet does."""
    return to_csv(person | values if at == line else person for at, person in enumerate(people, 2))


def _next_digit(number: str) -> str:
    return number[:-1] + str((int(number[-1]) + 1) % 10)


def _mangled_by_excel(people: list[Person], seed: int) -> Iterator[Person]:
    """Scientific notation, a decimal point, a lost zero, and an apostrophe, which is harmless."""
    zero_first = next(number for number in synthetic_numbers(seed + 1, 1000) if number[0] == "0")
    mangled = [
        f"{float(people[0]['number']):.5E}",
        people[1]["number"] + ".0",
        zero_first[1:],
        "'" + people[3]["number"],
    ]
    for person, number in zip(people, [*mangled, *(each["number"] for each in people[4:])], strict=True):
        yield person | {"number": number}


def _with_dates(people: list[Person]) -> Iterator[Person]:
    """Dates as people write them: the first seven can be read, the next four cannot."""
    dates = "1985-04-01 1985/4/1 昭和60年4月1日 S60.4.1 平成元年1月8日 H5.12.31 令和6年2月29日 "
    dates += "1985-02-30 昭和65年1月1日 31138 4月1日"
    for person, day in zip(people, dates.split(), strict=False):
        yield person | {"birth_date": day}


def _supporter(people: list[Person]) -> str:
    """The first employee with a family."""
    return next(person["employee"] for person in people if person["employee"])


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description="Make synthetic rosters / 架空の名簿を作る")
    parser.add_argument("--employees", type=int, default=1000, help="employees in roster.csv / 従業員数")
    parser.add_argument("--seed", type=int, default=1, help="which people / 乱数の種")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder / 出力先")
    options = parser.parse_args()
    people = list(synthetic_people(options.seed, options.employees))
    bad = options.out / "bad"
    bad.mkdir(parents=True, exist_ok=True)
    (options.out / "roster.csv").write_bytes(to_csv(people).encode())
    for name, content in bad_files(options.seed).items():
        (bad / name).write_bytes(content)
    print(f"{options.out / 'roster.csv'}: {len(people)} 行 / rows (架空/SYNTHETIC)")


if __name__ == "__main__":
    main()
