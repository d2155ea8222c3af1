"""The API as its integrators see it: documents over HTTP with a credential, against the application as it is served."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final

import httpx
from starlette.types import ASGIApp

from api.app import create_app
from custody.clients import NewKey, create_client
from custody.kits.code import new_kit_code
from policies.actor import Role
from policies.totp import code_at
from schema.nodes import to_id
from schema.tenants import tenant_public_id
from tests.support.asgi import LocalClient
from tests.support.capture import Captured, capturing
from tests.support.numbers import synthetic_numbers
from tests.support.walk import LEFT_OUT, Path, operation
from tests.support.world import GENSEN, PASSWORD, PURPOSES, Human, World

ACCEPT: Final = "application/graphql-response+json"
TODAY: Final = "2026-11-22"


class Caller:
    """Somebody who sends documents.

    Attributes:
        credential: a client key or a session; None for nobody.
    """

    def __init__(self, http: httpx.AsyncClient, credential: str | None = None) -> None:
        self._http = http
        self.credential = credential

    async def post(
        self, document: str, variables: dict[str, Any] | None = None, **parameters: Any
    ) -> httpx.Response:
        """Send a document and give the response as it came."""
        headers = {"accept": ACCEPT}
        if self.credential is not None:
            headers["authorization"] = f"Bearer {self.credential}"
        headers |= parameters.pop("headers", {})
        body = {"query": document, "variables": variables or {}, **parameters}
        if isinstance(self._http, LocalClient):
            return await self._http.post_json("/graphql", body, headers)
        return await self._http.post("/graphql", json=body, headers=headers)

    async def ask(self, document: str, /, **variables: Any) -> Any:
        """Send a document that must succeed, and give its data."""
        response = await self.post(document, variables)
        body = response.json()
        assert response.status_code == 200, body
        assert "errors" not in body, body["errors"]
        return body["data"]

    async def get(self, name: str, /, **arguments: Any) -> Any:
        """Ask a field of Query for everything it has."""
        return (await self.ask(operation(name).document, **arguments))[name]

    async def do(self, name: str, /, **values: Any) -> Any:
        """Run a mutation with an input of these fields, and give everything it answers."""
        variables = {"input": values} if operation(name).field.args else {}
        return (await self.ask(operation(name).document, **variables))[name]

    async def code_of(self, document: str, /, **variables: Any) -> str:
        """Send a document that must fail, and give the code of its first error."""
        body = (await self.post(document, variables)).json()
        return str(body["errors"][0]["extensions"]["code"])


@dataclass
class Colleague:
    """A human of the tenant with a session."""

    human: Human
    caller: Caller

    @property
    def login(self) -> str:
        return self.human.login


class Office:
    """A tenant of the house, seen through the API: callers of every kind."""

    def __init__(self, world: World, http: httpx.AsyncClient, log: Captured) -> None:
        self.world = world
        self.http = http
        self.log = log
        self.anonymous = Caller(http)

    @property
    def tenant(self) -> str:
        """The tenant's public id."""
        return tenant_public_id(self.world.tenant.id)

    async def beside(self, name: str) -> "Office":
        """Another tenant of the same house."""
        return Office(await World.open(self.world.house, self.world.clock, name), self.http, self.log)

    async def client(self, name: str = "payroll", purposes: frozenset[str] = PURPOSES) -> Caller:
        """A client with its key."""
        made = await create_client(
            self.world.custodian, self.world.operator, name, purposes, self.world.clock()
        )
        assert isinstance(made, NewKey), made
        return Caller(self.http, made.key)

    async def colleague(self, login: str = "tanaka", *roles: Role) -> Colleague:
        """A human with a session; a handler unless roles say otherwise."""
        human = await self.world.human(login, *roles)
        return Colleague(human, Caller(self.http, await self.log_in(human)))

    async def log_in(self, human: Human) -> str:
        """Open a session through the API."""
        answer = await self.anonymous.do(
            "login", tenant=self.tenant, login=human.login, password=PASSWORD, code=self.world.code(human)
        )
        assert answer["__typename"] == "LoggedIn", answer
        return str(answer["session"])

    async def register(
        self, caller: Caller, count: int = 3, seed: int = 0, prefix: str = "E", **further: Any
    ) -> "People":
        """Register employees with synthetic numbers, and keep what came back."""
        people = People([f"{prefix}{seed}-{row}" for row in range(count)], synthetic_numbers(count, seed), [])
        sent = batch(people.external_ids, people.numbers) | further
        answer = await caller.do("tokenize", **sent)
        assert answer["__typename"] == "Tokenized", answer
        return replace(people, tokens=answer["tokens"])

    async def release(self, client: Caller, human: Human, people: "People") -> Any:
        """Bring numbers out with a handler's code."""
        return await client.do(
            "detokenize",
            tokens=people.tokens,
            purpose=GENSEN,
            reason="年末調整",
            handler=human.login,
            code=self.world.code(human),
        )

    def next_code(self, human: Human) -> str:
        """A code that was not used yet."""
        return self.world.code(human)

    def wrong_code(self, human: Human) -> str:
        """Six digits that are none of the codes around this moment."""
        now = self.world.clock()
        near = {code_at(human.seed, now + step * 30_000) for step in range(-3, 4)}
        return next(code for code in map("{:06d}".format, range(10)) if code not in near)


@dataclass(frozen=True)
class People:
    """What was registered, row by row."""

    external_ids: list[str]
    numbers: list[str]
    tokens: list[str]


def batch(external_ids: list[str], numbers: list[str], *notified: str) -> dict[str, Any]:
    """The input of `tokenize` for employees."""
    return {
        "externalIds": external_ids,
        "numbers": numbers,
        "notifiedPurposes": list(notified or [GENSEN]),
        "notifiedOn": "2026-04-01",
        "verification": "MY_NUMBER_CARD",
        "verifiedOn": "2026-04-01",
    }


KIT_CODE: Final = new_kit_code(Random("plausible").randbytes)  # noqa: S311 - one that nobody has
KIT_SENDER: Final = {
    "company": "株式会社わりふ商事",
    "returnName": "個人番号受付センター",
    "postalCode": "1350061",
    "address": "東京都江東区豊洲9丁目99番99号",
    "contactName": "個人番号受付センター",
    "phone": "0120-000-000",
    "hours": "平日 9時〜18時",
    "mail": "kit@warifu.example",
}


def plausible(tenant: str, token: str, external_id: str) -> dict[str, Any]:
    """A value for every field of every input, by name, that lets a call reach as far as it can."""
    purpose = to_id("Purpose", GENSEN)
    return {
        **dict.fromkeys(("toldOn", "notifiedOn", "verifiedOn"), TODAY),
        **dict.fromkeys(("days", "deadlines", "completions", "until"), TODAY),
        **dict.fromkeys(("documentIds", "documentId"), "doc_1"),
        **dict.fromkeys(("month", "copiesYears", "noticeDays", "copies"), 1),
        **dict.fromkeys(("purpose", "purposes", "notifiedPurposes"), GENSEN),
        **dict.fromkeys(("approvalOver", "quotaClient", "quotaHuman", "quotaPurpose"), 1_000),
        **dict.fromkeys(("oldSize", "newSize"), 1),
        **dict.fromkeys(("start", "index"), 0),
        **dict.fromkeys(("id", "ids"), purpose),
        **dict.fromkeys(("login", "name"), "nobody"),
        **dict.fromkeys(("askedOn", "deadline", "expiresOn", "issuedOn", "checkedOn"), TODAY),
        **dict.fromkeys(("collectionIds", "collectionId"), "col_1"),
        **dict.fromkeys(("revision", "revisions"), 1),
        "tokens": token,
        "externalIds": external_id,
        "externalId": external_id,
        "numbers": synthetic_numbers(1, seed=4711)[0],
        "number": synthetic_numbers(1, seed=4712)[0],
        "reason": "年末調整",
        "code": "000000",
        "verification": "MY_NUMBER_CARD",
        "tenant": tenant,
        "useId": "use_1",
        "runId": "run_1",
        "holdIds": "hold_1",
        "digest": "",
        "mode": "AT_ONCE",
        "password": PASSWORD,
        "recoveryCode": "wfr_",
        "old": PASSWORD + "!",
        "new": PASSWORD + "?",
        "roles": "HANDLER",
        "kinds": "EMPLOYEE",
        "first": 3,
        "campaignId": "cmp_1",
        "inquiryId": "inq_1",
        "slotId": "slt_1",
        "appointmentId": "apt_1",
        "places": "本社",
        "starts": "2027-06-01T10:00",
        "message": "担当者が休みます。",
        **dict.fromkeys(("minutes", "seats"), 30),
        "orderId": "ord_1",
        "itemIds": "itm_1",
        "costYen": 800,
        **KIT_SENDER,
        **dict.fromkeys(("kitCode", "kitCodes"), KIT_CODE),
        "document": "PASSPORT",
        "attestedBy": "tanaka",
        "numberAgrees": True,
        "text": "利用目的",
        **PLAUSIBLE_OF_TYPE,
    }


PLAUSIBLE_OF_TYPE: Final = {
    "VerificationAgency": "LEGAL",
    "CollectionClosingReason": "LEFT",
    "CollectionChannel": "KIT",
    "CollectionLinkFactor": "PASSCODE",
    "DeficiencyCode": "IMAGE_BLURRED",
    "CollectionDispatchKind": "KIT",
    "VerificationExemption": "FAMILY",
    "Image": "AAAA",
    "CollectionNoNumberEvidence": "NEVER_RESIDENT",
    "PurposeNoticeForm": "DOCUMENT",
    "VerificationParticular": "NAME",
    "CollectionRefusalOutcome": "DECLINED",
    "VerificationChannel": "FACE_TO_FACE",
    "VerificationSubject": "EMPLOYEE",
}
"""A value for the types whose fields go by names that others have as well."""


def plausibly(mine: dict[str, Any], path: Path, kind: str) -> Any:
    """What of plausible values fits a place: by its type where that says more than its name."""
    return mine.get(kind, mine.get(path[-1], LEFT_OUT))


@asynccontextmanager
async def http_to(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """Speak HTTP to an application in this process."""
    async with LocalClient(app) as http:
        yield http


@asynccontextmanager
async def open_office(world: World) -> AsyncIterator[Office]:
    """The tenant of a world behind the application, as the server wires it.

    Whatever a test sends, nothing unexpected may happen to it: the log is looked through at the end.
    """
    with capturing() as log:
        async with http_to(create_app(world.house, introspection=True)) as http:
            yield Office(world, http, log)
        assert [line for line in log.lines if line["level"] != "info"] == []
