"""What somebody with write access to the database, and no key, could do: plain SQL on either database."""

from functools import cache
from typing import Any

from sqlalchemy import text

from tokenizer.storage.database import Database
from tokenizer.storage.statement import Statement
from tokenizer.storage.transaction import Row


async def rows(database: Database, tenant: int, sql: str, /, **params: Any) -> list[Row]:
    """Read rows; values are named `:like_this`."""
    return await database.read(tenant, lambda tx: tx.all(_statement(sql), params))


async def value(database: Database, tenant: int, sql: str, /, **params: Any) -> Any:
    """Read the one value of the one row."""
    ((found,),) = await rows(database, tenant, sql, **params)
    return found


async def change(database: Database, tenant: int, sql: str, /, **params: Any) -> int:
    """Change rows and say how many."""
    return await database.write(tenant, lambda tx: tx.run(_statement(sql), params))


@cache
def _statement(sql: str) -> Statement:
    return Statement(text(sql))
