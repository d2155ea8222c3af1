"""The story of January over HTTP: who falls due is told, two are left out, two humans decide, certificates follow.

Every number here is synthetic.
"""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from api.jobs import JOBS
from api.worker import Worker
from custody.certificates.verify import Verified, verify
from policies.actor import Role
from tests.support.api import Caller, Colleague, Office, batch
from tests.support.disposal import DUE, FUYO, GENSEN
from tests.support.numbers import synthetic_numbers
from tokenizer.audit.note import VerifierKey

pytestmark = pytest.mark.fresh_database

LAST = 37
FORMER = [f"E-{row:02d}" for row in range(LAST)]
WHY = "係争中のため"
QUIET = {"epoch-alarms", "purge-replays", "drop-links", "clear-residue", "witness"}
CHORES = [job for job in JOBS if job.name not in QUIET]


class January:
    """A company whose former employees' papers reach the end of their period on 11 January."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.worker = Worker(office.world.house, office.world.clock, CHORES)

    client: Caller
    tokens: list[str]
    boss: Colleague
    second: Colleague

    @classmethod
    async def begin(cls, office: Office) -> "January":
        story = cls(office)
        story.client = await office.client()
        story.tokens = (
            await story.client.do("tokenize", **batch(FORMER, synthetic_numbers(LAST), FUYO, GENSEN))
        )["tokens"]
        papers = {"purposes": [FUYO] * LAST, "deadlines": ["2019-01-24"] * LAST}
        recorded = await story.client.do("recordDocuments", externalIds=FORMER, **papers)
        assert recorded["rejections"] == []
        left = {"days": ["2019-06-30"] * LAST, "openDocuments": False}  # everything was filed years ago
        gone = await story.client.do("recordDepartures", tokens=story.tokens, **left)
        assert (gone["persons"], gone["rejections"]) == (LAST, [])
        await story.open_on(DUE - timedelta(days=30))
        return story

    async def open_on(self, day: date) -> None:
        """On the morning of a day the chores are done, and the two who decide log in."""
        clock = self.office.world.clock
        clock.now = (day.toordinal() - date(1970, 1, 1).toordinal()) * 86_400_000
        told = await self.worker.tick()
        assert (told.leading, told.failed) == (True, [])
        self.boss = await self.colleague("sato", Role.ADMINISTRATOR)
        self.second = await self.colleague("suzuki", Role.APPROVER)

    async def colleague(self, login: str, role: Role) -> Colleague:
        if hasattr(self, "second" if login == "suzuki" else "boss"):
            known = self.second if login == "suzuki" else self.boss
            return Colleague(known.human, Caller(self.office.http, await self.office.log_in(known.human)))
        return await self.office.colleague(login, role)

    async def decide(self, step: str, by: Colleague, run: str) -> Any:
        digest = (await by.caller.get("disposalRun", runId=run))["digest"]
        code = self.office.next_code(by.human)
        return await by.caller.do(step, runId=run, digest=digest, code=code)

    async def paper(self, path: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.boss.caller.credential}"}
        return await self.office.http.get(path, headers=headers)

    async def verified(self, path: str) -> Verified:
        got = await self.paper(path)
        assert got.status_code == 200, got.text
        assert got.headers["cache-control"] == "no-store"
        key = (await self.boss.caller.get("auditLog"))["verifierKey"]
        return verify(got.text, VerifierKey.parse(key))


@pytest.fixture
async def january(office: Office) -> January:
    return await January.begin(office)


async def test_thirty_seven_fall_due_two_are_left_out_a_second_approves_and_certificates_follow(
    january: January,
) -> None:
    boss = january.boss.caller
    # The system tells her, with the document, the rule and the date for each.
    (task,) = await boss.get("tasks")
    run = task["run"]["runId"]
    assert (task["kind"], task["persons"], task["run"]["asOf"]) == ("CONFIRM", LAST, "2027-01-11")
    items = (await boss.get("disposalItems", runId=run, first=100))["nodes"]
    assert [item["externalId"] for item in items] == FORMER
    assert {item["dueOn"] for item in items} == {"2027-01-11"}
    (ground,) = [one for one in items[0]["grounds"] if one["purpose"] == FUYO]
    assert (ground["rule"], ground["freeOn"]) == ("A", "2027-01-11")
    assert "扶養控除等" in ground["document"]
    forecast = await boss.get("disposalForecast")
    assert {month["month"]: month["persons"] for month in forecast["months"]}["2027-01"] == LAST

    # She excludes two with a legal hold, and a second person approves; never she herself.
    left_out = {"externalIds": FORMER[:2], "reason": WHY, "hold": True}
    changed = await boss.do("excludeFromDisposal", runId=run, **left_out)
    assert changed["rejections"] == []
    assert {hold["externalId"] for hold in (await boss.get("holds"))["nodes"]} == set(FORMER[:2])
    confirmed = await january.decide("confirmDisposal", january.boss, run)
    assert confirmed["run"]["state"] == "CONFIRMED"
    assert (await january.decide("approveDisposal", january.boss, run))["rule"] == "disposal-needs-two-people"
    approved = await january.decide("approveDisposal", january.second, run)
    assert (approved["run"]["confirmedBy"], approved["run"]["approvedBy"]) == ("sato", "suzuki")
    assert (await january.paper(f"/certificates/{run}/disposed.json")).status_code == 409

    # On the day the rest are gone, and their tokens answer like unknown ones.
    await january.open_on(DUE)
    boss = january.boss.caller
    shown = await boss.get("disposalRun", runId=run)
    assert (shown["run"]["state"], shown["run"]["disposed"], shown["excluded"]) == ("DONE", LAST - 2, 2)
    unknown = await january.client.do("prepareUse", tokens=["wft_x"], purpose=GENSEN, reason="年末調整")
    gone = await january.client.do(
        "prepareUse", tokens=january.tokens[5:6], purpose=GENSEN, reason="年末調整"
    )
    assert gone == unknown

    # The certificate says whose numbers, when, under which rule, by whom, and by when every copy is extinct.
    first = await january.verified(f"/certificates/{run}/disposed.json")
    assert [person.external_id for person in first.facts.persons] == FORMER[2:]
    assert {person.rules for person in first.facts.persons} == {("TAX_FUYO:A", "TAX_GENSEN:departure")}
    assert first.facts.confirmed is not None
    assert first.facts.approved is not None
    assert (first.facts.confirmed.account, first.facts.approved.account) == ("sato", "suzuki")
    pdf = await january.paper(f"/certificates/{run}/disposed.pdf")
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert (await january.paper(f"/certificates/{run}/extinct.json")).status_code == 409

    # The second follows by itself, once the epoch's key is gone.
    for days in (7, 95):
        await january.open_on(DUE + timedelta(days=days))
    second = await january.verified(f"/certificates/{run}/extinct.json")
    assert second.facts.persons == first.facts.persons
    assert second.facts.extinct_at is not None
    report = await january.paper("/reports/management.pdf?from=2027-01-01&to=2027-03-31")
    assert report.content[:5] == b"%PDF-"


async def test_papers_are_for_those_who_decide_or_check_alone(january: January) -> None:
    office = january.office
    (task,) = await january.boss.caller.get("tasks")
    paths = [f"/certificates/{task['run']['runId']}/disposed.json", "/reports/management.pdf?from=x"]
    for path in paths:
        assert (await office.http.get(path)).status_code == 401
        wrong = await office.http.get(path, headers={"authorization": "Bearer wfs_nonsense"})
        assert wrong.status_code == 401
    headers = {"authorization": f"Bearer {january.client.credential}"}
    refused = await office.http.get(paths[0], headers=headers)
    told = refused.json()["errors"][0]["extensions"]
    assert (refused.status_code, told["rule"]) == (403, "no-rule-permits")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/certificates/run_1/disposed.json", 404),
        ("/certificates/run_1/nonsense.json", 404),
        ("/certificates/run_1/disposed.exe", 404),
        ("/certificates/123456789012/disposed.pdf", 404),
        ("/reports/management.pdf", 400),
        ("/reports/management.pdf?from=2027-01-01&to=2026-01-01", 400),
        ("/reports/management.pdf?from=20270101&to=2027-01-02", 400),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_what_is_no_paper_is_refused_in_words(january: January, path: str, status: int) -> None:
    got = await january.paper(path)
    assert got.status_code == status, got.text
    told = got.json()["errors"][0]["extensions"]
    assert told["messageJa"]
    assert "123456789012" not in got.text
