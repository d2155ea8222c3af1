"""Installations of keys, one of each kind, which the same tests run over.

A site is a key directory and, but for the file provider, a key store: SoftHSM, or a fake service on loopback that
destroys as the real one does. `open` is what a later process does; `other_process` is one.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from api.key_stores import SECRET, open_store
from tests.support.fake_kms import REGION, FakeKms
from tests.support.fake_transit import FakeTransit
from tests.support.power_cut import OnTheGrid
from tests.support.soft_hsm import PIN, SoftHsm
from tokenizer.crypto.passwords import CHEAP_FOR_TESTS
from tokenizer.providers.base import KeyProvider
from tokenizer.providers.file import FileKeyProvider
from tokenizer.providers.key_store import KeyStore
from tokenizer.providers.wrapped import WrappedKeyProvider

BEGAN: Final = 1_760_000_000_000
VAULT: Final = "vault-7"
TOKEN: Final = "hvs.the-token-of-the-test"
PASSPHRASE: Final = "ひみつの合言葉 for tests"
STORES: Final = ("pkcs11", "aws-kms", "openbao")
_PROCESS: Final = """
import sys
from pathlib import Path
from tests.support.key_sites import Site
site = Site(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4])
exec(sys.argv[5])
"""


@dataclass
class Seconds:
    """A clock that stands still until it is moved."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Site:
    """Keys of one vault.

    Attributes:
        kind: of the provider.
        path: the key directory.
        setting: of the key store; "" for files.
        secret: its PIN or token.
        away: makes the store unreachable.
        back: brings it back.
        bring_back: takes a copy of the store, and gives what brings a destroyed key back from it, by its name.
        lose: makes the store lose a key by its name, without anybody having asked for it.
        clock: of the age of its answers.
        service: the fake service behind it, if it has one.
    """

    kind: str
    path: Path
    setting: str = ""
    secret: str = ""
    away: Callable[[], None] = lambda: None
    back: Callable[[], None] = lambda: None
    bring_back: Callable[[], Callable[[str], None]] = lambda: lambda _: None
    lose: Callable[[str], None] = lambda _: None
    clock: Seconds = field(default_factory=Seconds)
    service: FakeKms | FakeTransit | None = None
    _stateless: KeyStore | None = None

    def store(self) -> KeyStore:
        """The key store, as a process sees it that has just begun."""
        if self._stateless is not None:
            return self._stateless
        store = OnTheGrid(open_store(self.setting, {SECRET: self.secret}))
        if self.kind == "aws-kms":  # it remembers nothing between calls, and its library takes long to begin
            self._stateless = store
        return store

    def create(
        self, vault_id: str = VAULT, path: Path | None = None, data_dir: Path | None = None
    ) -> KeyProvider:
        """The keys of a new vault."""
        where = path or self.path
        if not self.setting:
            return FileKeyProvider.create(
                where,
                vault_id,
                now_ms=BEGAN,
                passphrase=PASSPHRASE,
                profile=CHEAP_FOR_TESTS,
                data_dir=data_dir,
            )
        return WrappedKeyProvider.create(
            where,
            vault_id,
            self.store(),
            now_ms=BEGAN,
            data_dir=data_dir,
            clock=self.clock,
            spawn=_at_once,
        )

    def open(self, path: Path | None = None, data_dir: Path | None = None) -> KeyProvider:
        """The keys, opened as a later process opens them."""
        where = path or self.path
        if not self.setting:
            return FileKeyProvider.open(where, passphrase=PASSPHRASE, data_dir=data_dir)
        return WrappedKeyProvider.open(
            where, self.store(), data_dir=data_dir, clock=self.clock, spawn=_at_once
        )

    def wrapped(self) -> WrappedKeyProvider:
        """The keys, opened; with what only a provider over a key store can tell."""
        provider = self.open()
        assert isinstance(provider, WrappedKeyProvider)
        return provider

    def copy_directory(self, to: Path) -> Path:
        """A copy of the key directory, as a backup of it would be."""
        shutil.copytree(self.path, to)
        return to

    def other_process(self, code: str) -> str:
        """What another process prints that runs `code` with a `site` of its own."""
        arguments = [self.kind, str(self.path), self.setting, self.secret, code]
        done = subprocess.run(
            [sys.executable, "-c", _PROCESS, *arguments], check=True, capture_output=True, text=True
        )
        return done.stdout.strip()


@contextmanager
def open_site(kind: str, directory: Path, hsm: Callable[[], SoftHsm]) -> Iterator[Site]:
    """A site of one kind, for one test."""
    path = directory / "keys"
    if kind == "file":
        yield Site(kind, path)
    elif kind == "pkcs11":
        yield _pkcs11(path, hsm())
        hsm().clear()
    elif kind == "aws-kms":
        with FakeKms() as kms:
            yield _aws_kms(path, kms)
    else:
        with FakeTransit() as transit:
            transit.issue(TOKEN)
            yield _openbao(path, transit)


def _pkcs11(path: Path, hsm: SoftHsm) -> Site:
    elsewhere = hsm.tokens.with_name("elsewhere")

    def bring_back() -> Callable[[str], None]:
        copy = path.with_name("copy-of-the-token")
        shutil.copytree(hsm.tokens, copy)

        def restore(name: str) -> None:
            del name
            shutil.rmtree(hsm.tokens)
            copy.rename(hsm.tokens)

        return restore

    setting = hsm.token(f"warifu-{hsm.next_number()}")
    return Site(
        "pkcs11",
        path,
        setting,
        PIN,
        away=lambda: _move(hsm.tokens, elsewhere),
        back=lambda: _move(elsewhere, hsm.tokens),
        bring_back=bring_back,
        lose=lambda name: open_store(setting, {SECRET: PIN}).destroy(name),
    )


def _aws_kms(path: Path, kms: FakeKms) -> Site:
    def restore(name: str) -> None:
        kms.key(f"alias/warifu/{name}").state = "Enabled"  # somebody cancelled the deletion

    def lose(name: str) -> None:
        del kms.keys[kms.aliases.pop(f"alias/warifu/{name}")]

    return Site(
        "aws-kms",
        path,
        f"aws-kms:{kms.url}?region={REGION}",
        away=kms.go_away,
        back=kms.come_back,
        bring_back=lambda: restore,
        lose=lose,
        service=kms,
    )


def _openbao(path: Path, transit: FakeTransit) -> Site:
    def bring_back() -> Callable[[str], None]:
        copy = dict(transit.keys)
        return lambda name: transit.keys.update({name: copy[name]})

    return Site(
        "openbao",
        path,
        f"openbao:{transit.url}",
        TOKEN,
        away=transit.go_away,
        back=transit.come_back,
        bring_back=bring_back,
        lose=transit.keys.__delitem__,
        service=transit,
    )


def _at_once(work: Callable[[], None]) -> None:
    work()


def _move(source: Path, target: Path) -> None:
    source.rename(target)
