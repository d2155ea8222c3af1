"""Epoch keys and what is derived from them.

    epoch key E            one a week, kept by the provider alone
      ├─ wrapping key      HMAC-SHA-256(E, "wrap"  | tenant)
      └─ index key         HMAC-SHA-256(E, "index" | tenant)

    authority key          long-lived: seals and MACs of rows that grant power
    log seed               long-lived: one Ed25519 signing key per tenant log

Derived keys are remembered for a bounded number of tenants, and only while the provider has their epoch.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from tokenizer.crypto.primitives import Signer, mac

K = TypeVar("K")
V = TypeVar("V")

_REMEMBERED: Final = 4096


class EpochKeys(Protocol):
    """What the keyring asks of a key provider."""

    def epoch_numbers(self) -> list[int]:
        """The living epochs, oldest first."""
        ...

    def has_epoch(self, number: int) -> bool:
        """Whether the key of an epoch is still there."""
        ...

    def epoch_key(self, number: int) -> bytes:
        """The key of one epoch; raises KeyGoneError once it is destroyed."""
        ...

    def authority_key(self) -> bytes:
        """The long-lived key of rows that grant power."""
        ...

    def log_seed(self) -> bytes:
        """The long-lived seed of the logs' signing keys."""
        ...


@dataclass(frozen=True, slots=True)
class TenantKeys:
    """The keys of one tenant in one epoch."""

    epoch: int
    wrap: bytes
    index: bytes
    replay: bytes

    def __repr__(self) -> str:
        return f"TenantKeys(epoch={self.epoch})"


class Keyring:
    """Hands out derived keys, so that no other module sees an epoch key."""

    def __init__(self, provider: EpochKeys) -> None:
        self._provider = provider
        self._tenants: OrderedDict[tuple[int, int], TenantKeys] = OrderedDict()
        self._signers: OrderedDict[int, Signer] = OrderedDict()

    def __repr__(self) -> str:
        return "Keyring(****)"

    def current_epoch(self) -> int:
        """The epoch under which new persons are wrapped: the newest."""
        return self._provider.epoch_numbers()[-1]

    def epochs(self) -> list[int]:
        """The living epochs, oldest first."""
        return self._provider.epoch_numbers()

    def tenant(self, tenant: int, epoch: int) -> TenantKeys:
        """The keys of `tenant` in `epoch`.

        Raises:
            KeyGoneError: the epoch was destroyed, or never was in this provider.
        """
        known = self._tenants.get((epoch, tenant))
        if known is not None and not self._provider.has_epoch(epoch):  # another process destroyed it
            self.forget(epoch)
            known = None
        if known is None:
            known = self._derive(tenant, self._provider.epoch_key(epoch), epoch)
            _remember(self._tenants, (epoch, tenant), known)
        return known

    def signer(self, tenant: int) -> Signer:
        """The signing key of a tenant's log."""
        known = self._signers.get(tenant)
        if known is None:
            known = Signer(mac(self._provider.log_seed(), b"log\x00" + tenant.to_bytes(8)))
            _remember(self._signers, tenant, known)
        return known

    def authority_key(self) -> bytes:
        """The key behind `Authority`."""
        return self._provider.authority_key()

    def forget(self, epoch: int) -> None:
        """Drop everything derived from an epoch, after the provider destroyed its key."""
        for known in [key for key in list(self._tenants) if key[0] == epoch]:
            self._tenants.pop(known, None)

    def _derive(self, tenant: int, epoch_key: bytes, epoch: int) -> TenantKeys:
        name = b"\x00" + tenant.to_bytes(8)
        return TenantKeys(
            epoch=epoch,
            wrap=mac(epoch_key, b"wrap" + name),
            index=mac(epoch_key, b"index" + name),
            replay=mac(epoch_key, b"replay" + name),
        )


def _remember(cache: OrderedDict[K, V], key: K, value: V) -> None:
    cache[key] = value
    if len(cache) > _REMEMBERED:
        cache.popitem(last=False)
