"""The whole story: thirty-seven persons fall due, two are left out, two humans decide, the rest are disposed of."""

from datetime import date, timedelta

from custody.certificates.digest import COMPLETE
from custody.certificates.issue import issue
from custody.certificates.verify import verify
from custody.disposal.change import Changed, exclude
from custody.disposal.extinction import mark_extinct
from custody.disposal.facts import Certified, certify
from custody.disposal.item import ItemState
from custody.disposal.run import RunState
from custody.disposal.tasks import TaskKind, tasks
from custody.hold import held_persons
from custody.named import Named
from custody.people import known
from custody.prepare import Request
from custody.record import verifier_key
from custody.release import Released
from custody.use import detokenize
from policies.refusals import Denied
from tests.support.disposal import DUE, GENSEN, Ending
from tests.support.outcomes import record_of
from tests.support.tamper import rows, value
from tokenizer.audit.action import Action
from tokenizer.audit.note import VerifierKey

LAST = 37


async def release_of(ending: Ending, token: str) -> object:
    world = ending.world
    code = world.code(ending.handler)
    request = Request([token], GENSEN, "源泉徴収票の作成", ending.handler.login)
    return await detokenize(world.custodian, ending.client, request, code, world.clock())


async def test_thirty_seven_persons_fall_due_and_all_but_two_are_disposed_of(ending: Ending) -> None:
    world = ending.world
    people = await ending.people(LAST + 3)
    former, current = people.external_ids[:LAST], people.external_ids[LAST:]
    assert isinstance(await release_of(ending, people.tokens[0]), Released)
    await ending.left(former)

    # Thirty days before the day somebody is told; not one day earlier.
    ending.go_to(DUE - timedelta(days=31))
    assert await ending.propose() == []
    ending.go_to(DUE - timedelta(days=30))
    (run,) = await ending.propose()
    assert (run.state, run.as_of, run.listed) == (RunState.PROPOSED, DUE.isoformat(), LAST)
    assert await ending.propose() == []
    (task,) = await tasks(world.custodian, ending.administrator.actor, world.clock())
    assert (task.kind, task.persons, task.overdue) == (TaskKind.CONFIRM, LAST, False)

    # Each with the document, the rule and the date.
    items = await ending.items(run)
    assert set(items) == set(former)
    assert {item.due_on for item in items.values()} == {DUE.isoformat()}
    assert '{"purpose":"TAX_FUYO","rule":"A","free_on":"2027-01-11"}' in items[former[0]].grounds

    # She excludes two, one of them by a legal hold.
    now, admin = world.clock(), ending.administrator.actor
    for person, hold in ((former[0], True), (former[1], False)):
        changed = await exclude(
            world.custodian, admin, run.public_id, Named([person]), "係争中のため", now, hold=hold
        )
        assert isinstance(changed, Changed)
        assert changed.rejections == []
    tenant, authority = world.tenant.id, world.custodian.authority
    ids = await world.house.database.read(tenant, lambda tx: known(tx, tenant, former))
    held = await world.house.database.read(
        tenant, lambda tx: held_persons(tx, authority, tenant, [ids[each].id for each in former])
    )
    assert held == {ids[former[0]].id}

    # A second person approves. Nothing happens before the day.
    approved = await ending.decide(run)
    assert (approved.confirmed_by, approved.approved_by) == ("sato", "suzuki")
    assert (await ending.execute(run)).state is RunState.APPROVED
    assert await value(world.house.database, tenant, "SELECT count(*) FROM person_key") == LAST + 3

    # On the day the rest are gone at once.
    ending.go_to(DUE)
    done = await ending.execute(run)
    assert (done.state, done.listed, done.disposed) == (RunState.DONE, LAST, LAST - 2)
    assert ending.scrubbed.times == 1
    for table in ("person_key", "number"):
        assert await value(world.house.database, tenant, f"SELECT count(*) FROM {table}") == 5  # noqa: S608
    left = await rows(
        world.house.database, tenant, "SELECT external_id FROM person WHERE number_state = 'held'"
    )
    assert {row[0] for row in left} == {*former[:2], *current}

    # Their tokens answer like unknown ones; those of others go on.
    gone = await release_of(ending, people.tokens[5])
    assert isinstance(gone, Denied)
    assert gone.rule == "token-unknown"
    over = await release_of(ending, people.tokens[0])
    assert isinstance(over, Denied)
    assert over.rule == "retention-period-over"
    assert isinstance(await release_of(ending, people.tokens[-1]), Released)


async def test_the_certificates_follow_and_verify(ending: Ending) -> None:
    world = ending.world
    people = await ending.people(5)
    await ending.left(people.external_ids[:4])
    ending.go_to(DUE)
    (run,) = await ending.propose()
    await ending.decide(run)
    done = await ending.execute(run)
    began = world.house.provider.epochs()[-1].began
    assert done.extinct_by == began + 90 * 86_400_000

    tenant, admin = world.tenant.id, ending.administrator.actor
    key = VerifierKey.parse(verifier_key(world.custodian, tenant))
    signer = world.custodian.vault.keyring.signer(tenant)
    first = await certify(world.custodian, admin, run.public_id, world.clock())
    assert isinstance(first, Certified)
    verified = verify(issue(first.facts, first.evidence, signer), key)
    assert [person.external_id for person in verified.facts.persons] == people.external_ids[:4]
    assert {person.rules for person in verified.facts.persons} == {("TAX_FUYO:A", "TAX_GENSEN:departure")}
    assert verified.facts.confirmed is not None
    assert (verified.facts.confirmed.account, verified.facts.extinct_at) == ("sato", None)

    assert await mark_extinct(world.custodian, tenant, [done.epoch], world.clock()) == []
    later = world.clock.advance(days=80)
    (extinct,) = await mark_extinct(world.custodian, tenant, [done.epoch + 1], later)
    assert extinct.extinct_at == later
    assert await mark_extinct(world.custodian, tenant, [done.epoch + 1], later) == []
    second = await certify(world.custodian, admin, run.public_id, world.clock())
    assert isinstance(second, Certified)
    assert verify(issue(second.facts, second.evidence, signer), key).facts.extinct_at == later
    again = await certify(world.custodian, admin, run.public_id, world.clock(), first=True)
    assert isinstance(again, Certified)
    assert again.facts == first.facts


async def test_the_log_says_who_when_under_which_rule(ending: Ending) -> None:
    people = await ending.people(2)
    await ending.left(people.external_ids)
    ending.go_to(DUE)
    (run,) = await ending.propose()
    await ending.decide(run)
    done = await ending.execute(run)
    record = await record_of(ending.world)
    gone = [entry for entry in record if entry.action is Action.NUMBER_DISPOSE]
    assert len(gone) == 2
    assert {entry.human for entry in gone} == {"sato"}
    assert dict(gone[0].detail) == {
        "run": run.public_id,
        "kind": "due",
        "epoch": str(done.epoch),
        "due_on": DUE.isoformat(),
        "rules": "TAX_FUYO:A TAX_GENSEN:departure",
        "approver": "suzuki",
    }
    items = await ending.items(run, ItemState.DISPOSED)
    for item in items.values():
        assert record[item.leaf_index].person == item.person
    assert record[done.completion_leaf].action == COMPLETE
    proposed = next(entry for entry in record if entry.action is Action.DISPOSAL_PROPOSE)
    assert proposed.human is None
    assert proposed.detail["persons"] == "2"


async def test_who_comes_back_after_disposal_begins_anew(ending: Ending) -> None:
    world = ending.world
    people = await ending.people(1)
    await ending.left(people.external_ids)
    ending.go_to(DUE)
    (run,) = await ending.propose()
    await ending.decide(run)
    await ending.execute(run)
    again = await world.register(ending.client, 1, 0, world.terms(GENSEN))
    assert again.tokens != people.tokens
    person = await value(
        world.house.database,
        world.tenant.id,
        "SELECT number_state || ends || due_on || notified FROM person",
    )
    assert person == 'held{}{"TAX_GENSEN":"2026-04-01"}'
    assert isinstance(await release_of(ending, again.tokens[0]), Released)
    ending.go_to(date(2040, 1, 1))
    assert await ending.propose() == []
