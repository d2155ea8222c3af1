"""What the chapters of the story of a collection share: installation, company, browser, traces."""

from dataclasses import dataclass, field

from playwright.sync_api import Browser

from tests.support.canary import Canaries
from tests.support.cast import AOKI, BABA, CHIBA, FUJITA, HANAKO
from tests.support.employer import Employer
from tests.support.installation import Installation
from tests.support.print_room import Printed, PrintRoom
from tests.support.resident import Resident, link_in
from tests.support.roll import Listed
from tests.support.tamper import value
from tests.support.traces import Traces
from warifu import AuditLog, Collection, Warifu

GIVING = (AOKI, HANAKO, BABA, CHIBA, FUJITA)
"""Those whose number comes."""


@dataclass
class Story:
    """Everybody in it.

    Attributes:
        begun: the state of the log as the auditor first saw it.
        tokens: by external id, of those whose number was verified.
    """

    installation: Installation
    employer: Employer
    room: PrintRoom
    browser: Browser
    traces: Traces
    begun: AuditLog
    numbers: dict[str, str] = field(repr=False)
    tokens: dict[str, str] = field(default_factory=dict)

    def number(self, person: Listed) -> str:
        """Somebody's number; synthetic, and looked for at the end."""
        return self.numbers[person.external_id]

    def picks_up(self, person: Listed, link: str) -> Resident:
        """Somebody takes their phone in their hand and comes in by a link."""
        resident = Resident.holds(self.browser, self.installation.url, person.born, link)
        resident.comes_in()
        return resident

    def mailed(self, person: Listed) -> str:
        """The link in the last mail that somebody got."""
        return link_in(self.installation.postbox.to(person.email)[-1])

    def puts_away(self, resident: Resident) -> None:
        """The phone is put away; what its browser keeps is looked through at the end."""
        phone = resident.phone
        self.traces.browsers.append(phone.kept())
        assert (phone.foreign, phone.wrong) == ([], [])
        phone.context.close()

    def printed(self, vault: Warifu, kind: str, yen: int, external_ids: list[str]) -> Printed:
        """Something is ordered, printed and posted; what was printed is looked through at the end."""
        printed = self.room.prints(vault, self.employer.orders(vault, kind, yen, external_ids))
        self.traces.papers += printed.pdfs
        return printed

    def shown(self, vault: Warifu, person: Listed) -> Collection:
        """Where somebody's collection stands."""
        return self.employer.shown(vault, person.external_id)

    def submitted_rows(self, person: Listed) -> int:
        """How many rows the table of what was submitted has of somebody."""
        company = self.employer.company
        collection = int(self.employer.ids[person.external_id].removeprefix("col_"))
        sql = "SELECT count(*) FROM collection_item WHERE tenant_id = :tenant AND collection_id = :collection"
        database, own = self.installation.house.database, company.tenant
        return int(self.installation.run(value(database, own, sql, tenant=own, collection=collection)))


def drawn_numbers(canaries: Canaries) -> dict[str, str]:
    """A number for everybody who gives one."""
    return {each.external_id: str(canaries.plant(each.name)) for each in GIVING}


def all_givers() -> set[str]:
    """How the search tells of their numbers."""
    return {f"{each.name}, bare, right" for each in GIVING}
