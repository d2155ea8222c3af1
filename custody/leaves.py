"""Leaves for many persons who are alike in what the log says of them, in the order in which they were asked for."""

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from tokenizer.audit.entry import Entry, entry_batch
from tokenizer.audit.log import Leaves, leaves

K = TypeVar("K", bound=Hashable)


def leaves_of(persons: Sequence[int], likenesses: Sequence[K], say: Callable[[K], Entry]) -> Leaves:
    """One leaf for each person.

    Args:
        persons: whom the leaves concern.
        likenesses: of each person, whatever their leaf depends on.
        say: the entry of all who are alike, without the person.
    """
    alike: dict[K, list[int]] = {}
    for place, likeness in enumerate(likenesses):
        alike.setdefault(likeness, []).append(place)
    entries = [b""] * len(persons)
    for likeness, places in alike.items():
        batch = entry_batch(say(likeness), [persons[place] for place in places])
        for place, data in zip(places, batch, strict=True):
            entries[place] = data
    return leaves(entries, persons)
