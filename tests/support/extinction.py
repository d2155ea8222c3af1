"""Days of a vault that are played through: people come, change and go, copies are taken, and an attacker comes daily.

Each day in this order: copies are taken in the morning; at noon the scheduler does its chores; in the afternoon
humans decide on disposals, and the scheduler carries them out; in the evening the attacker tries every key that lives
on every copy that was ever taken, and on the database itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Protocol

from api.bootstrap import House
from api.jobs import JOBS, Job
from api.worker import Worker
from custody.change import Changed, change_number
from custody.disposal.run import Run, RunState, runs_in_state
from custody.people import Verification
from custody.prepare import Request
from custody.registration import Registered, register
from custody.release import Released
from custody.roster import Columns
from custody.use import detokenize
from tests.support.clock import FakeClock
from tests.support.copies import Copy
from tests.support.disposal import FUYO, GENSEN, Ending
from tests.support.loot import Attacker, Loot, loot_of_database
from tests.support.numbers import synthetic_numbers
from tests.support.world import World
from tokenizer.crypto.keyring import Keyring

DAY_MS: Final = 86_400_000
_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True)
class Plan:
    """What happens on which day; day 0 is when everything begins.

    Attributes:
        days: the last day.
        step: days from one that is played to the next; what happens happens on days that are.
        people: how many persons each of the two tenants has on day 0.
        fall_due: how many of them have left and fall due on 11 January 2027, which is day 50.
        instructed: day -> how many are disposed of on instruction in each tenant.
        hired: day -> how many come to each tenant.
        changed: days on which somebody's number changes.
        copied: days on which copies are taken; None for each.
    """

    days: int = 95
    step: int = 1
    people: int = 40
    fall_due: int = 6
    instructed: Mapping[int, int] = field(
        default_factory=lambda: {1: 3, 2: 2, 6: 3, 12: 2, 21: 2, 35: 2, 62: 2, 80: 2}
    )
    hired: Mapping[int, int] = field(default_factory=lambda: {3: 4, 30: 3, 60: 3})
    changed: Sequence[int] = (0, 5, 40)
    copied: Sequence[int] | None = None


class Copies(Protocol):
    """Takes copies of a database by every means there is."""

    async def take(self, house: House) -> list[Copy]: ...


@dataclass
class Somebody:
    """A person with the numbers they had, and what became of them.

    Attributes:
        numbers: the one in force last.
        disposed_on: day, None while the number lives.
        run: what disposed of them.
    """

    tenant: int
    external_id: str
    token: str
    numbers: list[bytes]
    disposed_on: int | None = None
    run: Run | None = None


@dataclass(frozen=True)
class Evening:
    """What the attacker found at the end of a day.

    Attributes:
        day: counted from the beginning.
        at: milliseconds since the epoch.
        living: numbers in force of persons who have not been disposed of.
        disposed: every number that was ever disposed of.
        live: numbers read in the database itself.
        unwrapped: numbers read in any copy through their persons' keys.
        guessed: numbers found in any copy through their blind index.
    """

    day: int
    at: int
    living: frozenset[bytes]
    disposed: frozenset[bytes]
    live: frozenset[bytes]
    unwrapped: frozenset[bytes]
    guessed: frozenset[bytes]

    @property
    def copied(self) -> frozenset[bytes]:
        """Numbers read in any copy."""
        return self.unwrapped | self.guessed


class Attack:
    """All copies that were taken, and what each pair of keys ever brought out of them."""

    def __init__(self, wanted: Sequence[bytes]) -> None:
        self.copies: list[Copy] = []
        self.plain: set[bytes] = set()
        self._attacker = Attacker(wanted)
        self._tried: dict[int, set[tuple[int, int]]] = {}
        self._unwrapped: dict[tuple[int, int], set[bytes]] = {}
        self._guessed: dict[tuple[int, int], set[bytes]] = {}

    def on_means(self, house: House, means: str) -> tuple[frozenset[bytes], frozenset[bytes]]:
        """The numbers that today's keys bring out of copies of one kind alone."""
        alone = Attack(())
        alone._attacker = self._attacker
        alone.copies = [copy for copy in self.copies if copy.means == means]
        return alone.on_copies(house)

    def on_copies(self, house: House) -> tuple[frozenset[bytes], frozenset[bytes]]:
        """The numbers that today's keys bring out: by unwrapping, and by guessing.

        What two keys, of the container and of the person, bring out of a copy does not change: it is tried once.
        """
        living, keyring = house.provider.epoch_numbers(), house.custodian.vault.keyring
        for place, copy in enumerate(self.copies):
            tried = self._tried.setdefault(place, set())
            for outer in living if copy.is_sealed else [0]:
                inners = {inner for inner in living if (outer, inner) not in tried}
                if inners:
                    self._try(copy, house, keyring, outer, inners)
                    tried.update((outer, inner) for inner in inners)
        pairs = [(outer, inner) for outer in (0, *living) for inner in living]
        return tuple(
            frozenset().union(*(found.get(pair, ()) for pair in pairs))
            for found in (self._unwrapped, self._guessed)
        )

    def on_database(self, house: House, loot: Loot) -> frozenset[bytes]:
        """The numbers that today's keys bring out of the database itself."""
        keyring = house.custodian.vault.keyring
        found = (self._attacker.read(loot, keyring, epoch) for epoch in house.provider.epoch_numbers())
        return frozenset().union(*found)

    def _try(self, copy: Copy, house: House, keyring: Keyring, outer: int, inners: set[int]) -> None:
        loot = copy.loot(house.provider, outer)
        if loot is None:
            return
        self.plain |= loot.plain
        for inner in inners:
            pair = (outer, inner)
            self._unwrapped.setdefault(pair, set()).update(self._attacker.unwrap(loot, keyring, inner))
            self._guessed.setdefault(pair, set()).update(self._attacker.guess(loot, keyring, inner))


def check(story: "Story", evenings: Sequence[Evening]) -> None:
    """What must hold of every day."""
    for evening in evenings:
        day = f"day {evening.day}"
        assert not evening.live & evening.disposed, f"{day}: a disposed number is in the database"
        assert evening.living <= evening.live, f"{day}: a living number cannot be read"
        over = [each for each in story.people if each.run and each.run.extinct_by <= evening.at]
        late = evening.copied & {number for each in over for number in each.numbers}
        assert not late, f"{day}: {len(late)} disposed numbers are read in copies past their day"


class Story:
    """Plays the days.

    Args:
        house: where it happens.
        clock: its time.
        copies: takes copies.
        plan: what happens.
        jobs: what the scheduler does.
    """

    def __init__(
        self, house: House, clock: FakeClock, copies: Copies, plan: Plan, jobs: Sequence[Job] = JOBS
    ) -> None:
        self.plan = plan
        self.people: list[Somebody] = []
        self.failed: list[str] = []
        self._house = house
        self._clock = clock
        self._copies = copies
        self._began = clock()
        self._worker = Worker(house, clock, jobs)
        self._endings: list[Ending] = []
        self._noted: set[int] = set()
        numbers = synthetic_numbers(2 * (plan.people + sum(plan.hired.values())) + 50, seed=95)
        self._numbers = iter(numbers)
        self.attack = Attack([number.encode() for number in numbers])

    async def play(self) -> list[Evening]:
        """From the first day to the last."""
        evenings = []
        for day in range(0, self.plan.days + 1, self.plan.step):
            self._clock.now = self._began + day * DAY_MS
            if day and (self.plan.copied is None or day in self.plan.copied):
                self.attack.copies += await self._copies.take(self._house)
            await self._chores()
            await self._afternoon(day)
            evenings.append(await self._evening(day))
        return evenings

    async def _chores(self) -> None:
        self.failed += (await self._worker.tick()).failed

    async def _afternoon(self, day: int) -> None:
        if day == 0:
            for _ in range(2):
                world = await World.open(self._house, self._clock, f"株式会社{len(self._endings)}")
                self._endings.append(await Ending.begin(world))
        for ending in self._endings:
            await self._hire(ending, self.plan.people if day == 0 else self.plan.hired.get(day, 0), day)
            if day == 0:
                leaving = [each.external_id for each in self._of(ending)[: self.plan.fall_due]]
                await ending.left(leaving)
            if day in self.plan.changed:
                await self._change(ending)
            await self._decide(ending)
            await self._instruct(ending, self.plan.instructed.get(day, 0))
        self._clock.advance(minutes=1)
        await self._chores()
        await self._note(day)

    async def _hire(self, ending: Ending, count: int, day: int) -> None:
        if not count:
            return
        world = ending.world
        numbers = [next(self._numbers) for _ in range(count)]
        columns = Columns([f"D{day}-{row}" for row in range(count)], numbers)
        terms = world.terms(FUYO, GENSEN)
        done = await register(world.custodian, ending.client, columns, terms, self._clock.advance(seconds=1))
        assert isinstance(done, Registered), done
        assert not done.rejections
        self.people += [
            Somebody(world.tenant.id, external_id, token or "", [number.encode()])
            for external_id, token, number in zip(columns.external_ids, done.tokens, numbers, strict=True)
        ]

    async def _change(self, ending: Ending) -> None:
        """Somebody who stays and somebody who goes next get another number."""
        staying, *_, going = [each for each in self._of(ending) if each.disposed_on is None][
            self.plan.fall_due :
        ]
        for person in (staying, going):
            number = next(self._numbers)
            today = date(1970, 1, 1) + timedelta(days=self._clock() // DAY_MS)
            done = await change_number(
                ending.world.custodian,
                ending.handler.actor,
                person.external_id,
                number,
                Verification.MY_NUMBER_CARD,
                today,
                self._clock.advance(seconds=1),
            )
            assert isinstance(done, Changed), done
            person.numbers.append(number.encode())

    async def _decide(self, ending: Ending) -> None:
        """What the scheduler has proposed is confirmed and approved."""
        world = ending.world
        proposed = await self._house.database.read(
            world.tenant.id,
            lambda tx: runs_in_state(tx, world.custodian.authority, world.tenant.id, RunState.PROPOSED),
        )
        for run in proposed:
            await ending.decide(run)

    async def _instruct(self, ending: Ending, count: int) -> None:
        """The last who came go first."""
        if count:
            staying = [each for each in self._of(ending) if each.disposed_on is None]
            await ending.decide(await ending.instruct([each.external_id for each in staying[-count:]]))

    async def _note(self, day: int) -> None:
        """Who was disposed of today."""
        for ending in self._endings:
            tenant, authority = ending.world.tenant.id, ending.world.custodian.authority
            done = await self._house.database.read(
                tenant, lambda tx, own=tenant, by=authority: runs_in_state(tx, by, own, RunState.DONE)
            )
            known = {each.external_id: each for each in self._of(ending)}
            for run in (run for run in done if run.id not in self._noted):
                self._noted.add(run.id)
                for external_id in await ending.items(run):
                    person = known[external_id]
                    person.run, person.disposed_on = run, day

    async def _evening(self, day: int) -> Evening:
        self._clock.now = self._began + day * DAY_MS + 8 * _HOUR_MS
        unwrapped, guessed = self.attack.on_copies(self._house)
        return Evening(
            day,
            self._clock(),
            frozenset(each.numbers[-1] for each in self.people if each.disposed_on is None),
            frozenset(
                number for each in self.people if each.disposed_on is not None for number in each.numbers
            ),
            self.attack.on_database(self._house, await self._live()),
            unwrapped,
            guessed,
        )

    async def _live(self) -> Loot:
        return await loot_of_database(self._house.database, [each.world.tenant.id for each in self._endings])

    def _of(self, ending: Ending) -> list[Somebody]:
        return [each for each in self.people if each.tenant == ending.world.tenant.id]

    async def release_everybody(self) -> set[bytes]:
        """The numbers that humans get with their codes, by tokens of everybody who lives."""
        released: set[bytes] = set()
        for ending in self._endings:
            tokens = [each.token for each in self._of(ending) if each.disposed_on is None]
            request = Request(tokens, FUYO, "扶養控除等申告書の確認", ending.handler.login)
            code = ending.world.code(ending.handler)
            done = await detokenize(ending.world.custodian, ending.client, request, code, self._clock())
            assert isinstance(done, Released), done
            released.update(done.numbers)
        return released
