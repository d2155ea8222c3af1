"""A process that takes or restores a backup and kills itself on the way.

It dies without a chance to tidy up when it is told of the given step for the given time, or asks the clock for the
given time.
"""

import asyncio
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from api.backups import take_backup
from api.restores import restore_backup
from api.settings import Settings
from tests.support.kills import run_to_its_death
from tests.support.vaults import InstalledVault
from tokenizer.providers.file import FileKeyProvider


@dataclass(frozen=True)
class Plan:
    """What the process does, and where it ends.

    Attributes:
        source: the backup to restore; None to take one.
        settings: of the vault that is backed up, or restored.
    """

    step: str
    at: int
    now: int
    keys: Path
    source: Path | None
    settings: Settings


def killed_on_the_way(
    vault: InstalledVault, step: str, at: int, source: Path | None, target: Settings
) -> None:
    """Run it, and make sure that it died there and nowhere else."""
    run_to_its_death(carry_out, Plan(step, at, vault.clock(), vault.settings.keys, source, target))


class _Fuse:
    """Ends the process when it was asked for the given time."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._left = plan.at

    def tell(self, step: str, _done: int, _whole: int) -> None:
        self._burn(step)

    def clock(self) -> int:
        self._burn("clock")
        return self._plan.now

    def _burn(self, step: str) -> None:
        if step == self._plan.step:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def carry_out(plan: Plan) -> None:
    """Do what is planned, up to the moment of death."""
    asyncio.run(_carry_out(plan))


async def _carry_out(plan: Plan) -> None:
    fuse, keys, settings = _Fuse(plan), FileKeyProvider.open(plan.keys), plan.settings
    if plan.source:
        await restore_backup(plan.source, settings, keys, fuse.clock, "訓練", fuse.tell)
        return
    await take_backup(settings, keys, fuse.clock, settings.data.parent / "backups", fuse.tell)
