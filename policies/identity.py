"""Identity verification (本人確認, 番号法16条): whether what was shown proves the number, and whose it is.

Pure: a case in, a verdict out, the day an argument. By the law, with the catalogue's documents:

1. the number is proven by one usual document, or by a fallback where the usual ones are hard to show;
2. who it is, by one document with a photo; by two kinds without one only where those are hard to show;
3. on each, the name agrees and the birth date or the address; a day that has passed, or a copy in the place of an
   original, counts for nothing;
4. nobody's identity is proven again only for whom the employer verified before and perceives now;
5. an agent proves the agency, who they are, and the number of the person;
6. dependents are verified by the employee: the company asks for none of their documents;
7. the spouse of the third category (第3号) is verified by the company, unless it entrusted that to the employee.

Everything that is wrong is told at once, each with its article, so that a person is asked one time.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from policies.identity_case import Agency, Agent, Case, Exempted, Exemption, Shown, Subject
from policies.identity_catalogue import (
    Channel,
    Finding,
    IdentityCatalogue,
    IdentityDocument,
    Item,
    Need,
    ProvesAgency,
    ProvesIdentity,
    ProvesNumber,
)

_MONTHS: Final = 12
_KINDS: Final = 2


class Check(StrEnum):
    """Which of the proofs something is about."""

    NUMBER = "number"
    IDENTITY = "identity"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that does not count.

    Attributes:
        finding: what is wrong; words and article are the catalogue's.
        check: which proof it spoils.
        document: code of the document; empty if it is about none.
    """

    finding: Finding
    check: Check
    document: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a case.

    Attributes:
        faults: what is wrong, in the order of the checks; none if it is accepted.
        discard: codes of documents that must not be kept.
    """

    faults: tuple[Fault, ...]
    discard: tuple[str, ...] = ()

    @property
    def is_accepted(self) -> bool:
        """Whether the number may be registered."""
        return not self.faults


def decide(case: Case, catalogue: IdentityCatalogue) -> Verdict:
    """Whether a case proves the number and whose it is.

    Args:
        case: what was shown.
        catalogue: the documents.
    """
    if case.subject is Subject.DEPENDENT or (case.subject is Subject.SPOUSE_3GO and case.entrusted):
        return _by_the_employee(case)
    faults = [*_number(case, catalogue), *_holder(case, catalogue)]
    return Verdict(tuple(dict.fromkeys(faults)))


def _by_the_employee(case: Case) -> Verdict:
    """The employee verifies their family; of documents only the spouse's for the number is the company's to see."""
    is_dependent = case.subject is Subject.DEPENDENT
    shown = [*case.number, *case.identity] if is_dependent else case.identity
    discard = tuple(dict.fromkeys(each.document for each in shown))
    faults = [Fault(Finding.NOT_TO_BE_DEMANDED, Check.IDENTITY, document) for document in discard]
    return Verdict(tuple(faults), discard)


def _number(case: Case, catalogue: IdentityCatalogue) -> Iterator[Fault]:
    if not case.number:
        yield Fault(Finding.NUMBER_MISSING, Check.NUMBER)
    elif not case.number_agrees:
        yield Fault(Finding.NUMBER_DIFFERS, Check.NUMBER)

    def proves(document: IdentityDocument) -> Finding | None:
        if document.number is None:
            return Finding.WRONG_CHECK
        # By phone there is nothing else to compare with than what was verified before.
        is_hard = case.hard_number or case.channel is Channel.PHONE
        is_needless = document.number is ProvesNumber.FALLBACK and not is_hard
        return Finding.FALLBACK_UNNEEDED if is_needless else None

    # An agent may bring copies of the person's papers, also face to face (規則 9条).
    yield from _papers(case, catalogue, case.number, Check.NUMBER, proves, copies=case.agent is not None)


def _holder(case: Case, catalogue: IdentityCatalogue) -> Iterator[Fault]:
    if case.agent is not None:
        yield from _agency(case, case.agent, catalogue)
    elif case.exempted is not None:
        yield from _exemption(case, case.exempted)
    else:
        yield from _identity(case, catalogue, case.identity, Check.IDENTITY, Finding.IDENTITY_MISSING)


def _identity(
    case: Case, catalogue: IdentityCatalogue, shown: tuple[Shown, ...], check: Check, missing: Finding
) -> Iterator[Fault]:
    def proves(document: IdentityDocument) -> Finding | None:
        return None if document.identity else Finding.WRONG_CHECK

    faults = list(_papers(case, catalogue, shown, check, proves))
    spoiled = {fault.document for fault in faults}
    good = [
        catalogue.documents[each.document]
        for each in shown
        if each.document in catalogue.documents and each.document not in spoiled
    ]
    yield from faults
    if any(document.identity is ProvesIdentity.ONE for document in good):
        return
    plain = {document.code for document in good}
    if len(plain) < _KINDS:
        if plain or not faults:
            yield Fault(Finding.TWO_NEEDED if plain else missing, check)
    elif not case.hard_photo:
        yield Fault(Finding.PHOTO_EXPECTED, check)


def _exemption(case: Case, exempted: Exempted) -> Iterator[Fault]:
    if _THEIRS[exempted.by] is not case.subject:
        yield Fault(Finding.EXEMPTION_NOT_THEIRS, Check.IDENTITY)
    checked = exempted.checked_on
    if not exempted.attested_by or checked is None or checked > case.day:
        yield Fault(Finding.EXEMPTION_UNATTESTED, Check.IDENTITY)
    if not exempted.perceived or case.channel in {Channel.ONLINE, Channel.PHONE}:
        yield Fault(Finding.EXEMPTION_UNSEEN, Check.IDENTITY)


def _agency(case: Case, agent: Agent, catalogue: IdentityCatalogue) -> Iterator[Fault]:
    if case.channel is Channel.PHONE:
        yield Fault(Finding.PROXY_UNFIT, Check.AGENT)
    if agent.agency is Agency.LEGAL and agent.is_spouse:
        yield Fault(Finding.SPOUSE_IS_NO_LEGAL_AGENT, Check.AGENT)
    if not agent.authority:
        yield Fault(Finding.AUTHORITY_MISSING, Check.AGENT)

    def proves(document: IdentityDocument) -> Finding | None:
        fits = document.agent in {ProvesAgency(agent.agency.value), ProvesAgency.FALLBACK}
        return None if fits else Finding.AUTHORITY_WRONG

    yield from _papers(case, catalogue, agent.authority, Check.AGENT, proves, items=frozenset({Item.NAME}))
    # Whom one knows, one has to perceive; over a line everybody shows papers.
    if not agent.known or case.channel is Channel.ONLINE:
        yield from _identity(case, catalogue, agent.identity, Check.AGENT, Finding.AGENT_UNIDENTIFIED)


def _papers(
    case: Case,
    catalogue: IdentityCatalogue,
    shown: Iterable[Shown],
    check: Check,
    proves: Callable[[IdentityDocument], Finding | None],
    *,
    copies: bool = False,
    items: frozenset[Item] = frozenset(Item),
) -> Iterator[Fault]:
    """What is wrong with papers, each by itself.

    Args:
        case: what they belong to.
        catalogue: the documents.
        shown: the papers.
        check: what they are to prove.
        proves: why a kind of document does not prove it; None if it does.
        copies: copies count face to face, too.
        items: which particulars have to agree.
    """
    for paper in shown:
        document = catalogue.documents.get(paper.document)
        if document is None:
            yield Fault(Finding.DOCUMENT_UNKNOWN, check, paper.document)
            continue
        if document.refused is not None:
            yield Fault(Finding.NEVER_ACCEPTED, check, paper.document)
            continue
        found = [proves(document), _channel(document, paper, case.channel, copies=copies)]
        found += [
            *_dates(document, paper, case.day),
            *_state(document, paper),
            *_match(document, paper, items),
        ]
        yield from (Fault(finding, check, paper.document) for finding in found if finding)


def _channel(document: IdentityDocument, paper: Shown, channel: Channel, *, copies: bool) -> Finding | None:
    if channel not in document.channels:
        return Finding.WRONG_CHANNEL
    is_copy = channel is Channel.FACE_TO_FACE and not paper.original and not copies
    return Finding.COPY_SHOWN if is_copy else None


def _dates(document: IdentityDocument, paper: Shown, day: date) -> Iterator[Finding]:
    issued, expires = paper.issued_on, paper.expires_on
    if document.usable_until and day > document.usable_until:
        yield Finding.NO_LONGER_USABLE
    if (Need.EXPIRY in document.needs and expires is None) or (
        Need.ISSUE in document.needs and issued is None
    ):
        yield Finding.DATE_MISSING
    if expires is not None and expires < day:
        yield Finding.EXPIRED
    if issued is None:
        return
    if issued > day:
        yield Finding.ISSUED_LATER
    if document.issued_from and issued < document.issued_from:
        yield Finding.ISSUED_TOO_EARLY
    if document.months and _months_after(issued, document.months) < day:
        yield Finding.TOO_OLD


def _state(document: IdentityDocument, paper: Shown) -> Iterator[Finding]:
    if Need.UNALTERED in document.needs and not paper.unaltered:
        yield Finding.ALTERED
    if Need.SIGNED in document.needs and not paper.signed:
        yield Finding.UNSIGNED


def _match(document: IdentityDocument, paper: Shown, items: frozenset[Item]) -> Iterator[Finding]:
    borne = set(document.bears)
    if document.no_address_from and paper.issued_on and paper.issued_on >= document.no_address_from:
        borne.discard(Item.ADDRESS)
    if not paper.matches <= borne:
        yield Finding.NOT_BORNE
    agreed = paper.matches & borne
    if Item.NAME not in agreed:
        yield Finding.NAME_DIFFERS
    if items > {Item.NAME} and not agreed - {Item.NAME}:
        yield Finding.PARTICULARS_DIFFER


def _months_after(day: date, months: int) -> date:
    """The day so many months later that corresponds, or the last of its month (民法143条)."""
    year, month = divmod(day.month - 1 + months, _MONTHS)
    for last in range(day.day, 0, -1):
        try:
            return date(day.year + year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has a first day")


_THEIRS: Final = {
    Exemption.HIRED: Subject.EMPLOYEE,
    Exemption.FAMILY: Subject.SPOUSE_3GO,
    Exemption.CONTINUING: Subject.PAYEE,
}
