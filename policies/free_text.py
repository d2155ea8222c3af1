"""Free text (a reason, a name, an address, an external id, a login) must not carry an Individual Number.

A number that slips into such a field would be stored in the clear and shown in lists and logs, so the field
is refused. Text is taken to contain a number when, after NFKC, it holds

1. exactly 12 digits in a row, or
2. 13 digits in a row of which the first is 0 (the form in which tax files write an individual), or
3. three groups of exactly four digits, with any signs and spaces between them: whatever is no letter, no
   digit, no 、 and no 。, and also ー, which is a letter to Unicode and a hyphen on a Japanese keyboard.

Whatever the audit log's own guard would refuse is refused as well: there it would be an error, here it is advice.

Digits are the decimal digits of any script; characters without width do not interrupt them. The check digit
is not looked at: a mistyped number gives its owner away nearly as well. Phone numbers, postal codes, dates,
addresses and Corporate Numbers (13 digits, the first 1 to 9) pass; what else has the shape of a number is
refused too, such as three years in a row with only commas between them.
"""

import re
import unicodedata
from typing import Final

from tokenizer.audit.guard import holds_number

_FEWEST_DIGITS: Final = 12
_PLANES_WITH_DIGITS: Final = range(0x20000)  # Unicode keeps every script's digits in its first two planes
_ZEROS: Final = "".join(
    char for char in map(chr, _PLANES_WITH_DIGITS) if unicodedata.decimal(char, None) == 0
)
_WIDTHLESS: Final = (
    r"[\u00ad\u200b-\u200f\u2060-\u2064\ufeff"  # soft hyphen, zero-width spaces and joiners
    r"\u061c\u202a-\u202e"  # marks of direction
    r"\u0300-\u036f\u20d0-\u20f0\u180e\ufe00-\ufe0f]*+"  # combining marks, variation selectors
)
_BETWEEN: Final = r"(?:[^\w、。]|[_ー])++"
_MORE: Final = rf"(?:{_WIDTHLESS}\d)"
_GROUP: Final = rf"\d{_MORE}{{3}}"
# It begins with a digit so that the search skips text without digits at once, and every repetition is bounded
# or possessive so that it takes time linear in the text.
_NUMBER: Final = re.compile(
    rf"\d(?<!\d\d)(?:(?:(?<=[{_ZEROS}]){_MORE})?{_MORE}{{11}}"
    rf"|{_MORE}{{3}}{_BETWEEN}{_GROUP}{_BETWEEN}{_GROUP})(?!\d)"
)


def is_plain(text: str) -> bool:
    """Whether a text is of signs that can be shown in one line.

    The ideographic space is: it stands between family and given name in most Japanese lists. Python counts it, as every
    space but one, among what is not printable.
    """
    return text.replace("\u3000", " ").isprintable()


def contains_number(text: str) -> bool:
    """Whether a text seems to contain an Individual Number, right or mistyped."""
    folded = unicodedata.normalize("NFKC", text)
    if len(folded) < _FEWEST_DIGITS:
        return False
    return _NUMBER.search(folded) is not None or holds_number(folded)


def refusal(field: str) -> tuple[str, str]:
    """What to tell whoever wrote a number into a field.

    Args:
        field: the field's name; never what was written in it.

    Returns:
        The message in Japanese and in English.
    """
    message_ja = (
        f"{field} に個人番号と思われる12桁の数字があります。消してください。"
        "人はトークンか社員番号で示し、法人番号は区切らずに13桁で書き、"
        "年を並べるときは「2024年、2025年、2026年」のように書いてください。"
    )
    message_en = (
        f"{field} contains 12 digits that look like an Individual Number. Remove them. "
        "Name a person by a token or an employee number, write a Corporate Number as 13 digits without "
        "separators, and put words between years."
    )
    return message_ja, message_en
