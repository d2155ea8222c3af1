from custody.kits.arrival import Arrival, PageState, page_of
from custody.kits.marker import Marker, Part
from tests.support.kits import code_of

ONE, OTHER = code_of(1), code_of(2)
FORM = Marker(ONE, Part.FORM, 1, 1)
STRANGE = Marker(OTHER, Part.FORM, 1, 1)


def test_a_page_is_told_by_the_codes_on_it() -> None:
    assert page_of(1, [FORM]).state is PageState.KIT
    assert page_of(1, [FORM, None]).state is PageState.KIT
    assert page_of(1, [FORM, Marker(ONE, Part.POWER_OF_ATTORNEY, 1, 1)]).state is PageState.KIT
    assert page_of(1, [FORM, STRANGE]).state is PageState.SEVERAL_KITS
    assert page_of(1, [None]).state is PageState.FOREIGN_CODE
    assert page_of(1, []).state is PageState.NO_CODE


def test_a_code_read_twice_counts_once() -> None:
    assert page_of(1, [FORM, FORM]).markers == (FORM,)


def test_two_kits_in_one_file_are_noticed() -> None:
    mixed = Arrival((page_of(1, [FORM]), page_of(2, []), page_of(3, [STRANGE])))
    assert mixed.kits == (ONE, OTHER)
    assert mixed.is_mixed
    assert not Arrival((page_of(1, [FORM]), page_of(2, []))).is_mixed


def test_a_further_sheet_that_did_not_come_is_missed() -> None:
    first, second = Marker(ONE, Part.FORM, 1, 2), Marker(ONE, Part.FORM, 2, 2)
    assert Arrival((page_of(1, [first]),)).missing() == (second,)
    assert Arrival((page_of(1, [second]), page_of(2, [first]))).missing() == ()


def test_an_envelope_without_its_form_misses_it() -> None:
    assert Arrival((page_of(1, [Marker(ONE, Part.RETURN_SLIP, 1, 1)]),)).missing() == (FORM,)


def test_nothing_is_missed_of_a_file_without_a_kit() -> None:
    assert Arrival((page_of(1, []), page_of(2, [None]))).missing() == ()


def test_every_state_says_what_to_do_in_both_languages() -> None:
    assert all(state.advice.ja and state.advice.en for state in PageState)
