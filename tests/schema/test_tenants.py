"""The tenant and the caller, as the API tells them."""

from hypothesis import given
from hypothesis import strategies as st

from policies.actor import Role
from schema.tenants import parse_tenant, tenant_public_id
from tests.support.api import Office
from tests.support.world import PURPOSES

SETTINGS = {"approvalOver": 2, "quotaClient": 4, "quotaHuman": 1000, "quotaPurpose": 1000}


async def test_the_viewer_is_told_who_they_are_and_for_whom_they_act(office: Office) -> None:
    client = await office.client("payroll")
    told = await client.get("viewer")
    assert (told["kind"], told["name"], told["roles"]) == ("CLIENT", "payroll", [])
    assert told["purposes"] == sorted(PURPOSES)
    assert told["tenant"]["tenantId"] == office.tenant
    assert told["tenant"]["name"] == "株式会社テスト"
    boss = await office.colleague("suzuki", Role.ADMINISTRATOR, Role.AUDITOR)
    told = await boss.caller.get("viewer")
    assert (told["kind"], told["name"], told["purposes"]) == ("HUMAN", "suzuki", [])
    assert told["roles"] == ["ADMINISTRATOR", "AUDITOR"]


async def test_an_administrator_sets_thresholds_and_they_hold_at_once(office: Office) -> None:
    client, boss = await office.client(), await office.colleague("suzuki", *Role)
    changed = await boss.caller.do("changeTenantSettings", **SETTINGS)
    assert changed["tenant"].items() >= SETTINGS.items()
    assert (await client.get("viewer"))["tenant"] == changed["tenant"]
    people = await office.register(client, 3)
    assert (await office.release(client, boss.human, people))["rule"] == "use-not-approved"
    few = await office.register(client, 2, seed=1)
    assert len((await office.release(client, boss.human, few))["numbers"]) == 2
    assert len((await office.release(client, boss.human, few))["numbers"]) == 2
    assert (await office.release(client, boss.human, few))["rule"] == "quota-client"


async def test_settings_below_zero_are_refused(office: Office) -> None:
    boss = await office.colleague("suzuki", Role.ADMINISTRATOR)
    document = "mutation($input: TenantSettingsInput!){changeTenantSettings(input:$input){__typename}}"
    for name in SETTINGS:
        assert await boss.caller.code_of(document, input=SETTINGS | {name: -1}) == "BAD_USER_INPUT", name
    assert (await boss.caller.get("viewer"))["tenant"]["approvalOver"] == 5_000


@given(st.integers(1, 2**48 - 1))
def test_a_public_id_leads_back_to_its_tenant(tenant: int) -> None:
    assert parse_tenant(tenant_public_id(tenant)) == tenant


@given(st.text() | st.from_regex(r"tnt_[0-9a-fxX_+\- ]{12}", fullmatch=True))
def test_no_other_text_is_a_tenant(text: str) -> None:
    tenant = parse_tenant(text)
    assert tenant == 0 or tenant_public_id(tenant) == text
