"""A world in which numbers come to their end: who decides, who left when, and what carries runs out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from custody.certificates.facts import Kind
from custody.departures import Departed, record_departures
from custody.disposal.decide import approve, confirm
from custody.disposal.execute import Means, execute
from custody.disposal.item import Item, ItemState
from custody.disposal.listing import Shown, list_items, show_run
from custody.disposal.propose import Proposed, propose_due, propose_instruction
from custody.disposal.run import Run
from custody.documents import DocumentColumns, Documented, record_documents
from custody.listing import Page, Window
from custody.named import Named
from policies.actor import Actor, Role
from tests.support.world import Human, Registration, World

FUYO = "TAX_FUYO"
GENSEN = "TAX_GENSEN"
SHUTOKU = "EI_SHUTOKU"
DUE = date(2027, 1, 11)
"""The day on which the number of somebody goes who left in 2019, their declaration of 2019 being the last."""


@dataclass
class Scrubbed:
    """Counts how often residue was removed."""

    times: int = 0

    async def __call__(self) -> None:
        self.times += 1


@dataclass
class Ending:
    """A world with the people who decide, and the means to carry runs out.

    Attributes:
        administrator: confirms.
        approver: approves.
        handler: works with people.
    """

    world: World
    administrator: Human
    approver: Human
    handler: Human
    client: Actor
    scrubbed: Scrubbed = field(default_factory=Scrubbed)

    @classmethod
    async def begin(cls, world: World) -> "Ending":
        return cls(
            world,
            await world.human("sato", Role.ADMINISTRATOR),
            await world.human("suzuki", Role.APPROVER),
            await world.human("tanaka"),
            await world.client(purposes=frozenset({FUYO, GENSEN, SHUTOKU})),
        )

    @property
    def means(self) -> Means:
        return Means(self.world.clock, lambda: self.world.house.provider.epochs()[-1], self.scrubbed)

    def go_to(self, day: date) -> int:
        """Noon of a day in Japan."""
        self.world.clock.now = (day.toordinal() - date(1970, 1, 1).toordinal()) * 86_400_000 + 3 * 3_600_000
        return self.world.clock.now

    def renewed(self, human: Human) -> Actor:
        """Somebody who has just given a code again."""
        return human.actor._replace(proven_at=self.world.clock())

    async def people(self, count: int, seed: int = 0) -> Registration:
        """Employees who were told of the declaration and the withholding slip."""
        return await self.world.register(self.client, count, seed, self.world.terms(FUYO, GENSEN))

    async def left(
        self, people: Sequence[str], day: str = "2019-06-30", deadline: str = "2019-01-24"
    ) -> None:
        """Persons left on a day; their last declaration was due on another."""
        named, now = Named(list(people)), self.world.clock()
        columns = DocumentColumns(named, [FUYO] * len(people), deadlines=[deadline] * len(people))
        recorded = await record_documents(self.world.custodian, self.client, columns, now)
        assert isinstance(recorded, Documented), recorded
        assert recorded.rejections == []
        gone = await record_departures(self.world.custodian, self.client, named, [day] * len(people), now)
        assert isinstance(gone, Departed), gone
        assert (gone.persons, gone.rejections) == (len(people), [])

    async def propose(self) -> list[Run]:
        """What the scheduler proposes now."""
        return await propose_due(self.world.custodian, self.world.tenant.id, self.world.clock())

    async def instruct(self, people: Sequence[str], reason: str = "本人の求めによる") -> Run:
        """An administrator's instruction that takes everybody."""
        done = await propose_instruction(
            self.world.custodian,
            self.administrator.actor,
            Named(list(people)),
            reason,
            self.world.clock(),
        )
        assert isinstance(done, Proposed), done
        assert done.run is not None
        assert done.run.kind is Kind.INSTRUCTION
        assert done.rejections == []
        return done.run

    async def show(self, run: Run) -> Shown:
        shown = await show_run(
            self.world.custodian, self.administrator.actor, run.public_id, self.world.clock()
        )
        assert isinstance(shown, Shown), shown
        return shown

    async def confirm(self, run: Run, human: Human | None = None, digest: str | None = None) -> object:
        by = human or self.administrator
        seen = (await self.show(run)).digest if digest is None else digest
        code = self.world.code(by)
        return await confirm(self.world.custodian, by.actor, run.public_id, seen, code, self.world.clock())

    async def approve(self, run: Run, human: Human | None = None, digest: str | None = None) -> object:
        by = human or self.approver
        seen = (await self.show(run)).digest if digest is None else digest
        code = self.world.code(by)
        return await approve(self.world.custodian, by.actor, run.public_id, seen, code, self.world.clock())

    async def decide(self, run: Run) -> Run:
        """Confirmed and approved."""
        assert isinstance(await self.confirm(run), Run)
        approved = await self.approve(run)
        assert isinstance(approved, Run), approved
        return approved

    async def execute(self, run: Run, means: Means | None = None) -> Run:
        done = await execute(self.world.custodian, means or self.means, self.world.tenant.id, run.id)
        assert done is not None
        return done

    async def items(self, run: Run, state: ItemState | None = None) -> dict[str, Item]:
        """A run's items by external id."""
        page = await list_items(
            self.world.custodian,
            self.administrator.actor,
            run.public_id,
            state,
            Window(1_000),
            self.world.clock(),
        )
        assert isinstance(page, Page), page
        return {each.person.external_id: each.item for each in page.items}
