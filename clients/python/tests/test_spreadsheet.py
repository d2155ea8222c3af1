import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from warifu.spreadsheet import guarded, unguarded

CASES = json.loads((Path(__file__).parents[3] / "tests/vectors/cell.json").read_text(encoding="utf-8"))[
    "cases"
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_a_cell_is_guarded_and_read_as_the_vectors_say(case: dict[str, str | dict[str, str]]) -> None:
    assert isinstance(case["input"], dict)
    text = case["input"]["text"]
    assert guarded(text) == case["cell"]
    assert unguarded(guarded(text)) == text


@given(st.text(alphabet=st.sampled_from("'=+-@ \t\r\nａ＝1あ"), max_size=8) | st.text(max_size=20))
@example("''=")
def test_a_guarded_cell_says_what_it_said_and_starts_no_formula(text: str) -> None:
    cell = guarded(text)
    assert unguarded(cell) == text
    assert cell.lstrip()[:1] not in {*"=+-@＝＋－＠"}


def test_a_cell_that_only_has_an_apostrophe_is_left_alone() -> None:
    assert (guarded("O'Brien"), unguarded("'tHooft")) == ("O'Brien", "'tHooft")
