"""Who may do what: every field of Query and Mutation, called by everybody, against a table written by hand.

Each call is one that succeeds for whoever is allowed; so "allowed" means that it was done, not merely that nobody
objected. Every number here is synthetic.
"""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any, Final

import pytest

from policies.actor import Role
from tests.support.api import KIT_SENDER, TODAY, Caller, Colleague, Office, batch
from tests.support.campaigns import CARD_SEEN
from tests.support.kitting import on_paper
from tests.support.numbers import synthetic_numbers
from tests.support.pictures import picture
from tests.support.walk import Operation, operation, operations
from tests.support.world import GENSEN, PASSWORD, Human

Variables = dict[str, Any]
NOBODY, CLIENT = "nobody", "client"
ADMINISTRATOR, HANDLER, APPROVER, AUDITOR = (role.value for role in Role)
HUMANS = {ADMINISTRATOR, HANDLER, APPROVER, AUDITOR}
SOMEBODY = {CLIENT, *HUMANS}
EVERYBODY = {NOBODY, *SOMEBODY}
BOSS = {ADMINISTRATOR}
WORKERS = {CLIENT, HANDLER}
COMPANY = {CLIENT, HANDLER, ADMINISTRATOR}
READERS = {CLIENT, ADMINISTRATOR, AUDITOR}
SEE_PEOPLE = {CLIENT, HANDLER, ADMINISTRATOR, AUDITOR}
SEE_DISPOSALS = {ADMINISTRATOR, APPROVER, AUDITOR}
DESK = {ADMINISTRATOR, HANDLER}
SEE_DESK = {*DESK, AUDITOR}

ALLOWED: Final[dict[str, set[str]]] = {
    "node": SOMEBODY,
    "nodes": SOMEBODY,
    "viewer": SOMEBODY,
    "purposes": SOMEBODY,
    "purpose": SOMEBODY,
    "persons": SEE_PEOPLE,
    "documents": SEE_PEOPLE,
    "departure": SEE_PEOPLE,
    "holds": SEE_DISPOSALS,
    "disposalPolicy": SEE_DISPOSALS,
    "disposalForecast": SEE_DISPOSALS,
    "duePersons": SEE_DISPOSALS,
    "disposalRuns": SEE_DISPOSALS,
    "disposalRun": SEE_DISPOSALS,
    "disposalItems": SEE_DISPOSALS,
    "tasks": SOMEBODY,  # each is told of their own
    "tokens": WORKERS,
    "uses": SOMEBODY,
    "use": SOMEBODY,
    "auditEntries": READERS,
    "auditEntry": READERS,
    "auditLog": READERS,
    "auditConsistency": READERS,
    "auditExport": {ADMINISTRATOR, AUDITOR},
    "accounts": BOSS,
    "clients": BOSS,
    "login": EVERYBODY,
    "recoverSecondFactor": EVERYBODY,
    "logout": SOMEBODY,
    "reauthenticate": HUMANS,
    "changePassword": HUMANS,
    "createAccount": BOSS,
    "changeRoles": BOSS,
    "disableAccount": BOSS,
    "resetSecondFactor": BOSS,
    "createClient": BOSS,
    "rotateClientKey": BOSS,
    "changeClient": BOSS,
    "revokeClient": BOSS,
    "changeTenantSettings": BOSS,
    "tokenize": WORKERS,
    "issueTokens": WORKERS,
    "revokeTokens": WORKERS,
    "giveNotice": WORKERS,
    "changeNumber": {HANDLER},
    "prepareUse": WORKERS,
    "confirmUse": {HANDLER},
    "approveUse": {HANDLER, APPROVER},
    "releaseUse": WORKERS,  # and of them, only who prepared it
    "detokenize": {HANDLER},
    "recordDocuments": WORKERS,
    "closeDocuments": WORKERS,
    "correctDocuments": WORKERS,
    "withdrawDocuments": WORKERS,
    "recordDepartures": WORKERS,
    "cancelDepartures": WORKERS,
    "placeHolds": BOSS,
    "liftHolds": BOSS,
    "changeDisposalPolicy": BOSS,
    "proposeDisposal": BOSS,
    "excludeFromDisposal": BOSS,
    "includeInDisposal": BOSS,
    "confirmDisposal": BOSS,
    "approveDisposal": {ADMINISTRATOR, APPROVER},  # and of them, never who confirmed it
    "cancelDisposal": BOSS,
    "contractEnd": SEE_DISPOSALS,
    "requestContractEnd": BOSS,
    "approveContractEnd": {ADMINISTRATOR, APPROVER},  # and of them, never who asked for it
    "withdrawContractEnd": BOSS,
    "campaigns": SEE_PEOPLE,
    "campaign": SEE_PEOPLE,
    "collections": SEE_PEOPLE,
    "collection": SEE_PEOPLE,
    "purposeNotices": SEE_PEOPLE,
    "purposeNoticeDraft": SEE_PEOPLE,
    "deficiencies": SOMEBODY,
    "collectionEndings": SOMEBODY,
    "verificationDocuments": SOMEBODY,
    "kitSender": SEE_PEOPLE,
    "kitPrint": SEE_PEOPLE,
    "kit": SEE_PEOPLE,
    "kits": SEE_PEOPLE,
    "changeKitSender": BOSS,
    "printKits": COMPANY,
    "deletePrint": COMPANY,
    "recordKitArrivals": COMPANY,
    "createCampaign": COMPANY,
    "closeCampaign": COMPANY,
    "addToCampaign": COMPANY,
    "orderDispatches": COMPANY,
    "recordDispatched": COMPANY,
    "issueCollectionLinks": COMPANY,
    "revokeCollectionLinks": COMPANY,
    "recordArrivals": COMPANY,
    "recordRefusals": COMPANY,
    "recordNoNumber": COMPANY,
    "askAgain": COMPANY,
    "closeCollections": COMPANY,
    "recordDeficiencies": {HANDLER},
    "submitNumber": {HANDLER},
    "submitImage": {HANDLER},
    "openSubmitted": {HANDLER},
    "verifyCollection": {HANDLER},
    "registerCollections": {HANDLER},
    "enterNumber": {HANDLER},
    "givePurposeNotice": WORKERS,
    "inquiries": SEE_DESK,
    "inquiry": SEE_DESK,
    "inquiryCounts": SEE_DESK,
    "answerInquiry": DESK,
    "closeInquiry": DESK,
    "appointmentSlots": SEE_DESK,
    "appointments": SEE_DESK,
    "offerAppointmentSlots": DESK,
    "withdrawAppointmentSlot": DESK,
    "bookAppointment": DESK,
    "cancelAppointment": DESK,
}
PROVEN: Final = {
    *("createAccount", "changeRoles", "resetSecondFactor"),
    *("createClient", "rotateClientKey", "changeClient", "changeKitSender"),
    *("changeTenantSettings", "changeDisposalPolicy", "liftHolds", "requestContractEnd"),
}
"""What gives rights or weakens protection: it needs a one-time code of the last ten minutes."""

SEEING: Final = {"openSubmitted"}
"""What shows a number before it is registered: a handler's code of the last ten minutes."""

REFUSALS: Final = {"no-rule-permits", "a-use-needs-a-human", "use-unknown"}
TELLING: Final = {"form": "DOCUMENT", "purposes": [GENSEN], "text": "利用目的", "toldOn": TODAY}
SETTINGS: Final = {"approvalOver": 1, "quotaClient": 9_999, "quotaHuman": 9_999, "quotaPurpose": 9_999}


class Stage:
    """A tenant with one caller of each kind, and fresh things for each call to act on."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.callers: dict[str, Caller] = {NOBODY: office.anonymous}
        self.colleagues: dict[str, Colleague] = {}
        self.fresh = count(1)

    @classmethod
    async def open(cls, office: Office) -> "Stage":
        stage = cls(office)
        stage.callers[CLIENT] = await office.client("payroll")
        for role in Role:
            await stage.take_the_floor(role.value)
        stage.second = await office.colleague("second", Role.HANDLER)
        stage.other = await office.colleague("other", Role.ADMINISTRATOR)
        await stage.callers[ADMINISTRATOR].do("changeTenantSettings", **SETTINGS)
        return stage

    second: Colleague
    other: Colleague

    async def take_the_floor(self, role: str) -> None:
        """Let a new human with this role, and a session of their own, be the caller."""
        self.colleagues[role] = await self.office.colleague(f"h{next(self.fresh)}", Role(role))
        self.callers[role] = self.colleagues[role].caller

    async def stay_awake(self) -> None:
        """Use every session, so that none ends while the clock runs on from code to code."""
        for caller in (*self.callers.values(), self.second.caller, self.other.caller):
            await caller.post("{viewer{name}}")

    async def prove(self, role: str) -> None:
        """Let somebody give a code: the clock runs on from code to code, and their last one grows old."""
        answer = await self.callers[role].do("reauthenticate", code=self.code(role))
        assert answer["__typename"] == "Reauthenticated", answer

    async def people(self, owner: str, size: int = 1) -> Any:
        """New people whose tokens belong to this caller, or to a client if it works with none."""
        worker = self.callers[owner if owner in WORKERS else CLIENT]
        return await self.office.register(worker, size, seed=next(self.fresh))

    async def prepared(self, by: str, size: int = 1) -> str:
        """A new use, waiting for a human."""
        people = await self.people(by, size)
        worker = self.callers[by if by in WORKERS else CLIENT]
        done = await worker.do("prepareUse", tokens=people.tokens, purpose=GENSEN, reason="年末調整")
        return str(done["use"]["useId"])

    async def confirmed(self, by: str, size: int = 1) -> str:
        """A new use that another handler stands behind."""
        use = await self.prepared(by, size)
        code = self.office.next_code(self.second.human)
        done = await self.second.caller.do("confirmUse", useId=use, code=code)
        assert done["__typename"] == "UseConfirmed", done
        return use

    async def documented(self) -> tuple[str, str]:
        """A new person and a document of theirs that is open."""
        (person,) = (await self.people(CLIENT)).external_ids
        done = await self.callers[CLIENT].do("recordDocuments", externalIds=[person], purposes=[GENSEN])
        return person, done["documentIds"][0]

    async def proposed(self) -> tuple[str, str]:
        """A new person, and a disposal that another administrator proposed for them alone."""
        (person,) = (await self.people(CLIENT)).external_ids
        done = await self.other.caller.do("proposeDisposal", externalIds=[person], reason="本人の求め")
        return person, done["run"]["runId"]

    async def campaign(self) -> str:
        """A new campaign."""
        wanted = {"name": "年末調整", "purposes": [GENSEN], "deadline": "2027-01-31"}
        done = await self.second.caller.do("createCampaign", **wanted)
        return str(done["campaign"]["campaignId"])

    async def asked(self) -> tuple[str, str]:
        """A new person who is asked at the counter, was told what for, and their collection; and its campaign."""
        campaign, person = await self.campaign(), f"A{next(self.fresh)}"
        rows = {"externalIds": [person], "channels": ["DIRECT"]}
        added = await self.second.caller.do("addToCampaign", campaignId=campaign, **rows)
        await self.second.caller.do("givePurposeNotice", externalIds=[person], notice=TELLING)
        return campaign, added["collectionIds"][0]

    async def on_paper(self, *, printed: bool) -> Variables:
        """A new person who is asked by a kit; what names it."""
        boss = self.other
        paper = await on_paper(
            self.office, boss, await self.campaign(), f"A{next(self.fresh)}", printed=printed
        )
        named = {"orderId": paper.order, "collectionId": paper.collection}
        return named | {"kitCode": paper.code, "kitCodes": [paper.code]}

    async def submitted(self) -> str:
        """A new collection whose number another handler typed in."""
        _, collection = await self.asked()
        number = synthetic_numbers(1, 20_000 + next(self.fresh))[0]
        done = await self.second.caller.do("submitNumber", collectionId=collection, number=number)
        assert done["__typename"] == "CollectionNumberSubmitted", done
        return collection

    async def contract(self) -> None:
        """A contract whose end nobody has asked for, and nobody is on hold."""
        other = self.other.caller
        await other.do("reauthenticate", code=self.office.next_code(self.other.human))
        await other.do("withdrawContractEnd", reason="継続する")
        holds = [hold["holdId"] for hold in (await other.get("holds", first=100))["nodes"]]
        await other.do("liftHolds", holdIds=holds, reason="和解")

    async def digest_of(self, run: str) -> str:
        return str((await self.other.caller.get("disposalRun", runId=run))["digest"])

    async def somebody(self) -> Human:
        """A new account."""
        return await self.office.world.human(f"h{next(self.fresh)}")

    def code(self, role: str) -> str:
        """The caller's own one-time code, or whichever for who has none."""
        return self.office.next_code(self.colleagues[role].human) if role in HUMANS else "000000"


async def _nothing(_stage: Stage, _role: str) -> Variables:
    return {}


async def _id(stage: Stage, _role: str) -> Variables:
    (purpose,) = (await stage.callers[CLIENT].get("purposes", first=1))["nodes"]
    return {"id": purpose["id"], "ids": [purpose["id"]], "code": purpose["code"]}


async def _use(stage: Stage, role: str) -> Variables:
    return {"useId": await stage.prepared(role)}


async def _entry(stage: Stage, _role: str) -> Variables:
    people = await stage.people(CLIENT)
    about = {"externalId": people.external_ids[0]}
    (found,) = (await stage.callers[CLIENT].get("auditEntries", **about, last=1))["nodes"]
    return {"index": found["index"], "oldSize": 1, "newSize": 2, "start": 0, **about}


async def _login(stage: Stage, _role: str) -> Variables:
    human = await stage.somebody()
    code = stage.office.next_code(human)
    return {"tenant": stage.office.tenant, "login": human.login, "password": PASSWORD, "code": code}


async def _recovery(stage: Stage, role: str) -> Variables:
    sent = await _login(stage, role)
    human = await stage.somebody()
    del sent["code"]
    return sent | {"login": human.login, "recoveryCode": human.recovery_codes[3]}


async def _own_password(_stage: Stage, _role: str) -> Variables:
    return {"old": PASSWORD, "new": "yet another long passphrase"}


async def _another_code(stage: Stage, role: str) -> Variables:
    return {"code": stage.code(role)}


async def _account(stage: Stage, _role: str) -> Variables:
    return {"login": f"h{next(stage.fresh)}", "name": "試験", "roles": ["AUDITOR"], "password": PASSWORD}


async def _existing_account(stage: Stage, _role: str) -> Variables:
    return {"login": (await stage.somebody()).login, "roles": ["AUDITOR"]}


async def _client(stage: Stage, _role: str) -> Variables:
    return {"name": f"c{next(stage.fresh)}", "purposes": [GENSEN]}


async def _existing_client(stage: Stage, _role: str) -> Variables:
    name = f"c{next(stage.fresh)}"
    await stage.office.client(name)
    return {"name": name, "purposes": []}


async def _settings(_stage: Stage, _role: str) -> Variables:
    return dict(SETTINGS)


async def _batch(stage: Stage, _role: str) -> Variables:
    seed = next(stage.fresh)
    return batch([f"E{seed}"], synthetic_numbers(1, seed))


async def _people(stage: Stage, role: str) -> Variables:
    people = await stage.people(role)
    number = synthetic_numbers(1, 10_000 + next(stage.fresh))[0]
    return {
        "externalIds": people.external_ids,
        "externalId": people.external_ids[0],
        "tokens": people.tokens,
        "purposes": [GENSEN],
        "toldOn": TODAY,
        "number": number,
        "verification": "MY_NUMBER_CARD",
        "verifiedOn": TODAY,
        "purpose": GENSEN,
        "reason": "年末調整",
        "code": stage.code(role),
    }


async def _to_confirm(stage: Stage, role: str) -> Variables:
    return {"useId": await stage.prepared(CLIENT), "code": stage.code(role)}


async def _to_approve(stage: Stage, role: str) -> Variables:
    return {"useId": await stage.confirmed(CLIENT, 2), "code": stage.code(role)}


async def _to_release(stage: Stage, role: str) -> Variables:
    return {"useId": await stage.confirmed(role)}


async def _documented(stage: Stage, _role: str) -> Variables:
    person, document = await stage.documented()
    await stage.callers[CLIENT].do("recordDepartures", externalIds=[person], days=[TODAY])
    return {
        "externalId": person,
        "externalIds": [person],
        "purposes": [GENSEN],
        "documentIds": [document],
        "days": [TODAY],
        "deadlines": [""],
        "completions": [""],
        "copies": [1],
        "reason": "登録の誤り",
    }


async def _to_depart(stage: Stage, _role: str) -> Variables:
    return {"externalIds": (await stage.people(CLIENT)).external_ids, "days": [TODAY], "reason": "係争中"}


async def _held(stage: Stage, _role: str) -> Variables:
    (person,) = (await stage.people(CLIENT)).external_ids
    done = await stage.other.caller.do("placeHolds", externalIds=[person], reason="係争中")
    return {"holdIds": done["holdIds"], "reason": "和解"}


async def _choice(_stage: Stage, _role: str) -> Variables:
    return {"mode": "YEARLY", "month": 3, "copiesYears": 7, "noticeDays": 30}


async def _due(_stage: Stage, _role: str) -> Variables:
    return {"until": TODAY}


async def _proposed(stage: Stage, _role: str) -> Variables:
    person, run = await stage.proposed()
    return {"runId": run, "externalIds": [person], "reason": "係争中"}


async def _left_out(stage: Stage, role: str) -> Variables:
    sent = await _proposed(stage, role)
    await stage.other.caller.do("excludeFromDisposal", **sent)
    return sent


async def _run_to_confirm(stage: Stage, role: str) -> Variables:
    _, run = await stage.proposed()
    return {"runId": run, "digest": await stage.digest_of(run), "code": stage.code(role)}


async def _run_to_approve(stage: Stage, role: str) -> Variables:
    _, run = await stage.proposed()
    digest = await stage.digest_of(run)
    code = stage.office.next_code(stage.other.human)
    done = await stage.other.caller.do("confirmDisposal", runId=run, digest=digest, code=code)
    assert done["__typename"] == "DisposalChanged", done
    return {"runId": run, "digest": digest, "code": stage.code(role)}


async def _contract(stage: Stage, _role: str) -> Variables:
    await stage.contract()
    return {"reason": "事業の終了"}


async def _contract_end(stage: Stage, role: str) -> Variables:
    await stage.contract()
    done = await stage.other.caller.do("requestContractEnd", reason="事業の終了")
    return {"digest": done["end"]["digest"], "code": stage.code(role), "reason": "継続する"}


async def _campaign(stage: Stage, _role: str) -> Variables:
    person = f"A{next(stage.fresh)}"
    return {
        "campaignId": await stage.campaign(),
        "externalIds": [person],
        "channels": ["DIRECT"],
        "name": "年末調整",
        "purposes": [GENSEN],
        "deadline": "2027-01-31",
    }


async def _written(stage: Stage, _role: str) -> Variables:
    _, collection = await stage.asked()
    done = await stage.second.caller.do("answerInquiry", inquiryId=collection, text="お知らせ")
    return {"inquiryId": done["inquiryId"], "text": "返事"}


async def _offered(stage: Stage, _role: str) -> Variables:
    _, collection = await stage.asked()
    sent = {"starts": ["2027-06-01T10:00"], "minutes": [30], "seats": [1]}
    here, there = ([f"{place}{next(stage.fresh)}階"] for place in ("本社", "支店"))
    done = await stage.second.caller.do("offerAppointmentSlots", places=here, **sent)
    return {**sent, "places": there, "collectionId": collection, "slotId": done["slotIds"][0]}


async def _booked(stage: Stage, role: str) -> Variables:
    sent = await _offered(stage, role)
    place = {name: sent[name] for name in ("collectionId", "slotId")}
    done = await stage.second.caller.do("bookAppointment", **place)
    return {"appointmentId": done["appointmentId"]}


async def _asked(stage: Stage, _role: str) -> Variables:
    campaign, collection = await stage.asked()
    return {
        "campaignId": campaign,
        "collectionIds": [collection],
        "collectionId": collection,
        "kind": "KIT",
        "costYen": 800,
        "factor": "PASSCODE",
        "outcome": "NO_ANSWER",
        "askedOn": TODAY,
        "evidence": "NEVER_RESIDENT",
        "reason": "LEFT",
        "number": synthetic_numbers(1, 30_000 + next(stage.fresh))[0],
        "document": "PASSPORT",
        "image": b64encode(picture()).decode(),
        "case": CARD_SEEN,
    }


async def _on_paper(stage: Stage, _role: str) -> Variables:
    return await stage.on_paper(printed=True)


async def _to_print(stage: Stage, _role: str) -> Variables:
    return await stage.on_paper(printed=False)


async def _kit_sender(_stage: Stage, _role: str) -> Variables:
    return dict(KIT_SENDER)


async def _ordered(stage: Stage, role: str) -> Variables:
    sent = await _asked(stage, role)
    order = {name: sent[name] for name in ("campaignId", "collectionIds", "kind", "costYen")}
    done = await stage.other.caller.do("orderDispatches", **order)
    return {"orderId": done["orderId"]}


async def _arrived(stage: Stage, role: str) -> Variables:
    sent = await _asked(stage, role)
    await stage.second.caller.do("recordArrivals", collectionIds=sent["collectionIds"])
    return {"collectionIds": sent["collectionIds"], "codes": ["IMAGE_BLURRED"]}


async def _declined(stage: Stage, role: str) -> Variables:
    asked = (await _asked(stage, role))["collectionIds"]
    outcome = {"outcome": "NO_ANSWER", "askedOn": TODAY}
    await stage.second.caller.do("recordRefusals", collectionIds=asked, **outcome)
    return {"collectionIds": asked}


async def _submitted(stage: Stage, _role: str) -> Variables:
    collection = await stage.submitted()
    shown = await stage.second.caller.get("collection", collectionId=collection)
    items = [item["itemId"] for item in shown["items"]]
    revision = shown["collection"]["revision"]
    return {"collectionId": collection, "itemIds": items, "revision": revision, "case": CARD_SEEN}


async def _verified(stage: Stage, role: str) -> Variables:
    sent = await _submitted(stage, role)
    del sent["itemIds"]
    done = await stage.second.caller.do("verifyCollection", **sent)
    assert done["state"] == "VERIFIED", done
    return {"collectionIds": [sent["collectionId"]]}


async def _noticed(stage: Stage, _role: str) -> Variables:
    (person,) = (await stage.people(CLIENT)).external_ids
    return {"externalIds": [person], "externalId": person, "notice": TELLING}


async def _draft(_stage: Stage, _role: str) -> Variables:
    return {"form": "DOCUMENT", "purposes": [GENSEN]}


Maker = Callable[[Stage, str], Awaitable[Variables]]
MAKERS: Final[dict[str, Maker]] = {
    **dict.fromkeys(("node", "nodes", "purpose"), _id),
    **dict.fromkeys(("auditEntries", "auditEntry", "auditConsistency", "auditExport"), _entry),
    **dict.fromkeys(("changeRoles", "disableAccount", "resetSecondFactor"), _existing_account),
    **dict.fromkeys(("rotateClientKey", "changeClient", "revokeClient"), _existing_client),
    **dict.fromkeys(
        ("issueTokens", "revokeTokens", "giveNotice", "changeNumber", "prepareUse", "detokenize"), _people
    ),
    **dict.fromkeys(
        ("documents", "departure", "recordDocuments", "closeDocuments", "correctDocuments"), _documented
    ),
    **dict.fromkeys(("withdrawDocuments", "cancelDepartures"), _documented),
    **dict.fromkeys(("recordDepartures", "placeHolds", "proposeDisposal"), _to_depart),
    **dict.fromkeys(("disposalRun", "disposalItems", "excludeFromDisposal", "cancelDisposal"), _proposed),
    "requestContractEnd": _contract,
    **dict.fromkeys(
        ("campaign", "collections", "addToCampaign", "createCampaign", "closeCampaign"), _campaign
    ),
    **dict.fromkeys(("collection", "recordArrivals", "recordRefusals", "recordNoNumber"), _asked),
    **dict.fromkeys(("closeCollections", "orderDispatches", "submitNumber", "submitImage"), _asked),
    **dict.fromkeys(("enterNumber", "issueCollectionLinks", "revokeCollectionLinks"), _asked),
    **dict.fromkeys(("inquiry", "answerInquiry", "closeInquiry"), _written),
    **dict.fromkeys(("offerAppointmentSlots", "withdrawAppointmentSlot", "bookAppointment"), _offered),
    "cancelAppointment": _booked,
    "recordDispatched": _ordered,
    "recordDeficiencies": _arrived,
    "askAgain": _declined,
    **dict.fromkeys(("openSubmitted", "verifyCollection"), _submitted),
    "registerCollections": _verified,
    **dict.fromkeys(("kitSender", "kitPrint", "kit", "kits", "deletePrint", "recordKitArrivals"), _on_paper),
    "printKits": _to_print,
    "changeKitSender": _kit_sender,
    **dict.fromkeys(("purposeNotices", "givePurposeNotice"), _noticed),
    "purposeNoticeDraft": _draft,
    **dict.fromkeys(("approveContractEnd", "withdrawContractEnd"), _contract_end),
    "duePersons": _due,
    "liftHolds": _held,
    "changeDisposalPolicy": _choice,
    "includeInDisposal": _left_out,
    "confirmDisposal": _run_to_confirm,
    "approveDisposal": _run_to_approve,
    "changePassword": _own_password,
    "reauthenticate": _another_code,
    "use": _use,
    "login": _login,
    "recoverSecondFactor": _recovery,
    "createAccount": _account,
    "createClient": _client,
    "changeTenantSettings": _settings,
    "tokenize": _batch,
    "confirmUse": _to_confirm,
    "approveUse": _to_approve,
    "releaseUse": _to_release,
}


def taken_by(item: Operation) -> set[str]:
    """The names of what an operation takes: of the fields of its input, or of its arguments."""
    return {path[1] if path[0] == "input" else path[0] for path, _ in item.places}


async def call(stage: Stage, item: Operation, role: str) -> bool:
    """Whether it was done. Who is refused is told so in a way made for it, and the log says so too."""
    await stage.stay_awake()
    if item.name in PROVEN:
        await stage.prove(ADMINISTRATOR)
    elif item.name in SEEING:
        await stage.prove(HANDLER)
    values = await MAKERS.get(item.name, _nothing)(stage, role)
    sent = {name: value for name, value in values.items() if name in taken_by(item)}
    before = await entries(stage)
    response = await stage.callers[role].post(
        item.document, {"input": sent} if "input" in item.field.args else sent
    )
    body = response.json()
    if "errors" in body:
        assert role == NOBODY or await entries(stage) == before + 1, (item, role, body)
        expected = "UNAUTHENTICATED" if role == NOBODY else "FORBIDDEN"
        assert {error["extensions"]["code"] for error in body["errors"]} == {expected}, (item, role, body)
        return False
    answer = body["data"][item.name]
    if answer is None:
        assert item.name == "auditEntry", (item, role)
        return False
    if isinstance(answer, dict) and answer.get("__typename") == "Refusal":
        assert answer["rule"] in REFUSALS, (item, role, answer)
        assert await entries(stage) == before + 1, (item, role, answer)
        return False
    refused = {"RowRejection", "VerificationRefused"}
    assert not isinstance(answer, dict) or answer.get("__typename") not in refused, (item, role, answer)
    assert "rejections" not in answer or answer["rejections"] == [], (item, role, answer)
    if item.name in {"logout", "changePassword"} and role in HUMANS:
        await stage.take_the_floor(role)  # their session has ended
    return True


async def entries(stage: Stage) -> int:
    world = stage.office.world
    log = world.custodian.vault.log(world.tenant.id)
    return (await world.house.database.read(world.tenant.id, log.head))[0]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_everybody_may_do_what_the_table_says_and_nothing_else(office: Office) -> None:
    stage = await Stage.open(office)
    found = {
        item.name: {role for role in sorted(EVERYBODY) if await call(stage, item, role)}
        for item in operations()
    }
    assert found == ALLOWED


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_administrator_whose_proof_is_old_gives_no_rights_and_does_everything_else(
    office: Office,
) -> None:
    stage = await Stage.open(office)
    mine = [item for item in operations("mutation") if ADMINISTRATOR in ALLOWED[item.name]]
    refused = set()
    for item in mine:
        if item.name in {"logout", "changePassword", "reauthenticate"}:
            continue
        office.world.clock.advance(minutes=11)
        await stage.stay_awake()
        values = await MAKERS[item.name](stage, ADMINISTRATOR)
        sent = {name: value for name, value in values.items() if name in taken_by(item)}
        answer = await stage.callers[ADMINISTRATOR].do(item.name, **sent)
        if answer["__typename"] == "Refusal":
            assert answer["rule"] == "recent-proof-needed", item
            refused.add(item.name)
    assert refused == PROVEN


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_handler_whose_proof_is_old_opens_nothing_that_was_submitted(office: Office) -> None:
    stage = await Stage.open(office)
    (item,) = (item for item in operations("mutation") if item.name == "openSubmitted")
    made = await MAKERS[item.name](stage, HANDLER)
    values = {name: value for name, value in made.items() if name in taken_by(item)}
    office.world.clock.advance(minutes=11)
    await stage.stay_awake()
    assert (await stage.callers[HANDLER].do("openSubmitted", **values))["rule"] == "recent-proof-needed"
    await stage.prove(HANDLER)
    assert (await stage.callers[HANDLER].do("openSubmitted", **values))[
        "__typename"
    ] == "CollectionItemsOpened"


def test_nobody_may_log_in_or_recover_and_nothing_else() -> None:
    assert {name for name, roles in ALLOWED.items() if NOBODY in roles} == {"login", "recoverSecondFactor"}


def test_no_machine_alone_brings_a_number_out_and_no_administrator_at_all() -> None:
    out = {item.name for item in operations("mutation") if "NumbersReleased" in item.document}
    assert out == {"confirmUse", "releaseUse", "detokenize"}
    seen = {item.name for item in operations("mutation") if "CollectionItemsOpened" in item.document}
    assert {name: ALLOWED[name] for name in seen} == {"openSubmitted": {HANDLER}}
    assert all(ADMINISTRATOR not in ALLOWED[name] for name in out)
    assert CLIENT not in ALLOWED["confirmUse"] | ALLOWED["detokenize"] | ALLOWED["approveUse"]


async def test_many_requests_of_nobody_leave_no_trace_but_their_refusal(office: Office) -> None:
    for item in operations():
        if item.name in {"login", "recoverSecondFactor"}:
            continue
        response = await office.anonymous.post(operation(item.name).document, item.variables(lambda *_: None))
        assert response.json()["errors"], item
        assert response.json().get("data") is None or set(response.json()["data"].values()) == {None}
