"""A company that asks its people for their numbers: an administrator, a handler, an auditor and a payroll program.

It acts through the Python client alone, as companies do.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from policies.actor import Role
from tests.support.installation import Installation
from tests.support.live import Company, Human
from warifu import Collection, CollectionReview, InvitedColumns, Warifu
from warifu.people_list import read_people_list


@dataclass
class Employer:
    """The company.

    Attributes:
        campaign: public id of its campaign.
        ids: the collection of everybody, by external id.
    """

    installation: Installation
    company: Company
    boss: Human
    clerk: Human
    controller: Human
    payroll: Warifu
    campaign: str = ""
    ids: dict[str, str] = field(default_factory=dict)

    @classmethod
    def opens(cls, installation: Installation, opened: list[Warifu], purposes: Sequence[str]) -> "Employer":
        """A new company at an installation; `opened` collects its clients, to be closed."""
        company = installation.company(opened)
        humans = (
            company.human("sato", Role.ADMINISTRATOR),
            company.human("tanaka", Role.HANDLER),
            company.human("kansa", Role.AUDITOR),
        )
        return cls(installation, company, *humans, company.client("payroll", *purposes))

    def administrator(self) -> Warifu:
        """The administrator, just logged in."""
        return self.company.login(self.boss)

    def handler(self) -> Warifu:
        """The handler, just logged in."""
        return self.company.login(self.clerk)

    def auditor(self) -> Warifu:
        """The auditor, just logged in."""
        return self.company.login(self.controller)

    def asks(self, sato: Warifu, name: str, purposes: Sequence[str], deadline: date) -> None:
        """Begin a campaign."""
        self.campaign = sato.create_campaign(name, purposes, deadline).campaign_id

    def uploads(self, sato: Warifu, file: bytes) -> None:
        """Add the people of a list, of whom none may be left out."""
        listed = read_people_list(file, today=date(2026, 11, 22))
        assert listed.problems == (), listed.problems
        assert listed.preview.not_understood == ()
        added = sato.add_to_campaign(self.campaign, InvitedColumns.of_people(listed.people))
        assert added.rejections == (), added.rejections
        assert added.added == len(listed.people)
        made = zip(listed.people, added.collection_ids, strict=True)
        self.ids |= {each.external_id: collection or "" for each, collection in made}

    def orders(self, sato: Warifu, kind: str, yen: int, external_ids: Sequence[str]) -> str:
        """Order that something is sent, at what each costs; the order's id."""
        chosen = [self.ids[each] for each in external_ids]
        ordered = sato.order_dispatches(self.campaign, chosen, kind, yen)
        assert ordered.rejections == (), ordered.rejections
        assert (ordered.count, ordered.cost_yen) == (len(chosen), yen * ordered.pieces)
        assert ordered.order_id is not None
        return ordered.order_id

    def review(self, vault: Warifu, external_id: str) -> CollectionReview:
        """Somebody's collection with what belongs to it."""
        found = vault.collection(self.ids[external_id])
        assert found is not None
        return found

    def shown(self, vault: Warifu, external_id: str) -> Collection:
        """Where somebody's collection stands."""
        return self.review(vault, external_id).collection
