"""Giving: images of papers, then the number, for each person the visitor brings; or saying that none is given.

Every act looks anew, in the transaction that writes, whether visit, link and collection belong together and still let
something be given. The purpose notice comes before anything else.
"""

from custody.collection.collection import Collection
from custody.collection.item import SubmittedItem
from custody.collection.submission import Picture
from custody.custodian import Custodian
from custody.selfservice.visits import Visit
from policies.purposes import PersonKind
from policies.refusals import Denied


async def acknowledge(custodian: Custodian, visit: Visit, now: int) -> None | Denied:
    """Record that the visitor was told of the purposes, for everybody they bring; a second time changes nothing."""
    raise NotImplementedError


async def give_image(
    custodian: Custodian, visit: Visit, collection_id: str, picture: Picture, now: int
) -> SubmittedItem | Denied:
    """Give an image of a paper that is wanted for a person."""
    raise NotImplementedError


async def take_back(custodian: Custodian, visit: Visit, item_id: str, now: int) -> None | Denied:
    """Destroy an image that was given, before the number is."""
    raise NotImplementedError


async def give_number(
    custodian: Custodian, visit: Visit, collection_id: str, number: str, again: str, now: int
) -> Collection | Denied:
    """Give a number, typed twice: the last act for a person. Refused while a paper is missing, which it names."""
    raise NotImplementedError


async def decline(custodian: Custodian, visit: Visit, collection_id: str, now: int) -> Collection | Denied:
    """Say that a number is not given; what was given for it is destroyed."""
    raise NotImplementedError


async def add_dependent(
    custodian: Custodian, visit: Visit, name: str, kana: str, birth_date: str, kind: PersonKind, now: int
) -> Collection | Denied:
    """Add a dependent or spouse of the visitor, with a collection of their own."""
    raise NotImplementedError
