"""Clients: machine credentials of integrators. A client alone never brings a number out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import BigInteger, LargeBinary, Text, UniqueConstraint, bindparam, delete, select, update
from sqlmodel import Field, SQLModel

from custody.administration import administer, refuse_change
from custody.custodian import Custodian
from custody.replay import Once, Replay
from policies.actor import Actor, ActorKind
from policies.free_text import contains_number
from policies.purposes import PurposeStatus
from policies.refusals import Denied, denied
from tokenizer.audit.action import Action
from tokenizer.crypto.authority import Authority
from tokenizer.storage.rows import table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row, Transaction
from tokenizer.token import Kind, digest, mint_secret

_LIVE_KEYS: Final = 2
"""A client may hold two keys at once, so that one can be rotated without a pause."""

_MANAGE: Final = "manageClients"
_END: Final = "endRights"
_NAME: Final = re.compile(r"[a-z](?:[a-z0-9._-]{0,62}[a-z0-9])?")


class ClientRow(SQLModel, table=True):
    """A client. `stamp` is a MAC over the row: it says which purposes the client may ask for."""

    __tablename__ = "client"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    client_id: int = Field(primary_key=True, sa_type=BigInteger)
    name: str = Field(sa_type=Text)
    purposes: str = Field(sa_type=Text, description="codes in order, separated by spaces")
    created_at: int = Field(sa_type=BigInteger)
    revoked_at: int = Field(sa_type=BigInteger, description="0 while the client lives")
    stamp: bytes = Field(sa_type=LargeBinary)


class ClientKeyRow(SQLModel, table=True):
    """A key of a client, as its SHA-256: it has 256 random bits, so a fast hash gives nothing away."""

    __tablename__ = "client_key"

    tenant_id: int = Field(primary_key=True, sa_type=BigInteger)
    digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    client_id: int = Field(sa_type=BigInteger)
    created_at: int = Field(sa_type=BigInteger)
    stamp: bytes = Field(sa_type=LargeBinary)


_CLIENT: Final = table_of(ClientRow)
_KEY: Final = table_of(ClientKeyRow)
_OF_TENANT: Final = _CLIENT.c.tenant_id == bindparam("tenant")
_BY_KEY: Final = Statement(
    select(_CLIENT, _KEY.c.created_at, _KEY.c.stamp)
    .select_from(
        _KEY.join(
            _CLIENT, (_CLIENT.c.tenant_id == _KEY.c.tenant_id) & (_CLIENT.c.client_id == _KEY.c.client_id)
        )
    )
    .where(_KEY.c.tenant_id == bindparam("tenant"), _KEY.c.digest == bindparam("digest"))
)
_LOCK_BY_NAME: Final = Statement(
    select(_CLIENT).where(_OF_TENANT, _CLIENT.c.name == bindparam("name")).with_for_update()
)
_ALL: Final = Statement(select(_CLIENT).where(_OF_TENANT).order_by(_CLIENT.c.client_id))
_CHANGE: Final = Statement(
    update(_CLIENT)
    .where(_OF_TENANT, _CLIENT.c.client_id == bindparam("client"))
    .values(
        purposes=bindparam("new_purposes"),
        revoked_at=bindparam("new_revoked_at"),
        stamp=bindparam("new_stamp"),
    )
)
_KEYS: Final = Statement(
    select(_KEY.c.digest)
    .where(_KEY.c.tenant_id == bindparam("tenant"), _KEY.c.client_id == bindparam("client"))
    .order_by(_KEY.c.created_at)
)
_DROP_KEY: Final = Statement(
    delete(_KEY).where(_KEY.c.tenant_id == bindparam("tenant"), _KEY.c.digest == bindparam("digest"))
)


@dataclass(frozen=True, slots=True)
class Client:
    """A machine credential of an integrator.

    Attributes:
        tenant: whose client.
        id: its audience id.
        name: its public id in the audit log.
        purposes: codes it may ask numbers for.
        created_at: milliseconds since the epoch.
        revoked_at: when it was revoked; 0 while it lives.
    """

    tenant: int
    id: int
    name: str
    purposes: frozenset[str]
    created_at: int
    revoked_at: int


@dataclass(frozen=True, slots=True)
class NewKey:
    """A client with a key that is shown this once. `repr` keeps the key out of logs."""

    client: Client
    key: str

    def __repr__(self) -> str:
        return f"NewKey(client={self.client.name})"


async def create_client(
    custodian: Custodian,
    actor: Actor,
    name: str,
    purposes: frozenset[str],
    now: int,
    replay: Replay | None = None,
) -> NewKey | Denied:
    """Register a client and mint its first key.

    Args:
        custodian: what the use case works with.
        actor: an administrator, or the operator.
        name: its public id: lower-case letters, digits and `. _ -`, 64 at most.
        purposes: codes it may ask numbers for.
        now: milliseconds since the epoch.
        replay: makes the request idempotent.
    """
    invalid = _refuse_name(name) or _refuse_purposes(custodian, purposes)
    if invalid is not None:
        return await refuse_change(custodian, actor, _MANAGE, Action.CLIENT_CREATE, invalid, now)
    client = Client(actor.tenant, custodian.vault.new_ids(1, now)[0], name, purposes, now, 0)
    key = mint_secret(Kind.CLIENT_KEY, actor.tenant, custodian.random_bytes)

    def work(tx: Transaction) -> NewKey:
        tx.insert(ClientRow, [_row(custodian.authority, client)])
        tx.insert(ClientKeyRow, [_key_row(custodian.authority, client, key, now)])
        return NewKey(client, key)

    detail = {"client": name, "purposes": " ".join(sorted(purposes)) or "none"}
    once = Once(replay, _to_answer, _from_answer) if replay else None
    return await administer(custodian, actor, _MANAGE, Action.CLIENT_CREATE, detail, now, work, once)


async def rotate_key(custodian: Custodian, actor: Actor, name: str, now: int) -> NewKey | Denied:
    """Mint another key. The one before stays valid until the next rotation; older ones end now."""
    invalid = _refuse_name(name)
    if invalid is not None:
        return await refuse_change(custodian, actor, _MANAGE, Action.CLIENT_CHANGE, invalid, now)
    key = mint_secret(Kind.CLIENT_KEY, actor.tenant, custodian.random_bytes)

    def work(tx: Transaction) -> NewKey | Denied:
        client = _living(tx, custodian.authority, actor.tenant, name)
        if client is None:
            return denied("unknown-id")
        live = tx.all(_KEYS, {"tenant": client.tenant, "client": client.id})
        for (old,) in live[: max(0, len(live) - _LIVE_KEYS + 1)]:
            tx.run(_DROP_KEY, {"tenant": client.tenant, "digest": old})
        tx.insert(ClientKeyRow, [_key_row(custodian.authority, client, key, now)])
        return NewKey(client, key)

    detail = {"client": name, "change": "key"}
    return await administer(custodian, actor, _MANAGE, Action.CLIENT_CHANGE, detail, now, work)


async def change_client(
    custodian: Custodian, actor: Actor, name: str, purposes: frozenset[str], now: int
) -> Client | Denied:
    """Change which purposes a client may ask numbers for."""
    invalid = _refuse_name(name) or _refuse_purposes(custodian, purposes)
    if invalid is not None:
        return await refuse_change(custodian, actor, _MANAGE, Action.CLIENT_CHANGE, invalid, now)

    def work(tx: Transaction) -> Client | Denied:
        client = _living(tx, custodian.authority, actor.tenant, name)
        return (
            _update(tx, custodian.authority, replace(client, purposes=purposes))
            if client
            else denied("unknown-id")
        )

    detail = {"client": name, "change": "purposes", "purposes": " ".join(sorted(purposes)) or "none"}
    return await administer(custodian, actor, _MANAGE, Action.CLIENT_CHANGE, detail, now, work)


async def revoke_client(custodian: Custodian, actor: Actor, name: str, now: int) -> Client | Denied:
    """End a client: its keys and all tokens made for it are dead at once."""
    invalid = _refuse_name(name)
    if invalid is not None:
        return await refuse_change(custodian, actor, _END, Action.CLIENT_REVOKE, invalid, now)

    def work(tx: Transaction) -> Client | Denied:
        client = _living(tx, custodian.authority, actor.tenant, name)
        if client is None:
            return denied("unknown-id")
        for (key,) in tx.all(_KEYS, {"tenant": client.tenant, "client": client.id}):
            tx.run(_DROP_KEY, {"tenant": client.tenant, "digest": key})
        return _update(tx, custodian.authority, replace(client, revoked_at=now))

    return await administer(custodian, actor, _END, Action.CLIENT_REVOKE, {"client": name}, now, work)


def client_of_key(tx: Transaction, authority: Authority, tenant: int, key: str) -> Client | None:
    """The living client that a key belongs to.

    Raises:
        SealBrokenError: the client's or the key's row was altered.
    """
    hashed = digest(key)
    row = tx.one(_BY_KEY, {"tenant": tenant, "digest": hashed})
    if row is None:
        return None
    client = _client(authority, row[:-2])
    authority.check("client_key", (tenant, hashed, client.id, row[-2]), row[-1])
    return None if client.revoked_at else client


def list_clients(tx: Transaction, authority: Authority, tenant: int) -> list[Client]:
    """All clients of a tenant, oldest first."""
    return [_client(authority, row) for row in tx.all(_ALL, {"tenant": tenant})]


def client_actor(client: Client, *, sandbox: bool, request: str | None) -> Actor:
    """The client as a caller."""
    return Actor(
        kind=ActorKind.CLIENT,
        tenant=client.tenant,
        id=client.id,
        name=client.name,
        purposes=client.purposes,
        sandbox=sandbox,
        request=request,
    )


def _to_answer(made: NewKey) -> list[Any]:
    client = made.client
    return [client.tenant, client.id, client.name, sorted(client.purposes), client.created_at, made.key]


def _from_answer(answer: list[Any]) -> NewKey:
    tenant, identity, name, purposes, created_at, key = answer
    return NewKey(Client(tenant, identity, name, frozenset(purposes), created_at, 0), key)


def _living(tx: Transaction, authority: Authority, tenant: int, name: str) -> Client | None:
    """The living client of a name, its row locked: it is about to be changed."""
    row = tx.one(_LOCK_BY_NAME, {"tenant": tenant, "name": name})
    client = _client(authority, row) if row else None
    return client if client and not client.revoked_at else None


def _update(tx: Transaction, authority: Authority, client: Client) -> Client:
    params = {
        "tenant": client.tenant,
        "client": client.id,
        "new_purposes": " ".join(sorted(client.purposes)),
        "new_revoked_at": client.revoked_at,
        "new_stamp": authority.stamp("client", _values(client)),
    }
    tx.run(_CHANGE, params)
    return client


def _values(client: Client) -> Row:
    purposes = " ".join(sorted(client.purposes))
    return client.tenant, client.id, client.name, purposes, client.created_at, client.revoked_at


def _row(authority: Authority, client: Client) -> Row:
    values = _values(client)
    return (*values, authority.stamp("client", values))


def _client(authority: Authority, row: Row) -> Client:
    return authority.read("client", row, _made)


def _made(row: Sequence[Any]) -> Client:
    tenant, identity, name, purposes, created_at, revoked_at, _ = row
    return Client(tenant, identity, name, frozenset(purposes.split()), created_at, revoked_at)


def _key_row(authority: Authority, client: Client, key: str, now: int) -> Row:
    values = (client.tenant, digest(key), client.id, now)
    return (*values, authority.stamp("client_key", values))


def _refuse_name(name: str) -> Denied | None:
    return None if _NAME.fullmatch(name) and not contains_number(name) else denied("name-invalid")


def _refuse_purposes(custodian: Custodian, purposes: frozenset[str]) -> Denied | None:
    for code in sorted(purposes):
        purpose = custodian.catalogue.get(code)
        if purpose is None:
            return denied("purpose-unknown")
        if purpose.status is PurposeStatus.REFUSED:
            reason = purpose.reason
            return (
                denied("purpose-refused-by-law", reason.ja, reason.en)
                if reason
                else denied("purpose-refused-by-law")
            )
    return None
