"""Fetching by global id: everything that has an id, by those who may see it, and nobody else."""

from base64 import b64encode, urlsafe_b64decode
from typing import Any

from graphql import GraphQLObjectType
from hypothesis import given
from hypothesis import strategies as st

from policies.actor import Role
from schema.nodes import from_id, to_id
from tests.support.api import Caller, Office, batch
from tests.support.numbers import synthetic_numbers
from tests.support.walk import SCHEMA, operation

NODE = operation("node").document
NODES = operation("nodes").document
KINDS = {
    name
    for name, named in SCHEMA.type_map.items()
    if isinstance(named, GraphQLObjectType) and "Node" in {face.name for face in named.interfaces}
}


async def ids_of(office: Office, client: Caller, boss: Caller) -> dict[str, str]:
    """A global id of every kind, as the API gives it."""
    done = await client.do("tokenize", **batch(["社員-1"], synthetic_numbers(1)))
    sent = {"tokens": done["tokens"], "purpose": "TAX_GENSEN", "reason": "年末調整"}
    use = (await client.do("prepareUse", **sent))["use"]
    proposed = {"externalIds": ["社員-1"], "reason": "本人の求め"}
    run = (await boss.do("proposeDisposal", **proposed))["run"]
    wanted = {"name": "年末調整", "purposes": ["TAX_GENSEN"], "deadline": "2027-01-31"}
    campaign = (await client.do("createCampaign", **wanted))["campaign"]
    asked = {"externalIds": ["社員-2"], "channels": ["KIT"]}
    await client.do("addToCampaign", campaignId=campaign["campaignId"], **asked)
    collections = await client.get("collections", campaignId=campaign["campaignId"])
    about = collections["nodes"][0]["collectionId"]
    await boss.do("answerInquiry", inquiryId=about, text="お知らせ")
    lists = {
        "Purpose": await client.get("purposes", first=1),
        "Person": await client.get("persons"),
        "IssuedToken": await client.get("tokens"),
        "AuditEntry": await client.get("auditEntries", externalId="社員-1"),
        "Account": await boss.get("accounts"),
        "Client": await boss.get("clients"),
        "Inquiry": await boss.get("inquiries"),
    }
    found = {kind: page["nodes"][0]["id"] for kind, page in lists.items()}
    return found | {
        "Use": use["id"],
        "DisposalRun": run["id"],
        "Campaign": campaign["id"],
        "Collection": collections["nodes"][0]["id"],
        "Tenant": (await client.get("viewer"))["tenant"]["id"],
    }


async def fetch(caller: Caller, ids: list[str]) -> list[Any]:
    nodes: list[Any] = (await caller.ask(NODES, ids=ids))["nodes"]
    return nodes


async def test_whatever_has_an_id_can_be_fetched_by_it(office: Office) -> None:
    client, boss = await office.client(), await office.colleague("suzuki", *Role)
    ids = await ids_of(office, client, boss.caller)
    assert ids.keys() == KINDS
    fetched = await fetch(boss.caller, list(ids.values()))
    told = {node["__typename"]: node["id"] for node in fetched if node}
    # The handler has no token of the client's persons.
    assert told == {kind: text for kind, text in ids.items() if kind != "IssuedToken"}
    (token,) = await fetch(client, [ids["IssuedToken"]])
    assert token["tokenOfIssuedToken"].startswith("wft_")
    (person,) = await fetch(client, [ids["Person"]])
    assert person["externalId"] == "社員-1"
    plain = [urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode() for text in ids.values()]
    assert not any(token["tokenOfIssuedToken"] in text for text in plain), "a token is never an id"


async def test_what_is_not_there_and_what_is_not_for_the_caller_look_alike(office: Office) -> None:
    client, boss = await office.client(), await office.colleague("suzuki", *Role)
    other, approver = await office.client("other"), await office.colleague("sato", Role.APPROVER)
    elsewhere = await office.beside("株式会社別物")
    foreign, foreign_boss = await elsewhere.client("payroll"), await elsewhere.colleague("suzuki", *Role)
    ids = await ids_of(office, client, boss.caller)
    mine = {"Use", "IssuedToken", "AuditEntry"}
    assert await fetch(other, [ids[kind] for kind in mine]) == [None] * 3
    closed = {"Person", "IssuedToken", "AuditEntry", "Account", "Client", "Inquiry", "Campaign", "Collection"}
    assert await fetch(approver.caller, [ids[kind] for kind in closed]) == [None] * 8
    not_of_clients = [ids["Account"], ids["Client"], ids["Inquiry"]]
    assert await fetch(client, not_of_clients) == [None] * 3
    abroad = {"Person", "IssuedToken", "Use", "Tenant", "Campaign", "Collection", "Inquiry"}
    for caller in (foreign, foreign_boss.caller):
        assert await fetch(caller, [ids[kind] for kind in abroad]) == [None] * 7
    # An entry's id is its place, so it names another entry there: of that tenant's own log.
    (entry,) = await fetch(foreign_boss.caller, [to_id("AuditEntry", 0)])
    (own,) = await fetch(boss.caller, [to_id("AuditEntry", 0)])
    assert entry["entry"] != own["entry"]
    # So do a login and a client's name.
    (account, named) = await fetch(foreign_boss.caller, [ids["Account"], ids["Client"]])
    assert account["createdAt"] != (await fetch(boss.caller, [ids["Account"]]))[0]["createdAt"]
    assert named["name"] == "payroll"


async def test_ids_come_back_in_order_with_null_for_nothing_and_a_hundred_at_most(office: Office) -> None:
    client = await office.client()
    people = await office.register(client, 3)
    ids = [str(to_id("Person", external_id)) for external_id in people.external_ids]
    wanted = [ids[2], "nonsense", ids[0], str(to_id("Person", "nobody")), ids[2]]
    told = [node and node["externalId"] for node in await fetch(client, wanted)]
    assert told == [people.external_ids[2], None, people.external_ids[0], None, people.external_ids[2]]
    assert len(await fetch(client, ids[:1] * 100)) == 100
    assert await client.code_of(NODES, ids=ids[:1] * 101) == "BAD_USER_INPUT"
    assert await fetch(client, []) == []
    assert await office.anonymous.code_of(NODE, id=ids[0]) == "UNAUTHENTICATED"


async def test_nothing_but_an_id_of_ours_is_one(office: Office) -> None:
    boss = await office.colleague("suzuki", *Role)
    useless = [
        *("", "=", "AAAA", "%%%", "ÅÅ", "é" * 9),
        *(to_id("AuditEntry", key) for key in ("", "-1", "007", "1.0", "٣", "9" * 5000, "0x1", " 1", "1\n")),
        *(to_id(kind, "") for kind in sorted(KINDS)),
        *(to_id(kind, "1") for kind in ("Query", "Node", "NumbersReleased", "__Schema", "purpose", "")),
        to_id("AuditEntry", 1) + "=",
        b64encode(b"AuditEntry:1").decode() + "==",
        to_id("Use", "use_" + "9" * 18),
        to_id("Tenant", "tnt_000000000001"),
    ]
    assert await fetch(boss.caller, [str(text) for text in useless]) == [None] * len(useless)
    (entry,) = await fetch(boss.caller, [to_id("AuditEntry", 1)])
    assert entry["index"] == 1


@given(st.sampled_from(sorted(KINDS)), st.text(max_size=64))
def test_an_id_leads_back_to_its_kind_and_key(kind: str, key: str) -> None:
    text = to_id(kind, key)
    assert from_id(text) == (kind, key)
    assert urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode() == f"{kind}:{key}"


@given(st.text() | st.binary().map(lambda raw: b64encode(raw).decode()))
def test_an_object_has_one_id_and_no_other_spelling_of_it(text: str) -> None:
    named = from_id(text)
    assert named is None or to_id(*named) == text
