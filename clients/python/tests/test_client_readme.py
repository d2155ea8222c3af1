"""The example of the README does what it says, against a real vault."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.support.live import Company
from tests.support.numbers import synthetic_numbers
from warifu import NoticeForm, PurposeTelling

README = Path(__file__).parents[1] / "README.md"
NUMBERS = synthetic_numbers(3, 60)


def example(holding: str = "def register(") -> dict[str, Any]:
    """What the README's block of code defines that holds this."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (code,) = [block for block in blocks if holding in block]
    names: dict[str, Any] = {}
    exec(compile(code, README.name, "exec"), names)  # noqa: S102 - our own file
    return names


def test_the_example_registers_uses_and_verifies(company: Company, tmp_path: Path, capsys: Any) -> None:
    run, vault, human = example(), company.client(), company.human()
    roster = tmp_path / "roster.csv"
    rows = [f"E{row},試験 {row},{number}" for row, number in enumerate(NUMBERS)]
    roster.write_text("\n".join(["社員番号,氏名,個人番号", *rows, "E9,試験 9,123"]), encoding="utf-8")
    log = vault.audit_log()
    tokens = run["register"](vault, str(roster))
    assert list(tokens) == ["E0", "E1", "E2"]
    shown: list[str] = []

    def ask_code(question: str) -> str:
        shown.append(question)
        return company.code(human)

    numbers = run["year_end"](vault, list(tokens.values()), human.login, ask_code)
    assert [numbers[token] for token in tokens.values()] == NUMBERS
    assert shown == ["給与所得の源泉徴収票作成事務、3人分"]
    run["check_record"](vault, tokens["E0"], log.checkpoint, log.size, log.verifier_key)
    told = capsys.readouterr().out
    assert "vault:number:release" in told
    assert not [number for number in NUMBERS if number in told]


def test_the_example_of_a_campaign_asks_people_and_takes_a_number(
    company: Company, tmp_path: Path, capsys: Any
) -> None:
    run, vault = example("def invite("), company.client()
    desk = company.login(company.human())
    people = tmp_path / "people.csv"
    people.write_text("社員番号,氏名\nE-1,割符 花子\nE-2,割符 次郎\n", encoding="utf-8")
    collections = run["invite"](vault, str(people))
    assert list(collections) == ["E-1", "E-2"]
    card = date(2030, 1, 1)
    with pytest.raises(SystemExit, match="PURPOSE_NOT_NOTIFIED"):
        run["at_the_counter"](desk, collections["E-1"], NUMBERS[0], card)
    notice = PurposeTelling(NoticeForm.DOCUMENT, ["TAX_GENSEN"], "利用目的", date(2026, 11, 20))
    vault.give_purpose_notice(["E-1"], notice)
    assert run["at_the_counter"](desk, collections["E-1"], NUMBERS[0], card).startswith("wft_")
    run["invite"](vault, str(people))
    assert capsys.readouterr().out.count("E-") == 2
