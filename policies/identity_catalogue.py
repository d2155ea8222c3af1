"""The documents of identity verification (本人確認書類), as data: what each proves, and what must be known of it.

`identity.toml` is written for a lawyer; this module reads it into frozen values and refuses a file that says something
it cannot mean. What holds of every catalogue that loads:

1. a document proves something, or says in words why it never does;
2. whoever needs a day of it has the day asked for: an age needs the day of issue;
3. every finding of `Finding` has its words, and nothing else has.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from policies.catalogue_table import Bilingual, CatalogueError, CatalogueTable
from policies.purposes import Confidence

_FILE: Final = "identity.toml"


class Item(StrEnum):
    """What tells one person from another (個人識別事項)."""

    NAME = "name"
    BIRTH_DATE = "birth_date"
    ADDRESS = "address"


class Channel(StrEnum):
    """How documents reach whoever checks them."""

    FACE_TO_FACE = "face_to_face"
    POST = "post"
    ONLINE = "online"
    PHONE = "phone"


class ProvesNumber(StrEnum):
    """Whether a document proves the number: usually, or only where the usual ones are hard to show."""

    USUAL = "usual"
    FALLBACK = "fallback"


class ProvesIdentity(StrEnum):
    """Whether a document proves who somebody is: alone, or from two kinds on."""

    ONE = "one"
    TWO = "two"


class ProvesAgency(StrEnum):
    """Which kind of agency a document proves."""

    LEGAL = "legal"
    VOLUNTARY = "voluntary"
    FALLBACK = "fallback"


class Need(StrEnum):
    """What must be known of a document, or hold of it."""

    EXPIRY = "expiry"
    ISSUE = "issue"
    UNALTERED = "unaltered"
    SIGNED = "signed"


class Finding(StrEnum):
    """Why something does not count; `IdentityCatalogue.findings` has the words and the article."""

    DOCUMENT_UNKNOWN = "DOCUMENT_UNKNOWN"
    NEVER_ACCEPTED = "NEVER_ACCEPTED"
    WRONG_CHECK = "WRONG_CHECK"
    WRONG_CHANNEL = "WRONG_CHANNEL"
    COPY_SHOWN = "COPY_SHOWN"
    EXPIRED = "EXPIRED"
    TOO_OLD = "TOO_OLD"
    ISSUED_TOO_EARLY = "ISSUED_TOO_EARLY"
    ISSUED_LATER = "ISSUED_LATER"
    NO_LONGER_USABLE = "NO_LONGER_USABLE"
    DATE_MISSING = "DATE_MISSING"
    ALTERED = "ALTERED"
    UNSIGNED = "UNSIGNED"
    NAME_DIFFERS = "NAME_DIFFERS"
    PARTICULARS_DIFFER = "PARTICULARS_DIFFER"
    NOT_BORNE = "NOT_BORNE"
    NUMBER_MISSING = "NUMBER_MISSING"
    NUMBER_DIFFERS = "NUMBER_DIFFERS"
    FALLBACK_UNNEEDED = "FALLBACK_UNNEEDED"
    IDENTITY_MISSING = "IDENTITY_MISSING"
    TWO_NEEDED = "TWO_NEEDED"
    PHOTO_EXPECTED = "PHOTO_EXPECTED"
    EXEMPTION_NOT_THEIRS = "EXEMPTION_NOT_THEIRS"
    EXEMPTION_UNATTESTED = "EXEMPTION_UNATTESTED"
    EXEMPTION_UNSEEN = "EXEMPTION_UNSEEN"
    NOT_TO_BE_DEMANDED = "NOT_TO_BE_DEMANDED"
    AUTHORITY_MISSING = "AUTHORITY_MISSING"
    AUTHORITY_WRONG = "AUTHORITY_WRONG"
    SPOUSE_IS_NO_LEGAL_AGENT = "SPOUSE_IS_NO_LEGAL_AGENT"
    AGENT_UNIDENTIFIED = "AGENT_UNIDENTIFIED"
    PROXY_UNFIT = "PROXY_UNFIT"


@dataclass(frozen=True, slots=True)
class IdentityDocument:
    """One kind of document; the fields are those of the file, days inclusive.

    Attributes:
        bears: what of a person's particulars stands on it.
        channels: through which it counts.
        needs: what must be known of one that is shown.
        months: at most so many since its issue; None for no limit.
        refused: why it never counts; None if it may.
        redact: what is hidden in a stored image; None for nothing.
    """

    code: str
    name: Bilingual
    number: ProvesNumber | None
    identity: ProvesIdentity | None
    agent: ProvesAgency | None
    bears: frozenset[Item]
    channels: frozenset[Channel]
    needs: frozenset[Need]
    months: int | None
    issued_from: date | None
    usable_until: date | None
    no_address_from: date | None
    refused: Bilingual | None
    redact: Bilingual | None
    basis: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Explained:
    """A finding in words, with the article it rests on."""

    words: Bilingual
    basis: str


@dataclass(frozen=True, slots=True, eq=False)
class IdentityCatalogue:
    """Every document by code and every finding in words, with the version (ISO date) the file carries."""

    version: str
    documents: Mapping[str, IdentityDocument]
    findings: Mapping[Finding, Explained]


@cache
def load_identity_catalogue() -> IdentityCatalogue:
    """The catalogue that ships with the program, read once.

    Raises:
        CatalogueError: the shipped file is broken.
    """
    return parse_identity_catalogue((files("policies") / _FILE).read_text(encoding="utf-8"))


def parse_identity_catalogue(text: str) -> IdentityCatalogue:
    """A catalogue from the text of a TOML file.

    Raises:
        CatalogueError: the text is not TOML, or an entry says something it cannot mean.
    """
    try:
        file = CatalogueTable("", tomllib.loads(text), _FILE)
    except tomllib.TOMLDecodeError as error:
        told = str(error)
        raise CatalogueError("", "TOML", f"書式の誤り: {told}", f"bad syntax: {told}", _FILE) from None
    version = file.day("catalogue_version")
    listed = file.table("documents")
    documents = {code: _document(code, listed.table(code)) for code in listed.names()}
    explained = file.table("findings")
    findings = {finding: _explained(explained.table(finding)) for finding in Finding}
    explained.finish()
    file.finish()
    return IdentityCatalogue(version, MappingProxyType(documents), MappingProxyType(findings))


def _document(code: str, table: CatalogueTable) -> IdentityDocument:
    document = IdentityDocument(
        code=code,
        name=table.bilingual("name"),
        number=table.find_choice("number", ProvesNumber),
        identity=table.find_choice("identity", ProvesIdentity),
        agent=table.find_choice("agent", ProvesAgency),
        bears=frozenset(table.choices("bears", Item)),
        channels=frozenset(table.choices("channels", Channel)) or _USUAL_CHANNELS,
        needs=frozenset(table.choices("needs", Need)),
        months=table.find("months", int),
        issued_from=table.find("issued_from", date),
        usable_until=table.find("usable_until", date),
        no_address_from=table.find("no_address_from", date),
        refused=table.find_bilingual("refused"),
        redact=table.find_bilingual("redact"),
        basis=table.text("basis"),
        confidence=table.choice("confidence", Confidence),
    )
    table.finish()
    _check(document, table)
    return document


def _check(document: IdentityDocument, table: CatalogueTable) -> None:
    proves = document.number or document.identity or document.agent
    if bool(proves) == bool(document.refused):
        raise table.error(
            "refused",
            "何かを証する書類か、使えない理由のどちらか一方を書いてください",
            "say either what it proves or why it never counts",
        )
    dated = document.months or document.issued_from or document.no_address_from
    if dated and Need.ISSUE not in document.needs:
        raise table.error("needs", "発行日(issue)が要ります", "the day of issue is needed")
    if Item.NAME not in document.bears:
        raise table.error("bears", "氏名のない書類は使えません", "a document without a name proves nothing")


def _explained(table: CatalogueTable) -> Explained:
    explained = Explained(Bilingual(table.text("ja"), table.text("en")), table.text("basis"))
    table.finish()
    return explained


_USUAL_CHANNELS: Final = frozenset({Channel.FACE_TO_FACE, Channel.POST})
