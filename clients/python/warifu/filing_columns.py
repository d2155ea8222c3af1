"""The 132 columns of a record of 給与所得の源泉徴収票 (kind 375), as data.

Source: 国税庁「法定資料を光ディスク及び磁気ディスクにより提出する場合の標準規格等」(平成17年6月17日 課総3-4),
part 4, (33), as amended to 令和6年7月2日. From 令和7年分 the form has 特定親族特別控除 as well; where its
columns stand in this record could not be established, so later years are not covered.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Final, NamedTuple

FIRST_YEAR: Final = 2020
"""令和2年分: columns 129 to 131 came with it, and columns that only older years use are left blank here."""

LAST_CONFIRMED_YEAR: Final = 2024
"""令和6年分: the last year whose layout this table is known to be."""

PAYER_NUMBER: Final = 94
PERSON_NUMBER: Final = 95
SPOUSE_NUMBER: Final = 99
DEPENDENT_NUMBERS: Final = (103, 107, 111, 115)
UNDER_16: Final = range(116, 128)
NOTE: Final = 128
"""備考, the one text column where the paper form has numbers (those of a fifth dependent and so on)."""


class Form(Enum):
    """What a column may hold."""

    DIGITS = "half-width digits"
    PHONE = "half-width digits, hyphens and brackets"
    TEXT = "full-width text, JIS X 0208 level 1 and 2"


class Column(NamedTuple):
    """One column.

    Attributes:
        place: its number, from 1.
        name: what the notice calls it.
        form: what it may hold.
        limit: how many characters.
    """

    place: int
    name: str
    form: Form
    limit: int


_HEAD: Final = """
法定資料の種類 3|整理番号1 10|本支店等区分番号 5|提出義務者の住所(居所)又は所在地 全60
提出義務者の氏名又は名称 全30
提出義務者の電話番号 電15|整理番号2 13|提出者の住所(居所)又は所在地 全60|提出者の氏名又は名称 全30
訂正表示 1
年分 2|支払を受ける者の住所又は居所 全60|国外住所表示 1|支払を受ける者の氏名 全30|役職名 全15|種別 全10
支払金額 10|未払金額 10|給与所得控除後の給与等の金額(調整控除後) 10|所得控除の額の合計額 10|源泉徴収税額 10
未徴収税額 10
(源泉)控除対象配偶者の有無 1|老人控除対象配偶者 1|配偶者(特別)控除の額 10
控除対象扶養親族の数(特定・主) 2|控除対象扶養親族の数(特定・従) 2|控除対象扶養親族の数(老人・主) 2
控除対象扶養親族の数(老人・上の内訳) 2|控除対象扶養親族の数(老人・従) 2|控除対象扶養親族の数(その他・主) 2
控除対象扶養親族の数(その他・従) 2|特別障害者の数 2|特別障害者の数(上の内訳) 2|その他の障害者の数 2
社会保険料等の金額 10|社会保険料等の金額(上の内訳) 10|生命保険料の控除額 10|地震保険料の控除額 10
住宅借入金等特別控除等の額 10
旧個人年金保険料の金額 10|配偶者の合計所得 10|旧長期損害保険料の金額 10
受給者の生年月日(元号) 1|受給者の生年月日(年) 2|受給者の生年月日(月) 2|受給者の生年月日(日) 2
夫あり 0|未成年者 1|乙欄適用 1|本人が特別障害者 1|本人がその他の障害者 1|老年者 0|寡婦 1|寡夫 0|勤労学生 1
死亡退職 1|災害者 1|外国人 1
中途就職・退職の区分 1|中途就職・退職(年) 2|中途就職・退職(月) 2|中途就職・退職(日) 2
他の支払者の住所(居所)又は所在地 全60|他の支払者の国外住所表示 1|他の支払者の氏名又は名称 全30
他の支払者の給与等の金額 10
他の支払者が徴収した金額 10|他の支払者が控除した社会保険料の金額 10|災害者に係る徴収猶予税額 10
他の支払者のもとを退職した年月日(年) 2|他の支払者のもとを退職した年月日(月) 2
他の支払者のもとを退職した年月日(日) 2
住宅借入金等特別控除等適用家屋居住年月日(1回目・年) 2|住宅借入金等特別控除等適用家屋居住年月日(1回目・月) 2
住宅借入金等特別控除等適用家屋居住年月日(1回目・日) 2|住宅借入金等特別控除適用数 1
住宅借入金等特別控除可能額 10
住宅借入金等特別控除区分(1回目) 2|住宅借入金等の額(1回目) 8
住宅借入金等特別控除等適用家屋居住年月日(2回目・年) 2|住宅借入金等特別控除等適用家屋居住年月日(2回目・月) 2
住宅借入金等特別控除等適用家屋居住年月日(2回目・日) 2|住宅借入金等特別控除区分(2回目) 2
住宅借入金等の額(2回目) 8
摘要 全300|新生命保険料の金額 10|旧生命保険料の金額 10|介護医療保険料の金額 10|新個人年金保険料の金額 10
16歳未満扶養親族の数 2|国民年金保険料等の金額 10|非居住者である親族の数 2
提出義務者の個人番号又は法人番号 13|支払を受ける者の個人番号 13
"""
_RELATIVE: Final = "{who}のフリガナ 全30|{who}の氏名 全30|{who}の区分 2|{who}の個人番号 13"
_CHILD: Final = "{who}のフリガナ 全30|{who}の氏名 全30|{who}の区分 2"
_TAIL: Final = "備考 全100|基礎控除の額 10|所得金額調整控除額 10|ひとり親 1|支払を受ける者のフリガナ 全30"
_FORMS: Final = {"全": Form.TEXT, "電": Form.PHONE}


def _specifications() -> Iterator[str]:
    yield from _HEAD.split("\n")
    yield _RELATIVE.format(who="(源泉・特別)控除対象配偶者")
    yield from (_RELATIVE.format(who=f"控除対象扶養親族({place})") for place in range(1, 5))
    yield from (_CHILD.format(who=f"16歳未満の扶養親族({place})") for place in range(1, 5))
    yield _TAIL


def _columns() -> Iterator[Column]:
    cells = [cell for line in _specifications() for cell in line.split("|") if cell]
    for place, cell in enumerate(cells, 1):
        name, size = cell.split(" ")
        form = _FORMS.get(size[0], Form.DIGITS)
        yield Column(place, name, form, int(size.lstrip("全電")))


COLUMNS: Final = tuple(_columns())
"""All columns in order; a limit of 0 marks one that the notice says to leave blank."""
