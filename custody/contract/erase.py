"""Erasing a tenant: table by table, in steps each a transaction of its own, killed and begun again at any point.

Every table of tenants stands in one of two lists, `ERASED` or `KEPT`; a test walks the metadata, so that a table that
is added later cannot be forgotten. What is kept holds no number and opens none.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from sqlalchemy import BindParameter, Column, ColumnElement, Table, bindparam, delete, select, tuple_

from custody.account import AccountRow, LoginAttempt
from custody.clients import ClientKeyRow, ClientRow
from custody.collection.campaign import CampaignRow
from custody.collection.collection import CollectionRow
from custody.collection.dispatch import DispatchRow
from custody.collection.item_row import CollectionItemRow
from custody.collection.notice import PurposeNoticePersonRow, PurposeNoticeRow
from custody.collection.verification import VerificationRow
from custody.contract.end import EndState, more_erased, read_end, save_end
from custody.custodian import Custodian
from custody.departure import DepartureRow
from custody.desk.appointment import AppointmentRow
from custody.desk.inquiry import InquiryRow
from custody.desk.message import InquiryMessageRow
from custody.desk.slot import SlotRow
from custody.disposal.item import ITEM
from custody.disposal.policy import DisposalPolicyRow
from custody.disposal.scope import note_destruction
from custody.document import DocumentRow
from custody.enrolment import RecoveryCodeRow
from custody.hold import HOLD
from custody.kits.kit import KitPageRow, KitRow
from custody.kits.printout import KitPrintRow
from custody.kits.sender import KitSenderRow
from custody.people import PERSON
from custody.replay import ReplayRow
from custody.selfservice.link import LinkRow
from custody.selfservice.visit import VisitRow
from custody.session import SessionRow
from custody.uses import USE
from policies.quotas import QuotaUsage
from policies.step_up import SecondFactor
from tokenizer.storage.rows import (
    NumberRow,
    PersonKey,
    SealedItem,
    TokenRow,
    table_of,
)
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Transaction

BATCH: Final = 5_000
"""So many rows are erased in one transaction."""

ACCESS: Final = tuple(
    table_of(model)
    for model in (
        SessionRow,
        VisitRow,
        LinkRow,
        ClientKeyRow,
        ClientRow,
        RecoveryCodeRow,
        SecondFactor,
        LoginAttempt,
        AccountRow,
    )
)
"""What lets somebody in: emptied first, and all in one transaction."""

_KEYS: Final = table_of(PersonKey)
ERASED: Final = (
    *ACCESS,
    _KEYS,
    *(table_of(model) for model in (NumberRow, SealedItem, TokenRow, ReplayRow)),
    USE,
    *(table_of(model) for model in (DocumentRow, DepartureRow)),
    HOLD,
    *(table_of(model) for model in (DisposalPolicyRow, QuotaUsage)),
    PERSON,
    ITEM,
    *(
        table_of(model)
        for model in (
            CollectionItemRow,
            KitPageRow,
            KitRow,
            KitPrintRow,
            KitSenderRow,
            CollectionRow,
            DispatchRow,
            VerificationRow,
            CampaignRow,
            PurposeNoticePersonRow,
            PurposeNoticeRow,
            InquiryMessageRow,
            InquiryRow,
            AppointmentRow,
            SlotRow,
        )
    ),
)
"""The tables that are emptied, in this order: what gives power, then what opens, then the rest."""

KEPT: Final[Mapping[str, str]] = {
    "tenant": "whose log and certificates these are: the name stands on the certificate",
    "audit_head": "the head of the log, which is kept for good",
    "audit_leaf": "the log: who did what, to whom (by id), and that the numbers are gone",
    "audit_subtree": "the log's proofs",
    "disposal_run": "which humans stood behind each disposal, and by when copies are extinct",
    "contract_end": "who ended the contract, and by which key the certificates are fetched",
}
"""The tables that stay, each with the reason; of `disposal_item` the rows of the contract's own run stay as well."""

_UNKNOWN: Final = 0
_OF_RUN: Final[BindParameter[int]] = bindparam("run")


class _Emptying:
    """The statements that empty one table of a tenant's rows, in the order of their keys."""

    def __init__(self, table: Table) -> None:
        self.name = str(table.name)  # of a quoted name no JSON is made
        keys = [column for column in table.primary_key.columns if column.name != "tenant_id"]
        doomed = [table.c.tenant_id == bindparam("tenant")]
        if table is ITEM:
            doomed.append(table.c.run_id != _OF_RUN)
        self._keys = [column.name for column in keys]
        self._rest = Statement(delete(table).where(*doomed))
        self._edge = Statement(
            select(*keys).where(*doomed).order_by(*keys).limit(1).offset(bindparam("further"))
            if keys
            else select(table.c.tenant_id).where(*doomed).limit(0)
        )
        self._up_to = Statement(delete(table).where(*doomed, _up_to(keys))) if keys else self._rest
        self._any = Statement(select(table.c.tenant_id).where(*doomed).limit(1))

    def __call__(self, tx: Transaction, place: Mapping[str, int], size: int) -> int:
        """Erase the next rows, at most so many; says how many there were."""
        edge = tx.one(self._edge, {**place, "further": size - 1}) if self._keys else None
        if edge is None:
            return self.whole(tx, place)
        limits: dict[str, Any] = {f"last_{name}": value for name, value in zip(self._keys, edge, strict=True)}
        return tx.run(self._up_to, {**place, **limits})

    def whole(self, tx: Transaction, place: Mapping[str, int]) -> int:
        """Erase all rows at once."""
        return tx.run(self._rest, place)

    def is_done(self, tx: Transaction, place: Mapping[str, int]) -> bool:
        """Whether no row is left."""
        return tx.one(self._any, place) is None


def _up_to(keys: list[Column[Any]]) -> ColumnElement[bool]:
    limits = [bindparam(f"last_{column.name}", type_=column.type) for column in keys]
    return keys[0] <= limits[0] if len(keys) == 1 else tuple_(*keys) <= tuple_(*limits)


_EMPTYING: Final = tuple(_Emptying(table) for table in ERASED)


async def erase(custodian: Custodian, tenant: int, batch: int = BATCH) -> dict[str, int]:
    """Erase everything of a tenant but what is kept; says how many rows went, by table, those with none left out.

    It asks for no state: whoever calls it knows that the contract has ended, from the row or from the ledger.

    Args:
        custodian: what the use case works with.
        tenant: whose rows.
        batch: how many rows go in one transaction; `BATCH` at most.

    Raises:
        SealBrokenError: the row of the contract's end was altered.
        StorageError: the database cannot take it; what is left goes when it is called again.
    """
    erased: dict[str, int] = {}
    for table in _EMPTYING:
        count = batch
        while count == batch:
            count = await custodian.database.write(tenant, partial(_step, custodian, tenant, table, batch))
            erased[table.name] = erased.get(table.name, 0) + count
    return {table: count for table, count in erased.items() if count}


def erase_access(tx: Transaction, tenant: int) -> dict[str, int]:
    """Erase, in one transaction, all that lets somebody of a tenant in; says how many rows went, by table."""
    place = {"tenant": tenant, "run": _UNKNOWN}
    return {table.name: table.whole(tx, place) for table in _EMPTYING[: len(ACCESS)]}


def is_erased(tx: Transaction, tenant: int, run: int) -> bool:
    """Whether nothing is left but what is kept.

    Args:
        tx: the transaction.
        tenant: whose rows.
        run: the run whose items stay.
    """
    place = {"tenant": tenant, "run": run}
    return all(table.is_done(tx, place) for table in _EMPTYING)


def _step(custodian: Custodian, tenant: int, table: _Emptying, batch: int, tx: Transaction) -> int:
    """Erase the next rows of a table, and count them in the row of the contract's end, if it is ending."""
    custodian.vault.log(tenant).lock(tx)
    end = read_end(tx, custodian.authority, tenant, lock=True)
    count = table(tx, {"tenant": tenant, "run": end.run if end else _UNKNOWN}, batch)
    if count and table.name == _KEYS.name:
        note_destruction(tx, tenant)
    if count and end is not None and end.state is EndState.ENDING:
        save_end(tx, custodian.authority, replace(end, erased=more_erased(end, {table.name: count})))
    return count
