"""Which papers are wanted of whom when a number comes through the door, by the rules of verification online.

The person proves the number and who they are: one image of each, of papers that are issued one per person. Dependents
are verified by the employee: nothing is wanted of them. The spouse of the third category proves the number, and that
the employee may bring it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from custody.collection.item import SubmittedItem
from policies.catalogue_table import Bilingual
from policies.identity_case import Subject
from policies.identity_catalogue import (
    Channel,
    IdentityDocument,
    ProvesAgency,
    ProvesIdentity,
    ProvesNumber,
    load_identity_catalogue,
)

_BACK: Final = "back"
_FRONT: Final = "front"
_NUMBER: Final = Bilingual(
    "番号の分かる書類の画像(個人番号カードは裏面)",
    "an image of a paper with the number (of the card: its back)",
)
_IDENTITY: Final = Bilingual(
    "本人だと分かる書類の画像(個人番号カードは表面)",
    "an image of a paper that shows who you are (of the card: its front)",
)
_AUTHORITY: Final = Bilingual("署名した委任状の画像", "an image of the signed power of attorney")


@dataclass(frozen=True, slots=True)
class Paper:
    """A document that may be shown; its code in the catalogue, its name, what to hide on its image (None: nothing)."""

    code: str
    name: Bilingual
    redact: Bilingual | None = None


@dataclass(frozen=True, slots=True)
class Papers:
    """Of which documents images are wanted for a person: one of each list that is not empty.

    A paper in both `number` and `identity` (the card) is shown on both sides: back and front.

    Attributes:
        number: those that prove the number.
        identity: those that prove who the person is, issued one per person.
        authority: those that prove that an agent may act.
    """

    number: tuple[Paper, ...] = ()
    identity: tuple[Paper, ...] = ()
    authority: tuple[Paper, ...] = ()

    @property
    def codes(self) -> frozenset[str]:
        """All of them."""
        return frozenset(paper.code for paper in (*self.number, *self.identity, *self.authority))


def papers_for(subject: Subject, wanted: Sequence[str], today: date) -> Papers:
    """What is wanted for a number.

    Args:
        subject: whose it is.
        wanted: codes of the documents the campaign asks for; where none of them proves something, and where it names
            none, whatever the law accepts.
        today: papers that no longer count are left out.
    """

    def proving(proves: Callable[[IdentityDocument], bool]) -> tuple[Paper, ...]:
        able = [each for each in _shown_online(today) if proves(each)]
        chosen = [each for each in able if each.code in wanted] or able
        return tuple(Paper(each.code, each.name, each.redact) for each in chosen)

    if subject is Subject.DEPENDENT:
        return Papers()
    number = proving(lambda each: each.number is ProvesNumber.USUAL)
    if subject is Subject.SPOUSE_3GO:
        return Papers(number, (), proving(lambda each: each.agent is ProvesAgency.VOLUNTARY))
    return Papers(number, proving(lambda each: each.identity is ProvesIdentity.ONE))


def missing(papers: Papers, items: Sequence[SubmittedItem]) -> tuple[Bilingual, ...]:
    """What is still wanted before a number can be given, in words."""
    number, identity, authority = (
        frozenset(paper.code for paper in group)
        for group in (papers.number, papers.identity, papers.authority)
    )
    both = number & identity
    gaps: list[Bilingual] = []
    if number and not _any(items, number, lambda each: each.side == _FRONT and each.document in both):
        gaps.append(_NUMBER)
    if identity and not _any(items, identity, lambda each: each.side == _BACK):
        gaps.append(_IDENTITY)
    if authority and not _any(items, authority, lambda _: False):
        gaps.append(_AUTHORITY)
    return tuple(gaps)


def _any(
    items: Iterable[SubmittedItem], codes: frozenset[str], wrong_side: Callable[[SubmittedItem], bool]
) -> bool:
    return any(each.document in codes and not wrong_side(each) for each in items)


def _shown_online(today: date) -> list[IdentityDocument]:
    """The papers of which an image counts; what is a login or a certificate is shown to nobody face to face."""
    needed = {Channel.ONLINE, Channel.FACE_TO_FACE}
    return [
        each
        for each in load_identity_catalogue().documents.values()
        if needed <= each.channels and each.refused is None and (each.usable_until or today) >= today
    ]
