"""A restore drill: a backup is restored for real, in a place of its own, looked over, and thrown away.

Neither the vault nor its ledger notices: what a restore would write into the ledger is not written.
"""

import asyncio
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from api.backups import Tell
from api.bootstrap import Clock, custodian_of
from api.migrations import migrate
from api.restore_place import Place, place_of, unwritable
from api.restores import Lost, lost_entries, open_backup
from api.settings import Settings
from custody.custodian import Custodian
from custody.log_check import Checked, check_log
from custody.restoration import Ended, Source, prepare_restored
from custody.witness import heads
from tokenizer.backup.container import is_being_written
from tokenizer.backup.manifest import Manifest
from tokenizer.backup.sample import Opened, try_numbers
from tokenizer.crypto.passwords import Passwords
from tokenizer.crypto.primitives import RandomBytes, system_random
from tokenizer.errors import BackupError
from tokenizer.providers.base import KeyProvider
from tokenizer.storage import open_database
from tokenizer.storage.statement import Backend

_PREFIX: Final = ".drill-"
_NAME_BYTES: Final = 8
_SAMPLE: Final = 100


@dataclass(frozen=True, slots=True)
class Report:
    """What a drill found. Times are milliseconds.

    Attributes:
        manifest: of the backup.
        size: bytes of its file.
        sha256: of its content, as verified.
        began_at: when the drill began, since the epoch.
        took: step -> how long it took: `check`, `write`, `upgrade`, `prepare`, `logs`, `numbers`.
        logs: each log, verified from its first entry to its head.
        lost: the logs that have more entries now than in the backup: what restoring it would lose.
        ended: what a restore ends; `disposed_again` and `erased_again` say how many persons were disposed of, and how
            many tenants' contracts ended, since the backup.
        numbers: how many numbers were tried, and how many could be opened.
    """

    manifest: Manifest
    size: int
    sha256: str
    began_at: int
    took: dict[str, int] = field(default_factory=dict)
    logs: list[Checked] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    ended: Ended = field(default_factory=Ended)
    numbers: Opened = field(default_factory=lambda: Opened(0, 0))

    @property
    def is_good(self) -> bool:
        """Whether the backup would serve."""
        sound = not any(log.fault for log in self.logs)
        return sound and self.numbers.opened == self.numbers.tried


class _Watch:
    """Says how long each step took."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.took: dict[str, int] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = self._clock()
        yield
        self.took[name] = self._clock() - began


async def drill(
    source: Path,
    settings: Settings,
    provider: KeyProvider,
    clock: Clock,
    tell: Tell,
    scratch: str | None = None,
    random_bytes: RandomBytes = system_random,
) -> Report:
    """Restore a backup into a temporary place, check every log, and open a sample of numbers.

    Args:
        source: the backup's file.
        settings: of the installation.
        provider: the vault's keys.
        clock: the time.
        tell: told how far it is.
        scratch: address of an empty PostgreSQL database, for a backup of one; empty again afterwards.
        random_bytes: chooses the sample.

    Raises:
        BackupError: the file is no whole backup of this vault, or there is no empty place for it.
        KeyGoneError: the backup is extinct.
        LedgerError: the ledger is missing, or not what was written.
        StorageError: a disk or the database did not take it.
    """
    container, stream_key = open_backup(source, provider)
    manifest, watch = container.manifest, _Watch(clock)
    report = Report(manifest, container.size, container.sha256, clock(), watch.took)
    with watch.step("check"):
        await asyncio.to_thread(container.verify, lambda done, whole: tell("check", done, whole))
    with _scratch(settings.data, random_bytes) as directory:
        there = _elsewhere(settings, manifest, directory, scratch)
        place = place_of(there, manifest.backend)
        await asyncio.to_thread(place.refuse_taken)
        try:
            with watch.step("write"):
                content = container.read(stream_key, lambda done, whole: tell("write", done, whole))
                await asyncio.to_thread(place.fill, content)
            return await _look_over(report, there, place, provider, watch, tell, random_bytes)
        finally:
            await asyncio.to_thread(place.clean)


async def _look_over(
    report: Report,
    settings: Settings,
    place: Place,
    provider: KeyProvider,
    watch: _Watch,
    tell: Tell,
    random_bytes: RandomBytes,
) -> Report:
    with watch.step("upgrade"):
        await asyncio.to_thread(migrate.upgrade, place.url)
        database = open_database(place.url, settings.connections, pooled=settings.pooled)
    try:
        custodian = custodian_of(settings, provider, database, Passwords(), rehearsal=True)
        lost = await lost_entries(custodian)
        source = Source(report.manifest.backup, report.manifest.made_at)
        with watch.step("prepare"):
            ended = await prepare_restored(custodian, source, report.began_at)
        with watch.step("logs"):
            logs = await _check_logs(custodian, tell)
        with watch.step("numbers"):
            numbers = await _try_numbers(custodian, random_bytes)
    finally:
        await database.close()
    return replace(report, logs=logs, lost=list(lost.values()), ended=ended, numbers=numbers)


async def _check_logs(custodian: Custodian, tell: Tell) -> list[Checked]:
    found, tenants = [], list(await heads(custodian))
    for done, tenant in enumerate(tenants, 1):
        found.append(await check_log(custodian, tenant))
        tell("logs", done, len(tenants))
    return found


async def _try_numbers(custodian: Custodian, random_bytes: RandomBytes) -> Opened:
    tenants = list(await heads(custodian))
    each = max(1, _SAMPLE // max(1, len(tenants)))
    tried = [
        await try_numbers(custodian.database, custodian.vault.keyring, tenant, each, random_bytes)
        for tenant in tenants
    ]
    return Opened(sum(one.tried for one in tried), sum(one.opened for one in tried))


def _elsewhere(settings: Settings, manifest: Manifest, directory: Path, scratch: str | None) -> Settings:
    """The settings of the place where the drill takes place."""
    if manifest.backend == Backend.SQLITE.value:
        return replace(
            settings, data=directory, database=f"sqlite:///{directory / 'warifu.db'}", origin=manifest.origin
        )
    if scratch is None:
        raise BackupError(
            "PostgreSQL のバックアップです。--database で訓練用の空のデータベースを指定してください"
            "(終わると空に戻ります)。",
            "This backup is of PostgreSQL. Name an empty database for the drill with --database; it is empty again "
            "afterwards.",
        )
    return replace(settings, data=directory, database=scratch, origin=manifest.origin)


@contextmanager
def _scratch(data: Path, random_bytes: RandomBytes) -> Iterator[Path]:
    """A directory beside the database, on its disk and as private; those that crashes left are removed."""
    for left in data.glob(f"{_PREFIX}*"):
        if not is_being_written(left):
            shutil.rmtree(left, ignore_errors=True)
    directory = data.resolve() / f"{_PREFIX}{random_bytes(_NAME_BYTES).hex()}"
    try:
        directory.mkdir(mode=0o700)
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise unwritable(directory, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        os.close(descriptor)
