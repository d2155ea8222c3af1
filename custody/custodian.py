"""What every use case works with: wired once in `api.bootstrap`, handed to each use case as its first argument."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from policies.actor import Actor
from policies.purposes import Catalogue
from policies.refusals import Denied
from tokenizer.audit.action import Action, Outcome
from tokenizer.audit.entry import Entry
from tokenizer.audit.log import Leaves, leaves
from tokenizer.crypto.authority import Authority
from tokenizer.crypto.passwords import Passwords
from tokenizer.crypto.primitives import RandomBytes
from tokenizer.ledger import Ledger
from tokenizer.storage.database import Database
from tokenizer.vault import Vault

_READ_AT_ONCE: Final = 2


@dataclass(frozen=True, slots=True)
class Custodian:
    """The vault, the catalogue and the password hasher, together.

    Attributes:
        vault: seals and releases.
        catalogue: the statutory purposes.
        passwords: hashes login passwords.
        hashing: how many passwords may be hashed at once; each takes 64 MiB.
        ledger: what must be known outside the database: disposals, and how far each log had come.
        mails: whether mail can be sent.
        reading: how many PDFs may be read at once; each may take a GiB.
        errands: set when somebody has ordered what the worker does, which then need not wait for its next tick.
    """

    vault: Vault
    catalogue: Catalogue
    passwords: Passwords
    hashing: asyncio.Semaphore
    ledger: Ledger
    mails: bool = False
    reading: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_READ_AT_ONCE))
    errands: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def database(self) -> Database:
        """Where the rows live."""
        return self.vault.database

    @property
    def authority(self) -> Authority:
        """Seals and stamps of rows that grant power."""
        return self.vault.authority

    @property
    def random_bytes(self) -> RandomBytes:
        """Source of randomness."""
        return self.vault.random_bytes


def entry(
    actor: Actor,
    action: Action,
    now: int,
    *,
    denied: Denied | None = None,
    rule: str | None = None,
    human: str | None = None,
    purpose: str | None = None,
    use: str | None = None,
    reason: str | None = None,
    detail: dict[str, str] | None = None,
) -> Entry:
    """A leaf about what an actor did, or was refused.

    Args:
        actor: who acted.
        action: what they did.
        now: milliseconds since the epoch.
        denied: the refusal, if it was one.
        rule: id of the rule that permitted it.
        human: who stood behind it, if not the actor.
        purpose: code of the purpose.
        use: public id of the use.
        reason: why, in the human's words.
        detail: further facts.
    """
    return Entry(
        at=now,
        action=action,
        outcome=Outcome.DENIED if denied else Outcome.ALLOWED,
        human=human or actor.human,
        client=actor.client,
        purpose=purpose,
        use=use,
        reason=reason,
        rule=denied.rule if denied else rule,
        request=actor.request,
        detail=detail or {},
    )


def one_leaf(entry: Entry) -> Leaves:
    """A single leaf that concerns no person."""
    return leaves([entry.to_bytes()])


async def record_refusal(custodian: Custodian, actor: Actor, refused: Entry, denial: Denied) -> Denied:
    """Write a refusal into the log, then hand it on. A refusal that cannot be recorded is not told either."""
    record = one_leaf(refused)
    log = custodian.vault.log(actor.tenant)
    await custodian.database.write(actor.tenant, lambda tx: log.append(tx, record))
    return denial
