"""The digests of a run's list, read in steps: of what humans stand behind, and of what was disposed of."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import lru_cache, partial
from typing import Final

from custody.certificates.digest import PersonsDigest
from custody.certificates.facts import DisposedPerson
from custody.custodian import Custodian
from custody.disposal.item import Item, ItemState, ListDigest, items_page, parse_grounds
from custody.disposal.run import Run
from tokenizer.errors import SealBrokenError

_STEP: Final = 1_000


async def list_digest(custodian: Custodian, run: Run) -> str:
    """The digest of a run's list as it stands: that of `run.revision`, unless the list changes meanwhile."""
    digest = ListDigest(run)
    async for items in read_items(custodian, run):
        digest.add(items)
    return digest.text


async def check_list(custodian: Custodian, run: Run) -> None:
    """Make sure that a run's list is the one that was confirmed.

    Raises:
        SealBrokenError: somebody changed it in the database.
    """
    if await list_digest(custodian, run) != run.digest:
        raise SealBrokenError(
            f"廃棄 {run.public_id} の対象者一覧が、確認・承認されたものから書き換えられています。実行を拒否しました。"
            "監査ログを検証してください。",
            f"The list of disposal {run.public_id} is not the one that was confirmed and approved. "
            "It is not carried out. Verify the audit log.",
        )


async def disposed_digest(custodian: Custodian, run: Run) -> str:
    """The digest of those disposed of, as the log and the certificates hold it."""
    digest = PersonsDigest()
    async for items in read_items(custodian, run):
        digest.add(_disposed(run, item) for item in items if item.state is ItemState.DISPOSED)
    return digest.text


async def read_items(custodian: Custodian, run: Run) -> AsyncIterator[Sequence[Item]]:
    """All of a run's items in the order of their persons' ids, a thousand at a time."""
    after = 0
    while items := await custodian.database.read(
        run.tenant, partial(items_page, run=run, after=after, count=_STEP)
    ):
        yield items
        after = items[-1].person
        await asyncio.sleep(0)  # others are served in between


def rules_of(run: Run, item: Item) -> tuple[str, ...]:
    """The grounds that were given when a person's number went, as certificates name them.

    By an instruction a number may go before its time: then only the purposes that were over are grounds.
    """
    return _over(item.grounds, run.as_of)


@lru_cache(maxsize=4096)
def _over(grounds: str, day: str) -> tuple[str, ...]:
    """Most persons of a run have the same grounds, to the letter."""
    return tuple(sorted(ground.code for ground in parse_grounds(grounds) if "" < ground.free_on <= day))


def _disposed(run: Run, item: Item) -> DisposedPerson:
    """A person without the names that the digest does not hold."""
    return DisposedPerson(
        item.person, "", "", item.disposed_at, item.due_on, rules_of(run, item), item.leaf_index
    )
