"""What the log says of a finished run: the detail of its leaves, and the digest that binds the list of persons.

The leaf of completion holds a SHA-256 over the persons' ids, days and rules, never over numbers or names: the log
proves who was on the list although it is kept for good and the list is not. One line for each person, in the order
of their ids, as JSON without white space:

    [<person>,"<due on>",<disposed at>,["<rule>",...]]
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

import orjson

from custody.certificates.facts import DisposedPerson, Kind
from tokenizer.audit.action import Action
from tokenizer.audit.text import to_base64

COMPLETE: Final = Action.DISPOSAL_COMPLETE
"""The action of the leaf that follows the last batch of a run."""
EXTINCT: Final = Action.DISPOSAL_EXTINCT
"""The action of the leaf that follows the destruction of the run's epoch."""


class PersonsDigest:
    """SHA-256 over the list of those disposed of, counted up as they come."""

    def __init__(self) -> None:
        self._hash = sha256()

    def add(self, persons: Iterable[DisposedPerson]) -> None:
        """Go on with the next persons, in the order of their ids."""
        for one in persons:
            line = [one.person, one.due_on, one.disposed_at, sorted(one.rules)]
            self._hash.update(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))

    @property
    def text(self) -> str:
        """The digest of those who were added so far, in base64."""
        return to_base64(self._hash.digest())


def persons_digest(persons: Iterable[DisposedPerson]) -> str:
    """SHA-256 over the list of those disposed of, in base64.

    Args:
        persons: in the order of their ids; they may come in batches, only one is held at a time.
    """
    digest = PersonsDigest()
    digest.add(persons)
    return digest.text


def completion_detail(
    run: str, kind: Kind, *, disposed: int, epoch: int, extinct_by: int, digest: str
) -> dict[str, str]:
    """The detail of the leaf COMPLETE; its `at` is the run's `finished_at`.

    Args:
        run: public id of the run.
        kind: why it took place.
        disposed: how many persons were disposed of.
        epoch: the epoch whose destruction makes every copy unreadable.
        extinct_by: by when it is destroyed, in milliseconds.
        digest: what `persons_digest` gave.
    """
    return {
        "run": run,
        "kind": str(kind),
        "disposed": str(disposed),
        "epoch": str(epoch),
        "extinct_by": str(extinct_by),
        "persons_sha256": digest,
    }


def extinction_detail(run: str, epoch: int) -> dict[str, str]:
    """The detail of the leaf EXTINCT; its `at` is the run's `extinct_at`."""
    return {"run": run, "epoch": str(epoch)}
