"""Campaigns: people who are asked for their numbers, what is sent to them and what it costs, what they are told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final, Self

from warifu.client_base import Caller
from warifu.people_row import ListedPerson
from warifu.results_campaigns import (
    AddedToCampaign,
    Campaign,
    CampaignBoard,
    DispatchesOrdered,
    DispatchesSent,
    DraftedNotice,
    GivenNotice,
    PurposeNoticeGiven,
)
from warifu.transport import random_name


@dataclass(frozen=True, slots=True)
class PurposeTelling:
    """A purpose notice as persons are given it.

    Attributes:
        form: a `NoticeForm`.
        purposes: codes of the purposes; at least one.
        text: the words they are given.
        told_on: the day.
        consented: whether they consented, where a purpose needs consent.
    """

    form: str
    purposes: Sequence[str]
    text: str
    told_on: date
    consented: bool = False

    def to_input(self) -> dict[str, object]:
        """The notice as the API takes it."""
        return {
            "form": self.form,
            "purposes": list(self.purposes),
            "text": self.text,
            "toldOn": self.told_on,
            "consented": self.consented,
        }


@dataclass(frozen=True, slots=True)
class InvitedColumns:
    """People to ask: value n of every column belongs to row n. All but the first two may be left empty as a whole.

    Attributes:
        external_ids: your own ids.
        channels: a `CollectionChannel` each.
        kinds: a `PersonKind` each; all employees when empty.
        names: names.
        kana: their readings.
        birth_dates: YYYY-MM-DD, "" where not known.
        addresses: addresses.
        employees: for dependents and spouses the external id of their employee, "" for others.
        emails: addresses for mail, "" for none.
    """

    external_ids: Sequence[str]
    channels: Sequence[str]
    kinds: Sequence[str] = ()
    names: Sequence[str] = ()
    kana: Sequence[str] = ()
    birth_dates: Sequence[str] = ()
    addresses: Sequence[str] = ()
    employees: Sequence[str] = ()
    emails: Sequence[str] = ()

    @classmethod
    def of_people(cls, people: Sequence[ListedPerson]) -> Self:
        """The people of a list (`read_people_list`).

        Raises:
            ValueError: of somebody it is not said how they are asked.
        """
        if any(each.channel is None for each in people):
            raise ValueError(
                "収集方法のない行があります。一覧を読むときに channel を指定してください。 / "
                "Of some rows it is not said how people are asked. Give `channel` when reading the list."
            )
        return cls(
            [each.external_id for each in people],
            [(each.channel or "").upper() for each in people],
            [each.kind.upper() for each in people],
            [each.name for each in people],
            [each.kana for each in people],
            [each.birth_date.isoformat() if each.birth_date else "" for each in people],
            [f"〒{each.postal_code} {each.address}" if each.postal_code else each.address for each in people],
            [each.employee_external_id or "" for each in people],
            [each.email for each in people],
        )

    def to_input(self) -> dict[str, Any]:
        """The columns by their names in the API; optional ones that are empty are left out."""
        columns = {item.name: list(getattr(self, item.name)) for item in fields(self)}
        return {
            _NAMES.get(name, name): column for name, column in columns.items() if column or name in _NEEDED
        }


_NEEDED: Final = ("external_ids", "channels")
_NAMES: Final = {"external_ids": "externalIds", "birth_dates": "birthDates"}


@dataclass(frozen=True, slots=True)
class _CampaignChanged:
    campaign: Campaign


class CampaignCalls(Caller):
    """What the company does about campaigns. Every method raises `Refused` where a rule says no."""

    def campaigns(self) -> Iterator[Campaign]:
        """The campaigns of the tenant, oldest first."""
        return self._pages("campaigns", Campaign)

    def campaign(self, campaign_id: str) -> CampaignBoard | None:
        """One campaign with how many stand where, and what was sent; or None."""
        return self._find("campaign", CampaignBoard, campaignId=campaign_id)

    def create_campaign(
        self,
        name: str,
        purposes: Sequence[str],
        deadline: date,
        *,
        documents: Sequence[str] = (),
        consented: bool = False,
        papers_days: int = 0,
        idempotency_key: str | None = None,
    ) -> Campaign:
        """Begin to ask people for their numbers.

        Args:
            name: what the company calls it.
            purposes: codes of the purposes.
            deadline: the day by which people are to answer.
            documents: codes of the documents to ask for; whatever the law accepts if left empty.
            consented: whether the persons consent, where a purpose needs consent.
            papers_days: for how many days images of papers are kept after a registration, at most 2,557.
            idempotency_key: the same key with the same content is done once, for 24 hours; random if left out.
        """
        sent = {
            "name": name,
            "purposes": list(purposes),
            "deadline": deadline,
            "documents": list(documents),
            "consented": consented,
            "papersDays": papers_days,
            "idempotencyKey": idempotency_key or random_name(),
        }
        members = {"CampaignChanged": _CampaignChanged}
        return self._change("createCampaign", sent, members, repeatable=True).campaign

    def close_campaign(self, campaign_id: str) -> Campaign:
        """End a campaign: nobody is added to it any more; what is under way goes on."""
        sent = {"campaignId": campaign_id}
        return self._change("closeCampaign", sent, {"CampaignChanged": _CampaignChanged}).campaign

    def add_to_campaign(
        self,
        campaign_id: str,
        people: InvitedColumns,
        *,
        recollect: bool = False,
        idempotency_key: str | None = None,
    ) -> AddedToCampaign:
        """Add people to a campaign, up to 10,000, each row by itself.

        Args:
            campaign_id: public id of the campaign.
            people: whom.
            recollect: ask those as well whose number is registered, because it was changed.
            idempotency_key: the same key with the same content is done once, for 24 hours; random if left out.
        """
        sent = {
            "campaignId": campaign_id,
            **people.to_input(),
            "recollect": recollect,
            "idempotencyKey": idempotency_key or random_name(),
        }
        members = {"CampaignPeopleAdded": AddedToCampaign}
        return self._change("addToCampaign", sent, members, repeatable=True)

    def order_dispatches(
        self,
        campaign_id: str,
        collection_ids: Sequence[str],
        kind: str,
        cost_yen: int,
        *,
        revisions: Sequence[int] | None = None,
        idempotency_key: str | None = None,
    ) -> DispatchesOrdered:
        """Instruct that something is sent to people, at what each costs. Nothing goes out without it.

        Args:
            campaign_id: public id of the campaign.
            collection_ids: at most 10,000 of its collections.
            kind: a `DispatchKind`.
            cost_yen: what each costs, in yen.
            revisions: the revision each had when it was looked at; whatever it is now if left out.
            idempotency_key: the same key with the same content is done once, for 24 hours; random if left out.
        """
        sent = {
            "campaignId": campaign_id,
            "collectionIds": list(collection_ids),
            "kind": kind,
            "costYen": cost_yen,
            "revisions": None if revisions is None else list(revisions),
            "idempotencyKey": idempotency_key or random_name(),
        }
        members = {"CollectionDispatchesOrdered": DispatchesOrdered}
        return self._change("orderDispatches", sent, members, repeatable=True)

    def record_dispatched(self, order_id: str, notice: PurposeTelling | None = None) -> DispatchesSent:
        """Record that an order has gone out, with the purpose notice that lay in it."""
        sent = {"orderId": order_id, "notice": notice.to_input() if notice else None}
        return self._change("recordDispatched", sent, {"CollectionDispatchesSent": DispatchesSent})

    def give_purpose_notice(self, external_ids: Sequence[str], notice: PurposeTelling) -> PurposeNoticeGiven:
        """Record that persons, at most 10,000, were given a purpose notice, with its words and its form."""
        sent = {"externalIds": list(external_ids), "notice": notice.to_input()}
        return self._change("givePurposeNotice", sent, {"PurposeNoticeGiven": PurposeNoticeGiven})

    def draft_purpose_notice(self, form: str, purposes: Sequence[str], *, contact: str = "") -> DraftedNotice:
        """The words of a purpose notice in the company's name, Japanese with English beneath; nobody is told by it.

        Args:
            form: a `NoticeForm`.
            purposes: codes of the purposes; at least one.
            contact: whom to ask, in one line; "" leaves it out.
        """
        wanted = {"form": form, "purposes": list(purposes), "contact": contact}
        return self._query("purposeNoticeDraft", DraftedNotice, **wanted)

    def purpose_notices(self, external_id: str) -> Iterator[GivenNotice]:
        """The purpose notices a person was given, oldest first."""
        return self._pages("purposeNotices", GivenNotice, externalId=external_id)
