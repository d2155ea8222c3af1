"""The rule by which the page judges a number while it is typed is the vault's own."""

import json
from pathlib import Path
from typing import Any

from api.selfservice.pages import assets
from tests.support import node
from tests.support.canary import FORMS, wrong
from tests.support.numbers import synthetic_numbers
from tokenizer.errors import InvalidNumberError
from tokenizer.my_number import MyNumber

WITHIN = 60.0
SCRIPT = """
import { readFileSync } from "node:fs";
import { plain, problem } from "./number.mjs";
const texts = JSON.parse(readFileSync("texts.json", "utf8"));
console.log(JSON.stringify(texts.map((text) => { const digits = plain(text); return [digits, problem(digits)]; })));
"""


def judged_by_the_page(texts: list[str], place: Path) -> list[list[Any]]:
    (place / "number.mjs").write_bytes(assets()["number.js"].content)
    (place / "run.mjs").write_text(SCRIPT, encoding="utf-8")
    (place / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    found: list[list[Any]] = json.loads(node.run("node", "run.mjs", directory=place, seconds=WITHIN))
    return found


def accepted(text: str) -> str | None:
    """The digits the vault would keep; None if it refuses."""
    try:
        return MyNumber.parse(text).reveal()
    except InvalidNumberError:
        return None


def test_the_page_accepts_exactly_what_the_vault_accepts(tmp_path: Path) -> None:
    right = synthetic_numbers(3_000, seed=77)
    texts = [
        *right,
        *(wrong(number) for number in right),
        *(digit * 12 for digit in "0123456789"),
        *(
            str(form(number))
            for number in right[:50]
            for name, form in FORMS.items()
            if name != "as a JSON number"
        ),
        *(number[:length] for number in right[:5] for length in range(13)),
        *("", " ", "①②③④⑤⑥⑦⑧⑨⑩⑪⑫", "１２３", "12345678901٣", "1.23457E+11", "’" + right[0], "x" * 12),
    ]
    refused = 0
    for text, (digits, problem) in zip(texts, judged_by_the_page(texts, tmp_path), strict=True):
        kept = accepted(text)
        assert (problem is None) == (kept is not None), problem
        if kept is not None:
            assert digits == kept
        refused += kept is None
    assert refused > 3_000


def test_every_problem_has_its_words(tmp_path: Path) -> None:
    texts = ["12", "1" * 13, "1" * 12, "12345678901x", wrong(synthetic_numbers(1, seed=78)[0])]
    found = [problem for _, problem in judged_by_the_page(texts, tmp_path)]
    assert found == ["too_short", "too_long", "repeated", "not_digits", "wrong_check"]
