"""Three tenants in one house: nothing of one is ever seen, or touched, by another. Every number here is synthetic.

The schema is walked: every field is called by the second tenant with every id, token, cursor and name of the first
in every place that takes one. So are the routes of files. No answer may hold anything of the others but what was sent,
and their rows stay as they are, byte for byte.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from sqlmodel import SQLModel

from policies.actor import Role
from tests.support import routes, tamper
from tests.support.api import Caller, Colleague, Office, batch, plausible, plausibly
from tests.support.kitting import on_paper
from tests.support.numbers import synthetic_numbers
from tests.support.walk import Operation, Path, operations
from tests.support.world import GENSEN
from tokenizer.storage.statement import Backend
from tokenizer.storage.transaction import Row

MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d(T.*)?")
COMMON: Final = {
    *("purpose", "purposes", "__typename", "action", "state", "outcome", "roles", "kind", "details", "human"),
    *(
        "factor",
        "numberState",
        "verification",
        "reason",
        "request",
        "channel",
        "form",
        "lastBy",
        "collectionState",
    ),
}
"""Fields in which tenants may well say the same; a human's login is a mark by the list of accounts."""

TEXTS: Final = {"String", "ID", "Token"}
CREATING: Final = {
    *("createAccount", "createClient", "tokenize", "prepareUse", "detokenize"),
    *("placeHolds", "proposeDisposal", "createCampaign", "addToCampaign", "givePurposeNotice"),
    "changeKitSender",
    *("answerInquiry", "offerAppointmentSlots", "withdrawAppointmentSlot", "cancelAppointment"),
}
"""What stores a name of the caller's choice: called last, since from then on that name is the caller's own as well."""

ADDRESSED: Final = {"login", "recoverSecondFactor"}
"""What names a tenant, for want of a credential that does."""

TRACES: Final = {"audit_leaf", "audit_head", "audit_subtree", "login_attempt"}


class Tenant:
    """One of the three, with people, uses, accounts and clients, and a list of everything that is its own."""

    def __init__(self, office: Office, client: Caller, boss: Colleague) -> None:
        self.office = office
        self.client = client
        self.boss = boss
        self.human = boss.caller
        self.own: dict[str, str] = {}

    @classmethod
    async def open(cls, office: Office, mark: str) -> "Tenant":
        client = await office.client(f"{mark}-payroll")
        boss = await office.colleague(f"{mark}-suzuki", *Role)
        tenant = cls(office, client, boss)
        await tenant.fill(mark)
        await tenant.collect()
        return tenant

    @property
    def callers(self) -> dict[str, Caller]:
        """Both kinds; on PostgreSQL, where each call takes longer, the one that may do more."""
        embedded = self.office.world.house.database.backend is Backend.SQLITE
        return {"human": self.human, "client": self.client} if embedded else {"human": self.human}

    async def fill(self, mark: str) -> None:
        seed = ord(mark[0]) * 100
        self.numbers = synthetic_numbers(3, seed)
        sent = batch([f"{mark}-{row}" for row in range(3)], self.numbers) | {
            "names": [f"{mark} 花子 {row}" for row in range(3)],
            "kana": [f"{mark} ハナコ {row}" for row in range(3)],
            "addresses": [f"{mark} 一丁目 {row}" for row in range(3)],
        }
        self.tokens: list[str] = (await self.client.do("tokenize", **sent))["tokens"]
        self.staff_tokens: list[str] = (await self.human.do("issueTokens", externalIds=sent["externalIds"]))[
            "tokens"
        ]
        keep = {"reason": f"{mark} 係争中"}
        await self.client.do("recordDocuments", externalIds=sent["externalIds"], purposes=[GENSEN] * 3)
        await self.client.do("recordDepartures", externalIds=sent["externalIds"][:1], days=["2026-03-31"])
        await self.human.do("proposeDisposal", externalIds=sent["externalIds"][:1], **keep)
        await self.human.do("placeHolds", externalIds=sent["externalIds"][2:], **keep)
        self.gone = (
            await self.office.register(self.client, 1, seed=seed + 1, prefix=f"{mark}-gone")
        ).external_ids
        self.run = await routes.disposed(self.office, self.boss, self.gone, f"{mark}-suzuki-2")
        await self.ask(mark)
        self.holder = await routes.leaving(self.boss)
        for caller, tokens in ((self.client, self.tokens), (self.human, self.staff_tokens)):
            await caller.do("prepareUse", tokens=tokens, purpose=GENSEN, reason=f"{mark} 年末調整")

    async def ask(self, mark: str) -> None:
        """A campaign with somebody in it, who was told what for and gave a number; something is to be sent to them."""
        wanted = {"name": f"{mark} 年末調整", "purposes": [GENSEN], "deadline": "2027-01-31"}
        campaign = (await self.human.do("createCampaign", **wanted))["campaign"]["campaignId"]
        rows = {
            "externalIds": [f"{mark}-new"],
            "channels": ["KIT"],
            "names": [f"{mark} 一郎"],
            "emails": [f"{mark}@warifu.test"],
        }
        asked = (await self.human.do("addToCampaign", campaignId=campaign, **rows))["collectionIds"]
        order = {"campaignId": campaign, "collectionIds": asked, "kind": "KIT", "costYen": 800}
        self.order = (await self.human.do("orderDispatches", **order))["orderId"]
        links = {"campaignId": campaign, "collectionIds": asked, "factor": "PASSCODE"}
        issued = await self.human.do("issueCollectionLinks", **links)
        self.link = {"address": issued["urls"][0], "passcode": issued["passcodes"][0]}
        notice = {"form": "LETTER", "purposes": [GENSEN], "text": f"{mark} 利用目的", "toldOn": "2026-11-20"}
        await self.human.do("givePurposeNotice", externalIds=[f"{mark}-new"], notice=notice)
        number = synthetic_numbers(1, ord(mark[0]) * 100 + 2)[0]
        done = await self.human.do("submitNumber", collectionId=asked[0], number=number)
        assert done["__typename"] == "CollectionNumberSubmitted", done
        self.campaign, self.collection = campaign, asked[0]
        self.paper = await on_paper(
            self.office,
            self.boss,
            campaign,
            f"{mark}-paper",
            company=f"{mark} 商事",
            address=f"{mark} 二丁目",
        )
        await self.receive(mark)

    async def receive(self, mark: str) -> None:
        """Somebody who was written to, and who comes."""
        text = {"inquiryId": self.collection, "text": f"{mark} お知らせ"}
        self.inquiry = (await self.human.do("answerInquiry", **text))["inquiryId"]
        times = {"starts": ["2026-12-01T10:00"] * 2, "minutes": [30, 30], "seats": [2, 2]}
        places = [f"{mark} 本社", f"{mark} 支店"]
        slots = (await self.human.do("offerAppointmentSlots", places=places, **times))["slotIds"]
        seat = {"collectionId": self.collection, "slotId": slots[0]}
        self.slot = slots[0]
        self.appointment = (await self.human.do("bookAppointment", **seat))["appointmentId"]

    async def collect(self) -> None:
        """Everything by which this tenant could be recognised."""
        office, found = self.office, {}
        world = office.world.tenant
        found["tenant"], found["decimal id"], found["name"] = office.tenant, str(world.id), world.name
        for name in ("persons", "tokens", "uses", "accounts", "clients", "auditEntries"):
            for owner in ("client", "human"):
                if name in {"accounts", "clients", "auditEntries"} and owner == "client":
                    continue
                page = await getattr(self, owner).get(name, first=2)
                found |= dict(_texts(page, f"{owner}.{name}"))
        for name in ("holds", "disposalRuns"):
            found |= dict(_texts(await self.human.get(name, first=2), f"human.{name}"))
        found |= dict(_texts(await self.human.get("campaigns", first=2), "human.campaigns"))
        for name in ("inquiries", "appointmentSlots", "appointments"):
            found |= dict(_texts(await self.human.get(name, first=2), f"human.{name}"))
        thread = (await self.human.get("inquiry", inquiryId=self.inquiry))["messages"]
        found["message"] = thread[0]["text"]
        review = await self.human.get("collection", collectionId=self.collection)
        review["collection"] |= {"steps": [], "stateName": {}}  # words of a catalogue
        found |= dict(_texts(review, "human.review"))
        given = await self.human.get(
            "purposeNotices", externalId=review["collection"]["person"]["externalId"]
        )
        found |= dict(_texts(given, "human.purposeNotices")) | {"order": self.order} | self.link
        sender = await self.human.get("kitSender")
        found |= {"kit": self.paper.code, "paper": self.paper.order, "asked on paper": self.paper.collection}
        found |= {"sender": sender["company"], "return address": sender["address"]}
        document = await self.human.get("documents", externalId=found["client.persons.nodes[0].externalId"])
        found |= dict(_texts(document, "human.documents"))
        found |= {f"number {place}": number for place, number in enumerate(self.numbers)}
        found |= {"gone": self.gone[0], "run": self.run, "key": self.holder.credential or ""}
        found["end"] = (await self.human.get("contractEnd"))["end"]["digest"]
        found |= dict(_texts((await self.human.get("auditLog")), "log"))
        self.own = {
            place: text for place, text in found.items() if len(text) > 3 and not MOMENT.fullmatch(text)
        }

    @property
    def marks(self) -> set[str]:
        """What no other tenant has.

        A global id is left out: it is a key in base64, and the key is a mark. All accounts have the same name.
        """
        name = self.own["human.accounts.nodes[0].name"]
        return {text for place, text in self.own.items() if not place.endswith(".id")} - {name}

    @property
    def handles(self) -> list[str]:
        """One of each kind of text by which something of this tenant is named in a request."""
        persons, uses = "client.persons.nodes[0]", "client.uses.nodes[0]"
        wanted = [
            *(
                "tenant",
                "run",
                "end",
                "number 0",
                f"{persons}.id",
                f"{persons}.externalId",
                f"{persons}.token",
            ),
            *(f"{uses}.id", f"{uses}.useId", f"{uses}.digest", "human.tokens.nodes[0].token"),
            *("human.campaigns.nodes[0].campaignId", "human.campaigns.nodes[0].id", "order"),
            *("human.review.collection.collectionId", "human.review.collection.id"),
            *("human.inquiries.nodes[0].inquiryId", "human.inquiries.nodes[0].id", "message"),
            *("human.appointments.nodes[0].appointmentId", "human.appointments.nodes[0].slotId"),
            *("human.review.items[0].itemId", "human.purposeNotices.nodes[0].noticeId"),
            *("human.review.links[0].linkId", "address", "passcode", "kit", "paper", "asked on paper"),
            *("human.holds.nodes[0].holdId", "human.disposalRuns.nodes[0].runId"),
            *("human.disposalRuns.nodes[0].id", "human.documents.nodes[0].documentId"),
            *("human.accounts.nodes[0].login", "human.clients.nodes[0].name", "human.accounts.nodes[0].id"),
            *(
                f"{page}.pageInfo.endCursor"
                for page in ("client.persons", "human.uses", "human.auditEntries")
            ),
        ]
        return [self.own[place] for place in wanted]


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Every text in an answer that could only be this tenant's."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in COMMON:
                yield from _texts(inner, f"{place}.{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, f"{place}[{index}]")
    elif isinstance(value, str):
        yield place, value


def calls(item: Operation, theirs: list[str], mine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The operation with one text of the others' in one place, and the caller's own in all others."""
    for place, kind in item.places:
        if kind not in TEXTS:
            continue
        for text in theirs:

            def fill(path: Path, kind: str, place: Path = place, text: str = text) -> Any:
                return text if path == place else plausibly(mine, path, kind)

            yield text, item.variables(fill)


def own_values(tenant: Tenant, owner: str) -> dict[str, Any]:
    """What makes a call of this tenant's reach as far as it can."""
    tokens = tenant.tokens if owner == "client" else tenant.staff_tokens
    ours = {"campaignId": tenant.campaign, "collectionId": tenant.collection, "orderId": tenant.order}
    ours |= {"inquiryId": tenant.inquiry, "slotId": tenant.slot, "appointmentId": tenant.appointment}
    return plausible(tenant.office.tenant, tokens[0], "mine") | ours


async def rows_of(tenant: Tenant) -> dict[str, list[Row]]:
    """Everything the database holds of a tenant."""
    world = tenant.office.world
    return {
        name: sorted(
            await tamper.rows(
                world.house.database,
                world.tenant.id,
                f'SELECT * FROM "{name}" WHERE tenant_id = :tenant',  # noqa: S608 - names of our own tables
                tenant=world.tenant.id,
            ),
            key=repr,
        )
        for name, table in SQLModel.metadata.tables.items()
        if "tenant_id" in table.columns
    }


async def walk(names: list[Operation], attacker: Tenant, victim: Tenant, marks: set[str]) -> int:
    """Call everything with everything of the victim's; gives how often, and fails at the first thing seen."""
    asked, kept = 0, set[str]()
    for item in names:
        for owner, caller in attacker.callers.items():
            for text, variables in calls(item, victim.handles, own_values(attacker, owner)):
                response = await caller.post(item.document, variables)
                answer = response.text
                assert response.status_code in {200, 400}, (item, answer)
                if item.name in CREATING:
                    kept.add(text)
                seen = {mark for mark in marks if mark in answer and mark not in text and mark not in kept}
                assert seen == set(), (item, text, answer)
                asked += 1
    return asked


async def walk_files(attacker: Tenant, victim: Tenant, marks: set[str]) -> int:
    """Ask for every file with everything of the victim's in every place of its address; gives how often."""
    own = {"run": attacker.run, "order": attacker.paper.order}
    asked = [
        (caller, text, routes.address(path, routes.usual(path, **own) | {place: text}))
        for path, place in routes.places()
        for caller in ([attacker.holder] if path in routes.KEYED else attacker.callers.values())
        for text in victim.handles
    ]
    # What is one's own comes, and nothing of the others in it.
    asked += [(attacker.human, "", where) for where in routes.addresses(**own)]
    theirs = [
        where
        for where in routes.addresses(run=victim.run, order=victim.paper.order)
        if victim.run in where or victim.paper.order in where
    ]
    asked += [(attacker.human, victim.run, where) for where in theirs]
    asked += [(attacker.holder, "not yet", where) for where in routes.addresses(keyed=True)]
    for caller, text, where in asked:
        response = await routes.fetch(attacker.office.http, caller, where)
        assert response.status_code in ({400, 403, 404, 409} if text else {200}), (where, response.text)
        data = routes.readable(response)
        seen = {mark for mark in marks if mark not in text and mark.encode() in data}
        assert seen == set(), (where, text, seen)
    return len(asked)


def changed(before: dict[str, list[Row]], after: dict[str, list[Row]]) -> set[str]:
    return {name for name, rows in before.items() if rows != after[name]}


async def test_nothing_of_one_tenant_is_seen_or_touched_by_another(office: Office) -> None:
    first = await Tenant.open(office, "alpha")
    second = await Tenant.open(await office.beside("株式会社乙"), "bravo")
    third = await Tenant.open(await office.beside("株式会社丙"), "charlie")
    marks = first.marks | third.marks
    assert marks.isdisjoint(second.marks), "what the second tenant lists is its own"
    before = await rows_of(first), await rows_of(third)
    # Before the second stores names of the first as its own.
    assert await walk_files(second, first, marks) > 100
    addressed = [item for item in operations() if item.name in ADDRESSED]
    others = sorted(
        (item for item in operations() if item not in addressed), key=lambda one: one.name in CREATING
    )
    assert await walk(others, second, first, marks) > 700
    assert changed(before[0], await rows_of(first)) == set()
    # Whoever knocks at another tenant's door leaves a trace there, and nothing else.
    assert await walk(addressed, second, first, marks) > 50
    assert changed(before[0], await rows_of(first)) <= TRACES
    assert changed(before[1], await rows_of(third)) == set()


async def test_a_number_that_another_tenant_keeps_is_new_to_this_one(office: Office) -> None:
    other = await office.beside("株式会社別物")
    mine, theirs = await office.client(), await other.client()
    people = await office.register(mine, 2)
    done = await theirs.do("tokenize", **batch(["x", "y"], people.numbers))
    assert (done["registered"], done["rejections"]) == (2, [])
    assert set(done["tokens"]).isdisjoint(people.tokens)


async def test_foreign_unknown_revoked_and_mistyped_tokens_answer_alike(office: Office) -> None:
    other = await office.beside("株式会社別物")
    mine, colleague = await office.client("payroll"), await office.client("accounting")
    foreign = (await other.register(await other.client(), 1)).tokens[0]
    sibling = (await office.register(colleague, 1, seed=1)).tokens[0]
    revoked = (await office.register(mine, 1, seed=2)).tokens[0]
    await mine.do("revokeTokens", tokens=[revoked])
    answers = [
        await mine.do("prepareUse", tokens=[token], purpose=GENSEN, reason="年末調整")
        for token in (foreign, sibling, revoked, "wft_" + "0" * 28, revoked[:-1], "", "x")
    ]
    assert answers == [answers[0]] * len(answers)
    assert answers[0]["rule"] == "token-unknown"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_walk_would_notice_a_tenant_that_sees_another(office: Office) -> None:
    """The negative control: a caller of the first tenant itself, whose answers are full of it."""
    first = await Tenant.open(office, "alpha")
    second = await Tenant.open(await office.beside("株式会社乙"), "bravo")
    marks = first.marks - second.marks
    (persons,) = [item for item in operations() if item.name == "persons"]
    response = await first.client.post(persons.document, {"first": 3})
    assert len({mark for mark in marks if mark in response.text}) > 8


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_walk_would_notice_a_file_of_another(office: Office) -> None:
    """The negative control: the first tenant's own files, of which every one but an empty list is full of it."""
    first = await Tenant.open(office, "alpha")
    for where in routes.addresses(run=first.run, order=first.paper.order):
        response = await routes.fetch(office.http, first.human, where)
        assert response.status_code == 200, (where, response.text)
        data = routes.readable(response)
        assert {mark for mark in first.marks if mark.encode() in data}, where
