"""One file on its way out: recorded before its first byte, read page by page, recorded again when it ends.

The first leaf says who takes which file; without it on disk no byte leaves. The second says how many rows were handed
over and whether that was all. A server that dies in between leaves the first one alone, which says as much.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement

from custody.custodian import Custodian, entry, one_leaf, record_refusal
from custody.export.acts import DISPOSALS, USES
from custody.export.cells import BOM, lines
from custody.export.people import DEPARTURES, DOCUMENTS, HOLDS, PEOPLE
from custody.export.sheet import Sheet
from policies.actor import Actor
from policies.authorize import may_administer
from policies.refusals import Denied
from tokenizer.audit.action import Action
from tokenizer.storage.transaction import Row


class File(StrEnum):
    """What can be exported."""

    PEOPLE = "people"
    DOCUMENTS = "documents"
    DEPARTURES = "departures"
    HOLDS = "holds"
    USES = "uses"
    DISPOSALS = "disposals"


SHEETS: Final[Mapping[File, Sheet]] = {
    File.PEOPLE: PEOPLE,
    File.DOCUMENTS: DOCUMENTS,
    File.DEPARTURES: DEPARTURES,
    File.HOLDS: HOLDS,
    File.USES: USES,
    File.DISPOSALS: DISPOSALS,
}


class Stage(StrEnum):
    """How far an export has come, as its leaves say."""

    BEGUN = "begun"
    COMPLETE = "complete"
    BROKEN_OFF = "broken-off"


@dataclass(slots=True)
class Export:
    """A file that somebody is taking.

    Attributes:
        custodian: what the use case works with.
        actor: who takes it.
        file: which.
        id: names it in both leaves.
        rows: how many were handed over so far, the header not counted.
        complete: whether these are all there are.
    """

    custodian: Custodian
    actor: Actor
    file: File
    id: str
    rows: int = field(default=0, init=False)
    complete: bool = field(default=False, init=False)

    async def pages(self) -> AsyncGenerator[bytes, None]:
        """The file in pieces: pages of rows, each read when it is asked for, the first one with the header.

        What changes meanwhile may be in it or not; who was there throughout is in it once.

        Raises:
            SealBrokenError: a row was altered.
            StorageError: the database was lost on the way.
        """
        sheet = SHEETS[self.file]
        head = BOM + lines([sheet.header])
        for part in sheet.parts or (None,):
            async for rows in self._rows(sheet, part):
                yield head + lines(sheet.cells(self.custodian.authority, row) for row in rows)
                self.rows += len(rows)
                head = b""
        if head:
            yield head
        self.complete = True

    async def end(self, now: int) -> Stage:
        """Record how it ended.

        Args:
            now: milliseconds since the epoch.

        Raises:
            StorageError: it cannot be recorded.
        """
        how = Stage.COMPLETE if self.complete else Stage.BROKEN_OFF
        await self.record(how, now, rows=str(self.rows))
        return how

    async def record(self, stage: Stage, now: int, **further: str) -> None:
        """Write into the log how far it has come."""
        detail = {"file": self.file.value, "export": self.id, "stage": stage.value, **further}
        record = one_leaf(entry(self.actor, Action.DATA_EXPORT, now, detail=detail))
        log = self.custodian.vault.log(self.actor.tenant)
        await self.custodian.database.write(self.actor.tenant, lambda tx: log.append(tx, record))

    async def _rows(self, sheet: Sheet, part: ColumnElement[bool] | None) -> AsyncIterator[list[Row]]:
        """The pages of a part, each row without its key."""
        tenant, keys = self.actor.tenant, len(sheet.key)
        after: Row | None = None
        while True:
            async with self.custodian.database.pages(tenant) as connection:
                found = (await connection.execute(sheet.page(tenant, part, after))).all()
            if found:
                yield [tuple(row[keys:]) for row in found]
            if len(found) < sheet.size:
                return
            after = tuple(found[-1][:keys])


async def begin_export(custodian: Custodian, actor: Actor, file: File, now: int) -> Export | Denied:
    """Let somebody take a file along; it is in the log before this returns.

    Args:
        custodian: what the use case works with.
        actor: an administrator who gave a one-time code of late.
        file: which file.
        now: milliseconds since the epoch.
    """
    denial = may_administer(actor, "exportData", now)
    if denial is not None:
        refused = entry(actor, Action.DATA_EXPORT, now, denied=denial, detail={"file": file.value})
        return await record_refusal(custodian, actor, refused, denial)
    export = Export(custodian, actor, file, f"exp_{custodian.vault.new_ids(1, now)[0]}")
    await export.record(Stage.BEGUN, now)
    return export
