"""A process that takes or restores a backup and kills itself on the way: `python -m tests.support.kill <plan as JSON>`.

It dies without a chance to tidy up when it is told of the given step for the given time, or asks the clock for the
given time.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from api.backups import take_backup
from api.restores import restore_backup
from api.settings import Settings
from tests.support.vaults import InstalledVault
from tokenizer.providers.file import FileKeyProvider

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Plan:
    """What the process does, and where it ends. Paths and addresses are texts."""

    step: str
    at: int
    now: int
    data: str
    keys: str
    database: str
    reader: str | None
    tools: str | None
    source: str = ""

    @property
    def settings(self) -> Settings:
        return Settings(
            data=Path(self.data),
            keys=Path(self.keys),
            database=self.database,
            origin="log.example/w",
            backup_database=self.reader,
            postgres_tools=Path(self.tools) if self.tools else None,
        )


def killed_on_the_way(
    vault: InstalledVault, step: str, at: int, source: Path | None, target: Settings
) -> None:
    """Run it, and make sure that it died there and nowhere else."""
    plan = Plan(
        step,
        at,
        vault.clock(),
        str(target.data),
        str(vault.settings.keys),
        target.database,
        target.backup_database,
        str(target.postgres_tools) if target.postgres_tools else None,
        str(source or ""),
    )
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.kill", json.dumps(asdict(plan))],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


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


async def _run(plan: Plan) -> None:
    fuse, keys = _Fuse(plan), FileKeyProvider.open(Path(plan.keys))
    if plan.source:
        await restore_backup(Path(plan.source), plan.settings, keys, fuse.clock, "訓練", fuse.tell)
        return
    await take_backup(plan.settings, keys, fuse.clock, Path(plan.data).parent / "backups", fuse.tell)


if __name__ == "__main__":
    asyncio.run(_run(Plan(**json.loads(sys.argv[1]))))
