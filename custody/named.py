"""Persons as callers name them: by the tenant's own external ids, or by the caller's tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

from custody.people import Known, NumberState, bearers, known
from custody.rejections import Rejection, rejection
from custody.roster import normalise_id
from policies.actor import Actor
from tokenizer.storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Named:
    """A column of persons.

    Attributes:
        texts: external ids, or tokens.
        by_token: which of the two.
    """

    texts: Sequence[str]
    by_token: bool = False

    def __len__(self) -> int:
        return len(self.texts)


def find_named(tx: Transaction, actor: Actor, named: Named) -> list[Known | None]:
    """Who is meant in each row; None for nobody."""
    if named.by_token:
        found = bearers(tx, actor.tenant, actor.audience, named.texts)
        return [Known(one.id, one.kind, one.state, one.notified) if one else None for one in found]
    texts = [normalise_id(text) for text in named.texts]
    persons = known(tx, actor.tenant, texts)
    return [persons.get(text) for text in texts]


def reject_named(named: Named, people: Sequence[Known | None], rejected: dict[int, Rejection]) -> None:
    """Reject the rows that mean nobody, and those of people whose number is not in the vault."""
    for row, person in enumerate(people):
        if person is None:
            rejected.setdefault(row, rejection(row, "TOKEN_UNKNOWN" if named.by_token else "PERSON_UNKNOWN"))
        elif person.state != NumberState.HELD.value:
            rejected.setdefault(row, rejection(row, "NUMBER_NOT_HELD"))


def reject_repeated(people: Sequence[Known | None], rejected: dict[int, Rejection]) -> None:
    """Reject a person's second and later rows."""
    seen: set[int] = set()
    for row, person in enumerate(people):
        if person is not None and row not in rejected:
            if person.id in seen:
                rejected[row] = rejection(row, "PERSON_REPEATED")
            seen.add(person.id)
