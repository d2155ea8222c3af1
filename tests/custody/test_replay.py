"""Idempotency keys: done once, answered alike for a day, and nothing readable kept."""

import asyncio

import pytest

from custody.accounts import create_account
from custody.clients import NewKey, create_client
from custody.enrolment import Enrolment
from custody.prepare import Prepared, Request, prepare
from custody.registration import Registered, register
from custody.replay import KEPT_MS, Replay, count_answers, is_key, purge_answers
from custody.roster import Columns
from policies.actor import Actor, Role
from policies.refusals import Denied
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import record_of, rule_of
from tests.support.tamper import change, rows, value
from tests.support.world import GENSEN, PASSWORD, PURPOSES, World
from tokenizer.audit.action import Action
from tokenizer.errors import SealBrokenError

KEY = "5b1f7a52-8f5e-4a8e-9f6c-2f6f0a3c9d11"
NUMBERS = synthetic_numbers(10)


def once(actor: Actor, key: str = KEY, content: bytes = b"{}", operation: str = "tokenize") -> Replay:
    return Replay(actor, key, operation, content)


async def send(world: World, actor: Actor, replay: Replay | None, count: int = 3) -> Registered | Denied:
    columns = Columns([f"E{row}" for row in range(count)], NUMBERS[:count])
    return await register(world.custodian, actor, columns, world.terms(), world.clock(), replay)


async def sent(world: World, actor: Actor, replay: Replay | None, count: int = 3) -> Registered:
    done = await send(world, actor, replay, count)
    assert isinstance(done, Registered), done
    return done


async def test_the_same_request_is_answered_as_the_first_time_and_done_once(world: World) -> None:
    client = await world.client()
    first = await sent(world, client, once(client))
    size = len(await record_of(world))
    world.clock.advance(minutes=5)
    assert await sent(world, client, once(client)) == first
    assert first.registered == 3
    assert len(await record_of(world)) == size


async def test_rejections_are_repeated_word_for_word(world: World) -> None:
    client = await world.client()
    columns = Columns(["E1", "E1", "E2"], [NUMBERS[0], NUMBERS[1], "1234"])
    answers = [
        await register(world.custodian, client, columns, world.terms(), world.clock(), once(client))
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert isinstance(answers[0], Registered)
    assert len(answers[0].rejections) == 2


@pytest.mark.parametrize(("operation", "content"), [("tokenize", b"{ }"), ("prepareUse", b"{}")])
async def test_the_same_key_with_other_content_is_refused(
    world: World, operation: str, content: bytes
) -> None:
    client = await world.client()
    await sent(world, client, once(client))
    different = once(client, content=content, operation=operation)
    assert rule_of(await send(world, client, different)) == "idempotency-conflict"


async def test_another_actor_s_key_is_another_key(world: World) -> None:
    payroll, human = await world.client(), await world.human("payroll")
    insurance = await world.client("insurance")
    answers = [await sent(world, actor, once(actor)) for actor in (payroll, human.actor, insurance)]
    assert [answer.registered for answer in answers] == [3, 0, 0]
    assert len({token for answer in answers for token in answer.tokens}) == 9


@pytest.mark.parametrize(("later", "again"), [(KEPT_MS, False), (KEPT_MS + 1, True)])
async def test_after_a_day_a_key_is_new(world: World, later: int, again: bool) -> None:
    client = await world.client()
    await sent(world, client, once(client))
    world.clock.now += later
    done = await sent(world, client, once(client, content=b"{}"))
    assert done.registered == (0 if again else 3)
    if again:
        assert rule_of(await send(world, client, once(client, content=b"x"))) == "idempotency-conflict"


async def test_the_same_request_at_once_is_done_once(world: World) -> None:
    client = await world.client()
    outcomes = await asyncio.gather(*(sent(world, client, once(client)) for _ in range(8)))
    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert outcomes[0].registered == 3
    registered = [entry for entry in await record_of(world) if entry.action is Action.NUMBER_REGISTER]
    assert len(registered) == 3


async def test_different_content_under_one_key_at_once_is_done_once(world: World) -> None:
    client = await world.client()
    replays = [once(client, content=str(row).encode()) for row in range(6)]
    outcomes = await asyncio.gather(*(send(world, client, replay, 1) for replay in replays))
    assert [isinstance(outcome, Registered) for outcome in outcomes].count(True) == 1
    assert {rule_of(outcome) for outcome in outcomes if isinstance(outcome, Denied)} == {
        "idempotency-conflict"
    }


async def test_a_request_that_failed_may_be_sent_again_under_its_key(world: World) -> None:
    client = await world.client()
    wrong = Columns(["E0"], NUMBERS[:2])
    denied = await register(world.custodian, client, wrong, world.terms(), world.clock(), once(client))
    assert rule_of(denied) == "columns-differ"
    assert (await sent(world, client, once(client))).registered == 3


# --- other acts


async def test_a_prepared_use_is_prepared_once(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 2)
    request = Request(people.tokens, GENSEN, "年末調整")
    outcomes = await asyncio.gather(
        *(prepare(world.custodian, client, request, world.clock(), once(client)) for _ in range(4))
    )
    done = [outcome for outcome in outcomes if isinstance(outcome, Prepared)]
    assert len(done) == 4
    assert {prepared.use.digest for prepared in done} == {done[0].use.digest}
    assert await value(world.house.database, world.tenant.id, "SELECT count(*) FROM use") == 1


async def test_a_client_is_created_once_and_its_key_given_again(world: World) -> None:
    actor = (await world.human("sato", Role.ADMINISTRATOR)).actor
    made = [
        await create_client(world.custodian, actor, "payroll", PURPOSES, world.clock(), once(actor))
        for _ in range(2)
    ]
    assert all(isinstance(one, NewKey) for one in made)
    assert made[0] == made[1]
    other = await create_client(world.custodian, actor, "payroll", PURPOSES, world.clock(), once(actor, "k2"))
    assert rule_of(other) == "name-taken"


async def test_an_account_is_created_once_and_its_seed_given_again(world: World) -> None:
    actor, now = (await world.human("sato", Role.ADMINISTRATOR)).actor, world.clock()
    roles = frozenset({Role.HANDLER})
    first, second = [
        await create_account(world.custodian, actor, "tanaka", "試験 太郎", roles, PASSWORD, now, once(actor))
        for _ in range(2)
    ]
    assert isinstance(first, Enrolment)
    assert isinstance(second, Enrolment)
    assert (first.seed, first.recovery_codes) == (second.seed, second.recovery_codes)


# --- what is kept


async def test_nothing_readable_is_kept(world: World) -> None:
    client = await world.client()
    content = NUMBERS[0].encode()
    done = await sent(world, client, once(client, content=content))
    kept = repr(await rows(world.house.database, world.tenant.id, "SELECT request, answer FROM replay"))
    assert NUMBERS[0] not in kept
    assert not any(token in kept for token in done.tokens if token)
    assert repr(once(client, content=content)) == "Replay(tokenize)"


@pytest.mark.parametrize(
    "key",
    ["", "x" * 129, "鍵", "a\nb", "\x00", "\ud800", "123456789018", "user 1234-5678-9018", "12345678-9018"],
)
async def test_a_key_that_cannot_be_one_is_refused_and_not_stored(world: World, key: str) -> None:
    client = await world.client()
    assert rule_of(await send(world, client, once(client, key))) == "idempotency-key-invalid"
    assert await rows(world.house.database, world.tenant.id, "SELECT * FROM replay") == []
    assert await value(world.house.database, world.tenant.id, "SELECT count(*) FROM person") == 0


@pytest.mark.parametrize(
    "key", ["a", "x" * 128, KEY, "12345678-9018-4012-8345-123456789018", "2026-11-22/roster/1"]
)
def test_a_key_may_be_any_short_plain_text(key: str) -> None:
    assert is_key(key)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE replay SET answer = :bytes",
        "UPDATE replay SET actor = 'human:payroll'",
        "UPDATE replay SET actor = 'client:insurance'",
        "UPDATE replay SET key = 'k2'",
    ],
)
async def test_an_answer_that_was_altered_or_moved_is_not_given(world: World, sql: str) -> None:
    client, human, insurance = (
        await world.client(),
        await world.human("payroll"),
        await world.client("insurance"),
    )
    await sent(world, client, once(client))
    params = {"bytes": b"\x01" + bytes(60)} if ":bytes" in sql else {}
    assert await change(world.house.database, world.tenant.id, sql, **params) == 1
    actor = human.actor if "human" in sql else insurance if "insurance" in sql else client
    with pytest.raises(SealBrokenError):
        await send(world, actor, once(actor, "k2" if "k2" in sql else KEY))


async def test_an_answer_kept_under_an_older_epoch_is_still_given(world: World) -> None:
    client = await world.client()
    first = await sent(world, client, once(client))
    world.house.provider.create_epoch(2, 1)
    assert await sent(world, client, once(client)) == first


# --- answers and epochs


async def test_answers_past_their_day_are_purged_and_the_others_stay(world: World) -> None:
    client = await world.client()
    await sent(world, client, once(client))
    world.clock.advance(days=0.6)
    await sent(world, client, once(client, KEY.replace("5", "6")), 4)
    assert await purged(world) == 0
    world.clock.advance(days=0.5)
    assert await purged(world) == 1
    assert (await sent(world, client, once(client, KEY.replace("5", "6")), 4)).replayed
    world.clock.advance(days=1)
    assert await purged(world) == 1
    assert await rows(world.house.database, world.tenant.id, "SELECT * FROM replay") == []


async def test_an_answer_whose_epoch_was_destroyed_is_no_answer_any_more(world: World) -> None:
    client, provider = await world.client(), world.house.provider
    first = await sent(world, client, once(client), 0)
    provider.create_epoch(2, world.clock())
    assert (await sent(world, client, once(client), 0)).replayed
    assert await needing(world, 1) == 1
    assert await needing(world, 2) == 0
    provider.destroy_epoch(1)
    again = await sent(world, client, once(client), 0)
    assert (again, again.replayed) == (first, False)
    assert await needing(world, 2) == 1
    assert (await sent(world, client, once(client), 0)).replayed


async def test_an_answer_past_its_day_needs_no_epoch(world: World) -> None:
    client = await world.client()
    await sent(world, client, once(client))
    assert await needing(world, 1) == 1
    world.clock.advance(days=1, seconds=1)
    assert await needing(world, 1) == 0


async def purged(world: World) -> int:
    tenant, now = world.tenant.id, world.clock()
    return await world.house.database.write(tenant, lambda tx: purge_answers(tx, tenant, now))


async def needing(world: World, epoch: int) -> int:
    tenant, now = world.tenant.id, world.clock()
    return await world.house.database.read(tenant, lambda tx: count_answers(tx, tenant, epoch, now))
