"""What the vault answers about collections: where each person stands, what was submitted, decided, registered."""

from dataclasses import dataclass, field
from datetime import date, datetime

from warifu.results import Bilingual, RowRejection
from warifu.results_campaigns import Dispatch
from warifu.results_collection_enums import (
    CollectionChannel,
    CollectionState,
    Particular,
    VerificationChannel,
    VerificationSubject,
)
from warifu.results_collection_links import CollectionLink
from warifu.results_enums import NumberState, PersonKind
from warifu.results_secret import Number


@dataclass(frozen=True, slots=True)
class CodeInWords:
    """A code of the vault's, in words: a deficiency, or how a collection ended."""

    code: str
    words: Bilingual


@dataclass(frozen=True, slots=True)
class CollectionEndings:
    """How collections end without a number, as codes with words."""

    refusals: tuple[CodeInWords, ...]
    no_numbers: tuple[CodeInWords, ...]
    closings: tuple[CodeInWords, ...]


@dataclass(frozen=True, slots=True)
class CollectionPerson:
    """Whose number is asked for."""

    external_id: str
    kind: PersonKind
    name: str
    kana: str
    birth_date: date | None
    address: str
    employee: str | None
    number_state: NumberState


@dataclass(frozen=True, slots=True)
class PossibleStep:
    """Something the caller may do next, such as SUBMIT."""

    step: str
    name: Bilingual


@dataclass(frozen=True, slots=True)
class Collection:
    """The collection of one person's number in a campaign.

    Attributes:
        collection_id: public id, as the audit log names it.
        campaign_id: public id of the campaign.
        person: whose number is asked for.
        channel: how they are asked.
        email: where mail goes.
        state: where it stands.
        state_name: the same in words.
        since: since when.
        revision: counts its changes; whoever decides names the one they saw.
        instructed_at: when it was asked for.
        distributed_at: when a kit, link or mail last went out.
        dispatched_at: when anything last went out, or was ordered to, reminders as well.
        arrived_at: when something last came back.
        deficient_at: when it was last found deficient.
        verified_at: when the identity was verified.
        ended_at: when it ended.
        reasons: deficiencies, or why it ended.
        asked_on: the day on which who refused was asked.
        has_number: whether a number was submitted that is not registered yet.
        papers_until: when images that are kept beyond the registration are destroyed.
        steps: what the caller may do with it next.
    """

    collection_id: str
    campaign_id: str
    person: CollectionPerson
    channel: CollectionChannel
    email: str | None
    state: CollectionState
    state_name: Bilingual
    since: datetime
    revision: int
    instructed_at: datetime
    distributed_at: datetime | None
    dispatched_at: datetime | None
    arrived_at: datetime | None
    deficient_at: datetime | None
    verified_at: datetime | None
    ended_at: datetime | None
    reasons: tuple[CodeInWords, ...]
    asked_on: date | None
    has_number: bool
    papers_until: datetime | None
    steps: tuple[PossibleStep, ...]


@dataclass(frozen=True, slots=True)
class SubmittedItem:
    """Something that was submitted, sealed: what it is, never what it says."""

    item_id: str
    is_number: bool
    document: str | None
    side: str | None
    size: int
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class VerificationFault:
    """One thing that does not count, in words, with the article it rests on."""

    finding: str
    check: str
    document: str | None
    words: Bilingual
    basis: str


@dataclass(frozen=True, slots=True)
class IdentityVerification:
    """A verdict of the rules, as it is kept; `faults` is empty if it is accepted."""

    verification_id: str
    accepted: bool
    subject: VerificationSubject
    channel: VerificationChannel
    number_documents: tuple[str, ...]
    identity_documents: tuple[str, ...]
    faults: tuple[VerificationFault, ...]
    discarded: tuple[str, ...]
    basis: tuple[str, ...]
    catalogue: str
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class CollectionReview:
    """A collection with what was submitted, decided and sent, and the links by which its number can be brought."""

    collection: Collection
    items: tuple[SubmittedItem, ...]
    verifications: tuple[IdentityVerification, ...]
    dispatches: tuple[Dispatch, ...]
    links: tuple[CollectionLink, ...]


@dataclass(frozen=True, slots=True)
class CollectionsMoved:
    """The collections that have moved, as columns in the order asked for, and the rows that have not."""

    collection_ids: tuple[str, ...]
    states: tuple[CollectionState, ...]
    revisions: tuple[int, ...]
    rejections: tuple[RowRejection, ...]


@dataclass(frozen=True, slots=True)
class NumberSubmitted:
    """Where a collection stands with a number that is sealed."""

    collection_id: str
    state: CollectionState
    revision: int


@dataclass(frozen=True, slots=True)
class OpenedImage:
    """An image that was submitted, as JPEG; its repr tells nothing of it."""

    item_id: str
    document: str
    side: str | None
    image: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SubmittedOpened:
    """The number and the images of a collection, side by side. The number's repr is masked."""

    number: Number | None
    images: tuple[OpenedImage, ...]


@dataclass(frozen=True, slots=True)
class CollectionVerified:
    """A verdict, where the collection stands with it, and what to tell the person of a refused one."""

    verification: IdentityVerification
    state: CollectionState
    revision: int
    deficiencies: tuple[CodeInWords, ...]


@dataclass(frozen=True, slots=True)
class CollectionsRegistered:
    """Numbers that are in the vault now, with the caller's tokens; and the rows that are not."""

    collection_ids: tuple[str, ...]
    tokens: tuple[str, ...] = field(repr=False)
    rejections: tuple[RowRejection, ...]


@dataclass(frozen=True, slots=True)
class NumberEntered:
    """A number that is verified and in the vault, with the caller's token."""

    collection_id: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class VerificationRefused:
    """What was shown does not suffice; nothing was kept. What to tell the person."""

    faults: tuple[VerificationFault, ...]
    deficiencies: tuple[CodeInWords, ...]


@dataclass(frozen=True, slots=True)
class IdentityDocument:
    """A kind of document that is shown to verify a person, or that never counts (`refused` says why)."""

    code: str
    name: Bilingual
    proves_number: str | None
    proves_identity: str | None
    proves_agency: str | None
    bears: tuple[Particular, ...]
    channels: tuple[VerificationChannel, ...]
    needs: tuple[str, ...]
    months: int | None
    issued_from: date | None
    usable_until: date | None
    usable_today: bool
    refused: Bilingual | None
    redact: Bilingual | None
    basis: str
