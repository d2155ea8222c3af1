"""The example of the README does what it says, against a real vault."""

import re
from pathlib import Path
from typing import Any

from tests.support.live import Company
from tests.support.numbers import synthetic_numbers

README = Path(__file__).parents[1] / "README.md"
NUMBERS = synthetic_numbers(3, 60)


def example() -> dict[str, Any]:
    """What the README's first block of code defines."""
    code = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[0]
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
