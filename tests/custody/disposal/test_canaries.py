"""Numbers planted in every text argument of documents, departures, holds and disposals are found nowhere."""

import logging
from collections.abc import Awaitable
from datetime import date

import pytest

from custody.accounts import reset_second_factor
from custody.departures import cancel_departures, record_departures
from custody.disposal.change import cancel, exclude, include
from custody.disposal.decide import approve, confirm
from custody.disposal.facts import certify
from custody.disposal.listing import list_items, show_run
from custody.disposal.propose import propose_instruction
from custody.disposal.report import report
from custody.document_changes import close_documents, correct_documents, withdraw_documents
from custody.document_listing import show_papers
from custody.documents import DocumentColumns, Documented, record_documents
from custody.enrolment import Enrolment
from custody.holds import lift_holds, place_holds
from custody.listing import Window
from custody.named import Named
from custody.replay import Replay
from tests.custody.test_canaries import Trap, logged, stored
from tests.support.disposal import DUE, FUYO, GENSEN, Ending
from tests.support.numbers import synthetic_numbers
from tests.support.world import Human

WHY = "誤りのため"


async def plant_in_papers(trap: Trap, ending: Ending, person: str, document: str) -> None:
    c, client, now = ending.world.custodian, ending.client, ending.world.clock()

    def record(**columns: object) -> Awaitable[object]:
        usual: dict[str, object] = {
            "persons": Named([person]),
            "purposes": [FUYO],
            "deadlines": ["2026-01-22"],
        }
        return record_documents(c, client, DocumentColumns(**(usual | columns)), now)  # type: ignore[arg-type]

    await trap.plant("document person", lambda x: record(persons=Named([x])))
    await trap.plant("document token", lambda x: record(persons=Named([x], by_token=True)))
    await trap.plant("document purpose", lambda x: record(purposes=[x]))
    await trap.plant("document deadline", lambda x: record(deadlines=[x]))
    await trap.plant("document completion", lambda x: record(completions=[x]))
    await trap.plant(
        "document key",
        lambda x: record_documents(
            c, client, DocumentColumns(Named([person]), [GENSEN]), now, Replay(client, x, "t", b"")
        ),
    )
    await trap.plant("closed document", lambda x: close_documents(c, client, [x], ["2026-01-01"], now))
    await trap.plant("closing day", lambda x: close_documents(c, client, [document], [x], now))
    await trap.plant(
        "corrected document", lambda x: correct_documents(c, client, [x], [""], [""], [1], WHY, now)
    )
    await trap.plant(
        "corrected deadline", lambda x: correct_documents(c, client, [document], [x], [""], [1], WHY, now)
    )
    await trap.plant(
        "corrected completion", lambda x: correct_documents(c, client, [document], [""], [x], [1], WHY, now)
    )
    await trap.plant(
        "correction", lambda x: correct_documents(c, client, [document], [""], [""], [1], x, now)
    )
    await trap.plant("withdrawn document", lambda x: withdraw_documents(c, client, [x], WHY, now))
    await trap.plant("withdrawal", lambda x: withdraw_documents(c, client, [document], x, now))
    await trap.plant("shown person", lambda x: show_papers(c, ending.handler.actor, x, now))


async def plant_in_departures_and_holds(trap: Trap, ending: Ending, person: str) -> None:
    c, client, now = ending.world.custodian, ending.client, ending.world.clock()
    admin = ending.renewed(ending.administrator)
    named = Named([person])
    await trap.plant("departed", lambda x: record_departures(c, client, Named([x]), ["2026-03-31"], now))
    await trap.plant("departure day", lambda x: record_departures(c, client, named, [x], now))
    await trap.plant("back", lambda x: cancel_departures(c, client, Named([x]), WHY, now))
    await trap.plant("why back", lambda x: cancel_departures(c, client, named, x, now))
    await trap.plant("held", lambda x: place_holds(c, admin, Named([x]), WHY, now))
    await trap.plant("why held", lambda x: place_holds(c, admin, named, x, now))
    await trap.plant("hold", lambda x: lift_holds(c, admin, [x], WHY, now))
    await trap.plant("why lifted", lambda x: lift_holds(c, admin, ["hold_1"], x, now))


async def plant_in_runs(trap: Trap, ending: Ending, person: str, run: str) -> None:
    c, admin, now = ending.world.custodian, ending.administrator.actor, ending.world.clock()
    named, window = Named([person]), Window(10)
    await trap.plant("instructed", lambda x: propose_instruction(c, admin, Named([x]), WHY, now))
    await trap.plant("instruction", lambda x: propose_instruction(c, admin, named, x, now))
    await trap.plant("left out of", lambda x: exclude(c, admin, x, named, WHY, now, hold=False))
    await trap.plant("left out", lambda x: exclude(c, admin, run, Named([x]), WHY, now, hold=True))
    await trap.plant("why left out", lambda x: exclude(c, admin, run, named, x, now, hold=True))
    await trap.plant("taken into", lambda x: include(c, admin, x, named, WHY, now))
    await trap.plant("taken in", lambda x: include(c, admin, run, Named([x]), WHY, now))
    await trap.plant("why taken in", lambda x: include(c, admin, run, named, x, now))
    await trap.plant("cancelled", lambda x: cancel(c, admin, x, WHY, now))
    await trap.plant("why cancelled", lambda x: cancel(c, admin, run, x, now))
    await trap.plant("shown run", lambda x: show_run(c, admin, x, now))
    await trap.plant("listed run", lambda x: list_items(c, admin, x, None, window, now))
    await trap.plant("certified run", lambda x: certify(c, admin, x, now))


async def plant_in_decisions(trap: Trap, ending: Ending, run: str) -> None:
    c, now = ending.world.custodian, ending.world.clock()
    digest = "0" * 64
    for step, human in ((confirm, ending.administrator), (approve, ending.approver)):
        actor, name = human.actor, step.__name__
        await trap.plant(f"{name} run", lambda x, s=step, a=actor: s(c, a, x, digest, "000000", now))
        await trap.plant(f"{name} digest", lambda x, s=step, a=actor: s(c, a, run, x, "000000", now))


async def plant_in_codes(trap: Trap, ending: Ending, run: str, digest: str) -> None:
    """With the right digest, so that the code is what is looked at."""
    c, now = ending.world.custodian, ending.world.clock()
    await trap.plant("code", lambda x: confirm(c, ending.administrator.actor, run, digest, x, now))


async def enrol_again(ending: Ending, human: Human) -> None:
    world = ending.world
    new = await reset_second_factor(world.custodian, world.operator, human.login, world.clock())
    assert isinstance(new, Enrolment)
    human.seed = new.seed


async def test_no_number_is_found_in_what_papers_and_disposals_leave_behind(
    ending: Ending, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    trap = Trap()
    people = (await ending.people(3)).external_ids
    await ending.left(people[1:])
    columns = DocumentColumns(Named(people[:1]), [FUYO], deadlines=["2026-01-22"])
    done = await record_documents(ending.world.custodian, ending.client, columns, ending.world.clock())
    assert isinstance(done, Documented)
    document = done.documents[0] or ""
    ending.go_to(DUE)
    (run,) = await ending.propose()
    await plant_in_papers(trap, ending, people[0], document)
    await plant_in_departures_and_holds(trap, ending, people[0])
    await plant_in_runs(trap, ending, people[1], run.public_id)
    await plant_in_decisions(trap, ending, run.public_id)
    await plant_in_codes(trap, ending, run.public_id, (await ending.show(run)).digest)
    await enrol_again(ending, ending.administrator)
    await ending.decide(run)
    await trap.keep(_told(ending.execute(run)))
    await trap.keep(_told(certify(ending.world.custodian, ending.approver.actor, run.public_id, 0)))
    year = (date(2027, 1, 1), date(2027, 1, 11))
    await trap.keep(report(ending.world.custodian, ending.approver.actor, *year, ending.world.clock()))
    assert len(trap.canaries) > 300
    told = "\n".join(trap.returned).encode("utf-8", "surrogatepass")
    places = {"what was returned": told, "the log output": logged(caplog)}
    ledger = ending.world.custodian.ledger.path
    places |= {f"ledger {path.name}": path.read_bytes() for path in ledger.iterdir()}
    assert trap.hits(places | await stored(ending.world, database_url)) == []


async def test_the_ledger_and_the_log_hold_ids_and_no_number_of_the_disposed(
    ending: Ending, database_url: str
) -> None:
    people = await ending.people(3)
    assert people.numbers == synthetic_numbers(3)
    await ending.left(people.external_ids)
    ending.go_to(DUE)
    (run,) = await ending.propose()
    await ending.decide(run)
    await ending.execute(run)
    content = b"".join((await stored(ending.world, database_url)).values())
    content += b"".join(path.read_bytes() for path in ending.world.custodian.ledger.path.iterdir())
    assert not [number for number in people.numbers if number.encode() in content]


async def _told(outcome: Awaitable[object]) -> object:
    return await outcome
