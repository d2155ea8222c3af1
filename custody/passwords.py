"""Which login passwords are good enough.

NIST SP 800-63B-4 section 3.1.1.2 asks for 15 characters where a password stands alone and for 8 where it is
one of two factors. Here it never stands alone, so the floor of the standard is 8; ours is 12. Any Unicode is
welcome and counted after NFKC. There are no rules of composition and no expiry: they make passwords worse.
What is refused is what an attacker tries first.
"""

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from policies.free_text import contains_number
from tokenizer.crypto.passwords import normalise

SHORTEST: Final = 12
LONGEST: Final = 256
_LONGEST_TYPED: Final = 4 * LONGEST  # before NFKC, which joins a letter and its accents into one
_SHORTEST_LOGIN: Final = 4  # shorter logins are part of too many honest passwords
_SERVICE_NAMES: Final = ("warifu", "割符", "わりふ", "ワリフ")
_WORD_LIST: Final = Path(__file__).with_name("common_passwords.txt")
_SUBSTITUTIONS: Final = str.maketrans("01345@$", "oieasas")
_TRAILERS: Final = "0123456789!?@#$.-_ "
_NOT_LETTERS: Final = re.compile(r"[\W\d_]+")
_REPEATED: Final = re.compile(r"(.{1,4})\1+", re.DOTALL)
_REPEATING: Final = re.compile(r"\A(.+?)\1+\Z")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a password is refused; never holds the password.

    Attributes:
        rule: stable name in UPPER_SNAKE.
        message_ja: what to do, in Japanese.
        message_en: the same in English.
    """

    rule: str
    message_ja: str
    message_en: str


_TOO_SHORT: Final = Problem(
    "TOO_SHORT",
    f"パスワードは{SHORTEST}文字以上にしてください。文をそのまま使うと覚えやすくなります。",
    f"Use at least {SHORTEST} characters. A sentence is easy to remember.",
)
_TOO_LONG: Final = Problem(
    "TOO_LONG", f"パスワードは{LONGEST}文字以内にしてください。", f"Use at most {LONGEST} characters."
)
_HOLDS_NUMBER: Final = Problem(
    "HOLDS_NUMBER",
    "個人番号と思われる12桁の数字が含まれています。個人番号をパスワードに使うことはできません。",
    "It holds 12 digits that look like an Individual Number, which must not be used as a password.",
)
_RUN: Final = Problem(
    "RUN",
    "同じ文字の繰り返しや、連続した文字・数字だけのパスワードは使えません。",
    "It is only a repetition or a run of consecutive characters. Choose something else.",
)
_HOLDS_SERVICE: Final = Problem(
    "HOLDS_SERVICE_NAME",
    "パスワードにこのサービスの名前を含めないでください。",
    "Leave the name of this service out of the password.",
)
_HOLDS_LOGIN: Final = Problem(
    "HOLDS_LOGIN",
    "パスワードにログイン名を含めないでください。",
    "Leave your login name out of the password.",
)
_COMMON: Final = Problem(
    "COMMON",
    "よく使われる言葉に数字や記号を足しただけのパスワードは使えません。関係のない言葉をいくつか並べてください。",
    "It is a common word with digits or signs added. Put several unrelated words together instead.",
)


def check_password(password: str, login: str) -> Problem | None:
    """Why a new password is refused, or None if it may be used.

    Args:
        password: as typed.
        login: of the account it is for.
    """
    if len(password) > _LONGEST_TYPED:
        return _TOO_LONG
    counted = normalise(password)
    if len(counted) < SHORTEST:
        return _TOO_SHORT
    if len(counted) > LONGEST:
        return _TOO_LONG
    folded = counted.casefold()
    rules = (
        (_HOLDS_NUMBER, contains_number(folded)),
        (_RUN, _is_run(folded)),
        (_HOLDS_SERVICE, any(name in folded for name in _SERVICE_NAMES)),
        (_HOLDS_LOGIN, any(part in folded for part in _parts_of(login))),
        (_COMMON, _is_common(folded)),
    )
    return next((problem for problem, broken in rules if broken), None)


def _is_run(folded: str) -> bool:
    if _REPEATED.fullmatch(folded):
        return True
    # On a keyboard 9 is followed by 0.
    wrap = 10 if folded.isascii() and folded.isdigit() else 0x110000
    steps = {(ord(second) - ord(first)) % wrap for first, second in pairwise(folded)}
    return steps in ({1}, {wrap - 1})


def _parts_of(login: str) -> list[str]:
    """The login, and what stands before the @ of one that is an e-mail address."""
    folded = normalise(login).casefold()
    return [part for part in (folded, folded.partition("@")[0]) if len(part) >= _SHORTEST_LOGIN]


def _is_common(folded: str) -> bool:
    """Whether only digits and signs are left beside one or two common words, repeated or not."""
    as_typed = _NOT_LETTERS.sub("", folded)
    read_aloud = _NOT_LETTERS.sub("", folded.rstrip(_TRAILERS).translate(_SUBSTITUTIONS))
    return any(_is_two_words(_REPEATING.sub(r"\1", letters)) for letters in (as_typed, read_aloud))


def _is_two_words(letters: str) -> bool:
    words = _common_words()
    return any(
        letters[:cut] in words and (letters[cut:] or letters) in words for cut in range(1, len(letters) + 1)
    )


@cache
def _common_words() -> frozenset[str]:
    lines = _WORD_LIST.read_text(encoding="utf-8").splitlines()
    return frozenset(
        word for line in lines if not line.startswith("#") for word in normalise(line).casefold().split()
    )
