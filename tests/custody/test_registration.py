"""Registration: external ids and numbers in, the caller's own tokens out, each row its own case."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import orjson
import psycopg
import pytest

from custody.notices import give_notice
from custody.people import Verification
from custody.registration import Registered, register
from custody.registration_plan import Terms
from custody.roster import MAX_ROWS, Columns
from policies.actor import Actor
from policies.purposes import PersonKind
from policies.refusals import Denied
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import codes_of, record_of, rule_of
from tests.support.tamper import change, rows, value
from tests.support.world import World
from tokenizer.audit.action import Action
from tokenizer.errors import StorageError
from tokenizer.providers.base import KeyProvider

NUMBERS = synthetic_numbers(20)
EMPLOYEE, SPOUSE, DEPENDENT = PersonKind.EMPLOYEE, PersonKind.SPOUSE, PersonKind.DEPENDENT
OFFICIAL_SAMPLE = "123456789012"


async def attempt(
    world: World, actor: Actor, columns: Columns, terms: Terms | None = None
) -> Registered | Denied:
    return await register(world.custodian, actor, columns, terms or world.terms(), world.clock())


async def taken(world: World, actor: Actor, columns: Columns, terms: Terms | None = None) -> Registered:
    done = await attempt(world, actor, columns, terms)
    assert isinstance(done, Registered), done
    return done


async def people(world: World) -> int:
    count: int = await value(
        world.house.database,
        world.tenant.id,
        "SELECT count(*) FROM person WHERE tenant_id = :own",
        own=world.tenant.id,
    )
    return count


def on(name: str, value: Any) -> dict[str, Any]:
    """One field by name, for `replace`."""
    return {name: value}


def batch(count: int, start: int = 0) -> Columns:
    return Columns([f"E{row}" for row in range(start, start + count)], NUMBERS[start : start + count])


# --- the cases of a row


async def test_new_people_get_tokens_in_order_and_each_number_is_recorded(world: World) -> None:
    client = await world.client()
    before = len(await record_of(world))
    done = await taken(world, client, batch(5))
    assert done.registered == 5
    assert len({token for token in done.tokens if token and token.startswith("wft_")}) == 5
    new = (await record_of(world))[before:]
    assert [entry.action for entry in new] == [Action.NUMBER_REGISTER] * 5
    assert len({entry.person for entry in new}) == 5
    assert done.log_size == before + 5


async def test_registering_the_same_again_gives_the_same_tokens_and_changes_nothing(world: World) -> None:
    client = await world.client()
    first = await taken(world, client, batch(5))
    again = await taken(world, client, batch(5))
    assert again.tokens == first.tokens
    assert (again.registered, again.rejections, again.log_size) == (0, [], first.log_size)
    assert await people(world) == 5


async def test_a_known_and_a_new_person_in_one_batch_each_get_their_own(world: World) -> None:
    client = await world.client()
    first = await taken(world, client, batch(3))
    more = await taken(world, client, Columns(["E9", "E1", "E10"], [NUMBERS[9], NUMBERS[1], NUMBERS[10]]))
    assert more.registered == 2
    assert more.tokens[1] == first.tokens[1]
    assert len({*first.tokens, *more.tokens}) == 5


async def test_another_client_gets_other_tokens_for_the_same_people(world: World) -> None:
    payroll, insurance = await world.client(), await world.client("insurance")
    first, second = await taken(world, payroll, batch(4)), await taken(world, insurance, batch(4))
    assert set(first.tokens).isdisjoint(second.tokens)
    assert second.registered == 0
    assert [entry.action for entry in await record_of(world)][-4:] == [Action.TOKEN_ISSUE] * 4


async def test_a_handler_s_tokens_are_the_tenant_s(world: World) -> None:
    first, second = await world.human("tanaka"), await world.human("suzuki")
    done = await taken(world, first.actor, batch(2))
    assert (await taken(world, second.actor, batch(2))).tokens == done.tokens


async def test_a_number_of_somebody_else_is_rejected(world: World) -> None:
    client = await world.client()
    await taken(world, client, batch(2))
    done = await taken(world, client, Columns(["E7", "E8"], [NUMBERS[7], NUMBERS[0]]))
    assert codes_of(done.rejections) == {1: "NUMBER_TAKEN"}
    assert done.tokens[0] is not None
    assert done.tokens[1] is None


async def test_another_number_for_a_known_person_is_rejected(world: World) -> None:
    client = await world.client()
    await taken(world, client, batch(2))
    done = await taken(world, client, Columns(["E0", "E1"], [NUMBERS[0], NUMBERS[9]]))
    assert codes_of(done.rejections) == {1: "NUMBER_DIFFERS"}


async def test_two_people_whose_numbers_are_exchanged_are_rejected(world: World) -> None:
    client = await world.client()
    await taken(world, client, batch(2))
    done = await taken(world, client, Columns(["E0", "E1"], [NUMBERS[1], NUMBERS[0]]))
    assert codes_of(done.rejections) == {0: "NUMBER_TAKEN", 1: "NUMBER_TAKEN"}


async def test_a_known_person_of_another_kind_is_rejected(world: World) -> None:
    client = await world.client()
    await taken(world, client, batch(2))
    columns = replace(batch(2), kinds=[EMPLOYEE, PersonKind.PAYEE])
    assert codes_of((await taken(world, client, columns)).rejections) == {1: "KIND_DIFFERS"}


async def test_whatever_repeats_inside_the_batch_is_rejected(world: World) -> None:
    columns = Columns(["E0", "E1", "E0", "E3"], [NUMBERS[0], NUMBERS[1], NUMBERS[2], NUMBERS[1]])
    done = await taken(world, await world.client(), columns)
    assert codes_of(done.rejections) == {2: "EXTERNAL_ID_REPEATED", 3: "NUMBER_REPEATED"}
    assert done.registered == 2


async def test_a_wrong_check_digit_in_row_517_of_600_costs_that_row_alone(world: World) -> None:
    numbers = synthetic_numbers(600, seed=1)
    wrong = numbers[517][:-1] + str((int(numbers[517][-1]) + 1) % 10)
    sent = [*numbers[:517], wrong, *numbers[518:]]
    done = await taken(world, await world.client(), Columns([f"P{row}" for row in range(600)], sent))
    assert list(codes_of(done.rejections)) == [517]
    assert done.registered == 599
    assert [row for row, token in enumerate(done.tokens) if token is None] == [517]
    assert wrong not in repr(done)


@pytest.mark.parametrize("column", ["names", "kana", "addresses", "external_ids"])
async def test_a_number_planted_in_free_text_costs_the_row_and_is_not_stored(
    world: World, column: str
) -> None:
    planted = f"本人 {NUMBERS[15][:4]}-{NUMBERS[15][4:8]}-{NUMBERS[15][8:]}"
    columns = replace(batch(2), **on(column, ["E0", planted]))
    done = await taken(world, await world.client(), columns)
    assert list(codes_of(done.rejections)) == [1]
    assert NUMBERS[15][8:] not in repr(done)
    stored = await rows(
        world.house.database, world.tenant.id, "SELECT external_id, name, kana, address FROM person"
    )
    assert not any(NUMBERS[15][8:] in text for row in stored for text in row)


# --- families


async def test_a_family_registers_with_its_employee_in_any_order(world: World) -> None:
    columns = Columns(
        ["S1", "E1", "D1"], NUMBERS[:3], kinds=[SPOUSE, EMPLOYEE, DEPENDENT], employees=["E1", "", "E1"]
    )
    done = await taken(world, await world.client(), columns)
    assert (done.registered, done.rejections) == (3, [])


async def test_a_family_may_follow_its_employee_in_a_later_batch(world: World) -> None:
    client = await world.client()
    await taken(world, client, batch(1))
    columns = Columns(["S1"], [NUMBERS[5]], kinds=[SPOUSE], employees=["E0"])
    assert (await taken(world, client, columns)).registered == 1
    assert (await taken(world, client, columns)).rejections == []


@pytest.mark.parametrize(
    ("kinds", "employees", "rejected"),
    [
        ([SPOUSE, EMPLOYEE], ["E9", ""], {0: "EMPLOYEE_UNKNOWN"}),
        ([SPOUSE, EMPLOYEE], ["", ""], {0: "EMPLOYEE_MISSING"}),
        ([SPOUSE, EMPLOYEE], ["E0", ""], {0: "EMPLOYEE_UNKNOWN"}),
        ([SPOUSE, DEPENDENT], ["E1", "E0"], {0: "EMPLOYEE_UNKNOWN", 1: "EMPLOYEE_UNKNOWN"}),
        ([SPOUSE, PersonKind.PAYEE], ["E1", ""], {0: "EMPLOYEE_UNKNOWN"}),
    ],
    ids=["of nobody", "of no name", "of itself", "of a dependent", "of a payee"],
)
async def test_a_family_member_of_no_employee_is_rejected(
    world: World, kinds: list[PersonKind], employees: list[str], rejected: dict[int, str]
) -> None:
    columns = replace(batch(2), kinds=kinds, employees=employees)
    assert codes_of((await taken(world, await world.client(), columns)).rejections) == rejected


async def test_the_family_of_a_rejected_employee_is_rejected_as_well(world: World) -> None:
    client = await world.client()
    await taken(world, client, batch(1))
    columns = Columns(["S1", "E7"], [NUMBERS[5], NUMBERS[0]], kinds=[SPOUSE, EMPLOYEE], employees=["E7", ""])
    done = await taken(world, client, columns)
    assert codes_of(done.rejections) == {0: "EMPLOYEE_UNKNOWN", 1: "NUMBER_TAKEN"}


async def test_the_family_of_an_employee_who_is_registered_already_is_taken_though_his_row_is_not(
    world: World,
) -> None:
    client = await world.client()
    await taken(world, client, batch(1))
    columns = Columns(["S1", "E0"], [NUMBERS[5], NUMBERS[6]], kinds=[SPOUSE, EMPLOYEE], employees=["E0", ""])
    assert codes_of((await taken(world, client, columns)).rejections) == {1: "NUMBER_DIFFERS"}


# --- the batch as a whole


async def test_ten_thousand_rows_are_taken_and_one_more_is_too_many(world: World) -> None:
    client = await world.client()
    numbers = synthetic_numbers(MAX_ROWS + 1, seed=2)
    ids = [f"P{row}" for row in range(MAX_ROWS + 1)]
    assert rule_of(await attempt(world, client, Columns(ids, numbers))) == "too-many-rows"
    assert await people(world) == 0
    done = await taken(world, client, Columns(ids[:MAX_ROWS], numbers[:MAX_ROWS]))
    assert (done.registered, len(set(done.tokens)), done.rejections) == (MAX_ROWS, MAX_ROWS, [])


@pytest.mark.parametrize("column", ["numbers", "names", "birth_dates", "employees", "kinds"])
async def test_columns_of_different_length_are_refused_as_a_whole(world: World, column: str) -> None:
    short = replace(batch(3), **on(column, ["x"]))
    assert rule_of(await attempt(world, await world.client(), short)) == "columns-differ"
    assert await people(world) == 0


async def test_an_empty_batch_does_nothing(world: World) -> None:
    client = await world.client()
    before = len(await record_of(world))
    done = await taken(world, client, Columns([], []))
    assert (done.tokens, done.registered, done.log_size) == ([], 0, before)


async def test_official_samples_register_in_a_sandbox_only(world: World) -> None:
    columns = Columns(["S1"], [OFFICIAL_SAMPLE])
    assert (await taken(world, await world.client(), columns)).tokens == [None]
    sandbox = await World.open(world.house, world.clock, "砂場", sandbox=True)
    (token,) = (await taken(sandbox, await sandbox.client(), columns)).tokens
    assert token is not None
    assert token.startswith("wft_test_")


async def test_who_may_not_register_registers_nobody_and_the_refusal_is_recorded(world: World) -> None:
    assert rule_of(await attempt(world, world.operator, batch(2))) == "no-rule-permits"
    assert await people(world) == 0
    last = (await record_of(world))[-1]
    assert (last.action, last.outcome.value, last.rule) == (
        Action.NUMBER_REGISTER,
        "denied",
        "no-rule-permits",
    )


# --- the terms


@pytest.mark.parametrize("field", ["notified_on", "verified_on"])
async def test_a_day_in_the_future_is_refused(world: World, field: str) -> None:
    today, client = date(2026, 11, 22), await world.client()
    late = replace(world.terms(), **on(field, today + timedelta(days=1)))
    assert rule_of(await attempt(world, client, batch(1), late)) == "date-in-future"
    assert (await taken(world, client, batch(1), replace(world.terms(), **on(field, today)))).registered == 1


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("NO_SUCH", "purpose-unknown"),
        ("RO_NENKIN", "purpose-refused-by-law"),
        ("TRANSFER_19_4", "consent-missing"),
    ],
)
async def test_a_purpose_nobody_can_have_been_told_of_is_refused(world: World, code: str, rule: str) -> None:
    terms = replace(world.terms(), notified=frozenset({"TAX_GENSEN", code}))
    assert rule_of(await attempt(world, await world.client(), batch(1), terms)) == rule
    assert await people(world) == 0


async def test_with_consent_a_purpose_that_needs_it_is_taken_and_the_record_says_so(world: World) -> None:
    terms = replace(world.terms("TRANSFER_19_4"), consented=True)
    assert (await taken(world, await world.client(), batch(1), terms)).registered == 1
    assert (await record_of(world))[-1].detail["consented"] == "true"


# --- known persons who are told of more


async def told(world: World) -> dict[str, dict[str, str]]:
    found = await rows(world.house.database, world.tenant.id, "SELECT external_id, notified FROM person")
    return {external_id: orjson.loads(text) for external_id, text in found}


def later(*notified: str) -> Terms:
    day = date(2026, 6, 1)
    return Terms(frozenset(notified), day, Verification.MY_NUMBER_CARD, day)


async def test_a_known_person_is_told_of_further_purposes_and_those_of_before_keep_their_day(
    world: World,
) -> None:
    client = await world.client()
    first = await taken(world, client, batch(2))
    again = await taken(world, client, batch(2), later("TAX_GENSEN", "TAX_FUYO"))
    assert (again.tokens, again.registered, again.rejections) == (first.tokens, 0, [])
    both = {"TAX_GENSEN": "2026-04-01", "TAX_FUYO": "2026-06-01"}
    assert await told(world) == {"E0": both, "E1": both}


async def test_further_purposes_are_recorded_as_a_notice_to_each_person_whom_they_are_new_to(
    world: World,
) -> None:
    client = await world.client()
    await taken(world, client, batch(2))
    await taken(world, client, batch(1), later("TAX_FUYO"))
    before = await record_of(world)
    done = await taken(world, client, batch(4), later("TAX_FUYO", "TAX_GENSEN"))
    assert done.registered == 2
    new = (await record_of(world))[len(before) :]
    assert [entry.action for entry in new] == [Action.NUMBER_REGISTER] * 2 + [Action.NOTICE_GIVE]
    assert dict(new[-1].detail) == {"purposes": "TAX_FUYO TAX_GENSEN", "told_on": "2026-06-01"}
    known = await value(
        world.house.database, world.tenant.id, "SELECT person_id FROM person WHERE external_id = 'E1'"
    )
    assert new[-1].person == known
    assert done.log_size == len(before) + 3


async def test_consent_to_a_further_purpose_stands_in_its_notice(world: World) -> None:
    client = await world.client()
    await taken(world, client, batch(1))
    assert rule_of(await attempt(world, client, batch(1), later("TRANSFER_19_4"))) == "consent-missing"
    await taken(world, client, batch(1), replace(later("TRANSFER_19_4"), consented=True))
    last = (await record_of(world))[-1]
    assert (last.action, last.detail["consented"]) == (Action.NOTICE_GIVE, "true")
    assert (await told(world))["E0"].keys() == {"TAX_GENSEN", "TRANSFER_19_4"}


async def test_a_row_that_is_rejected_tells_its_person_of_nothing(world: World) -> None:
    client = await world.client()
    await taken(world, client, batch(3))
    before = len(await record_of(world))
    columns = replace(
        batch(3), kinds=[EMPLOYEE, PersonKind.PAYEE, EMPLOYEE], numbers=[*NUMBERS[:2], NUMBERS[9]]
    )
    done = await taken(world, client, columns, later("TAX_FUYO"))
    assert codes_of(done.rejections) == {1: "KIND_DIFFERS", 2: "NUMBER_DIFFERS"}
    assert {row: len(codes) for row, codes in (await told(world)).items()} == {"E0": 2, "E1": 1, "E2": 1}
    assert len(await record_of(world)) == before + 1


async def test_how_a_known_person_was_verified_stays_as_it_was(world: World) -> None:
    client = await world.client()
    await taken(world, client, batch(1))
    other = replace(later("TAX_FUYO"), verification=Verification.KNOWN_EMPLOYEE)
    await taken(world, client, batch(1), other)
    sql = "SELECT verification, verified_on FROM person"
    assert await rows(world.house.database, world.tenant.id, sql) == [("my_number_card", "2026-04-01")]


async def test_another_client_s_further_purposes_come_with_its_tokens_or_not_at_all(world: World) -> None:
    payroll, insurance = await world.client(), await world.client("insurance")
    await taken(world, payroll, batch(2))
    database, tenant = world.house.database, world.tenant.id
    counted = "SELECT count(*) FROM token WHERE tenant_id = :own"
    await change(database, tenant, "ALTER TABLE audit_leaf RENAME TO elsewhere")
    with pytest.raises((StorageError, psycopg.ProgrammingError)):
        await attempt(world, insurance, batch(2), later("SI_SHUTOKU"))
    await change(database, tenant, "ALTER TABLE elsewhere RENAME TO audit_leaf")
    assert (await told(world))["E0"].keys() == {"TAX_GENSEN"}
    assert await value(database, tenant, counted, own=tenant) == 2
    await taken(world, insurance, batch(2), later("SI_SHUTOKU"))
    assert (await told(world))["E0"].keys() == {"TAX_GENSEN", "SI_SHUTOKU"}
    assert await value(database, tenant, counted, own=tenant) == 4
    new = [entry.action for entry in (await record_of(world))[-4:]]
    assert new == [Action.TOKEN_ISSUE] * 2 + [Action.NOTICE_GIVE] * 2


async def test_purposes_told_of_at_once_by_registrations_and_notices_are_all_kept(world: World) -> None:
    client = await world.client()
    await taken(world, client, batch(3))
    offered = [
        purpose.code for purpose in world.custodian.catalogue.offered() if purpose.code != "TRANSFER_19_4"
    ]
    ids, day = list(batch(3).external_ids), date(2026, 6, 1)
    acts = [
        give_notice(world.custodian, client, ids, frozenset({code}), day, world.clock())
        if row % 2
        else taken(world, client, batch(3), later(code))
        for row, code in enumerate(offered[:16])
    ]
    await asyncio.gather(*acts)
    assert [codes.keys() for codes in (await told(world)).values()] == [{*offered[:16], "TAX_GENSEN"}] * 3


async def test_two_thousand_known_persons_of_different_notices_are_told_in_one_request(world: World) -> None:
    client = await world.client()
    columns = Columns([f"P{row}" for row in range(2_000)], synthetic_numbers(2_000, seed=6))
    first = await taken(world, client, columns)
    half = replace(columns, external_ids=columns.external_ids[:1_000], numbers=columns.numbers[:1_000])
    await taken(world, client, half, later("TAX_FUYO"))
    before = len(await record_of(world))
    again = await taken(world, client, columns, later("TAX_FUYO", "SI_SHUTOKU"))
    assert again.tokens == first.tokens
    assert {frozenset(codes) for codes in (await told(world)).values()} == {
        frozenset({"TAX_GENSEN", "TAX_FUYO", "SI_SHUTOKU"})
    }
    assert len(await record_of(world)) == before + 2_000


# --- at the same time


async def test_the_same_batch_sent_four_times_at_once_is_registered_once(world: World) -> None:
    client = await world.client()
    outcomes = await asyncio.gather(*(attempt(world, client, batch(10)) for _ in range(4)))
    done = [outcome for outcome in outcomes if isinstance(outcome, Registered)]
    assert len(done) == 4
    assert sorted(outcome.registered for outcome in done) == [0, 0, 0, 10]
    assert all(outcome.tokens == done[0].tokens for outcome in done)
    assert await people(world) == 10


async def test_two_clients_that_register_the_same_people_at_once_get_tokens_of_their_own(
    world: World,
) -> None:
    payroll, insurance = await world.client(), await world.client("insurance")
    first, second = await asyncio.gather(taken(world, payroll, batch(10)), taken(world, insurance, batch(10)))
    assert {first.registered, second.registered} == {0, 10}
    assert set(first.tokens).isdisjoint(second.tokens)


async def test_two_clients_that_claim_the_same_number_at_once_do_not_both_get_it(world: World) -> None:
    client = await world.client()
    sent = [Columns([f"X{row}"], NUMBERS[:1]) for row in range(6)]
    outcomes = await asyncio.gather(*(taken(world, client, columns) for columns in sent))
    assert sorted(len(outcome.rejections) for outcome in outcomes) == [0, 1, 1, 1, 1, 1]
    assert await people(world) == 1


async def test_large_batches_that_arrive_in_the_same_moment_are_all_taken(world: World) -> None:
    client = await world.client()
    numbers = synthetic_numbers(16_000, seed=3)
    sent = [
        Columns([f"B{part}-{row}" for row in range(4_000)], numbers[part * 4_000 : (part + 1) * 4_000])
        for part in range(4)
    ]
    outcomes = await asyncio.gather(*(taken(world, client, columns) for columns in sent))
    assert [outcome.registered for outcome in outcomes] == [4_000] * 4


# --- under several epochs


async def test_who_was_registered_under_an_older_epoch_is_still_known(world: World) -> None:
    client, provider = await world.client(), world.house.provider
    first = await taken(world, client, batch(3))
    next_epoch(provider)
    again = await taken(world, client, batch(4))
    assert again.tokens[:3] == first.tokens
    assert again.registered == 1
    done = await taken(world, client, Columns(["X"], NUMBERS[:1]))
    assert codes_of(done.rejections) == {0: "NUMBER_TAKEN"}


def next_epoch(provider: KeyProvider) -> None:
    provider.create_epoch(provider.epoch_numbers()[-1] + 1, 1)


async def test_a_person_is_held_once_registered_and_nobody_is_there_without_a_number(world: World) -> None:
    """No use case makes a person without a number yet; registration is the only way in."""
    await taken(world, await world.client(), batch(3))
    states = await rows(world.house.database, world.tenant.id, "SELECT DISTINCT number_state FROM person")
    assert states == [("held",)]


async def test_after_the_database_was_closed_registration_is_refused_by_name(world: World) -> None:
    client = await world.client()
    await world.house.database.close()
    with pytest.raises(StorageError):
        await attempt(world, client, batch(1))
