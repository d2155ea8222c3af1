"""A company that collects numbers: a campaign, people in it, and each step of theirs as one call."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from custody.collection.acting import Acting, desk, person
from custody.collection.addition import Added, add_people, invited
from custody.collection.board import ShownCollection, show_collection
from custody.collection.campaign import Campaign
from custody.collection.campaigns import Wanted, create_campaign
from custody.collection.collection import Collection
from custody.collection.decisions import record_arrival
from custody.collection.dispatch import Sending
from custody.collection.dispatches import Ordered, Sent, order_dispatches, record_dispatched
from custody.collection.notice import NoticeForm
from custody.collection.registering import RegisteredCollections, register_verified
from custody.collection.steps import Chosen, Moved
from custody.collection.submission import submit_number
from custody.collection.telling import Telling, Told, give_purpose_notice
from custody.collection.verify import Verified, verify
from custody.custodian import Custodian
from policies.actor import Actor, Role
from policies.identity_case import Case, Shown, Subject
from policies.identity_catalogue import Channel
from tests.support.tamper import value
from tests.support.world import GENSEN, World

NOTICE = "個人番号は、源泉徴収票の作成に利用します。"
DEADLINE = "2027-01-31"
CARD = Shown("MY_NUMBER_CARD", expires_on=date(2030, 1, 1))


def card_case(channel: Channel = Channel.ONLINE, subject: Subject = Subject.EMPLOYEE) -> Case:
    """The card alone, which proves both."""
    return Case(subject, channel, date(2026, 11, 22), number=(CARD,), identity=(CARD,))


@dataclass
class Collecting:
    """A campaign for one purpose, and who runs it."""

    world: World
    administrator: Actor
    handler: Actor
    campaign: Campaign
    ids: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def begin(cls, world: World, *purposes: str) -> "Collecting":
        administrator = (await world.human("sato", Role.ADMINISTRATOR)).actor
        handler = (await world.human("tanaka", Role.HANDLER)).actor
        return await cls.among(world, administrator, handler, *purposes)

    @classmethod
    async def among(cls, world: World, administrator: Actor, handler: Actor, *purposes: str) -> "Collecting":
        """A campaign run by people who are there."""
        wanted = Wanted("2026年 年末調整", frozenset(purposes or {GENSEN}), frozenset(), DEADLINE)
        campaign = await create_campaign(world.custodian, administrator, wanted, world.clock())
        assert isinstance(campaign, Campaign), campaign
        return cls(world, administrator, handler, campaign)

    @classmethod
    async def begin_again(cls, before: "Collecting") -> "Collecting":
        """Another campaign of the same company."""
        return await cls.among(before.world, before.administrator, before.handler)

    @property
    def custodian(self) -> Custodian:
        return self.world.custodian

    @property
    def themselves(self) -> Acting:
        """The person, let in through a door that knows them."""
        return person(self.world.tenant.id, None, sandbox=self.world.tenant.sandbox)

    async def add(
        self, *external_ids: str, channel: str = "link_qr", recollect: bool = False, **columns: Any
    ) -> Added:
        rows = invited(external_ids, [channel] * len(external_ids), **columns)
        added = await add_people(
            self.custodian,
            self.administrator,
            self.campaign.public_id,
            rows,
            self.world.clock(),
            recollect=recollect,
        )
        assert isinstance(added, Added), added
        assert added.rejections == []
        self.ids |= {each: made or "" for each, made in zip(external_ids, added.collections, strict=True)}
        return added

    def chosen(self, *external_ids: str, revisions: Sequence[int] = ()) -> Chosen:
        return Chosen([self.ids[each] for each in external_ids], revisions)

    async def told(self, *external_ids: str, purposes: frozenset[str] = frozenset({GENSEN})) -> Told:
        telling = Telling(NoticeForm.DOCUMENT, purposes, NOTICE, date(2026, 11, 20))
        told = await give_purpose_notice(
            self.custodian, self.handler, external_ids, telling, self.world.clock()
        )
        assert isinstance(told, Told), told
        return told

    async def ordered(self, *external_ids: str, kind: Sending = Sending.KIT, cost: int = 800) -> Ordered:
        done = await order_dispatches(
            self.custodian,
            self.administrator,
            self.campaign.public_id,
            self.chosen(*external_ids),
            kind,
            cost,
            self.world.clock(),
        )
        assert isinstance(done, Ordered), done
        return done

    async def sent(self, order: str, telling: Telling | None = None) -> Sent:
        done = await record_dispatched(self.custodian, self.administrator, order, telling, self.world.clock())
        assert isinstance(done, Sent), done
        return done

    async def submitted(self, external_id: str, number: str, acting: Acting | None = None) -> Collection:
        done = await submit_number(
            self.custodian, acting or self.themselves, self.ids[external_id], number, self.world.clock()
        )
        assert isinstance(done, Collection), done
        return done

    async def arrived(self, *external_ids: str) -> Moved:
        done = await record_arrival(
            self.custodian, self.handler, self.chosen(*external_ids), self.world.clock()
        )
        assert isinstance(done, Moved), done
        return done

    async def verified(self, external_id: str, case: Case | None = None) -> Verified:
        revision = (await self.shown(external_id)).collection.revision
        done = await verify(
            self.custodian,
            self.handler,
            self.ids[external_id],
            case or card_case(),
            revision,
            self.world.clock(),
        )
        assert isinstance(done, Verified), done
        return done

    async def registered(self, *external_ids: str) -> RegisteredCollections:
        done = await register_verified(
            self.custodian, self.handler, self.chosen(*external_ids), self.world.clock()
        )
        assert isinstance(done, RegisteredCollections), done
        return done

    async def whole(self, external_id: str, number: str) -> str:
        """From nothing to a token."""
        await self.add(external_id)
        await self.told(external_id)
        await self.submitted(external_id, number)
        assert (await self.verified(external_id)).record.verdict.is_accepted
        done = await self.registered(external_id)
        assert done.rejections == []
        return done.tokens[0]

    async def shown(self, external_id: str) -> ShownCollection:
        done = await show_collection(self.custodian, self.handler, self.ids[external_id], self.world.clock())
        assert isinstance(done, ShownCollection), done
        return done

    async def state(self, external_id: str) -> str:
        return (await self.shown(external_id)).collection.state.value

    @property
    def desk(self) -> Acting:
        return desk(self.handler)

    async def count(self, table: str) -> int:
        """How many rows the company has in a table."""
        tenant = self.world.tenant.id
        sql = f"SELECT count(*) FROM {table} WHERE tenant_id = :own"  # noqa: S608 - constants
        found: int = await value(self.world.house.database, tenant, sql, own=tenant)
        return found
