"""The installation's own log: what was done to the vault as a whole, by its operator or by the clock."""

from typing import Final

from sqlalchemy import bindparam, select

from custody.custodian import Custodian, one_leaf
from tokenizer.audit.entry import Entry
from tokenizer.audit.log import Receipt
from tokenizer.storage.database import NO_TENANT
from tokenizer.storage.rows import AuditHead, table_of
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Conflict, Transaction

_HEAD: Final = table_of(AuditHead)
_SIZE: Final = Statement(select(_HEAD.c.size).where(_HEAD.c.tenant_id == bindparam("tenant")))


async def record_for_house(custodian: Custodian, entry: Entry) -> Receipt:
    """Write an entry into the installation's log, which is begun if there is none.

    Raises:
        StorageError: it cannot be written.
    """
    record = one_leaf(entry)
    log = custodian.vault.log(NO_TENANT)

    def work(tx: Transaction) -> Receipt:
        if tx.one(_SIZE, {"tenant": NO_TENANT}) is None:
            log.create(tx)
        return log.append(tx, record)

    try:
        return await custodian.database.write(NO_TENANT, work)
    except Conflict:  # another process began it at this moment
        return await custodian.database.write(NO_TENANT, work)
