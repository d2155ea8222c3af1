"""Purpose notices: the record that persons were told, kept to its first day, and consent where the law asks."""

import asyncio
from datetime import date

import orjson
import pytest

from custody.notices import Noticed, give_notice
from custody.roster import MAX_ROWS
from policies.actor import Actor
from tests.support.outcomes import codes_of, record_of, rule_of
from tests.support.tamper import value
from tests.support.world import World
from tokenizer.audit.action import Action

DAY, LATER, TODAY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 11, 22)
CONSENT = "TRANSFER_19_4"


async def notice(
    world: World,
    actor: Actor,
    external_ids: list[str],
    *purposes: str,
    on: date = DAY,
    consented: bool = False,
) -> object:
    return await give_notice(
        world.custodian, actor, external_ids, frozenset(purposes), on, world.clock(), consented=consented
    )


async def told(world: World, external_id: str) -> dict[str, str]:
    text = await value(
        world.house.database,
        world.tenant.id,
        "SELECT notified FROM person WHERE tenant_id = :own AND external_id = :id",
        own=world.tenant.id,
        id=external_id,
    )
    found: dict[str, str] = orjson.loads(text)
    return found


async def test_a_notice_adds_its_purposes_with_their_day(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 2)
    assert await notice(world, client, people.external_ids, "TAX_FUYO", "SI_SHUTOKU") == Noticed(2, [])
    assert await told(world, people.external_ids[0]) == {
        "SI_SHUTOKU": "2026-05-01",
        "TAX_FUYO": "2026-05-01",
        "TAX_GENSEN": "2026-04-01",
    }


async def test_a_purpose_told_of_before_keeps_its_first_day(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 1)
    await notice(world, client, people.external_ids, "TAX_FUYO", on=DAY)
    await notice(world, client, people.external_ids, "TAX_FUYO", "TAX_GENSEN", on=LATER)
    assert await told(world, people.external_ids[0]) == {"TAX_FUYO": "2026-05-01", "TAX_GENSEN": "2026-04-01"}


async def test_a_notice_is_recorded_for_each_person_with_what_and_when(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 3)
    await notice(world, client, people.external_ids[:2], "TAX_FUYO", "SI_SHUTOKU")
    last = (await record_of(world))[-2:]
    assert [entry.action for entry in last] == [Action.NOTICE_GIVE] * 2
    assert len({entry.person for entry in last}) == 2
    assert dict(last[0].detail) == {"purposes": "SI_SHUTOKU TAX_FUYO", "told_on": "2026-05-01"}


async def test_rows_that_name_nobody_are_rejected_and_the_others_stand(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 1)
    done = await notice(
        world, client, ["nobody", f" {people.external_ids[0]} ", "\x00", "\ud800"], "TAX_FUYO"
    )
    assert isinstance(done, Noticed)
    assert done.persons == 1
    assert codes_of(done.rejections) == {0: "PERSON_UNKNOWN", 2: "PERSON_UNKNOWN", 3: "PERSON_UNKNOWN"}


async def test_a_notice_to_nobody_records_nothing(world: World) -> None:
    client = await world.client()
    before = len(await record_of(world))
    assert await notice(world, client, [], "TAX_FUYO") == Noticed(0, [])
    assert len(await record_of(world)) == before


@pytest.mark.parametrize(
    ("purposes", "rule"),
    [
        (("NO_SUCH",), "purpose-unknown"),
        (("RO_NENKIN",), "purpose-refused-by-law"),
        (("TAX_FUYO", "RO_NENKIN"), "purpose-refused-by-law"),
        ((), "purpose-unknown"),
        ((CONSENT,), "consent-missing"),
        ((CONSENT, "TAX_FUYO"), "consent-missing"),
    ],
)
async def test_a_notice_of_what_cannot_be_is_refused_and_recorded(
    world: World, purposes: tuple[str, ...], rule: str
) -> None:
    client = await world.client()
    people = await world.register(client, 1)
    assert rule_of(await notice(world, client, people.external_ids, *purposes)) == rule
    assert await told(world, people.external_ids[0]) == {"TAX_GENSEN": "2026-04-01"}
    last = (await record_of(world))[-1]
    assert (last.action, last.rule) == (Action.NOTICE_GIVE, rule)


async def test_a_purpose_that_needs_consent_is_recorded_with_it(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 1)
    assert await notice(world, client, people.external_ids, CONSENT, consented=True) == Noticed(1, [])
    assert CONSENT in await told(world, people.external_ids[0])
    assert (await record_of(world))[-1].detail["consented"] == "true"


async def test_a_day_in_the_future_is_refused_and_today_is_not(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 1)
    future = date.fromordinal(TODAY.toordinal() + 1)
    assert (
        rule_of(await notice(world, client, people.external_ids, "TAX_FUYO", on=future)) == "date-in-future"
    )
    assert await notice(world, client, people.external_ids, "TAX_FUYO", on=TODAY) == Noticed(1, [])


async def test_more_than_ten_thousand_at_once_are_refused(world: World) -> None:
    client = await world.client()
    assert rule_of(await notice(world, client, ["x"] * (MAX_ROWS + 1), "TAX_FUYO")) == "too-many-rows"


async def test_who_does_not_work_with_people_gives_no_notice(world: World) -> None:
    people = await world.register(await world.client(), 1)
    assert rule_of(await notice(world, world.operator, people.external_ids, "TAX_FUYO")) == "no-rule-permits"


async def test_notices_given_at_once_are_all_kept(world: World) -> None:
    client = await world.client()
    people = await world.register(client, 2)
    codes = [purpose.code for purpose in world.custodian.catalogue.offered() if purpose.code != CONSENT][:8]
    await asyncio.gather(*(notice(world, client, people.external_ids, code) for code in codes))
    assert (await told(world, people.external_ids[1])).keys() == {*codes, "TAX_GENSEN"}


async def test_another_tenant_s_people_are_told_nothing(world: World) -> None:
    people = await world.register(await world.client(), 1)
    elsewhere = await World.open(world.house, world.clock, "別の会社")
    done = await notice(elsewhere, await elsewhere.client(), people.external_ids, "TAX_FUYO")
    assert isinstance(done, Noticed)
    assert done.persons == 0
