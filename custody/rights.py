"""Who has rights in a tenant: its accounts and clients, for administrators."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from custody.account import Account, list_accounts
from custody.clients import Client, list_clients
from custody.custodian import Custodian, entry, record_refusal
from policies.actor import Actor
from policies.authorize import may_administer
from policies.refusals import Denied
from tokenizer.audit.action import Action
from tokenizer.crypto.authority import Authority
from tokenizer.storage.transaction import Transaction

T = TypeVar("T")


async def accounts_of(custodian: Custodian, actor: Actor, now: int) -> Sequence[Account] | Denied:
    """All accounts of the caller's tenant, oldest first."""
    return await _list(custodian, actor, Action.ACCOUNT_LIST, now, list_accounts)


async def clients_of(custodian: Custodian, actor: Actor, now: int) -> Sequence[Client] | Denied:
    """All clients of the caller's tenant, oldest first."""
    return await _list(custodian, actor, Action.CLIENT_LIST, now, list_clients)


async def _list(
    custodian: Custodian,
    actor: Actor,
    action: Action,
    now: int,
    read: Callable[[Transaction, Authority, int], list[T]],
) -> list[T] | Denied:
    denial = may_administer(actor, "listRights", now)
    if denial is not None:
        return await record_refusal(custodian, actor, entry(actor, action, now, denied=denial), denial)
    return await custodian.database.read(actor.tenant, lambda tx: read(tx, custodian.authority, actor.tenant))
