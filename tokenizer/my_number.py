"""Individual Numbers (個人番号) and Corporate Numbers (法人番号) as values.

The check digit of the Individual Number follows 平成26年総務省令第85号 article 5, that of the Corporate
Number 平成26年財務省令第70号 article 2. Both catch slips of the hand; neither says whose number it is, so an
accepted number is still to be verified (番号確認).
"""

import hmac
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, NoReturn, Self

from tokenizer.errors import InvalidNumberError

_WEIGHTS: Final = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_CORPORATE_WEIGHTS: Final = (2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1)

_DIGITS: Final = 12
_FIELD_DIGITS: Final = 13

PUBLISHED_SAMPLES: Final = frozenset({"123456789012", "123456708900", "123456078900"})
"""Sample numbers printed in official specifications. They fail the check digit on purpose."""

_LONGEST_TEXT: Final = 64  # 13 digits with a separator around each would fit; anything longer is not a number

_SEPARATORS: Final = (
    "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d"  # hyphens, dashes, minus signs
    "\u30fc\uff70"  # ー and ｰ: what a Japanese keyboard types for a hyphen
    "\u30fb\uff65"  # ・ and ･
    " \t\u00a0\u2002\u2003\u2009\u202f\u3000"  # spaces
)
# A table rather than NFKC: NFKC would also turn ① and ² into digits.
_READ: Final = str.maketrans("０１２３４５６７８９", "0123456789", _SEPARATORS)
_SCIENTIFIC: Final = re.compile(r"[0-9](\.[0-9]+)?E[+-]?[0-9]+", re.IGNORECASE)
_DECIMAL: Final = re.compile(r"[0-9]+\.0*")


class Rejection(NamedTuple):
    """Why one row of a batch is no Individual Number; never holds what the row held.

    Attributes:
        row: index into the sequence given to `check_numbers`, from 0.
        problem: stable name in UPPER_SNAKE.
        message_ja: what is wrong and what to do, in Japanese.
        message_en: the same in English.
    """

    row: int
    problem: str
    message_ja: str
    message_en: str


class _Problem(NamedTuple):
    name: str
    message_ja: str
    message_en: str

    def error(self) -> InvalidNumberError:
        return InvalidNumberError(*self)


_NOT_TEXT = _Problem(
    "NOT_TEXT",
    "番号は文字列で渡してください。数値にすると先頭の0が失われます。",
    "Pass the number as text; as an integer it loses its leading zeros.",
)
_EMPTY = _Problem(
    "EMPTY", "番号が空です。12桁の個人番号を入力してください。", "Enter the 12 digits; the field is empty."
)
_SCIENTIFIC_NOTATION = _Problem(
    "SCIENTIFIC_NOTATION",
    "指数表記になっており、桁が失われています。表計算ソフトで列を「文字列」にし、番号を入力し直してください。",
    "A spreadsheet turned this into scientific notation and lost digits. "
    "Format the column as text and enter the number again.",
)
_DECIMAL_POINT = _Problem(
    "DECIMAL_POINT",
    "末尾に小数点が付いています。表計算ソフトで列を「文字列」にし、番号を入力し直してください。",
    "A spreadsheet added a decimal point. Format the column as text and enter the number again.",
)
_OTHER_DIGITS = _Problem(
    "OTHER_DIGITS",
    "使えるのは半角または全角の0から9だけです。漢数字、丸数字、ほかの文字体系の数字は使えません。",
    "Only the digits 0 to 9, half or full width, are accepted; no other numerals.",
)
_NOT_DIGITS = _Problem(
    "NOT_DIGITS",
    "数字以外の文字が含まれています。12桁の数字だけを入力してください。",
    "There is something other than digits. Enter the 12 digits only.",
)
_LEADING_ZERO_LOST = _Problem(
    "LEADING_ZERO_LOST",
    "11桁しかありません。先頭の0が失われた可能性があります。表計算ソフトで列を「文字列」にし、原本と照合してください。",
    "There are only 11 digits: a spreadsheet may have dropped a leading zero. "
    "Format the column as text and compare with the document.",
)
_THIRTEEN_DIGITS = _Problem(
    "THIRTEEN_DIGITS",
    "13桁あります。法人番号、または先頭に0を付けた提出用の欄の値です。12桁の個人番号を入力してください。",
    "There are 13 digits: a Corporate Number, or a filing field with a leading 0. "
    "Enter the 12 digits of the Individual Number.",
)
_WRONG_LENGTH = _Problem(
    "WRONG_LENGTH",
    "個人番号は12桁です。桁数を確かめてください。",
    "An Individual Number has 12 digits; count them again.",
)
_REPEATED_DIGIT = _Problem(
    "REPEATED_DIGIT",
    "同じ数字だけの番号は受け付けません。原本の番号を入力してください。",
    "One digit repeated is a filler, not a number. Enter the number from the document.",
)
_CHECK_DIGIT = _Problem(
    "CHECK_DIGIT",
    "検査用数字が合いません。原本を見て入力し直してください。",
    "The check digit does not match. Compare with the document and enter it again.",
)
_NOT_CORPORATE = _Problem(
    "NOT_CORPORATE_NUMBER",
    "法人番号ではありません。先頭が1から9の13桁で、検査用数字が合う必要があります。",
    "This is no Corporate Number: 13 digits are needed, the first from 1 to 9 and matching as check digit.",
)
_FIELD_LENGTH = _Problem(
    "FIELD_LENGTH",
    "13桁が必要です。個人番号は先頭に0を付けて13桁にします(表計算ソフトで0が失われることがあります)。",
    "This field takes 13 digits; an Individual Number is written with a leading 0, which spreadsheets drop.",
)

_LENGTHS: Final = {11: _LEADING_ZERO_LOST, 13: _THIRTEEN_DIGITS}


class MyNumber:
    """One Individual Number: 12 digits that passed every check, and that only `reveal` shows.

    Made by `parse` alone. It prints as ``MyNumber(****)``, compares in constant time, and can neither be
    hashed, changed, copied nor pickled, so that it ends in no cache, set, queue or dump by accident.
    """

    __slots__ = ("_digits",)
    _digits: str

    @classmethod
    def parse(cls, text: str, *, sandbox: bool = False) -> Self:
        """Read a number as people and spreadsheets write it.

        Args:
            text: 12 digits, half or full width, with hyphens, ー, ・ or spaces between them.
            sandbox: also accept `PUBLISHED_SAMPLES`; for tenants that hold no real person.

        Raises:
            InvalidNumberError: names the problem and never the text.
        """
        verdict = _judge(text, sandbox=sandbox)
        if isinstance(verdict, _Problem):
            raise verdict.error()
        number = cls.__new__(cls)
        object.__setattr__(number, "_digits", verdict)
        return number

    def __init__(self) -> None:
        raise TypeError("MyNumber.parse を使ってください / use MyNumber.parse")

    def reveal(self) -> str:
        """The 12 digits. Each call site is a place where a number leaves the vault."""
        return self._digits

    def __repr__(self) -> str:
        return "MyNumber(****)"

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MyNumber):
            return NotImplemented
        return hmac.compare_digest(self._digits, other._digits)

    def __hash__(self) -> NoReturn:
        raise TypeError("MyNumber はハッシュ化できません / a MyNumber cannot be hashed")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("MyNumber は変更できません / a MyNumber cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("MyNumber は変更できません / a MyNumber cannot be changed")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("MyNumber は複製も保存もできません / a MyNumber can be neither copied nor pickled")


@dataclass(frozen=True, slots=True)
class CorporateNumber:
    """One Corporate Number (法人番号): 13 digits, published by the National Tax Agency, hence no secret."""

    digits: str

    def __post_init__(self) -> None:
        if not _is_corporate(self.digits):
            raise _NOT_CORPORATE.error()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a Corporate Number with the same tolerance for widths and separators as `MyNumber.parse`.

        Raises:
            InvalidNumberError: names the problem. The text is not repeated: it may be an Individual Number.
        """
        digits = _read(text)
        if isinstance(digits, _Problem):
            raise digits.error()
        return cls(digits)


def parse_field13(text: str, *, sandbox: bool = False) -> MyNumber | CorporateNumber:
    """Read the 13-character field of tax files that holds either kind of number.

    An Individual Number stands there with a leading 0; a Corporate Number never begins with 0.

    Raises:
        InvalidNumberError: names the problem, FIELD_LENGTH when a spreadsheet dropped the leading 0.
    """
    digits = _read(text)
    if isinstance(digits, _Problem):
        raise digits.error()
    if len(digits) != _FIELD_DIGITS:
        raise _FIELD_LENGTH.error()
    if digits[0] == "0":
        return MyNumber.parse(digits[1:], sandbox=sandbox)
    return CorporateNumber.parse(digits)


def to_field13(number: MyNumber | CorporateNumber) -> str:
    """Write a number for the 13-character field of tax files. For an Individual Number this reveals it."""
    return number.digits if isinstance(number, CorporateNumber) else "0" + number.reveal()


def check_numbers(
    texts: Sequence[str], *, sandbox: bool = False
) -> tuple[list[bytes | None], list[Rejection]]:
    """Check a whole batch, each row as `MyNumber.parse` would.

    Args:
        texts: one number per row.
        sandbox: as in `MyNumber.parse`.

    Returns:
        Per row the 12 ASCII digits, or None where it was refused; and the refusals in the order of the rows.
    """
    clean = [
        text if len(text) == _DIGITS and text.isdigit() and text.isascii() else _FILLER for text in texts
    ]
    digits: list[bytes | None] = list(map(str.encode, clean))
    rejections = []
    for row in _suspects("".join(clean).encode()):
        verdict = _judge(texts[row], sandbox=sandbox)
        if isinstance(verdict, _Problem):
            digits[row] = None
            rejections.append(Rejection(row, *verdict))
        else:
            digits[row] = verdict.encode()
    return digits, rejections


# The batch is checked by column: all first digits at once, all second digits at once, and so on. `translate`
# weighs a column and long integers add the columns up, one byte per row; no byte overflows: 11 x 10 < 256.
_WEIGH: Final = [
    bytes.maketrans(b"0123456789", bytes(digit * weight % 11 for digit in range(10))) for weight in _WEIGHTS
]
# A total of 0 means a payload of zeros. It expects no digit, so that such rows are suspects like all fillers.
_EXPECTED: Final = b"-" + bytes(48 + -total % 11 % 10 for total in range(1, 256))
_FILLER: Final = "0" * _DIGITS


def _suspects(block: bytes) -> list[int]:
    """Rows of a block of 12-digit rows whose last digit is not the expected one, fillers included."""
    rows = len(block) // _DIGITS
    columns = (block[place::_DIGITS].translate(weigh) for place, weigh in enumerate(_WEIGH))
    totals = sum(int.from_bytes(column, "little") for column in columns)
    expected, found = totals.to_bytes(rows, "little").translate(_EXPECTED), block[_DIGITS - 1 :: _DIGITS]
    return [] if expected == found else [row for row in range(rows) if expected[row] != found[row]]


def _judge(text: object, *, sandbox: bool) -> str | _Problem:
    digits = _read(text)
    if isinstance(digits, _Problem):
        return digits
    if len(digits) != _DIGITS:
        return _LENGTHS.get(len(digits), _WRONG_LENGTH)
    if digits == digits[0] * _DIGITS:
        return _REPEATED_DIGIT
    if digits[-1] == _check_digit(digits[:-1]) or (sandbox and digits in PUBLISHED_SAMPLES):
        return digits
    return _CHECK_DIGIT


def _read(text: object) -> str | _Problem:
    """The digits of a text, or why there are none."""
    if not isinstance(text, str):
        return _NOT_TEXT
    if len(text) > _LONGEST_TEXT:
        return _WRONG_LENGTH
    # Spreadsheets mark text with a leading apostrophe.
    bare = re.sub("^['’＇]", "", text.strip()).translate(_READ)
    if bare.isdigit() and bare.isascii():
        return bare
    return _name_what_is_wrong(bare)


def _name_what_is_wrong(bare: str) -> _Problem:
    ascii_text = unicodedata.normalize("NFKC", bare)
    if not bare:
        return _EMPTY
    if _SCIENTIFIC.fullmatch(ascii_text):
        return _SCIENTIFIC_NOTATION
    if _DECIMAL.fullmatch(ascii_text):
        return _DECIMAL_POINT
    if any(character.isnumeric() and not character.isascii() for character in bare):
        return _OTHER_DIGITS
    return _NOT_DIGITS


def _check_digit(payload: str) -> str:
    return str(-_weighted_sum(_WEIGHTS, payload) % 11 % 10)


def _is_corporate(digits: str) -> bool:
    if len(digits) != _FIELD_DIGITS or not (digits.isdigit() and digits.isascii()):
        return False
    return int(digits[0]) == 9 - _weighted_sum(_CORPORATE_WEIGHTS, digits[1:]) % 9


def _weighted_sum(weights: Sequence[int], digits: str) -> int:
    return sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True))
