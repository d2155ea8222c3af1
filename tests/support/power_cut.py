"""A power cut at any step of what happens to a directory: before a file is opened, renamed, removed, or a store asked.

    with power_cut(directory, at=3):
        provider.destroy_epoch(1)      # raises PowerCut at its third step

Nothing that follows is done, as no `except VaultError` catches it. A count beyond the last step lets all of it happen.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tokenizer.providers.key_store import Context, KeyState, KeyStore

_STEPS: Final = frozenset({"open", "os.rename", "os.remove", "os.chmod", "os.mkdir"})


class PowerCut(BaseException):
    """The lights went out."""


@dataclass
class _Plan:
    directory: str
    left: int

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise PowerCut


_plans: list[_Plan] = []


def _on_event(event: str, args: tuple[Any, ...]) -> None:
    if _plans and event in _STEPS and isinstance(args[0], str | os.PathLike):
        for plan in _plans:
            if os.fspath(args[0]).startswith(plan.directory):
                plan.step()


sys.addaudithook(_on_event)  # for good: a hook cannot be taken away, so it looks whether somebody has a plan


@contextmanager
def power_cut(directory: Path, at: int) -> Iterator[None]:
    """Cut the power at one step of what is done to a directory, counted from 1."""
    plan = _Plan(str(directory), at)
    _plans.append(plan)
    try:
        yield
    finally:
        _plans.remove(plan)


class OnTheGrid:
    """A key store whose calls are steps as well: the cut comes before a call, or when it is done and nobody knows."""

    def __init__(self, store: KeyStore) -> None:
        self._store = store

    @property
    def kind(self) -> str:
        return self._store.kind

    @property
    def lead_days(self) -> int:
        return self._store.lead_days

    def create(self, name: str) -> None:
        _step()
        self._store.create(name)
        _step()

    def wrap(self, name: str, plaintext: bytes, context: Context) -> bytes:
        _step()
        return self._store.wrap(name, plaintext, context)

    def unwrap(self, name: str, blob: bytes, context: Context) -> bytes:
        _step()
        return self._store.unwrap(name, blob, context)

    def destroy(self, name: str) -> None:
        _step()
        self._store.destroy(name)
        _step()

    def state(self, name: str) -> KeyState:
        _step()
        return self._store.state(name)


def _step() -> None:
    for plan in _plans:
        plan.step()
