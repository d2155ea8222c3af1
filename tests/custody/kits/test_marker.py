import pytest

from custody.kits.marker import Marker, Part, read_marker
from tests.support.kits import code_of

CODE = code_of(3)


@pytest.mark.parametrize("part", Part)
def test_what_the_qr_code_holds_is_read_back(part: Part) -> None:
    marker = Marker(CODE, part, 2, 3)
    assert marker.payload == f"{CODE}-{part.value}.2/3"
    assert read_marker(marker.payload) == marker


def test_the_qr_code_holds_the_kit_and_the_sheet_and_nothing_else() -> None:
    assert len(Marker(CODE, Part.FORM, 1, 1).payload) == len(CODE) + len("-3.1/1")


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        CODE,
        f"{CODE}-3",
        f"{CODE}-7.1/1",
        f"{CODE}-3.2/1",
        f"{CODE}-3.0/1",
        f"{CODE}-3.1/1 ",
        f"{CODE.lower()}-3.1/1",
        f"{CODE[:-1]}{'A' if CODE[-1] != 'A' else 'B'}-3.1/1",
        "https://warifu.example/",
    ],
)
def test_whatever_else_a_code_says_is_none_of_ours(foreign: str) -> None:
    assert read_marker(foreign) is None


def test_only_what_is_sent_back_bears_a_qr_code() -> None:
    assert {part for part in Part if part.comes_back} == {
        Part.FORM,
        Part.RETURN_SLIP,
        Part.POWER_OF_ATTORNEY,
    }
