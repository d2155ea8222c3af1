"""The catalogue of statutory purposes: why a number may be used, on which document, kept how long.

The catalogue is data, `purposes.toml`, written for a labour lawyer; this module reads it into frozen values
and refuses a file that says something it cannot mean. What holds of every catalogue that loads:

1. an offered purpose names whose numbers it concerns and the law it rests on;
2. a purpose that is off by default or refused gives its reason in Japanese and English;
3. a refused purpose concerns nobody;
4. every law cited is in the list of laws, and no article ends before it begins.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from policies.catalogue_table import Bilingual, CatalogueError, CatalogueTable

_CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")


class PersonKind(StrEnum):
    """Who a number belongs to, seen from the tenant."""

    EMPLOYEE = "employee"
    DEPENDENT = "dependent"
    SPOUSE = "spouse"
    PAYEE = "payee"


class OtherParty(StrEnum):
    """Who else's number a document bears, though the tenant keeps no person of that kind."""

    PAYER = "payer"
    BROKER = "broker"
    CUSTOMER = "customer"
    CLAIMANT = "claimant"


class PurposeStatus(StrEnum):
    """Whether the catalogue lets a tenant use the purpose."""

    OFFERED = "offered"
    OFF_BY_DEFAULT = "off_by_default"
    REFUSED = "refused"


class RetentionRule(StrEnum):
    """How the retention of a document is counted; `Catalogue.retention_rules` explains each in words."""

    A = "A"
    B = "B"
    C = "C"
    LOG = "log"
    NONE = "none"


class Confidence(StrEnum):
    """How well a legal statement of the catalogue has been checked."""

    OFFICIAL = "official"
    SECONDARY = "secondary"
    UNVERIFIED = "unverified"


_COUNTED_IN_YEARS = frozenset({RetentionRule.A, RetentionRule.B, RetentionRule.C})


@dataclass(frozen=True, slots=True)
class LegalBasis:
    """One article, under the number it had between two days (both inclusive, None for open).

    Attributes:
        law: the law's short name in Japanese, its name in English.
        article: the article as Japanese law writes it, such as 第9条第4項.
        confidence: how well the statement has been checked.
        note: a remark for the reader.
    """

    law: Bilingual
    article: str
    valid_from: date | None
    valid_until: date | None
    confidence: Confidence
    note: Bilingual | None

    def in_force_on(self, day: date) -> bool:
        """Whether the article stood under this number on that day."""
        return (self.valid_from or date.min) <= day <= (self.valid_until or date.max)


@dataclass(frozen=True, slots=True)
class Retention:
    """How long the document is kept: the rule that counts, its years where it counts in years, its source."""

    rule: RetentionRule
    years: int | None
    basis: Bilingual
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must hold before a number is used.

    Attributes:
        since: first day on which the number could be used for this purpose.
        minimum_age: age in years the person must have reached.
        person_consent: whether the person must have consented.
        note: what only words can express.
    """

    since: date
    minimum_age: int | None
    person_consent: bool
    note: Bilingual | None


@dataclass(frozen=True, slots=True)
class Purpose:
    """One entry of the catalogue. `reason` is None when offered, `conditions` is None when refused.

    `after_departure` says that the document is filed once the person has left.
    """

    code: str
    status: PurposeStatus
    name: Bilingual
    document: Bilingual
    destination: Bilingual
    whose: tuple[PersonKind, ...]
    others: tuple[OtherParty, ...]
    reason: Bilingual | None
    legal_basis: tuple[LegalBasis, ...]
    retention: Retention
    conditions: Conditions | None
    after_departure: bool = False

    @property
    def needs_consent(self) -> bool:
        """Whether the person must have consented before the number is used for it."""
        return self.conditions is not None and self.conditions.person_consent

    def concerns(self, kind: PersonKind) -> bool:
        """Whether the document bears the number of such a person."""
        return kind in self.whose

    def legal_basis_on(self, day: date) -> tuple[LegalBasis, ...]:
        """The articles in force on that day; none before the number could be used for this purpose."""
        if self.conditions is not None and day < self.conditions.since:
            return ()
        return tuple(basis for basis in self.legal_basis if basis.in_force_on(day))


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """Every purpose by code, in the order of the file, with the version (ISO date) the file carries."""

    version: str
    purposes: Mapping[str, Purpose]
    retention_rules: Mapping[RetentionRule, Bilingual]

    def get(self, code: str) -> Purpose | None:
        """The purpose of that code, whatever its status; None for a code the catalogue does not know."""
        return self.purposes.get(code)

    def offered(self) -> tuple[Purpose, ...]:
        """The purposes every tenant may use."""
        return tuple(each for each in self.purposes.values() if each.status is PurposeStatus.OFFERED)


@cache
def load_catalogue() -> Catalogue:
    """The catalogue that ships with the program, read once.

    Raises:
        CatalogueError: the shipped file is broken.
    """
    return parse_catalogue((files("policies") / "purposes.toml").read_text(encoding="utf-8"))


def parse_catalogue(text: str) -> Catalogue:
    """A catalogue from the text of a TOML file.

    Raises:
        CatalogueError: the text is not TOML, or an entry says something it cannot mean.
    """
    try:
        file = CatalogueTable("", tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        raise CatalogueError("", "TOML", f"書式の誤り: {message}", f"bad syntax: {message}") from None
    version = file.day("catalogue_version")
    laws = _laws(file.table("laws"))
    rules = _retention_rules(file.table("retention_rules"))
    common = _common(file.table("common_basis"), laws)
    purposes = _purposes(file.table("purposes"), laws, common)
    file.finish()
    return Catalogue(version, MappingProxyType(purposes), MappingProxyType(rules))


def _laws(table: CatalogueTable) -> dict[str, Bilingual]:
    return {name: Bilingual(name, table.text(name)) for name in table.names()}


def _retention_rules(table: CatalogueTable) -> dict[RetentionRule, Bilingual]:
    rules = {rule: table.bilingual(rule) for rule in RetentionRule}
    table.finish()
    return rules


def _common(table: CatalogueTable, laws: Mapping[str, Bilingual]) -> dict[str, tuple[LegalBasis, ...]]:
    return {name: _bases(table, name, laws) for name in table.names()}


def _purposes(
    table: CatalogueTable, laws: Mapping[str, Bilingual], common: Mapping[str, tuple[LegalBasis, ...]]
) -> dict[str, Purpose]:
    for code in table.names():
        if not _CODE.fullmatch(code):
            raise table.error(
                code, "符号は英大文字・数字・_ で書いてください", "write a code in A-Z, 0-9 and _"
            )
    return {code: _purpose(code, table.table(code), laws, common) for code in table.names()}


def _purpose(
    code: str,
    table: CatalogueTable,
    laws: Mapping[str, Bilingual],
    common: Mapping[str, tuple[LegalBasis, ...]],
) -> Purpose:
    status = table.choice("status", PurposeStatus)
    refused = status is PurposeStatus.REFUSED
    purpose = Purpose(
        code=code,
        status=status,
        name=table.bilingual("name"),
        document=table.bilingual("document"),
        destination=table.bilingual("destination"),
        whose=table.choices("whose", PersonKind),
        others=table.choices("others", OtherParty),
        reason=None if status is PurposeStatus.OFFERED else table.bilingual("reason"),
        legal_basis=_shared(table, common) + _bases(table, "legal_basis", laws),
        retention=_retention(table.table("retention")),
        conditions=None if refused else _conditions(table.table("conditions")),
        after_departure=table.find("after_departure", bool) or False,
    )
    table.finish()
    if refused and purpose.whose:
        raise table.error("whose", "使えない目的では空にしてください", "leave it empty for a refused purpose")
    if not refused and not purpose.whose:
        raise table.error("whose", "誰の番号かを書いてください", "say whose numbers the document bears")
    if not purpose.legal_basis:
        raise table.error("legal_basis", "根拠条文を一つ以上書いてください", "cite at least one article")
    return purpose


def _shared(table: CatalogueTable, common: Mapping[str, tuple[LegalBasis, ...]]) -> tuple[LegalBasis, ...]:
    name = table.find("common_basis", str)
    if name is None:
        return ()
    if name not in common:
        raise table.error(
            "common_basis", "[[common_basis]] にない名前です", "no [[common_basis]] has this name"
        )
    return common[name]


def _bases(table: CatalogueTable, field: str, laws: Mapping[str, Bilingual]) -> tuple[LegalBasis, ...]:
    return tuple(_basis(entry, laws) for entry in table.tables(field))


def _basis(table: CatalogueTable, laws: Mapping[str, Bilingual]) -> LegalBasis:
    name = table.text("law")
    if name not in laws:
        raise table.error(
            "law", "[laws] にない法令です。そこに加えてください", "not in [laws]; add the law there"
        )
    basis = LegalBasis(
        law=laws[name],
        article=table.text("article"),
        valid_from=table.find("valid_from", date),
        valid_until=table.find("valid_until", date),
        confidence=table.choice("confidence", Confidence),
        note=table.find_bilingual("note"),
    )
    table.finish()
    if (basis.valid_from or date.min) > (basis.valid_until or date.max):
        raise table.error("valid_until", "valid_from より前の日です", "is before valid_from")
    return basis


def _retention(table: CatalogueTable) -> Retention:
    rule = table.choice("rule", RetentionRule)
    years = table.need("years", int) if rule in _COUNTED_IN_YEARS else None
    if years is not None and years < 1:
        raise table.error("years", "1年以上で書いてください", "write one year or more")
    retention = Retention(rule, years, table.bilingual("basis"), table.choice("confidence", Confidence))
    table.finish()
    return retention


def _conditions(table: CatalogueTable) -> Conditions:
    conditions = Conditions(
        since=table.need("since", date),
        minimum_age=table.find("minimum_age", int),
        person_consent=table.find("person_consent", bool) or False,
        note=table.find_bilingual("note"),
    )
    table.finish()
    if conditions.minimum_age is not None and conditions.minimum_age < 1:
        raise table.error("minimum_age", "1歳以上で書いてください", "write an age of one or more")
    return conditions
