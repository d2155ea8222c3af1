"""Adding people to a campaign, up to ten thousand in columns: each row is taken, or rejected by itself with its reason.

Whoever is not known yet becomes a person without a number; whoever is known stays as they are. A dependent is a person
of their own, under the employee who brings the number. Nobody is in two collections that are under way.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any, Final

from custody.calendar import day_in_japan
from custody.collection.acting import company
from custody.collection.campaign import Campaign
from custody.collection.campaigns import open_campaign
from custody.collection.collection import Collection, Route, collections_of, insert_collections
from custody.collection.taking import take
from custody.custodian import Custodian
from custody.leaves import leaves_of
from custody.people import Known, NumberState, PersonRow, known
from custody.registration_plan import employees_among
from custody.rejections import Rejection, rejection
from custody.replay import Once, Replay
from custody.roster import MAX_ROWS, Columns, check_particulars
from policies.actor import Actor
from policies.collection import TERMINAL, State
from policies.free_text import contains_number
from policies.purposes import PersonKind
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Row, Transaction

_EMAIL: Final = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_LONGEST_EMAIL: Final = 254
_BROUGHT: Final = frozenset({PersonKind.SPOUSE, PersonKind.DEPENDENT})


@dataclass(frozen=True, slots=True)
class Invited:
    """People to be asked, as columns of one length; all but the first and `channels` may be left empty as a whole.

    Attributes:
        people: ids, kinds, names, kana, birth dates, addresses, employees; no numbers.
        channels: how each is asked.
        emails: addresses for mail; needed by `link_mail`, but not of family members: their link is the employee's.
    """

    people: Columns
    channels: Sequence[str]
    emails: Sequence[str] = ()

    def lengths_agree(self) -> bool:
        """Whether every column has a value for every row."""
        size = len(self.people)
        return self.people.lengths_agree() and len(self.channels) == size and len(self.emails) in {0, size}


@dataclass(frozen=True, slots=True)
class Added:
    """Who is in the campaign now: the collection of each row, None for a rejected one."""

    collections: list[str | None]
    rejections: list[Rejection] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many were added."""
        return sum(each is not None for each in self.collections)


def invited(external_ids: Sequence[str], channels: Sequence[str], **columns: Sequence[Any]) -> Invited:
    """People by columns; those of `Columns` but the numbers, and `emails`."""
    emails = columns.pop("emails", ())
    return Invited(Columns(external_ids, [""] * len(external_ids), **columns), channels, emails)


async def add_people(
    custodian: Custodian,
    actor: Actor,
    campaign_id: str,
    rows: Invited,
    now: int,
    *,
    recollect: bool = False,
    replay: Replay | None = None,
) -> Added | Denied:
    """Add people to a campaign.

    Args:
        custodian: what the use case works with.
        actor: an administrator, a handler or a client.
        campaign_id: public id of the campaign.
        rows: at most 10,000 people.
        now: milliseconds since the epoch.
        recollect: ask those as well whose number is registered, because it was changed.
        replay: makes the request idempotent.
    """
    denial = _refuse_shape(rows)
    once: Once[Added | Denied] | None = Once(replay, _to_answer, _from_answer) if replay else None
    today = day_in_japan(now)
    people, wrong = check_particulars(rows.people, today) if denial is None else (rows.people, {})
    if denial is None:
        _check_ways(rows, people.kinds, wrong)

    def work(tx: Transaction) -> Added | Denied:
        campaign = open_campaign(tx, custodian, actor.tenant, campaign_id, lock=True)
        if isinstance(campaign, Denied):
            return campaign
        rejected = dict(wrong)
        persons = known(tx, actor.tenant, people.external_ids)
        _reject_known(tx, custodian, actor, people, persons, rejected, recollect=recollect)
        return _add(tx, custodian, actor, campaign, rows, people, persons, rejected, now)

    return await take(custodian, company(actor), Action.COLLECTION_INSTRUCT, denial, now, work, once)


def _refuse_shape(rows: Invited) -> Denied | None:
    if not rows.lengths_agree():
        return denied("columns-differ")
    return denied("too-many-rows") if len(rows.people) > MAX_ROWS else None


def _check_ways(rows: Invited, kinds: Sequence[PersonKind], rejected: dict[int, Rejection]) -> None:
    emails = rows.emails or [""] * len(rows.people)
    for row, (channel, kind, email) in enumerate(zip(rows.channels, kinds, emails, strict=True)):
        needs_one = channel == Route.LINK_MAIL.value and kind not in _BROUGHT
        if channel not in _ROUTES:
            rejected.setdefault(row, rejection(row, "CHANNEL_UNKNOWN"))
        elif not _is_email(email) if email else needs_one:
            rejected.setdefault(row, rejection(row, "EMAIL_INVALID"))


def _is_email(text: str) -> bool:
    fits = len(text) <= _LONGEST_EMAIL and text.isprintable() and not contains_number(text)
    return fits and _EMAIL.fullmatch(text) is not None


def _reject_known(
    tx: Transaction,
    custodian: Custodian,
    actor: Actor,
    people: Columns,
    persons: Mapping[str, Known],
    rejected: dict[int, Rejection],
    *,
    recollect: bool,
) -> None:
    """Reject the rows that contradict what is known of their persons, or of the employees they belong to."""
    ids = [person.id for person in persons.values()]
    busy = {
        each.person
        for each in collections_of(tx, custodian.authority, actor.tenant, ids)
        if each.state not in TERMINAL
    }
    for row, (external_id, kind) in enumerate(zip(people.external_ids, people.kinds, strict=True)):
        person = persons.get(external_id)
        if person is None or row in rejected:
            continue
        if person.kind != kind.value:
            rejected[row] = rejection(row, "KIND_DIFFERS")
        elif person.state == NumberState.HELD.value and not recollect:
            rejected[row] = rejection(row, "NUMBER_HELD")
        elif person.id in busy:
            rejected[row] = rejection(row, "IN_ANOTHER_COLLECTION")
    _reject_orphans(tx, actor, people, persons, rejected)


def _reject_orphans(
    tx: Transaction,
    actor: Actor,
    people: Columns,
    persons: Mapping[str, Known],
    rejected: dict[int, Rejection],
) -> None:
    if not any(people.employees):
        return
    here = employees_among(persons) | {
        text
        for row, (text, kind) in enumerate(zip(people.external_ids, people.kinds, strict=True))
        if kind is PersonKind.EMPLOYEE and row not in rejected
    }
    elsewhere = list(set(people.employees) - here - {""})
    here |= employees_among(known(tx, actor.tenant, elsewhere))
    for row, employee in enumerate(people.employees):
        if employee and employee not in here:
            rejected.setdefault(row, rejection(row, "EMPLOYEE_UNKNOWN"))


def _add(
    tx: Transaction,
    custodian: Custodian,
    actor: Actor,
    campaign: Campaign,
    rows: Invited,
    people: Columns,
    persons: Mapping[str, Known],
    rejected: Mapping[int, Rejection],
    now: int,
) -> Added:
    size = len(people)
    good = [row for row in range(size) if row not in rejected]
    fresh = [row not in rejected and people.external_ids[row] not in persons for row in range(size)]
    new = custodian.vault.new_ids(sum(fresh) + len(good), now)
    person_of = dict(zip(compress(range(size), fresh), new, strict=False))
    tx.insert(PersonRow, [person_row(actor.tenant, person_of[row], people, row, now) for row in person_of])
    emails = rows.emails or [""] * size
    made = {
        row: Collection(
            actor.tenant,
            identity,
            campaign.id,
            person_of[row] if row in person_of else persons[people.external_ids[row]].id,
            Route(rows.channels[row]),
            emails[row],
            State.INSTRUCTED,
            now,
            1,
            now,
        )
        for row, identity in zip(good, new[len(person_of) :], strict=True)
    }
    insert_collections(tx, custodian.authority, made.values())
    _record(tx, custodian, actor, campaign, list(made.values()), now)
    answers = [made[row].public_id if row in made else None for row in range(size)]
    return Added(answers, [rejected[row] for row in sorted(rejected)])


def _record(
    tx: Transaction,
    custodian: Custodian,
    actor: Actor,
    campaign: Campaign,
    collections: Sequence[Collection],
    now: int,
) -> None:
    if not collections:
        return
    acting = company(actor)
    record = leaves_of(
        [each.person for each in collections],
        [each.channel.value for each in collections],
        lambda channel: acting.says(
            Action.COLLECTION_INSTRUCT, now, {"campaign": campaign.public_id, "channel": channel}
        ),
    )
    custodian.vault.log(actor.tenant).append(tx, record)


def person_row(tenant: int, identity: int, people: Columns, row: int, now: int) -> Row:
    """The row of somebody who is new, without a number, from a row of checked columns."""
    return (
        tenant,
        identity,
        people.external_ids[row],
        people.kinds[row].value,
        people.names[row],
        people.kana[row],
        people.birth_dates[row],
        people.addresses[row],
        people.employees[row],
        "{}",
        "",
        "",
        NumberState.NONE.value,
        now,
        "{}",
        "",
    )


def _to_answer(added: Added | Denied) -> Any:
    if isinstance(added, Denied):
        return None  # refusals are not kept
    told = [[item.row, item.code, item.message_ja, item.message_en] for item in added.rejections]
    return {"collections": added.collections, "rejections": told}


def _from_answer(answer: Any) -> Added:
    return Added(answer["collections"], [Rejection(*item) for item in answer["rejections"]])


_ROUTES: Final = frozenset(route.value for route in Route)
