"""What a person gives at the door, for themselves and their family, and what they are told to do first."""

from tests.support.collecting import Collecting
from tests.support.numbers import synthetic_numbers
from tests.support.visiting import Visitor

FIRST, SECOND, THIRD = synthetic_numbers(3, seed=801)


async def test_a_person_brings_their_number_and_gets_a_receipt(collecting: Collecting) -> None:
    visitor = await Visitor.comes(collecting, "E1")
    own = collecting.ids["E1"]
    assert (await visitor.brings(own, FIRST)).state.value == "arrived"
    receipt = await visitor.finishes()
    assert [each.number for each in receipt.given] == [True]
    page = await visitor.reads()
    assert page.items
