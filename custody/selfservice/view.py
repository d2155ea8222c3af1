"""What somebody sees who came in: who asks, what for, until when, and what is wanted for each person."""

from dataclasses import dataclass
from datetime import date

from custody.custodian import Custodian
from custody.selfservice.visits import Visit
from policies.catalogue_table import Bilingual
from policies.collection import State
from policies.purposes import PersonKind
from policies.refusals import Denied


@dataclass(frozen=True, slots=True)
class Paper:
    """A document that may be shown; its code in the catalogue, its name, what to hide on its image (None: nothing)."""

    code: str
    name: Bilingual
    redact: Bilingual | None = None


@dataclass(frozen=True, slots=True)
class Papers:
    """Of which documents images are wanted for a person: one of each list that is not empty.

    A paper in both `number` and `identity` (the card) is shown on both sides: back and front.

    Attributes:
        number: those that prove the number.
        identity: those that prove who the person is, issued one per person.
        authority: those that prove that an agent may act.
    """

    number: tuple[Paper, ...] = ()
    identity: tuple[Paper, ...] = ()
    authority: tuple[Paper, ...] = ()


@dataclass(frozen=True, slots=True)
class PurposeShown:
    """A purpose as the person reads it."""

    code: str
    name: Bilingual
    document: Bilingual
    destination: Bilingual
    needs_consent: bool


@dataclass(frozen=True, slots=True)
class GivenItem:
    """Something that was given: `itm_...`, `number` or `image`, of which document and side, when (milliseconds)."""

    id: str
    kind: str
    document: str
    side: str
    at: int


@dataclass(frozen=True, slots=True)
class CollectionView:
    """The collection of one person's number, as its bringer sees it.

    Attributes:
        id: public id, `col_...`.
        name: of the person; may be empty, then only the external id is known.
        external_id: the company's own id of the person.
        kind: employee, dependent, spouse or payee.
        own: whether it is the visitor's own number.
        state: where it stands.
        deficiencies: why what was sent does not do; empty if nothing was found.
        papers: of which documents images are wanted.
        missing: what is still wanted before the number can be given, in words.
        needs_authority: whether a power of attorney is wanted (the spouse of the third category).
        items: what was given and is still there.
        number_given: whether a number was given and is still there.
        can_give: whether something can be given now.
    """

    id: str
    name: str
    external_id: str
    kind: PersonKind
    own: bool
    state: State
    deficiencies: tuple[Bilingual, ...]
    papers: Papers
    missing: tuple[Bilingual, ...]
    needs_authority: bool
    items: tuple[GivenItem, ...]
    number_given: bool
    can_give: bool


@dataclass(frozen=True, slots=True)
class DoorView:
    """Everything on the person's page.

    Attributes:
        company: name of the company.
        campaign: name of the campaign.
        name: of the visitor.
        deadline: by when they are asked to answer.
        gives_until: until when something can be given; milliseconds since the epoch.
        reads_until: until when the link opens.
        purposes: what the numbers are for.
        notice: the text of the purpose notice.
        acknowledged: whether they said that they were told; nothing can be given before.
        gives: whether the link still lets something be given.
        may_add_dependents: whether they can add people.
        finished_at: when they said that they are done, 0 for not yet; then there is a receipt.
        collections: their own first, then their family's.
    """

    company: str
    campaign: str
    name: str
    deadline: date
    gives_until: int
    reads_until: int
    purposes: tuple[PurposeShown, ...]
    notice: str
    acknowledged: bool
    gives: bool
    may_add_dependents: bool
    finished_at: int
    collections: tuple[CollectionView, ...]


async def look(custodian: Custodian, visit: Visit, now: int) -> DoorView | Denied:
    """What the visitor sees; refused once the visit or its link has ended.

    Raises:
        SealBrokenError: a row was altered.
    """
    raise NotImplementedError
