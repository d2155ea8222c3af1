"""Clients and their keys through the API."""

from policies.actor import Role
from tests.support.api import Caller, Office
from tests.support.world import GENSEN


async def test_a_client_is_made_with_a_key_that_works_and_is_shown_once(office: Office) -> None:
    boss = await office.colleague("suzuki", Role.ADMINISTRATOR)
    made = await boss.caller.do("createClient", name="payroll", purposes=[GENSEN])
    assert made["client"].items() >= {"name": "payroll", "purposes": [GENSEN], "revoked": False}.items()
    client = Caller(office.http, made["key"])
    assert (await client.get("viewer"))["name"] == "payroll"
    (listed,) = (await boss.caller.get("clients"))["nodes"]
    assert listed == made["client"]
    assert made["key"] not in str(await boss.caller.get("clients"))


async def test_a_key_lives_through_one_rotation_and_dies_with_the_second(office: Office) -> None:
    boss = await office.colleague("suzuki", Role.ADMINISTRATOR)
    keys = [(await boss.caller.do("createClient", name="payroll", purposes=[]))["key"]]
    for _ in range(2):
        office.world.clock.advance(seconds=1)
        keys.append((await boss.caller.do("rotateClientKey", name="payroll"))["key"])
        callers = [Caller(office.http, key) for key in keys]
        statuses = [(await caller.post("{viewer{name}}")).status_code for caller in callers]
        assert statuses == [401] * (len(keys) - 2) + [200, 200]


async def test_what_a_client_may_ask_for_changes_at_once(office: Office) -> None:
    boss, client = await office.colleague("suzuki", *Role), await office.client("payroll", frozenset())
    people = await office.register(client, 1)
    assert (await office.release(client, boss.human, people))["rule"] == "purpose-not-allowed-to-client"
    changed = await boss.caller.do("changeClient", name="payroll", purposes=[GENSEN])
    assert changed["client"]["purposes"] == [GENSEN]
    assert (await office.release(client, boss.human, people))["numbers"] == people.numbers
    await boss.caller.do("changeClient", name="payroll", purposes=[])
    assert (await office.release(client, boss.human, people))["rule"] == "purpose-not-allowed-to-client"


async def test_a_revoked_client_is_dead_with_its_key_and_its_name_stays_taken(office: Office) -> None:
    boss, client = await office.colleague("suzuki", Role.ADMINISTRATOR), await office.client("payroll")
    assert (await boss.caller.do("revokeClient", name="payroll"))["client"]["revoked"]
    assert (await client.post("{viewer{name}}")).status_code == 401
    for name in ("revokeClient", "rotateClientKey"):
        assert (await boss.caller.do(name, name="payroll"))["rule"] == "unknown-id"
    again = await boss.caller.do("createClient", name="payroll", purposes=[])
    assert again["rule"] == "name-taken"


async def test_names_and_purposes_that_cannot_be_used_are_refused_by_rule(office: Office) -> None:
    boss = await office.colleague("suzuki", Role.ADMINISTRATOR)
    for name, purposes, rule in (
        ("Payroll", [], "name-invalid"),
        ("p123456789018", [], "name-invalid"),
        ("", [], "name-invalid"),
        ("payroll", ["NO_SUCH"], "purpose-unknown"),
        ("payroll", ["RO_NENKIN"], "purpose-refused-by-law"),
    ):
        answer = await boss.caller.do("createClient", name=name, purposes=purposes)
        assert (answer["__typename"], answer["rule"]) == ("Refusal", rule)
        (entry,) = (await boss.caller.get("auditEntries", last=1))["nodes"]
        assert (entry["action"], entry["outcome"], entry["rule"]) == ("vault:client:create", "DENIED", rule)
    assert (await boss.caller.do("changeClient", name="nobody", purposes=[]))["rule"] == "unknown-id"
    assert (await boss.caller.get("clients"))["nodes"] == []
