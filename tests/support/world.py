"""A small world for tests of use cases: a wired house, one tenant, a client and humans with their codes."""

from dataclasses import dataclass
from datetime import date

from api.bootstrap import House
from custody.account import Account, account_actor
from custody.accounts import create_account
from custody.clients import NewKey, client_actor, create_client
from custody.custodian import Custodian
from custody.enrolment import Enrolment
from custody.people import Verification
from custody.registration import Registered, register
from custody.registration_plan import Terms
from custody.roster import Columns
from custody.tenants import Settings, Tenant, create_tenant
from policies.actor import Actor, ActorKind, Role
from policies.totp import code_at
from tests.support.clock import FakeClock
from tests.support.numbers import synthetic_numbers

PASSWORD = "a long enough test passphrase"
GENSEN = "TAX_GENSEN"
PURPOSES = frozenset({GENSEN, "TAX_FUYO", "SI_SHUTOKU", "SI_GEPPEN"})
OPERATOR = Actor(kind=ActorKind.OPERATOR, tenant=0, id=0, name="operator")


@dataclass
class Human:
    """An account with the seed of its one-time codes."""

    account: Account
    seed: str
    recovery_codes: list[str]

    @property
    def actor(self) -> Actor:
        """As somebody who logged in when the account was opened, without a session to end."""
        return account_actor(self.account, sandbox=False, request=None, proven_at=self.account.created_at)

    @property
    def login(self) -> str:
        return self.account.login


class World:
    """One tenant of a wired house."""

    def __init__(self, house: House, clock: FakeClock, tenant: Tenant) -> None:
        self.house = house
        self.clock = clock
        self.tenant = tenant
        self.operator = OPERATOR._replace(tenant=tenant.id)

    @classmethod
    async def open(
        cls,
        house: House,
        clock: FakeClock,
        name: str = "株式会社テスト",
        settings: Settings | None = None,
        *,
        sandbox: bool = False,
    ) -> "World":
        tenant = await create_tenant(
            house.custodian, OPERATOR, name, settings or Settings(), clock(), sandbox=sandbox
        )
        assert isinstance(tenant, Tenant), tenant
        return cls(house, clock, tenant)

    @property
    def custodian(self) -> Custodian:
        return self.house.custodian

    async def client(self, name: str = "payroll", purposes: frozenset[str] = PURPOSES) -> Actor:
        """A client as an actor."""
        made = await create_client(self.custodian, self.operator, name, purposes, self.clock())
        assert isinstance(made, NewKey), made
        return client_actor(made.client, sandbox=self.tenant.sandbox, request=None)

    async def human(self, login: str = "tanaka", *roles: Role) -> Human:
        """A human; a handler unless roles say otherwise."""
        made = await create_account(
            self.custodian,
            self.operator,
            login,
            "試験 太郎",
            frozenset(roles or {Role.HANDLER}),
            PASSWORD,
            self.clock(),
        )
        assert isinstance(made, Enrolment), made
        return Human(made.account, made.seed, list(made.recovery_codes))

    def code(self, human: Human) -> str:
        """A code that was not used yet: the clock moves on to the next one."""
        return code_at(human.seed, self.clock.advance(seconds=30))

    def terms(self, *notified: str) -> Terms:
        """What a company attests of a batch."""
        told = frozenset(notified or {GENSEN})
        return Terms(told, date(2026, 4, 1), Verification.MY_NUMBER_CARD, date(2026, 4, 1))

    async def register(
        self, actor: Actor, count: int = 3, seed: int = 0, terms: Terms | None = None
    ) -> "Registration":
        """Register employees with synthetic numbers."""
        columns = Columns([f"E{seed}-{row}" for row in range(count)], synthetic_numbers(count, seed))
        done = await register(self.custodian, actor, columns, terms or self.terms(), self.clock())
        assert isinstance(done, Registered), done
        return Registration(
            list(columns.external_ids), list(columns.numbers), [token or "" for token in done.tokens]
        )


@dataclass
class Registration:
    """What was registered, row by row."""

    external_ids: list[str]
    numbers: list[str]
    tokens: list[str]
