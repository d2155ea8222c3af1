"""What the vault answers about campaigns: who is asked for a number, what went out, what it cost."""

from dataclasses import dataclass, field
from datetime import date, datetime

from warifu.results import Bilingual, RowRejection
from warifu.results_collection_enums import CollectionState, DispatchKind, NoticeForm


@dataclass(frozen=True, slots=True)
class Campaign:
    """People are asked for their numbers, for purposes, until a day.

    Attributes:
        campaign_id: public id, as the audit log names it.
        name: what the company calls it.
        purposes: codes of the purposes.
        documents: codes of the documents it asks for; none for whatever the law accepts.
        deadline: the day by which people are to answer.
        papers_days: for how many days images of papers are kept after a registration; 0 for no day.
        created_by: who began it.
        created_at: when.
        closed_at: since when nobody is added; None while it runs.
    """

    campaign_id: str
    name: str
    purposes: tuple[str, ...]
    documents: tuple[str, ...]
    deadline: date
    papers_days: int
    created_by: str
    created_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class CampaignStanding:
    """How many collections are in a state, and when the first and the last of them came into it."""

    state: CollectionState
    name: Bilingual
    count: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class CampaignBoard:
    """A campaign at a glance.

    Attributes:
        states: every state, with how many are in it.
        sent: how many envelopes, cards and mails have gone out; a household gets one.
        cost_yen: what they cost.
        papers: of how many collections images are kept beyond the registration.
        papers_first_at: when the first of these images are destroyed.
        papers_last_at: when the last are.
    """

    campaign: Campaign
    states: tuple[CampaignStanding, ...]
    sent: int
    cost_yen: int
    papers: int
    papers_first_at: datetime | None
    papers_last_at: datetime | None

    @property
    def counts(self) -> dict[CollectionState, int]:
        """How many stand where."""
        return {each.state: each.count for each in self.states}


@dataclass(frozen=True, slots=True)
class AddedToCampaign:
    """The collection of each row, None for a rejected one; how many were added; the rows that were not taken."""

    collection_ids: tuple[str | None, ...]
    added: int
    rejections: tuple[RowRejection, ...]


@dataclass(frozen=True, slots=True)
class DispatchesOrdered:
    """An order: its id (None if every row was rejected), for how many collections, and the rows left out.

    Attributes:
        pieces: how many envelopes, cards or mails that makes; a household gets one.
        cost_yen: what they cost together.
    """

    order_id: str | None
    count: int
    pieces: int
    cost_yen: int
    rejections: tuple[RowRejection, ...]


@dataclass(frozen=True, slots=True)
class DispatchesSent:
    """For how many collections an order has gone out now, and for how many it was void.

    Attributes:
        pieces: how many envelopes or cards went out; a household gets one.
        cost_yen: what they cost together.
    """

    count: int
    pieces: int
    cost_yen: int
    void: int


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One thing that is sent to one person.

    Attributes:
        state: ORDERED, SENT, VOID or FAILED.
        tries: how often its mail was tried.
        next_at: when its mail is tried again.
        fault: why it failed or is tried again, as a code.
        fault_name: the same in words.
    """

    order_id: str
    kind: DispatchKind
    cost_yen: int
    state: str
    ordered_by: str
    ordered_at: datetime
    sent_at: datetime | None
    tries: int
    next_at: datetime | None
    fault: str | None
    fault_name: Bilingual | None


@dataclass(frozen=True, slots=True)
class DraftedNotice:
    """The words of a purpose notice that can be given or published."""

    form: NoticeForm
    purposes: tuple[str, ...]
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class GivenNotice:
    """A purpose notice as it was given (利用目的通知)."""

    notice_id: str
    form: NoticeForm
    purposes: tuple[str, ...]
    text: str = field(repr=False)
    told_on: date
    given_by: str | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class PurposeNoticeGiven:
    """A notice, None if every row was rejected; how many persons it was given to; the rows that named nobody."""

    notice: GivenNotice | None
    persons: int
    rejections: tuple[RowRejection, ...]
