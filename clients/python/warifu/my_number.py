"""An Individual Number (個人番号) as text, checked before it travels.

The check digit is that of 平成26年総務省令第85号 article 5. It catches slips of the hand and says nothing
about whose number it is. A problem is a value that says what to do; it never holds the text that was checked,
and its codes are those the server uses. The 13-character field of tax files is read and written here as well.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from operator import mul
from typing import Final, Literal

DIGITS: Final = 12
FIELD_DIGITS: Final = 13

PUBLISHED_SAMPLES: Final = frozenset({"123456789012", "123456708900", "123456078900"})
"""Sample numbers of official specifications. They fail the check digit; only a sandbox takes them."""

_WEIGHTS: Final = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_CORPORATE_WEIGHTS: Final = (2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1)
_LONGEST_TEXT: Final = 64

# Listed one by one: NFKC leaves ー and the dashes alone, yet would turn ① and ² into digits.
_SEPARATORS: Final = "-‐‑‒–—―−－ーｰ・･ \t\u00a0\u2002\u2003\u2009\u202f\u3000"
_PLAIN: Final = str.maketrans("０１２３４５６７８９", "0123456789", _SEPARATORS)
_APOSTROPHES: Final = ("'", "’", "＇")
_SCIENTIFIC: Final = re.compile(r"[0-9]([.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)
_DECIMAL: Final = re.compile(r"[0-9]+\.0*")


class Code(StrEnum):
    """The name of what is wrong with a number."""

    NOT_TEXT = "NOT_TEXT"
    EMPTY = "EMPTY"
    SCIENTIFIC_NOTATION = "SCIENTIFIC_NOTATION"
    DECIMAL_POINT = "DECIMAL_POINT"
    LEADING_ZERO_LOST = "LEADING_ZERO_LOST"
    WRONG_LENGTH = "WRONG_LENGTH"
    THIRTEEN_DIGITS = "THIRTEEN_DIGITS"
    NOT_DIGITS = "NOT_DIGITS"
    OTHER_DIGITS = "OTHER_DIGITS"
    REPEATED_DIGIT = "REPEATED_DIGIT"
    CHECK_DIGIT = "CHECK_DIGIT"
    NOT_CORPORATE_NUMBER = "NOT_CORPORATE_NUMBER"
    FIELD_LENGTH = "FIELD_LENGTH"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a text is not an acceptable number, and what to do about it. Never holds the text.

    Attributes:
        code: stable name, UPPER_SNAKE.
        message_ja: what to do, in Japanese.
        message_en: the same in English.
    """

    code: Code
    message_ja: str
    message_en: str


class NumberError(ValueError):
    """A number was needed where none stood. Its text is the problem's, never the number's."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.message_ja} / {problem.message_en}")
        self.problem = problem


@dataclass(frozen=True, slots=True)
class TaxNumber:
    """What the 13-character field of a tax file holds; its repr shows the kind alone.

    Attributes:
        kind: "individual" or "corporate".
        number: 12 digits for an individual, 13 for a corporation.
    """

    kind: Literal["individual", "corporate"]
    number: str = field(repr=False)


def check(text: object, *, sandbox: bool = False) -> str | Problem:
    """Read a number as people and spreadsheets write it.

    Full-width digits, spaces, hyphens, ー and ・ between digits and a leading apostrophe are accepted.

    Args:
        text: what was typed or read from a file. Anything but text is a problem: an integer lost its zeros.
        sandbox: also accept `PUBLISHED_SAMPLES`; for tenants that hold no real person.

    Returns:
        The 12 digits, or the problem.
    """
    digits = _read(text)
    if isinstance(digits, Problem):
        return digits
    if len(digits) != DIGITS:
        return _wrong_length(len(digits))
    if digits == digits[0] * DIGITS:
        return _REPEATED_DIGIT
    if digits[-1] == check_digit(digits[:-1]) or (sandbox and digits in PUBLISHED_SAMPLES):
        return digits
    return _CHECK_DIGIT


def check_corporate(text: object) -> str | Problem:
    """Read a Corporate Number (法人番号, 13 digits, the first one checks the rest).

    Returns:
        The 13 digits, or the problem.
    """
    digits = _read(text)
    if isinstance(digits, Problem):
        return digits
    if len(digits) != FIELD_DIGITS:
        return _NOT_CORPORATE
    expected = 9 - _weighted_sum(_CORPORATE_WEIGHTS, digits[1:]) % 9
    return digits if int(digits[0]) == expected else _NOT_CORPORATE


def check_digit(payload: str) -> str:
    """The twelfth digit that belongs to eleven others.

    Args:
        payload: exactly 11 ASCII digits.

    Raises:
        ValueError: it is not.
    """
    if len(payload) != DIGITS - 1 or not (payload.isascii() and payload.isdigit()):
        raise ValueError("11桁の半角数字が必要です / 11 ASCII digits are needed")
    return str(-_weighted_sum(_WEIGHTS, payload) % 11 % 10)


def to_tax_field(number: str) -> str:
    """Write an Individual Number for the 13-character field of tax files: a zero and the 12 digits.

    Raises:
        NumberError: the number is not one that `check` accepts.
    """
    digits = check(number)
    if isinstance(digits, Problem):
        raise NumberError(digits)
    return "0" + digits


def from_tax_field(text: object) -> TaxNumber | Problem:
    """Read the 13-character field: a leading zero marks an individual, 1 to 9 a corporation."""
    digits = _read(text)
    if isinstance(digits, Problem):
        return digits
    if len(digits) != FIELD_DIGITS:
        return _FIELD_LENGTH
    individual = digits.startswith("0")
    number = check(digits[1:]) if individual else check_corporate(digits)
    if isinstance(number, Problem):
        return number
    return TaxNumber("individual" if individual else "corporate", number)


def _read(text: object) -> str | Problem:
    if not isinstance(text, str):
        return _NOT_TEXT
    if len(text) > _LONGEST_TEXT:
        return _TOO_LONG
    bare = text.strip()
    if bare.startswith(_APOSTROPHES):
        bare = bare[1:]
    digits = bare.translate(_PLAIN)
    return digits if digits.isascii() and digits.isdigit() else _not_a_number(digits)


def _not_a_number(text: str) -> Problem:
    if not text:
        return _EMPTY
    if _SCIENTIFIC.fullmatch(text):
        return _SCIENTIFIC_NOTATION
    if _DECIMAL.fullmatch(text):
        return _DECIMAL_POINT
    if any(character.isnumeric() and not character.isascii() for character in text):
        return _OTHER_DIGITS
    return _NOT_DIGITS


def _wrong_length(length: int) -> Problem:
    if length == DIGITS - 1:
        return _LEADING_ZERO_LOST
    if length == FIELD_DIGITS:
        return _THIRTEEN_DIGITS
    return _TOO_SHORT if length < DIGITS else _TOO_LONG


def _weighted_sum(weights: Sequence[int], digits: str) -> int:
    return sum(map(mul, weights, map(int, digits)))


_NOT_TEXT: Final = Problem(
    Code.NOT_TEXT,
    "番号は文字列として渡してください。数値にすると先頭の0が消えます。",
    "Pass the number as text: a numeric value drops leading zeros.",
)
_EMPTY: Final = Problem(
    Code.EMPTY,
    "個人番号が入っていません。12桁を入力するか、まだ番号がない人はこの表から外してください。",
    "There is no number. Enter the 12 digits, or leave out people whose number is not collected yet.",
)
_SCIENTIFIC_NOTATION: Final = Problem(
    Code.SCIENTIFIC_NOTATION,
    "表計算ソフトが番号を指数表記に変え、下の桁が消えています。列の書式を「文字列」にして入力し直してください。",
    "A spreadsheet wrote the number in scientific notation and its last digits are gone. "
    "Set the column to text and enter the number again.",
)
_DECIMAL_POINT: Final = Problem(
    Code.DECIMAL_POINT,
    "番号が数値として扱われ、小数点が付いています。列の書式を「文字列」にし、先頭の0を含めて入力し直してください。",
    "The number was treated as a quantity and has a decimal point. "
    "Set the column to text and enter it again with its leading zeros.",
)
_LEADING_ZERO_LOST: Final = Problem(
    Code.LEADING_ZERO_LOST,
    "11桁です。表計算ソフトが先頭の0を消したか、1桁抜けています。列の書式を「文字列」にし、原本を見て直してください。",
    "There are 11 digits: a spreadsheet dropped the leading zero, or one digit is missing. "
    "Set the column to text and correct it from the document.",
)
_TOO_SHORT: Final = Problem(
    Code.WRONG_LENGTH,
    "桁が足りません。個人番号は12桁です。原本を見て入力し直してください。",
    "Digits are missing: an Individual Number has 12. Enter it again from the document.",
)
_TOO_LONG: Final = Problem(
    Code.WRONG_LENGTH,
    "長すぎます。個人番号は12桁です。余分な桁やほかの項目が混ざっていないか確かめてください。",
    "Too long: an Individual Number has 12 digits. Look for extra digits or another item in the same cell.",
)
_THIRTEEN_DIGITS: Final = Problem(
    Code.THIRTEEN_DIGITS,
    "13桁です。法人番号か、先頭に0を足した税務ファイルの値のようです。12桁の個人番号を入力してください。",
    "There are 13 digits, as in a Corporate Number or a tax file's field with its extra zero. "
    "Enter the 12 digits of the Individual Number.",
)
_NOT_DIGITS: Final = Problem(
    Code.NOT_DIGITS,
    "数字ではない文字があります。区切りを除き、12桁の数字だけにしてください。",
    "There are characters other than digits. Besides separators, only the 12 digits may stand here.",
)
_OTHER_DIGITS: Final = Problem(
    Code.OTHER_DIGITS,
    "丸数字や漢数字などは使えません。0から9の数字(半角または全角)で入力し直してください。",
    "Circled, Chinese and other numerals are not accepted. Enter the digits 0 to 9, half or full width.",
)
_REPEATED_DIGIT: Final = Problem(
    Code.REPEATED_DIGIT,
    "同じ数字が12個並んでいます。仮の値ではなく、原本の番号を入力してください。",
    "One digit stands here twelve times. Replace this filler by the number on the document.",
)
_CHECK_DIGIT: Final = Problem(
    Code.CHECK_DIGIT,
    "最後の1桁(検査用数字)が合いません。どこかの桁が違います。原本と見比べて直してください。",
    "The last digit, the check digit, does not fit: some digit is wrong. Compare with the document.",
)
_NOT_CORPORATE: Final = Problem(
    Code.NOT_CORPORATE_NUMBER,
    "法人番号ではありません。13桁で、先頭の検査用数字が合うものを入力してください。",
    "This is not a Corporate Number. Enter its 13 digits; the first one checks the others.",
)
_FIELD_LENGTH: Final = Problem(
    Code.FIELD_LENGTH,
    "13桁ではありません。個人番号は先頭に0を付けます。表計算ソフトで開くとこの0が消えます。",
    "This field has 13 digits. An Individual Number takes a leading zero here, which spreadsheets remove.",
)
