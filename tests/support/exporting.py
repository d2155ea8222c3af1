"""People in quantity, a database that counts what is read of it, and readers of files who stop or go away."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.types import Message, Scope

from custody.custodian import Custodian
from custody.people import PersonRow
from tests.support.faults import Fate, FatefulDatabase
from tokenizer.storage.database import Database
from tokenizer.vault import Vault


class Lending(FatefulDatabase):
    """A database that counts its listings, and dies where its fate says.

    Attributes:
        lent: how many listings there were.
    """

    def __init__(self, inner: Database, fate: Fate | None = None) -> None:
        super().__init__(inner, fate or Fate())
        self.lent = 0

    def pages(self, tenant: int) -> AbstractAsyncContextManager[AsyncConnection]:
        self.lent += 1
        return super().pages(tenant)


def over(custodian: Custodian, database: Database) -> Custodian:
    """The same custodian over another database."""
    vault = custodian.vault
    return replace(custodian, vault=Vault(database, vault.keyring, vault._origin, vault.random_bytes))


async def crowd(custodian: Custodian, tenant: int, count: int, address: str = "") -> None:
    """People who are on record without a number; quickly."""
    rows = [
        (
            tenant,
            row,
            f"C-{row}",
            "employee",
            "架空 太郎",
            "",
            "",
            address,
            "",
            "{}",
            "",
            "",
            "none",
            1,
            "{}",
            "",
        )
        for row in range(1, count + 1)
    ]
    await custodian.database.write(tenant, lambda tx: tx.insert(PersonRow, rows))


@dataclass
class Reader:
    """Somebody who gets a file and takes a number of its pages.

    Attributes:
        path: of the file.
        session: their credential.
        takes: after so many pieces they stop reading.
        stays: whether they keep the connection open then.
        version: of HTTP.
        pieces: what came.
        status: of the answer.
    """

    path: str
    session: str
    takes: int
    stays: bool = False
    version: str = "1.1"
    pieces: list[bytes] = field(default_factory=list)
    status: int = 0
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def scope(self) -> Scope:
        headers = [(b"authorization", f"Bearer {self.session}".encode()), (b"host", b"warifu.test")]
        return {
            "type": "http",
            "method": "GET",
            "path": self.path,
            "raw_path": self.path.encode(),
            "query_string": b"",
            "headers": headers,
            "http_version": self.version,
            "scheme": "http",
            "server": ("warifu.test", 80),
            "client": ("127.0.0.1", 1),
        }

    async def receive(self) -> Message:
        await self.stopped.wait()
        if self.stays:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message.get("body"):
            self.pieces.append(message["body"])
            if len(self.pieces) == self.takes:
                self.stopped.set()
                if self.stays:
                    await asyncio.Event().wait()
                await asyncio.sleep(0)  # lets the server hear of it
