"""What somebody has to know besides a link: compared in constant time, in whichever form it was typed."""

import re
import unicodedata
from datetime import date
from typing import Final

from custody.selfservice.link import Factor, Link
from custody.selfservice.passcode import Passcode
from tokenizer.crypto.authority import Authority
from tokenizer.crypto.primitives import equal

_TOGETHER: Final = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_APART: Final = re.compile(r"(\d{4})[-/.年 ]+(\d{1,2})[-/.月 ]+(\d{1,2})日?", re.ASCII)


def passcode_mac(authority: Authority, tenant: int, link: int, passcode: str) -> bytes:
    """What is kept of a passcode: a MAC that only this passcode of this link has."""
    return authority.stamp("collection_link.passcode", (tenant, link, passcode))


def fits(authority: Authority, link: Link, birth_date: str, typed: str) -> bool:
    """Whether what was typed is what somebody behind a link has to know.

    Args:
        authority: whose MAC it is.
        link: the link.
        birth_date: of its person, ISO 8601; empty where none is on record, which nothing fits.
        typed: as typed.
    """
    if link.factor is Factor.PASSCODE:
        mac = passcode_mac(authority, link.tenant, link.id, Passcode.read(typed))
        return equal(mac, link.passcode)
    read = read_birth_date(typed)
    return equal(read.encode(), birth_date.encode()) and bool(birth_date)


def read_birth_date(typed: str) -> str:
    """A birth date as typed, in ISO 8601; empty if it is none.

    Years are of the common era; year, month and day stand together as eight digits, or apart, of either width.
    """
    folded = unicodedata.normalize("NFKC", typed).strip()
    found = _TOGETHER.fullmatch(folded) or _APART.fullmatch(folded)
    if found is None:
        return ""
    try:
        return date(int(found[1]), int(found[2]), int(found[3])).isoformat()
    except ValueError:
        return ""
