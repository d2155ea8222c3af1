"""Real sheets, printed, drawn as a scanner or a phone sees them, and read back."""

from collections.abc import Callable

import pytest
import segno
from PIL import Image, ImageDraw

from custody.kits.arrival import PageState
from custody.kits.marker import Marker, Part
from custody.kits.pages import markers_of
from custody.kits.scan import read_pages, scan_page
from tests.support.kits import (
    as_jpeg,
    as_png,
    as_scan,
    as_webp,
    blurred,
    code_of,
    cropped,
    darkened,
    drawn,
    kit,
    noisy,
    on_a_table,
    printed,
    rotated,
    shaded,
    sheet,
    slanted,
    stained,
)
from tests.support.numbers import synthetic_numbers

FORM = Marker(code_of(1), Part.FORM, 1, 1)


def is_read(picture: Image.Image) -> bool:
    page = scan_page(picture)
    assert page.markers in {(), (FORM,)}
    return page.markers == (FORM,)


@pytest.mark.parametrize("dependents", [0, 2, 8])
def test_a_printed_kit_is_read_back_sheet_by_sheet(dependents: int) -> None:
    one = kit(5, dependents)
    arrival = read_pages(printed(one))
    assert arrival.kits == (one.code,)
    found = [page.markers for page in arrival.pages]
    assert found == [(marker,) if marker.part.comes_back else () for marker in markers_of(one)]
    assert arrival.missing() == ()


@pytest.mark.parametrize("degrees", [1, 3, 10, 30, 45, 60, 89, 90, 135, 178, 180, 183, 225, 270, 315, 359])
def test_a_sheet_is_read_at_any_angle_also_upside_down(degrees: int) -> None:
    assert is_read(rotated(sheet(), degrees))


@pytest.mark.parametrize("dpi", [50, 72, 100, 150, 300, 600])
def test_a_sheet_is_read_from_coarse_and_fine_scans(dpi: int) -> None:
    assert is_read(sheet(dpi=dpi))


def test_thirty_dots_an_inch_are_beyond_reading() -> None:
    assert not is_read(sheet(dpi=30))


@pytest.mark.parametrize("radius", [1, 2, 3, 4])
def test_a_blurred_sheet_is_read(radius: float) -> None:
    assert is_read(blurred(sheet(), radius))


def test_a_blur_of_six_pixels_at_200_dpi_nearly_a_box_of_the_code_is_beyond_reading_and_said_to_be() -> None:
    page = scan_page(blurred(sheet(), 6))
    assert page.state is PageState.NO_CODE
    assert "撮り直す" in page.state.advice.ja


@pytest.mark.parametrize("sigma", [20, 60, 100])
def test_a_grainy_sheet_is_read(sigma: float) -> None:
    assert is_read(noisy(sheet(), sigma))


@pytest.mark.parametrize("share", [0.5, 0.2, 0.08])
def test_a_sheet_in_bad_light_is_read(share: float) -> None:
    assert is_read(noisy(darkened(sheet(), share), 3))


def test_a_sheet_half_in_the_shadow_is_read() -> None:
    assert is_read(shaded(sheet()))


@pytest.mark.parametrize("share", [0.05, 0.15, 0.25])
def test_a_sheet_seen_from_below_is_read(share: float) -> None:
    assert is_read(slanted(sheet(), share))


@pytest.mark.parametrize("share", [0.02, 0.04])
def test_a_sheet_without_its_margins_is_read(share: float) -> None:
    assert is_read(cropped(sheet(), share))


def test_a_sheet_whose_code_is_cut_off_is_not() -> None:
    assert not is_read(cropped(sheet(), 0.12))


@pytest.mark.parametrize("share", [0.15, 0.3])
def test_a_blot_on_the_code_does_no_harm(share: float) -> None:
    assert is_read(stained(sheet(), share))


def test_a_sheet_on_a_patterned_table_is_read() -> None:
    assert is_read(on_a_table(sheet(dpi=150)))


def test_all_at_once_still_reads() -> None:
    assert is_read(noisy(blurred(darkened(slanted(rotated(sheet(), 187), 0.08), 0.5), 1.5), 15))


@pytest.mark.parametrize("saved", [as_jpeg, as_png, as_webp])
def test_photos_of_every_kind_are_read(saved: Callable[[Image.Image], bytes]) -> None:
    (page,) = read_pages(saved(sheet())).pages
    assert page.markers == (FORM,)


def test_a_poor_jpeg_is_read() -> None:
    assert read_pages(as_jpeg(noisy(sheet(), 20), quality=12)).kits == (FORM.code,)


def test_two_kits_in_one_scan_are_told_page_by_page() -> None:
    copy = Image.new("L", (1654, 2339), 250)
    scan = as_scan([sheet(), copy, sheet(seed=2), rotated(sheet(5), 180)])
    arrival = read_pages(scan)
    assert arrival.is_mixed
    assert arrival.kits == (code_of(1), code_of(2))
    assert [page.state for page in arrival.pages] == [
        PageState.KIT,
        PageState.NO_CODE,
        PageState.KIT,
        PageState.KIT,
    ]


def test_two_forms_in_one_photo_are_noticed() -> None:
    both = Image.new("L", (1700, 1200), 200)
    both.paste(sheet(dpi=100), (0, 0))
    both.paste(sheet(dpi=100, seed=2), (850, 10))
    assert scan_page(both).state is PageState.SEVERAL_KITS


def test_the_code_of_a_card_is_foreign_and_what_it_says_is_not_kept() -> None:
    number = next(iter(synthetic_numbers(1, 21)))
    page = scan_page(with_code(Image.new("L", (1200, 800), 255), number))
    assert page.state is PageState.FOREIGN_CODE
    assert page.markers == ()
    assert number not in repr(page)


def test_a_form_beside_a_foreign_code_is_still_the_kits() -> None:
    page = scan_page(with_code(sheet().copy(), "https://warifu.example/"))
    assert (page.state, page.markers) == (PageState.KIT, (FORM,))


def test_a_forged_code_with_a_wrong_check_is_foreign() -> None:
    wrong = FORM.code[:-1] + ("A" if FORM.code[-1] != "A" else "B")
    page = scan_page(with_code(Image.new("L", (1200, 800), 255), f"{wrong}-3.1/1"))
    assert page.state is PageState.FOREIGN_CODE


def with_code(picture: Image.Image, text: str) -> Image.Image:
    pen, scale = ImageDraw.Draw(picture), 8
    for row, line in enumerate(segno.make(text, micro=False).matrix):
        for column, dark in enumerate(line):
            x, y = 100 + column * scale, 300 + row * scale
            pen.rectangle((x, y, x + scale - 1, y + scale - 1), fill=0 if dark else 255)
    return picture


def test_the_postcards_of_reminders_bear_no_code_that_could_be_taken_for_a_form() -> None:
    for page in drawn(printed(kit()), 100)[:2]:
        assert scan_page(page).state is PageState.NO_CODE
