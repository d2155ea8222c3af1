"""Registering verified numbers: out of the sealed item into the vault, with a token, in one transaction for all of it.

The purposes are those of the campaign, and only if the person was told of them. The item dies in the same transaction,
and every image with it unless the campaign keeps them for a time. A number that replaces another is its next version,
and the person's tokens stay.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from custody.calendar import day_in_japan
from custody.collection.acting import Acting, desk
from custody.collection.campaign import read_campaign
from custody.collection.collection import Collection
from custody.collection.keeping import settle_papers
from custody.collection.steps import Chosen, find_chosen, sort_allowed, stepped, write_steps
from custody.collection.submission import find_one, put_number
from custody.collection.taking import take
from custody.collection.verify import known_documents, record_verdict, refuse_case, tell_refused
from custody.custodian import Custodian
from custody.departure import departures_of
from custody.disposal.scope import begin_anew
from custody.leaves import leaves_of
from custody.notified import lacks
from custody.people import SET_HELD, NumberState, Verification, tokens_of
from custody.rejections import Rejection, rejection
from custody.settle import settle
from policies.actor import TENANT_AUDIENCE, Actor
from policies.collection import Step
from policies.identity import Verdict, decide
from policies.identity_case import Case
from policies.identity_catalogue import load_identity_catalogue
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.items import Taken, register_item
from tokenizer.my_number import check_numbers
from tokenizer.storage.transaction import Lookup, Transaction

MOST: Final = 1_000
"""So many numbers are registered in one transaction."""
_PERSONS: Final = Lookup(
    "p.number_state, p.notified",
    "{keys} CROSS JOIN person p WHERE p.tenant_id = :tenant AND p.person_id = keys.key",
    "bigint",
)


@dataclass(frozen=True, slots=True)
class RegisteredCollections:
    """What was registered.

    Attributes:
        collections: as they are now, in the order asked for.
        tokens: the caller's token of each.
        rejections: the rows that were not registered.
    """

    collections: list[Collection]
    tokens: list[str]
    rejections: list[Rejection] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Registered:
    """One number that is in force now.

    Attributes:
        version: its version; 0 if it was in force before, and was only confirmed.
        anew: whether the person had none.
    """

    collection: Collection
    version: int
    anew: bool


async def register_verified(
    custodian: Custodian, actor: Actor, chosen: Chosen, now: int
) -> RegisteredCollections | Denied:
    """Register verified numbers.

    Args:
        custodian: what the use case works with.
        actor: a handler.
        chosen: at most 1,000 collections.
        now: milliseconds since the epoch.
    """
    denial = None if chosen.lengths_agree() else denied("columns-differ")
    if denial is None and len(chosen) > MOST:
        denial = denied("too-many-rows")
    acting = desk(actor)

    def work(tx: Transaction) -> RegisteredCollections | Denied:
        rejected: dict[int, Rejection] = {}
        found = find_chosen(tx, custodian, acting.tenant, chosen, rejected)
        able = sort_allowed(found, Step.REGISTER, acting, rejected)
        return _register(tx, custodian, acting, able, rejected, now)

    return await take(custodian, acting, Action.COLLECTION_REGISTER, denial, now, work)


async def enter_number(
    custodian: Custodian,
    actor: Actor,
    collection_id: str,
    number: str,
    case: Case,
    now: int,
    revision: int | None = None,
) -> RegisteredCollections | Verdict | Rejection | Denied:
    """Take a number at the counter: submitted, verified and registered in one go, or nothing of it.

    Args:
        custodian: what the use case works with.
        actor: a handler, who has the person before them.
        collection_id: public id of the collection.
        number: as typed.
        case: what the handler saw; its day is today.
        now: milliseconds since the epoch.
        revision: the revision they saw; None for whatever it is now.

    Returns:
        What was registered; a verdict that refuses, of which the log alone knows; why the number cannot be registered;
        or a refusal.
    """
    digits, wrong = check_numbers([number], sandbox=actor.sandbox)
    if wrong or digits[0] is None:
        return Rejection(*wrong[0])
    checked, acting = digits[0], desk(actor)
    plain = known_documents(replace(case, day=day_in_japan(now)))
    verdict = decide(plain, load_identity_catalogue())

    def work(tx: Transaction) -> RegisteredCollections | Verdict | Rejection | Denied:
        found = find_one(tx, custodian, acting, collection_id, revision, Step.SUBMIT)
        if isinstance(found, Denied):
            return found
        refusal = refuse_case(tx, custodian, found, plain)
        if refusal is not None:
            return refusal
        if not verdict.is_accepted:
            tell_refused(tx, custodian, acting, found, verdict, {}, now)
            return verdict
        submitted = put_number(tx, custodian, acting, found, checked, now)
        verified = record_verdict(tx, custodian, acting, submitted, plain, now).collection
        done = _register(tx, custodian, acting, {0: verified}, {}, now)
        if done.rejections:
            raise _Undone(done.rejections[0])
        return done

    try:
        return await take(custodian, acting, Action.COLLECTION_REGISTER, None, now, work)
    except _Undone as undone:
        return undone.rejection


class _Undone(Exception):  # noqa: N818 - undoes the transaction, and becomes the rejection
    def __init__(self, rejection: Rejection) -> None:
        self.rejection = rejection


def _register(
    tx: Transaction,
    custodian: Custodian,
    acting: Acting,
    able: Mapping[int, Collection],
    rejected: dict[int, Rejection],
    now: int,
) -> RegisteredCollections:
    done: list[_Registered] = []
    states = _fit(tx, custodian, acting.tenant, able, rejected)
    for row, state in states.items():
        outcome = _put_in_force(tx, custodian, able[row], state, now)
        if isinstance(outcome, _Registered):
            done.append(outcome)
        else:
            rejected[row] = rejection(row, outcome)
    _hold(tx, custodian, acting, done, now)
    moved = [replace(stepped(each.collection, Step.REGISTER, acting, now), number_item=0) for each in done]
    moved = settle_papers(tx, custodian, acting.tenant, moved, now)
    tokens = _tokens(tx, custodian, acting, [each.person for each in moved], now)
    _record(tx, custodian, acting, done, now)
    write_steps(tx, custodian, acting, Step.REGISTER, moved, now)
    return RegisteredCollections(moved, tokens, [rejected[row] for row in sorted(rejected)])


def _fit(
    tx: Transaction,
    custodian: Custodian,
    tenant: int,
    able: Mapping[int, Collection],
    rejected: dict[int, Rejection],
) -> dict[int, str]:
    """Those who were told of all purposes and have not left, each with what the vault has of them so far."""
    rows, persons = list(able), [each.person for each in able.values()]
    left = departures_of(tx, custodian.authority, tenant, persons)
    campaigns = {
        each: read_campaign(tx, custodian.authority, tenant, each)
        for each in {collection.campaign for collection in able.values()}
    }
    fit: dict[int, str] = {}
    for place, state, notified in tx.match(_PERSONS, {"tenant": tenant}, persons):
        row, campaign = rows[place], campaigns[able[rows[place]].campaign]
        if campaign is None or lacks(notified, frozenset(campaign.purposes)):
            rejected[row] = rejection(row, "PURPOSE_NOT_NOTIFIED")
        elif persons[place] in left and state == NumberState.HELD.value:
            rejected[row] = rejection(row, "DEPARTED")
        else:
            fit[row] = state
    return fit


def _put_in_force(
    tx: Transaction, custodian: Custodian, collection: Collection, state: str, now: int
) -> _Registered | str:
    """Put a number in force; the code of why not."""
    vault, person = custodian.vault, collection.person
    outcome = register_item(vault, tx, collection.tenant, person, collection.number_item, now)
    if outcome is None:
        return "NUMBER_GONE"
    if isinstance(outcome, Taken) and outcome.person != person:
        return "NUMBER_TAKEN"
    version = 0 if isinstance(outcome, Taken) else outcome
    return _Registered(collection, version, state != NumberState.HELD.value)


def _hold(
    tx: Transaction, custodian: Custodian, acting: Acting, done: Sequence[_Registered], now: int
) -> None:
    """Say on persons' rows that the vault holds their number, since when it is verified; begin anew where it is new."""
    for each in done:
        tx.run(
            SET_HELD,
            {
                "tenant": acting.tenant,
                "person": each.collection.person,
                "new_state": NumberState.HELD.value,
                "new_verification": Verification.COLLECTION.value,
                "new_verified_on": day_in_japan(each.collection.verified_at).isoformat(),
            },
        )
    new = [each.collection.person for each in done if each.anew]
    if new:
        settle(tx, custodian, acting.tenant, begin_anew(tx, acting.tenant, new), now)


def _tokens(
    tx: Transaction, custodian: Custodian, acting: Acting, persons: Sequence[int], now: int
) -> list[str]:
    audience = acting.actor.audience if acting.actor else TENANT_AUDIENCE
    known = tokens_of(tx, acting.tenant, audience, persons)
    bare = [person for person in persons if person not in known]
    minted = custodian.vault.mint(acting.tenant, audience, bare, now, sandbox=acting.sandbox)
    custodian.vault.store_tokens(tx, minted)
    known |= {row[3]: row[1] for row in minted}
    return [known[person] for person in persons]


def _record(
    tx: Transaction, custodian: Custodian, acting: Acting, done: Sequence[_Registered], now: int
) -> None:
    """The leaf of each number, as a registration or a change writes it; none for one that was only confirmed."""
    new = [each for each in done if each.version]
    if not new:
        return
    record = leaves_of(
        [each.collection.person for each in new],
        [(each.version, day_in_japan(each.collection.verified_at).isoformat()) for each in new],
        lambda alike: acting.says(
            Action.NUMBER_REGISTER if alike[0] == 1 else Action.NUMBER_CHANGE,
            now,
            {
                "version": str(alike[0]),
                "verification": Verification.COLLECTION.value,
                "verified_on": alike[1],
            },
        ),
    )
    custodian.vault.log(acting.tenant).append(tx, record)
