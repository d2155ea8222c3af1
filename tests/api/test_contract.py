"""The end of a contract over HTTP, from the request to the second certificate; and who gets a certificate.

Every number here is synthetic.
"""

from datetime import date
from typing import Any

import httpx
import pytest

from api.worker import Worker
from custody.certificates.facts import Stage
from custody.certificates.verify import Verified, verify
from policies.actor import Role
from tests.support.api import Caller, Colleague, Office, batch
from tests.support.contract import rows_of
from tests.support.disposal import FUYO, GENSEN
from tests.support.numbers import synthetic_numbers
from tests.support.routes import contents
from tokenizer.audit.note import VerifierKey
from tokenizer.storage.residue import data_files
from tokenizer.token import Kind, mint_secret

pytestmark = pytest.mark.fresh_database

PEOPLE = [f"E-{row:02d}" for row in range(5)]
NUMBERS = synthetic_numbers(5, seed=77)


class November:
    """A company that leaves at the end of November 2026."""

    def __init__(self, office: Office) -> None:
        self.office = office

    client: Caller
    boss: Colleague
    second: Colleague
    handler: Colleague
    tokens: list[str]
    log_key: str

    @classmethod
    async def begin(cls, office: Office) -> "November":
        story = cls(office)
        story.client = await office.client()
        told = await story.client.do("tokenize", **batch(PEOPLE, NUMBERS, FUYO, GENSEN))
        story.tokens = told["tokens"]
        story.boss = await office.colleague("sato", Role.ADMINISTRATOR)
        story.second = await office.colleague("suzuki", Role.APPROVER)
        story.handler = await office.colleague("tanaka", Role.HANDLER)
        story.log_key = (await story.boss.caller.get("auditLog"))["verifierKey"]
        return story

    def turn(self, day: date) -> None:
        """The first moment of a day in Japan."""
        midnight = (day.toordinal() - date(1970, 1, 1).toordinal()) * 86_400_000
        self.office.world.clock.now = midnight - 9 * 3_600_000

    async def work(self) -> None:
        told = await Worker(self.office.world.house, self.office.world.clock).tick()
        assert (told.leading, told.failed) == (True, [])

    async def agree(self) -> str:
        """Asked for and approved; gives the certificate key."""
        asked = await self.boss.caller.do("requestContractEnd", reason="事業の終了")
        assert asked["__typename"] == "ContractEndRequested", asked
        seen = (await self.second.caller.get("contractEnd"))["end"]["digest"]
        code = self.office.next_code(self.second.human)
        done = await self.second.caller.do("approveContractEnd", digest=seen, code=code)
        assert done["__typename"] == "ContractEndApproved", done
        return str(asked["certificateKey"])

    async def fetch(self, key: str | None, name: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {key}"} if key is not None else {}
        return await self.office.http.get(f"/contract/certificates/{name}", headers=headers)

    async def verified(self, key: str, name: str) -> Verified:
        got = await self.fetch(key, name)
        assert got.status_code == 200, got.text
        assert got.headers["cache-control"] == "no-store"
        return verify(got.text, VerifierKey.parse(self.log_key))


@pytest.fixture
async def november(office: Office) -> November:
    return await November.begin(office)


def error_of(response: httpx.Response) -> tuple[int, str, str]:
    (error,) = response.json()["errors"]
    return response.status_code, error["extensions"]["code"], error["message"]


async def test_a_contract_ends_and_its_certificates_are_there_when_nobody_can_log_in(
    november: November,
) -> None:
    office, boss, second = november.office, november.boss.caller, november.second.caller
    review = await boss.get("contractEnd")
    assert (review["end"], review["endsOn"], review["persons"], review["holds"]) == (None, "2026-11-30", 5, 0)

    # She asks; she cannot approve herself; another does, with a code.
    asked = await boss.do("requestContractEnd", reason="事業の終了")
    key = asked["certificateKey"]
    seen = (await boss.get("contractEnd"))["end"]
    assert (seen["state"], seen["requestedBy"]) == ("REQUESTED", "sato")
    code = office.next_code(november.boss.human)
    refused = await boss.do("approveContractEnd", digest=seen["digest"], code=code)
    assert refused["rule"] == "contract-end-needs-two-people"
    code = office.next_code(november.second.human)
    done = await second.do("approveContractEnd", digest=seen["digest"], code=code)
    assert (done["end"]["state"], done["end"]["approvedBy"]) == ("APPROVED", "suzuki")
    status, name, message = error_of(await november.fetch(key, "disposed.json"))
    assert (status, name) == (409, "CONTRACT_NOT_ENDED")
    assert "2026-11-30" in message

    # Until the last day everything works; what is wanted is taken along.
    headers = {"authorization": f"Bearer {boss.credential}"}
    office.world.clock.advance(minutes=1)
    file = await office.http.get("/exports/people.csv", headers=headers)
    assert file.status_code == 200, file.text
    assert all(person in file.text for person in PEOPLE)
    released = await office.release(november.client, november.handler.human, _people(november))
    assert released["__typename"] == "NumbersReleased"
    november.turn(date(2026, 11, 30))
    await november.work()
    assert (await november.client.get("tokens", first=10))["nodes"]

    # The month turns: numbers, keys, sessions, accounts and persons are gone.
    november.turn(date(2026, 12, 1))
    await november.work()
    for caller in (boss, second, november.client, november.handler.caller):
        assert (await caller.post("{viewer{name}}")).status_code == 401
    login = {"tenant": office.tenant, "login": "sato", "password": "x" * 20, "code": "000000"}
    assert (await office.anonymous.do("login", **login))["rule"] == "account-unknown"
    left = {
        name
        for name, found in (await rows_of(office.world.house.database, office.world.tenant.id)).items()
        if found
    }
    assert left <= {
        *("tenant", "audit_head", "audit_leaf", "audit_subtree"),
        *("disposal_run", "disposal_item", "contract_end"),
    }

    # The certificate comes for the certificate key, names nobody, and verifies with the log's key of before.
    first = (await november.verified(key, "disposed.json")).facts
    assert (first.contract_ended_on, len(first.persons), first.stage) == ("2026-11-30", 5, Stage.DISPOSED)
    assert first.confirmed is not None
    assert first.approved is not None
    assert (first.confirmed.account, first.approved.account) == ("sato", "suzuki")
    assert {rows.what.en: rows.count for rows in first.erased}["Accounts"] == 3
    assert error_of(await november.fetch(key, "extinct.json"))[:2] == (409, "NOT_EXTINCT")
    for name in ("disposed.json", "disposed.pdf"):
        got = await november.fetch(key, name)
        assert got.headers["content-disposition"] == f'attachment; filename="contract-end-{name}"'
        whole = b"\n".join(contents(got.content))
        assert not [number for number in NUMBERS if number.encode() in whole]
        assert b"E-00" not in whole

    # No number stands anywhere: not in the database, not in the ledger, not in the server's log.
    for where in await places(office):
        assert not [number for number in NUMBERS if number.encode() in where]

    # The key of the epoch is destroyed within 90 days; then every copy is unreadable, and the second follows.
    for days in (*[7] * 12, *[1] * 7):
        office.world.clock.advance(days=days)
        await november.work()
    extinct = (await november.verified(key, "extinct.json")).facts
    assert extinct.extinct_at is not None
    assert extinct.extinct_at <= first.extinct_by
    assert (await november.verified(key, "disposed.json")).facts == first
    assert (await november.fetch(key, "extinct.pdf")).content.startswith(b"%PDF-")


async def places(office: Office) -> list[bytes]:
    """Everything that is left: every row of the tenant, the ledger, the server's log, the files of the database."""
    house = office.world.house
    found = await rows_of(house.database, office.world.tenant.id)
    stored = b"".join(
        value if isinstance(value, bytes) else str(value).encode()
        for rows in found.values()
        for row in rows
        for value in row
    )
    ledger = [path.read_bytes() for path in house.custodian.ledger.path.glob("*.jsonl")]
    files = [path.read_bytes() for path in await data_files(house.database)]
    assert stored
    assert ledger
    return [stored, *ledger, office.log.getvalue(), *files]


def _people(november: November) -> Any:
    class Known:
        tokens = november.tokens

    return Known


async def test_who_has_no_key_of_this_contract_is_told_the_same_whatever_they_send(
    november: November,
) -> None:
    office = november.office
    other = await November.begin(await office.beside("有限会社となり"))
    await november.agree()
    foreign = await other.agree()
    random = office.world.custodian.random_bytes
    sent = [
        mint_secret(Kind.CERTIFICATE_KEY, office.world.tenant.id, random),
        mint_secret(Kind.CERTIFICATE_KEY, 7, random),
        mint_secret(Kind.CLIENT_KEY, office.world.tenant.id, random),
        november.boss.caller.credential,
        november.client.credential,
        foreign[:-1] + ("0" if foreign[-1] != "0" else "1"),
        "",
        None,
    ]
    answers = [await november.fetch(key, "disposed.json") for key in sent]
    assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}
    twice = [("authorization", f"Bearer {foreign}")] * 2
    got = await office.http.get("/contract/certificates/disposed.json", headers=twice)
    assert got.status_code == 401
    # And the certificate key opens nothing else.
    assert (await Caller(office.http, foreign).post("{viewer{name}}")).status_code == 401
    headers = {"authorization": f"Bearer {foreign}"}
    for path in ("/exports/people.csv", "/certificates/run_1/disposed.json"):
        assert (await office.http.get(path, headers=headers)).status_code == 401


async def test_a_key_of_an_end_that_was_withdrawn_is_void(november: November) -> None:
    key = await november.agree()
    assert (await november.fetch(key, "disposed.json")).status_code == 409
    done = await november.boss.caller.do("withdrawContractEnd", reason="継続する")
    assert done == {"__typename": "ContractEndWithdrawn", "endsOn": "2026-11-30"}
    assert (await november.fetch(key, "disposed.json")).status_code == 401
    november.turn(date(2026, 12, 1))
    await november.work()
    assert len((await november.client.get("tokens", first=10))["nodes"]) == 5


@pytest.mark.parametrize("name", ["other.json", "disposed.xml", "disposed", "disposed.json.pdf"])
async def test_there_are_four_files_and_no_other(november: November, name: str) -> None:
    key = await november.agree()
    assert (await november.fetch(key, name)).status_code == 404
