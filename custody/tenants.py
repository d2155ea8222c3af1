"""Tenants (事業者): the companies whose numbers are kept, and what each has decided for itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import BigInteger, Integer, LargeBinary, Text, bindparam, select, update
from sqlmodel import Field, SQLModel

from custody.administration import administer
from custody.custodian import Custodian, entry, one_leaf
from policies.actor import Actor
from policies.free_text import contains_number, is_plain
from policies.quotas import Quotas
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.crypto.authority import Authority
from tokenizer.storage.fence import begin_fence
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction

_TENANT_BYTES: Final = 6
_NAME_LIMIT: Final = 100


class TenantRow(SQLModel, table=True):
    """A tenant and its settings. `stamp` is a MAC over the row: settings grant power."""

    __tablename__ = "tenant"

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    name: str = Field(sa_type=Text)
    sandbox: int = Field(sa_type=Integer)
    approval_over: int = Field(sa_type=BigInteger, description="more numbers than this need a second person")
    quota_client: int = Field(sa_type=BigInteger)
    quota_human: int = Field(sa_type=BigInteger)
    quota_purpose: int = Field(sa_type=BigInteger)
    created_at: int = Field(sa_type=BigInteger)
    stamp: bytes = Field(sa_type=LargeBinary)


_TENANT: Final = table_of(TenantRow)
_ALL: Final = Statement(select(_TENANT).order_by(_TENANT.c.created_at))
_IDS: Final = Statement(select(_TENANT.c.tenant_id).order_by(_TENANT.c.created_at))
_READ: Final = Statement(select(_TENANT).where(_TENANT.c.tenant_id == bindparam("tenant")))
_CHANGE: Final = Statement(
    update(_TENANT)
    .where(_TENANT.c.tenant_id == bindparam("tenant"))
    .values(
        approval_over=bindparam("new_approval_over"),
        quota_client=bindparam("new_quota_client"),
        quota_human=bindparam("new_quota_human"),
        quota_purpose=bindparam("new_quota_purpose"),
        stamp=bindparam("new_stamp"),
    )
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a tenant decides for itself.

    Attributes:
        approval_over: a use of more numbers than this needs a second person's approval.
        quotas: numbers a day.
    """

    approval_over: int = 5_000
    quotas: Quotas = field(default_factory=lambda: Quotas(client=50_000, human=50_000, purpose=50_000))


@dataclass(frozen=True, slots=True)
class Tenant:
    """A company whose numbers are kept."""

    id: int
    name: str
    sandbox: bool
    settings: Settings
    created_at: int


async def create_tenant(
    custodian: Custodian, operator: Actor, name: str, settings: Settings, now: int, *, sandbox: bool
) -> Tenant | Denied:
    """Open a tenant with an empty log. The operator's act; it is the log's first entry."""
    if not name.strip() or len(name) > _NAME_LIMIT or not is_plain(name) or contains_number(name):
        return denied("tenant-invalid")
    identity = int.from_bytes(custodian.random_bytes(_TENANT_BYTES)) or 1
    tenant = Tenant(identity, name, sandbox, settings, now)
    first = entry(
        operator._replace(tenant=identity),
        Action.TENANT_CREATE,
        now,
        detail={"sandbox": str(sandbox).lower()},
    )
    record = one_leaf(first)

    def work(tx: Transaction) -> None:
        tx.insert(TenantRow, [_row(custodian.authority, tenant)])
        log = custodian.vault.log(identity)
        log.create(tx)
        begin_fence(tx, identity)
        log.append(tx, record)

    await custodian.database.write(identity, work)
    return tenant


async def change_settings(
    custodian: Custodian, actor: Actor, settings: Settings, now: int
) -> Tenant | Denied:
    """Change thresholds and quotas; an administrator's act."""
    detail = {
        "approval_over": str(settings.approval_over),
        "quota_client": str(settings.quotas.client),
        "quota_human": str(settings.quotas.human),
        "quota_purpose": str(settings.quotas.purpose),
    }

    def work(tx: Transaction) -> Tenant:
        tenant = replace(read_tenant(tx, custodian.authority, actor.tenant), settings=settings)
        params = {
            "tenant": actor.tenant,
            "new_approval_over": settings.approval_over,
            "new_quota_client": settings.quotas.client,
            "new_quota_human": settings.quotas.human,
            "new_quota_purpose": settings.quotas.purpose,
            "new_stamp": custodian.authority.stamp("tenant", _values(tenant)),
        }
        tx.run(_CHANGE, params)
        return tenant

    return await administer(custodian, actor, "manageTenant", Action.TENANT_POLICY_CHANGE, detail, now, work)


def read_tenant(tx: Transaction, authority: Authority, tenant: int) -> Tenant:
    """Read a tenant and make sure that nobody changed its row.

    Raises:
        LookupError: there is no such tenant.
        SealBrokenError: the row was altered.
    """
    row = tx.one(_READ, {"tenant": tenant})
    if row is None:
        raise LookupError("no such tenant")
    return _tenant(authority, row)


def has_tenant(tx: Transaction, tenant: int) -> bool:
    """Whether there is a tenant of this id."""
    return tx.one(_READ, {"tenant": tenant}) is not None


def list_tenants(tx: Transaction, authority: Authority) -> list[Tenant]:
    """All tenants, oldest first: the operator's view, in a transaction that names no tenant."""
    return [_tenant(authority, row) for row in tx.all(_ALL, {})]


def tenant_ids(tx: Transaction) -> list[int]:
    """The ids of all tenants, oldest first, in a transaction that names no tenant. Rows are not checked."""
    return [row[0] for row in tx.all(_IDS, {})]


def _tenant(authority: Authority, row: Row) -> Tenant:
    return authority.read("tenant", row, _made)


def _made(row: Sequence[Any]) -> Tenant:
    identity, name, sandbox, approval_over, client, human, purpose, created_at, _ = row
    settings = Settings(approval_over, Quotas(client, human, purpose))
    return Tenant(identity, name, bool(sandbox), settings, created_at)


def _values(tenant: Tenant) -> Row:
    settings = tenant.settings
    return (
        tenant.id,
        tenant.name,
        int(tenant.sandbox),
        settings.approval_over,
        settings.quotas.client,
        settings.quotas.human,
        settings.quotas.purpose,
        tenant.created_at,
    )


def _row(authority: Authority, tenant: Tenant) -> Row:
    values = _values(tenant)
    return (*values, authority.stamp("tenant", values))
