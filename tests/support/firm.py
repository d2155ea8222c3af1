"""A company at a running vault whose numbers come to their end, with those who decide."""

from datetime import date
from typing import Any, Final

from api.jobs import JOBS
from api.worker import Worker
from policies.actor import Role
from tests.support.command import Outcome
from tests.support.live import DAY, Human
from tests.support.numbers import synthetic_numbers
from tests.support.remote import Desk
from warifu import Columns, Verification

FUYO: Final = "TAX_FUYO"
GENSEN: Final = "TAX_GENSEN"
LAST: Final = 37
FORMER: Final = [f"E-{row:02d}" for row in range(LAST)]
NUMBERS: Final = synthetic_numbers(LAST)
WHY: Final = "係争中のため"
_QUIET: Final = {"epoch-alarms", "purge-replays", "drop-links", "clear-residue", "witness"}
_CHORES: Final = [job for job in JOBS if job.name not in _QUIET]


class Firm:
    """A company with an administrator, an approver, and a payroll system that records what happens."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.company = desk.company
        self.clock = desk.company.server.clock
        self.sato = desk.company.human("sato", Role.ADMINISTRATOR)
        self.suzuki = desk.company.human("suzuki", Role.APPROVER)
        self.payroll = desk.company.client("payroll", FUYO, GENSEN)

    def register(self, people: list[str]) -> None:
        """Employees who were told of the declaration and the withholding slip."""
        told = {"notified": [GENSEN, FUYO], "notified_on": DAY, "verified_on": DAY}
        columns = Columns(people, NUMBERS[: len(people)])
        self.payroll.tokenize(columns, **told, verification=Verification.MY_NUMBER_CARD)

    def left(self, people: list[str]) -> None:
        """They left in 2019, after their last declaration of that year."""
        filed = [date(2019, 1, 24)] * len(people)
        self.payroll.record_documents([FUYO] * len(people), external_ids=people, deadlines=filed)
        gone = [date(2019, 6, 30)] * len(people)
        self.payroll.record_departures(gone, external_ids=people, open_documents=False)

    def open_on(self, day: date) -> None:
        """On the morning of a day the chores are done."""
        self.clock.now = (day.toordinal() - date(1970, 1, 1).toordinal()) * 86_400_000
        self.work()

    def work(self) -> None:
        server = self.company.server
        told = server.run(Worker(server.house, server.clock, _CHORES).tick())
        assert (told.leading, told.failed) == (True, [])

    def do(self, *arguments: str, by: Human | None = None) -> dict[str, Any]:
        """Run a command that must succeed; the administrator does unless somebody else is named."""
        done = self.desk(*arguments, by=by or self.sato)
        assert done.code == 0, done.text
        return done.json

    def decide(self, step: str, by: Human, run: str, digest: str = "") -> Outcome:
        """Confirm or approve what `show` tells."""
        seen = digest or self.do("disposal", "show", run)["digest"]
        signing_in = self.desk.signing_in(by)
        secrets = {name.removeprefix("WARIFU_"): value for name, value in signing_in.items()}
        code = self.company.code(by)
        return self.desk("disposal", step, run, "--digest", seen, **{**secrets, "CODE": code})

    def proposed(self, people: list[str]) -> str:
        """A disposal on instruction."""
        named = [word for person in people for word in ("--person", person)]
        return str(self.do("disposal", "propose", "--reason", "本人の求め", *named)["run"]["run_id"])
