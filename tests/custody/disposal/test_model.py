"""Documents, departures, holds, disposals and returns in any order, against a small model of what must hold.

The model knows no tables and no runs: a person has documents, perhaps a day of departure and holds, and a number or
none. What the law's clock makes of a document is `policies.retention`, which has worked dates of its own.
"""

import asyncio
import shutil
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from api.bootstrap import House, set_up
from api.settings import Settings
from custody.departures import cancel_departures, record_departures
from custody.document_changes import close_documents, withdraw_documents
from custody.documents import DocumentColumns, Documented, record_documents
from custody.holds import Placed, lift_holds, place_holds
from custody.named import Named
from custody.prepare import Prepared, Request, prepare
from custody.registration import Registered, register
from custody.roster import Columns
from policies.purposes import PersonKind, load_catalogue
from policies.refusals import Denied
from policies.retention import Held, due_on, ends_of
from tests.support.clock import FakeClock
from tests.support.databases import Postgres
from tests.support.disposal import Ending
from tests.support.numbers import synthetic_numbers
from tests.support.tamper import rows
from tests.support.world import World
from tokenizer.crypto.passwords import CHEAP_FOR_TESTS, Passwords
from tokenizer.providers.file import FileKeyProvider

T = TypeVar("T")

FUYO, GENSEN, SHUTOKU = "TAX_FUYO", "TAX_GENSEN", "EI_SHUTOKU"
TOLD = (FUYO, GENSEN)
PEOPLE = ("E0", "E1", "D0")
EMPLOYEE = {"D0": "E0"}
NUMBERS = dict(zip(PEOPLE, synthetic_numbers(len(PEOPLE), seed=77), strict=True))
WHY = "試験"
FIRST = date(2026, 11, 22)
people = st.sampled_from(PEOPLE)
days = st.dates(date(2018, 1, 1), date(2026, 11, 1))


@dataclass
class Document:
    purpose: str
    deadline: date | None
    completed: date | None

    @property
    def held(self) -> Held:
        purpose = load_catalogue().get(self.purpose)
        assert purpose is not None
        return Held.of(purpose, deadline_on=self.deadline, completed_on=self.completed)


@dataclass
class Person:
    """What the model knows of a person."""

    has_number: bool = True
    documents: dict[str, Document] = field(default_factory=dict)
    left_on: date | None = None
    holds: list[str] = field(default_factory=list)
    token: str = ""


class Lives(RuleBasedStateMachine):
    """Things that happen to three persons."""

    make_house: Callable[[Path, FakeClock], Coroutine[Any, Any, House]]

    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.place = TemporaryDirectory(prefix="warifu-lives-")
        self.clock = FakeClock()
        house = self.run(type(self).make_house(Path(self.place.name), self.clock))
        self.ending = self.run(Ending.begin(self.run(World.open(house, self.clock))))
        self.model = {name: Person() for name in PEOPLE}
        self.register(*PEOPLE)

    def teardown(self) -> None:
        if hasattr(self, "ending"):
            self.run(self.world.house.database.close())
        if hasattr(self, "loop"):
            self.loop.close()
            self.place.cleanup()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @property
    def world(self) -> World:
        return self.ending.world

    @property
    def today(self) -> date:
        return FIRST + timedelta(days=(self.clock.now - FakeClock().now) // 86_400_000)

    def register(self, *names: str) -> None:
        columns = Columns(
            list(names),
            [NUMBERS[name] for name in names],
            kinds=[PersonKind.DEPENDENT if name in EMPLOYEE else PersonKind.EMPLOYEE for name in names],
            employees=[EMPLOYEE.get(name, "") for name in names],
        )
        done = self.run(
            register(self.world.custodian, self.ending.client, columns, self.world.terms(*TOLD), self.clock())
        )
        assert isinstance(done, Registered)
        assert done.rejections == []
        for name, token in zip(names, done.tokens, strict=True):
            self.model[name].token = token or ""

    # --- what the model expects

    def left_on(self, name: str) -> date | None:
        """Their own departure, or the employee's whose family they are."""
        own = self.model[name].left_on
        return own or (self.model[EMPLOYEE[name]].left_on if name in EMPLOYEE else None)

    def expected(self, name: str) -> tuple[dict[str, date], date | None]:
        person = self.model[name]
        if not person.has_number:
            return {}, None
        documents = [document.held for document in person.documents.values()]
        left = self.left_on(name)
        return ends_of(documents, left, TOLD), due_on(documents, left, TOLD)

    # --- what happens

    @rule(name=people, purpose=st.sampled_from([FUYO, GENSEN, SHUTOKU]), day=days, is_open=st.booleans())
    def record(self, name: str, purpose: str, day: date, is_open: bool) -> None:
        deadline = day if purpose == FUYO else None
        completed = None if purpose == FUYO or is_open else day
        columns = DocumentColumns(
            Named([name]),
            [purpose],
            [deadline.isoformat() if deadline else ""],
            [completed.isoformat() if completed else ""],
        )
        done = self.run(record_documents(self.world.custodian, self.ending.client, columns, self.clock()))
        assert isinstance(done, Documented)
        allowed = self.model[name].has_number and not (purpose == SHUTOKU and name in EMPLOYEE)
        assert bool(done.documents[0]) is allowed
        if done.documents[0]:
            self.model[name].documents[done.documents[0]] = Document(purpose, deadline, completed)

    @rule(name=people, place=st.integers(0, 5))
    def withdraw(self, name: str, place: int) -> None:
        documents = self.model[name].documents
        if documents:
            document = sorted(documents)[place % len(documents)]
            done = self.run(
                withdraw_documents(self.world.custodian, self.ending.client, [document], WHY, self.clock())
            )
            assert isinstance(done, Documented)
            assert done.rejections == []
            del documents[document]

    @rule(name=people, day=days)
    def close(self, name: str, day: date) -> None:
        still_open = {
            key: document
            for key, document in self.model[name].documents.items()
            if document.completed is None and document.purpose != FUYO
        }
        if still_open:
            done = self.run(
                close_documents(
                    self.world.custodian,
                    self.ending.client,
                    list(still_open),
                    [day.isoformat()] * len(still_open),
                    self.clock(),
                )
            )
            assert isinstance(done, Documented)
            assert done.rejections == []
            for document in still_open.values():
                document.completed = day

    @rule(name=people, day=days)
    def leave(self, name: str, day: date) -> None:
        done = self.run(
            record_departures(
                self.world.custodian, self.ending.client, Named([name]), [day.isoformat()], self.clock()
            )
        )
        assert not isinstance(done, Denied)
        assert (not done.rejections) is self.model[name].has_number
        if self.model[name].has_number:
            self.model[name].left_on = day

    @rule(name=people)
    def stay(self, name: str) -> None:
        done = self.run(
            cancel_departures(self.world.custodian, self.ending.client, Named([name]), WHY, self.clock())
        )
        assert not isinstance(done, Denied)
        person = self.model[name]
        assert (done.persons == 1) is (person.has_number and person.left_on is not None)
        if done.persons:
            person.left_on = None

    @rule(name=people)
    def hold(self, name: str) -> None:
        done = self.run(
            place_holds(
                self.world.custodian, self.ending.administrator.actor, Named([name]), WHY, self.clock()
            )
        )
        assert isinstance(done, Placed)
        assert bool(done.holds[0]) is self.model[name].has_number
        if done.holds[0]:
            self.model[name].holds.append(done.holds[0])

    @rule(name=people)
    def lift(self, name: str) -> None:
        holds = self.model[name].holds
        if holds:
            actor = self.ending.renewed(self.ending.administrator)
            done = self.run(lift_holds(self.world.custodian, actor, [holds.pop()], WHY, self.clock()))
            assert isinstance(done, Placed)
            assert done.rejections == []

    @rule(weeks=st.integers(1, 60))
    def wait(self, weeks: int) -> None:
        self.clock.advance(days=7 * weeks)

    @precondition(lambda self: any(self.expected(name)[1] for name in PEOPLE))
    @rule(place=st.integers(0, 2), early=st.sampled_from([0, 0, 0, 1]))
    def dispose(self, place: int, early: int) -> None:
        """When somebody's day has come, whoever is due and not held goes; nobody else. A day before, they do not."""
        coming = sorted(day for name in PEOPLE if (day := self.expected(name)[1]))
        wanted = coming[place % len(coming)] - timedelta(days=early)
        self.clock.advance(days=max(0, (wanted - self.today).days))
        gone = {
            name
            for name, person in self.model.items()
            if person.has_number
            and not person.holds
            and (due := self.expected(name)[1]) is not None
            and due <= self.today
        }
        found: set[str] = set()
        for run in self.run(self.ending.propose()):
            found |= set(self.run(self.ending.items(run)))
            self.run(self.ending.decide(run))
            self.run(self.ending.execute(run))
        left = self.run(self.names("number_state = 'disposed'"))
        assert gone == {name for name in PEOPLE if self.model[name].has_number and name in left}
        assert gone <= found
        for name in gone:
            self.model[name].has_number = False

    @precondition(lambda self: any(not person.has_number for person in self.model.values()))
    @rule(place=st.integers(0, 2))
    def come_back(self, place: int) -> None:
        """A number that is collected anew begins with nothing of the old."""
        away = [name for name in PEOPLE if not self.model[name].has_number]
        name = away[place % len(away)]
        self.model[name] = Person(holds=self.model[name].holds)
        self.register(name)

    # --- what always holds

    async def names(self, condition: str) -> set[str]:
        sql = f"SELECT external_id FROM person WHERE {condition}"  # noqa: S608 - constants
        found = await rows(self.world.house.database, self.world.tenant.id, sql)
        return {row[0] for row in found}

    @invariant()
    def the_rows_say_what_the_model_says(self) -> None:
        if not hasattr(self, "ending"):
            return
        sql = (
            "SELECT p.external_id, p.number_state, p.ends, p.due_on, "
            "(SELECT count(*) FROM person_key k WHERE k.person_id = p.person_id), "
            "(SELECT count(*) FROM number n WHERE n.person_id = p.person_id) FROM person p"
        )
        for name, state, ends, due, keys, numbers in self.run(
            rows(self.world.house.database, self.world.tenant.id, sql)
        ):
            has_number = self.model[name].has_number
            wanted, day = self.expected(name)
            written = ",".join(f'"{code}":"{end}"' for code, end in sorted(wanted.items()))
            assert (name, ends, due) == (name, f"{{{written}}}", day.isoformat() if day else "")
            assert (state, keys, numbers) == (("held", 1, 1) if has_number else ("disposed", 0, 0))

    @invariant()
    def a_use_is_refused_from_the_end_of_its_purpose_on(self) -> None:
        if not hasattr(self, "ending"):
            return
        for name, person in self.model.items():
            ends, _ = self.expected(name)
            for purpose in TOLD:
                request = Request([person.token], purpose, WHY)
                outcome = self.run(prepare(self.world.custodian, self.ending.client, request, self.clock()))
                if not person.has_number:
                    wanted: str | None = "token-unknown"
                else:
                    wanted = "retention-period-over" if ends.get(purpose, date.max) <= self.today else None
                assert (None if isinstance(outcome, Prepared) else outcome.rule) == wanted


def play(make_house: Callable[[Path, FakeClock], Coroutine[Any, Any, House]], examples: int) -> None:
    class Played(Lives):
        pass

    Played.make_house = staticmethod(make_house)
    run_state_machine_as_test(
        Played,
        settings=settings(
            max_examples=examples,
            stateful_step_count=20,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


async def open_in(place: Path, clock: FakeClock, url: str) -> House:
    keys = FileKeyProvider.create(place / "keys", "test-vault", now_ms=clock(), data_dir=place / "data")
    chosen = Settings(data=place / "data", keys=place / "keys", database=url)
    return await set_up(chosen, keys, clock, passwords=Passwords(CHEAP_FOR_TESTS))


def test_any_life_leaves_what_the_model_expects_on_sqlite(sqlite_template: Path) -> None:
    async def make(place: Path, clock: FakeClock) -> House:
        (place / "data").mkdir()
        shutil.copy(sqlite_template, place / "data" / "warifu.db")
        return await open_in(place, clock, f"sqlite:///{place / 'data' / 'warifu.db'}")

    play(make, 40)


def test_any_life_leaves_what_the_model_expects_on_postgresql(postgres_server: Postgres) -> None:
    async def make(place: Path, clock: FakeClock) -> House:
        (place / "data").mkdir()
        return await open_in(place, clock, postgres_server.database())

    play(make, 10)
