"""Departures: from which day whose numbers may not be used and are to go, families included; and mistakes undone."""

from datetime import date

import pytest

from custody.departures import Departed, cancel_departures, record_departures
from custody.documents import DocumentColumns, Documented, record_documents
from custody.named import Named
from custody.notices import give_notice
from custody.people import Verification
from custody.prepare import LIFETIME_MS, Prepared, Request, prepare
from custody.registration import Registered, register
from custody.registration_plan import Terms
from custody.roster import Columns
from policies.actor import Actor, Role
from policies.purposes import PersonKind
from policies.refusals import Denied
from tests.support.numbers import synthetic_numbers
from tests.support.outcomes import codes_of, record_of, rule_of
from tests.support.tamper import change, rows, value
from tests.support.world import World
from tokenizer.audit.action import Action

FUYO, GENSEN = "TAX_FUYO", "TAX_GENSEN"
WHY = "退職の取消し"


async def leave(
    world: World, actor: Actor, people: list[str], days: list[str], *, by_token: bool = False
) -> Departed | Denied:
    return await record_departures(world.custodian, actor, Named(people, by_token), days, world.clock())


async def left(world: World, actor: Actor, people: list[str], day: str) -> Departed:
    done = await leave(world, actor, people, [day] * len(people))
    assert isinstance(done, Departed), done
    return done


async def terms(world: World) -> dict[str, tuple[str, str]]:
    """What stands on the persons' rows, by external id."""
    sql = "SELECT external_id, ends, due_on FROM person ORDER BY person_id"
    found = await rows(world.house.database, world.tenant.id, sql)
    return {external_id: (ends, due) for external_id, ends, due in found}


async def family(world: World, client: Actor) -> None:
    """An employee with a spouse and a dependent, and a payee, told of the declaration."""
    columns = Columns(
        ["E", "S", "D", "P"],
        synthetic_numbers(4, seed=4),
        kinds=[PersonKind.EMPLOYEE, PersonKind.SPOUSE, PersonKind.DEPENDENT, PersonKind.PAYEE],
        employees=["", "E", "E", ""],
    )
    done = await register(world.custodian, client, columns, world.terms(FUYO), world.clock())
    assert isinstance(done, Registered)
    assert done.rejections == []


NOBODY = ("{}", "")


async def test_an_employees_departure_is_their_familys_and_nobody_elses(world: World) -> None:
    client = await world.client()
    await family(world, client)
    assert (await left(world, client, ["E"], "2026-03-31")).persons == 1
    gone = ('{"TAX_FUYO":"2026-04-01"}', "2026-04-01")
    assert await terms(world) == {"E": gone, "S": gone, "D": gone, "P": NOBODY}


async def test_a_departure_of_ones_own_goes_before_the_employees(world: World) -> None:
    client = await world.client()
    await family(world, client)
    await left(world, client, ["D"], "2025-12-31")
    assert (await terms(world))["D"] == ('{"TAX_FUYO":"2026-01-01"}', "2026-01-01")
    assert (await terms(world))["E"] == NOBODY
    await left(world, client, ["E"], "2026-03-31")
    assert (await terms(world))["D"][1] == "2026-01-01"
    done = await cancel_departures(world.custodian, client, Named(["D"]), WHY, world.clock())
    assert isinstance(done, Departed)
    assert (await terms(world))["D"][1] == "2026-04-01"


async def test_who_joins_the_family_of_somebody_who_left_has_left_as_well(world: World) -> None:
    client = await world.client()
    await family(world, client)
    await left(world, client, ["E"], "2026-03-31")
    columns = Columns(
        ["N", "X"],
        synthetic_numbers(2, seed=5),
        kinds=[PersonKind.DEPENDENT, PersonKind.EMPLOYEE],
        employees=["E", ""],
    )
    done = await register(world.custodian, client, columns, world.terms(FUYO), world.clock())
    assert isinstance(done, Registered)
    found = await terms(world)
    assert found["N"] == ('{"TAX_FUYO":"2026-04-01"}', "2026-04-01")
    assert found["X"] == NOBODY


async def test_a_purpose_told_of_after_the_departure_has_ended_already(world: World) -> None:
    client = await world.client()
    await family(world, client)
    await left(world, client, ["E"], "2026-03-31")
    await give_notice(world.custodian, client, ["E"], frozenset({GENSEN}), date(2026, 5, 1), world.clock())
    assert (await terms(world))["E"][0] == '{"TAX_FUYO":"2026-04-01","TAX_GENSEN":"2026-04-01"}'
    again = Columns(["S"], [synthetic_numbers(4, seed=4)[1]], kinds=[PersonKind.SPOUSE], employees=["E"])
    told = Terms(frozenset({"TAX_HAIGU"}), date(2026, 5, 1), Verification.MY_NUMBER_CARD, date(2026, 5, 1))
    assert isinstance(await register(world.custodian, client, again, told, world.clock()), Registered)
    assert (await terms(world))["S"][0] == '{"TAX_FUYO":"2026-04-01","TAX_HAIGU":"2026-04-01"}'


async def test_a_day_that_is_recorded_again_is_put_right(world: World) -> None:
    client = await world.client()
    await family(world, client)
    await left(world, client, ["E"], "2026-03-31")
    assert (await left(world, client, ["E"], "2026-03-31")).persons == 0
    assert (await left(world, client, ["E"], "2026-04-30")).persons == 1
    assert (await terms(world))["S"][1] == "2026-05-01"
    leaves = [leaf for leaf in await record_of(world) if leaf.action is Action.DEPARTURE_RECORD]
    assert [leaf.detail["ended_on"] for leaf in leaves] == ["2026-03-31", "2026-04-30"]


async def test_a_cancelled_departure_gives_every_purpose_back(world: World) -> None:
    client = await world.client()
    await family(world, client)
    await left(world, client, ["E"], "2026-03-31")
    done = await cancel_departures(world.custodian, client, Named(["E", "P"]), WHY, world.clock())
    assert isinstance(done, Departed)
    assert done.persons == 1
    assert codes_of(done.rejections) == {1: "NOT_DEPARTED"}
    assert set((await terms(world)).values()) == {NOBODY}
    leaf = (await record_of(world))[-1]
    assert (leaf.action, leaf.reason, leaf.detail["ended_on"]) == (
        Action.DEPARTURE_CANCEL,
        WHY,
        "2026-03-31",
    )


async def test_wrong_rows_are_rejected_by_themselves(world: World) -> None:
    client = await world.client()
    await family(world, client)
    await change(
        world.house.database,
        world.tenant.id,
        "UPDATE person SET number_state = 'disposed' WHERE tenant_id = :own AND external_id = 'P'",
        own=world.tenant.id,
    )
    people = ["nobody", "E", "E", "S", "D", "P"]
    days = ["2026-03-31", "2026-03-31", "2026-03-31", "2026-02-30", "", "2026-03-31"]
    done = await leave(world, client, people, days)
    assert isinstance(done, Departed)
    assert done.persons == 1
    assert codes_of(done.rejections) == {
        0: "PERSON_UNKNOWN",
        2: "PERSON_REPEATED",
        3: "DATE_INVALID",
        4: "DATE_INVALID",
        5: "NUMBER_NOT_HELD",
    }


async def test_tokens_name_persons_as_well(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 2)
    done = await leave(world, client, [*people.tokens, "wft_x"], ["2026-03-31"] * 3, by_token=True)
    assert isinstance(done, Departed)
    assert done.persons == 2
    assert codes_of(done.rejections) == {2: "TOKEN_UNKNOWN"}


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.APPROVER, Role.AUDITOR])
async def test_only_who_works_with_people_records_departures(world: World, role: Role) -> None:
    human = (await world.human("sato", role)).actor
    assert rule_of(await leave(world, human, ["E"], ["2026-03-31"])) == "no-rule-permits"
    refused = await cancel_departures(world.custodian, human, Named(["E"]), WHY, world.clock())
    assert rule_of(refused) == "no-rule-permits"


async def test_a_batch_that_makes_no_sense_is_refused_as_a_whole(world: World) -> None:
    client = await world.client()
    assert rule_of(await leave(world, client, ["E"], [])) == "columns-differ"
    assert rule_of(await leave(world, client, ["E"] * 10_001, ["2026-03-31"] * 10_001)) == "too-many-rows"
    refused = await cancel_departures(world.custodian, client, Named(["E"]), " ", world.clock())
    assert rule_of(refused) == "reason-needed"


# --- what it means for a use


async def ask(world: World, client: Actor, token: str, purpose: str) -> Prepared | Denied:
    return await prepare(world.custodian, client, Request([token], purpose, "年末調整"), world.clock())


async def test_a_use_is_refused_from_the_day_on_which_its_purpose_ends(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 1, terms=world.terms(FUYO, GENSEN))
    (person,), (token,) = people.external_ids, people.tokens
    columns = DocumentColumns(Named([person]), [FUYO], deadlines=["2026-01-22"])
    assert isinstance(await record_documents(world.custodian, client, columns, world.clock()), Documented)
    assert isinstance(await ask(world, client, token, GENSEN), Prepared)
    await left(world, client, [person], "2026-11-22")  # today
    assert isinstance(await ask(world, client, token, GENSEN), Prepared)
    world.clock.advance(days=1)
    assert rule_of(await ask(world, client, token, GENSEN)) == "retention-period-over"
    assert isinstance(await ask(world, client, token, FUYO), Prepared)
    refusal = (await record_of(world))[-2]
    assert (refusal.action, refusal.rule) == (Action.NUMBER_REFUSE, "retention-period-over")


async def test_a_use_that_is_prepared_before_the_end_expires_with_it(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 2, terms=world.terms(GENSEN))
    await left(world, client, people.external_ids[:1], "2026-11-22")
    world.clock.advance(days=0.5, seconds=-60)  # a minute before midnight in Japan
    ends = await ask(world, client, people.tokens[0], GENSEN)
    stays = await ask(world, client, people.tokens[1], GENSEN)
    assert isinstance(ends, Prepared)
    assert isinstance(stays, Prepared)
    assert ends.use.expires_at == world.clock() + 60_000 - 1
    assert stays.use.expires_at == world.clock() + LIFETIME_MS


async def test_of_ten_thousand_some_of_whom_left_each_is_judged_by_their_own_end(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 300, terms=world.terms(GENSEN))
    await left(world, client, people.external_ids[:100], "2026-10-31")
    done = await prepare(world.custodian, client, Request(people.tokens, GENSEN, "年末調整"), world.clock())
    assert isinstance(done, Prepared)
    assert codes_of(done.rejections) == dict.fromkeys(range(100), "retention-period-over")
    assert list(done.rows) == list(range(100, 300))


async def test_ten_thousand_departures_are_taken_at_once(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 10_000, terms=world.terms(GENSEN))
    assert (await left(world, client, people.external_ids, "2026-10-31")).persons == 10_000
    count = await value(
        world.house.database, world.tenant.id, "SELECT count(*) FROM person WHERE due_on = '2026-11-01'"
    )
    assert count == 10_000
