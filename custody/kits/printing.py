"""Having an order printed: who gets an envelope, under which code; the files are made by the worker afterwards.

Whoever cannot be written to is left out, is told of by name, and their dispatch is void: nothing goes out to them, and
they can be ordered for again once their particulars are right.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from custody.calendar import day_in_japan
from custody.collection.acting import company
from custody.collection.campaign import Campaign, read_campaign
from custody.collection.collection import Collection, collections_by_id
from custody.collection.dispatch import (
    Dispatch,
    DispatchState,
    Sending,
    dispatches_of_order,
    order_public_id,
    parse_order_id,
    save_dispatches,
)
from custody.collection.taking import take
from custody.custodian import Custodian, entry, one_leaf, record_refusal
from custody.kits.code import new_kit_code
from custody.kits.errors import KitError
from custody.kits.household import Household, households
from custody.kits.kit import SentKit, drop_kits, insert_kits, kits_of_order
from custody.kits.papers import Issue, kit_paper
from custody.kits.printout import PRINTABLE, Printout, PrintState, read_printout, save_printout
from custody.kits.sender import KitSender, read_sender
from custody.rejections import Rejection, rejection
from policies.actor import Actor
from policies.authorize import may
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Transaction

_AGAIN: Final = frozenset({PrintState.FAILED, PrintState.DELETED})


@dataclass(frozen=True, slots=True)
class PrintAsked:
    """A printing as it was asked for.

    Attributes:
        printout: how far it is.
        left_out: public ids of the collections to which nothing goes out.
        rejections: why, by place in `left_out`.
    """

    printout: Printout
    left_out: list[str] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)


async def print_kits(
    custodian: Custodian, actor: Actor, order_id: str, deadline: date | None, now: int
) -> PrintAsked | Denied:
    """Have the kits, postcards or letters of an order printed; asked for twice, it is printed once.

    What failed, or whose files are destroyed, is printed anew with the same codes.

    Args:
        custodian: what the use case works with.
        actor: an administrator, a handler or a client.
        order_id: public id of the order.
        deadline: the day that is printed; that of the campaign if None.
        now: milliseconds since the epoch.
    """

    def work(tx: Transaction) -> PrintAsked | Denied:
        order = parse_order_id(order_id) or 0
        before = read_printout(tx, actor.tenant, order, lock=True)
        if before is not None and before.state not in _AGAIN:
            return PrintAsked(before)
        asked = _Asked.find(tx, custodian, actor.tenant, order, deadline, day_in_japan(now))
        if isinstance(asked, Denied):
            return asked
        if before is not None and before.state is PrintState.FAILED and not before.files:
            _forget_kits(tx, custodian, before)
        done = _ask(tx, custodian, actor, asked, now)
        detail = {"order": order_public_id(order), "papers": str(done.printout.papers)}
        said = company(actor).says(Action.KIT_PRINT, now, {**detail, "left_out": str(len(done.left_out))})
        custodian.vault.log(actor.tenant).append(tx, one_leaf(said))
        return done

    asked = await take(custodian, company(actor), Action.KIT_PRINT, None, now, work)
    if isinstance(asked, PrintAsked):
        custodian.errands.set()
    return asked


async def delete_print(custodian: Custodian, actor: Actor, order_id: str, now: int) -> Printout | Denied:
    """Let the files of an order be destroyed: nobody gets them any more, and the worker removes them.

    Args:
        custodian: what the use case works with.
        actor: an administrator, a handler or a client.
        order_id: public id of the order.
        now: milliseconds since the epoch.
    """

    def work(tx: Transaction) -> Printout | Denied:
        found = read_printout(tx, actor.tenant, parse_order_id(order_id) or 0, lock=True)
        if found is None:
            return denied("print-unknown")
        said = company(actor).says(Action.KIT_PRINT_DELETE, now, {"order": found.order_id})
        custodian.vault.log(actor.tenant).append(tx, one_leaf(said))
        return save_printout(tx, replace(found, state=PrintState.DELETED, delete_at=now))

    return await take(custodian, company(actor), Action.KIT_PRINT_DELETE, None, now, work)


async def show_print(custodian: Custodian, actor: Actor, order_id: str, now: int) -> Printout | Denied | None:
    """How far the printing of an order is; None if nobody asked for it."""
    denial = may(actor, "readCollections")
    if denial is not None:
        refused = entry(actor, Action.COLLECTION_LIST, now, denied=denial)
        return await record_refusal(custodian, actor, refused, denial)
    order = parse_order_id(order_id) or 0
    return await custodian.database.read(actor.tenant, lambda tx: read_printout(tx, actor.tenant, order))


@dataclass(frozen=True, slots=True)
class _Asked:
    """An order that can be printed: what of it has not gone out, for which campaign, by whom, until when."""

    dispatches: list[Dispatch]
    collections: list[Collection]
    campaign: Campaign
    sender: KitSender
    issued_on: date
    deadline: date

    @classmethod
    def find(
        cls,
        tx: Transaction,
        custodian: Custodian,
        tenant: int,
        order: int,
        deadline: date | None,
        today: date,
    ) -> "_Asked | Denied":
        ordered = dispatches_of_order(tx, custodian.authority, tenant, order)
        if not ordered:
            return denied("dispatch-unknown")
        if ordered[0].kind not in PRINTABLE:
            return denied("print-kind")
        waiting = [each for each in ordered if each.state is DispatchState.ORDERED]
        sender = read_sender(tx, custodian.authority, tenant)
        there = collections_by_id(tx, custodian.authority, tenant, [each.collection for each in waiting])
        if not there:
            return denied("print-nothing-waits")
        first = next(iter(there.values()))
        campaign = read_campaign(tx, custodian.authority, tenant, first.campaign)
        if sender is None or campaign is None:
            return denied("kit-sender-missing" if sender is None else "campaign-unknown")
        until = deadline or date.fromisoformat(campaign.deadline)
        if until < today:
            return denied("print-deadline-past")
        return cls(waiting, list(there.values()), campaign, sender, today, until)

    @property
    def kind(self) -> Sending:
        return self.dispatches[0].kind

    @property
    def order(self) -> int:
        return self.dispatches[0].order


def _forget_kits(tx: Transaction, custodian: Custodian, printout: Printout) -> None:
    """Drop codes of which none was printed: who lives with whom may be recorded otherwise by now."""
    kits = kits_of_order(tx, custodian.authority, printout.tenant, printout.order)
    drop_kits(tx, printout.tenant, [each.id for each in kits])


def _ask(tx: Transaction, custodian: Custodian, actor: Actor, asked: _Asked, now: int) -> PrintAsked:
    made, orphans = households(tx, actor.tenant, asked.collections)
    wrong: dict[int, Rejection] = {each.id: rejection(0, "EMPLOYEE_UNKNOWN") for each in orphans}
    good = []
    for household in made:
        why = _why_unprintable(custodian, household, asked)
        wrong |= {each.id: why for each in household.collections if why}
        good += [] if why else [household]
    _void(tx, custodian, asked, wrong)
    _give_codes(tx, custodian, asked, good, now)
    papers = len(kits_of_order(tx, custodian.authority, actor.tenant, asked.order))
    printout = Printout(
        actor.tenant,
        asked.order,
        asked.kind,
        PrintState.WAITING,
        asked.issued_on.isoformat(),
        asked.deadline.isoformat(),
        papers,
        0,
        0,
        0,
        actor.name,
        now,
    )
    left_out = list(wrong)
    told = [replace(wrong[each], row=row) for row, each in enumerate(left_out)]
    return PrintAsked(save_printout(tx, printout), [f"col_{each}" for each in left_out], told)


def _why_unprintable(custodian: Custodian, household: Household, asked: _Asked) -> Rejection | None:
    if asked.kind is Sending.LINK_QR and household.recipient.born_on is None:
        return rejection(0, "BIRTH_DATE_MISSING")
    issue = Issue(asked.campaign, asked.sender, asked.issued_on, asked.deadline)
    try:
        paper = kit_paper(custodian.catalogue, household, new_kit_code(custodian.random_bytes), issue)
        if paper is None:
            return rejection(0, "ADDRESS_WITHOUT_POSTAL_CODE")
        paper.check()
    except KitError as error:
        return Rejection(0, "KIT_UNPRINTABLE", error.message_ja, error.message_en)
    return None


def _void(tx: Transaction, custodian: Custodian, asked: _Asked, wrong: dict[int, Rejection]) -> None:
    void = [replace(each, state=DispatchState.VOID) for each in asked.dispatches if each.collection in wrong]
    save_dispatches(tx, custodian.authority, asked.order, void)


def _give_codes(
    tx: Transaction, custodian: Custodian, asked: _Asked, good: Sequence[Household], now: int
) -> None:
    """Make the kits that are not there yet; those of an earlier try keep their codes."""
    tenant = asked.campaign.tenant
    there = {
        each for kit in kits_of_order(tx, custodian.authority, tenant, asked.order) for each in kit.members
    }
    fresh = [one for one in good if not there & {each.id for each in one.collections}]
    ids = custodian.vault.new_ids(len(fresh), now)
    kits: Iterator[SentKit] = (
        SentKit(
            tenant,
            identity,
            new_kit_code(custodian.random_bytes),
            asked.order,
            tuple(each.id for each in one.collections),
            now,
        )
        for identity, one in zip(ids, fresh, strict=True)
    )
    insert_kits(tx, custodian.authority, kits)
