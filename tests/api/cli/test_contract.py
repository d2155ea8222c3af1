"""`warifu contract`: the operator sees which contracts end, and draws their certificates."""

import asyncio
import base64
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import House, open_house, open_keys
from api.cli.backup import moment
from api.settings import load
from custody.calendar import start_of_day_in_japan
from tests.support.clock import NOON, FakeClock
from tests.support.command import Command
from tests.support.contract import AFTER, agree, ask, carry_out, keep
from tests.support.disposal import Ending
from tests.support.vaults import CHEAP
from tests.support.world import World


class Installation:
    """An installation with one tenant, whose contract's end is worked on between commands."""

    def __init__(self, command: Command) -> None:
        self.command = command

    def work(self, *steps: Any, now: int = NOON) -> None:
        asyncio.run(self._work(steps, FakeClock(now)))

    async def _work(self, steps: tuple[Any, ...], clock: FakeClock) -> None:
        settings = load(self.command.data, {})
        house = await open_house(settings, open_keys(settings), clock, passwords=CHEAP)
        try:
            ending = await self._ending(house, clock)
            for step in steps:
                await step(ending)
        finally:
            await house.database.close()

    async def _ending(self, house: House, clock: FakeClock) -> Ending:
        world = await World.open(house, clock, "株式会社おわり")
        self.tenant = world.tenant.id
        return await Ending.begin(world)


async def people(ending: Ending) -> None:
    await ending.people(2)


async def hold(ending: Ending) -> None:
    await keep(ending, (await ending.people(1, seed=5)).external_ids)


async def month_turns(ending: Ending) -> None:
    ending.go_to(AFTER)
    await carry_out(ending)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    command = Command(tmp_path)
    command.init()
    return Installation(command)


def leaving(installation: Installation) -> dict[str, Any]:
    (found,) = installation.command.on("contract", "list").json["contract_ends"]
    return dict(found)


def test_nobody_leaves_and_nothing_is_shown(installation: Installation) -> None:
    assert installation.command.on("contract", "list").json == {"contract_ends": []}
    done = installation.command.on("contract", "show")
    assert (done.code, done.json["error"]["code"]) == (1, "NO_CONTRACT_END")


def test_a_request_is_listed_with_what_it_waits_for(installation: Installation) -> None:
    installation.work(people, ask, hold)
    told = leaving(installation)
    assert (told["name"], told["state"], told["ends_on"]) == ("株式会社おわり", "requested", "2026-11-30")
    assert (told["persons"], told["holds"], told["waits_for"]) == (3, 1, ["legal-hold"])
    text = installation.command.on("contract", "list", as_json=False).text
    assert "2026-11-30" in text
    assert "wfc_" not in text
    shown = installation.command.on("contract", "show", "--tenant", told["tenant"])
    assert shown.json == told
    assert (
        "申請中"
        in installation.command.on("contract", "show", "--tenant", told["tenant"], as_json=False).text
    )


def test_there_is_no_certificate_before_the_end(installation: Installation, tmp_path: Path) -> None:
    installation.work(people, agree)
    out, tenant = tmp_path / "end.json", leaving(installation)["tenant"]
    done = installation.command.on("contract", "certificate", str(out), "--tenant", tenant)
    assert (done.code, done.json["error"]["code"]) == (1, "CONTRACT_NOT_ENDED")
    assert "2026-11-30" in done.json["error"]["message_en"]
    assert not out.exists()


@pytest.mark.parametrize("form", ["json", "pdf"])
def test_a_certificate_is_drawn_and_verifies(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setenv("WARIFU_ISSUER", "割符サービス株式会社")
    installation.work(people, agree, month_turns)
    told = leaving(installation)
    assert (told["state"], told["persons"], told["erased"]["person"]) == ("ended", 0, 2)
    assert moment(0) < told["began_at"] <= told["ended_at"]
    out = tmp_path / f"end.{form}"
    arguments = ("contract", "certificate", str(out), "--tenant", told["tenant"])
    done = installation.command.on(*arguments)
    assert done.code == 0, done.text
    verified = installation.command("certificate", "verify", str(out), "--key", done.json["key"])
    assert verified.code == 0, verified.text
    certificate = verified.json["certificate"]
    assert (certificate["kind"], certificate["contract_ended_on"]) == ("contract_end", "2026-11-30")
    assert certificate["issuer"] == "割符サービス株式会社"
    again = installation.command.on(*arguments)
    assert (again.code, again.json["error"]["code"]) == (1, "FILE_EXISTS")
    assert installation.command.on(*arguments, "--force").code == 0
    early = installation.command.on(*arguments, "--force", "--stage", "extinct")
    assert early.json["error"]["code"] == "NOT_EXTINCT"
    assert list(tmp_path.glob("*.part")) == []
    log = installation.command.on("audit", "head", "--tenant", told["tenant"])
    assert log.json["verifier_key"] == done.json["key"]


def test_the_log_of_an_ended_contract_verifies_offline_from_its_first_entry_to_its_last(
    installation: Installation, tmp_path: Path
) -> None:
    installation.work(people, agree, month_turns)
    tenant, log = leaving(installation)["tenant"], tmp_path / "log.jsonl"
    command = installation.command
    assert command.on("audit", "export", str(log), "--tenant", tenant).code == 0
    beside = ("--checkpoint", str(log.with_suffix(".checkpoint")), "--key", str(log.with_suffix(".key")))
    verified = command("audit", "verify", str(log), *beside)
    assert verified.code == 0, verified.text
    actions = [
        json.loads(base64.b64decode(json.loads(line)["entry"]))["action"]
        for line in log.read_text().splitlines()
    ]
    assert actions[0] == "vault:tenant:create"
    assert actions[-8:] == [
        "vault:contract:end-request",
        "vault:contract:end-approve",
        "vault:contract:end-begin",
        "vault:disposal:propose",
        "vault:number:dispose",
        "vault:number:dispose",
        "vault:disposal:complete",
        "vault:contract:ended",
    ]


def test_nothing_is_opened_in_a_tenant_whose_contract_has_ended(installation: Installation) -> None:
    installation.work(people, agree, month_turns)
    tenant = leaving(installation)["tenant"]
    for arguments in (("client", "create", "late"), ("handler", "create", "late", "--name", "遅刻")):
        done = installation.command.on(*arguments, "--tenant", tenant)
        assert (done.code, done.json["error"]["code"]) == (1, "contract-ended"), arguments
    assert installation.command.on("doctor").json["healthy"] is True


def test_the_doctor_names_a_contract_that_is_over_and_waits(installation: Installation) -> None:
    long_ago = start_of_day_in_japan(date(2026, 4, 2))
    installation.work(people, agree, now=long_ago)
    checks = {each["check"]: each for each in installation.command.on("doctor").json["checks"]}
    assert checks["contract ends"]["good"] is True, "it waits for nothing, and ends with the next tick"
    installation.work(people, agree, hold, now=long_ago)
    done = installation.command.on("doctor")
    checks = {each["check"]: each for each in done.json["checks"]}
    assert done.code == 1
    assert checks["contract ends"]["good"] is False
    assert checks["contract ends"]["detail"].endswith("waits for legal-hold")
