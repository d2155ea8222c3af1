"""What single cells of a list of people say: ids, postal codes, phone numbers, e-mail addresses, channels."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from warifu.roster_header import fold

Channel = Literal["kit", "link_mail", "link_qr", "direct"]
"""How somebody is asked for the number: a kit by post, a link by e-mail, a link as a QR code, face to face."""

_CHANNELS: Final[Mapping[Channel, str]] = {
    "kit": "郵送 郵便 郵送キット 収集キット キット 紙 書面 書類 封書 郵送で収集 kit paper post postal letter",
    "link_mail": "メール 電子メール Eメール メール送信 メールリンク email e-mail link_mail",
    "link_qr": "QR QRコード 二次元コード 2次元コード qr_code link_qr",
    "direct": "対面 手渡し 窓口 面談 直接 持参 直接提出 direct in_person counter",
}
_CHANNEL_OF: Final = {fold(word): channel for channel, words in _CHANNELS.items() for word in words.split()}

_DECIMAL: Final = re.compile(r"([0-9]+)\.0+")
_QUANTITY: Final = re.compile(r"[0-9]+\.[0-9]+(?:E\+?[0-9]+)?|[0-9]+E\+[0-9]+", re.IGNORECASE)
_POSTAL: Final = re.compile(r"([0-9]{3})-?([0-9]{4})")
_SHORT_POSTAL: Final = re.compile(r"[0-9]{5,6}")
_PHONE: Final = re.compile(r"0[0-9]{9,10}|\+[0-9]{8,15}")
_SHORT_PHONE: Final = re.compile(r"[1-9][0-9]{8,9}")
_GAPS: Final = re.compile(r"[\s()]+")
_DASHES: Final = re.compile(r"[‐‑‒–—―−ーｰ]")
_EMAIL: Final = re.compile(r"[^\s@<>,;:\"()]+@[^\s@<>,;:\"()]+\.[^\s@<>,;:\"().]+")
_LONGEST_EMAIL: Final = 254


class Cleaned(NamedTuple):
    """What a cell says, and the code of a warning about how it was read, "" when there is none."""

    text: str
    warning: str = ""


def channel_of(text: str) -> Channel | None:
    """The channel that a word means, or None. A bare "mail" is not told: it may be either kind."""
    return _CHANNEL_OF.get(fold(text))


def own_id(text: str) -> Cleaned | None:
    """A company's own id, or None where a spreadsheet has made a quantity of it and digits are gone."""
    if whole := _DECIMAL.fullmatch(text):
        return Cleaned(whole[1], "DECIMAL_REMOVED")
    return None if _QUANTITY.fullmatch(text) else Cleaned(text)


def postal_code(text: str) -> Cleaned | None:
    """A postal code as 100-0001, or None. Without the zeros in front of it, it is still known: it has 7 digits."""
    plain = _GAPS.sub("", _plain(text)).removeprefix("〒")
    whole = _DECIMAL.sub(r"\1", plain)
    if _SHORT_POSTAL.fullmatch(whole):
        return Cleaned(f"{whole.zfill(7)[:3]}-{whole.zfill(7)[3:]}", "ZERO_RESTORED")
    found = _POSTAL.fullmatch(whole)
    return Cleaned(f"{found[1]}-{found[2]}") if found else None


def phone(text: str) -> Cleaned | None:
    """A phone number with its zero in front, or None. Hyphens stay where they are."""
    plain = _GAPS.sub("-", _plain(text)).strip("-")
    digits = _DECIMAL.sub(r"\1", plain.replace("-", ""))
    if _SHORT_PHONE.fullmatch(digits) and "-" not in plain:
        return Cleaned(f"0{digits}", "ZERO_RESTORED")
    return Cleaned(re.sub("-+", "-", plain)) if _PHONE.fullmatch(digits) else None


def email(text: str) -> Cleaned | None:
    """One e-mail address, or None."""
    plain = unicodedata.normalize("NFKC", text).removeprefix("mailto:")
    return Cleaned(plain) if len(plain) <= _LONGEST_EMAIL and _EMAIL.fullmatch(plain) else None


def _plain(text: str) -> str:
    return _DASHES.sub("-", unicodedata.normalize("NFKC", text))
