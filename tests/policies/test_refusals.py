"""Every refusal that the code can give has a message in both languages, and says nothing of the value refused."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from custody.rejections import rejection
from policies.refusals import Denied, denied, described
from policies.rules import DEFAULT_DENY, rule_ids
from policies.step_up import Rejected

ROOT = Path(__file__).parents[2]
JAPANESE = re.compile(r"[぀-ヿ一-鿿]")
RULE = re.compile(r"[a-z]+(-[a-z]+)+")
CODE = re.compile(r"[A-Z]+(_[A-Z]+)+")


def calls(packages: list[str], names: set[str]) -> Iterator[tuple[str, ast.Call]]:
    """Every call of one of these functions, with the file it stands in."""
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names:
                    yield path.name, node


def constants(node: ast.AST, pattern: re.Pattern[str]) -> Iterator[str]:
    for inner in ast.walk(node):
        if (
            isinstance(inner, ast.Constant)
            and isinstance(inner.value, str)
            and pattern.fullmatch(inner.value)
        ):
            yield inner.value


def used_rules() -> set[str]:
    found = {
        text
        for _, call in calls(["policies", "custody", "schema", "api"], {"denied", "Rejected"})
        for text in constants(call.args[0] if call.args else call, RULE)
    }
    return found | {f"quota-{kind}" for kind in ("client", "human", "purpose")}


def used_codes() -> set[str]:
    found = {
        text
        for _, call in calls(["custody"], {"rejection", "rejected", "_repeats"})
        for argument in call.args
        for text in constants(argument, CODE)
    }
    tree = ast.parse((ROOT / "custody" / "registration_plan.py").read_text(encoding="utf-8"))
    sorting = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name in {"_contradiction", "_sort"}
    ]
    return found | {text for node in sorting for text in constants(node, CODE)}


def forbidding() -> list[str]:
    text = (ROOT / "policies" / "vault.cedar").read_text(encoding="utf-8")
    return re.findall(r'@id\("([^"]+)"\)\s*forbid', text)


def check_message(message_ja: str, message_en: str) -> None:
    assert JAPANESE.search(message_ja)
    assert not JAPANESE.search(message_en)
    assert message_ja.endswith("。")
    assert message_en.endswith((".", ")"))


def test_the_search_finds_the_refusals_and_codes_there_are() -> None:
    assert {"code-used", "use-unknown", "name-taken", "no-persons", "consent-missing"} <= used_rules()
    assert {"NUMBER_TAKEN", "EMPLOYEE_UNKNOWN", "PERSON_UNKNOWN", "EXTERNAL_ID_REPEATED"} <= used_codes()


@pytest.mark.parametrize("rule", sorted(used_rules() | set(forbidding()) | {DEFAULT_DENY}))
def test_every_refusal_and_every_rule_that_forbids_has_a_message_in_both_languages(rule: str) -> None:
    denial = denied(rule)
    assert denial.rule == rule
    check_message(denial.message_ja, denial.message_en)


@pytest.mark.parametrize("code", sorted(used_codes()))
def test_every_rejected_row_has_a_message_in_both_languages(code: str) -> None:
    item = rejection(3, code)
    assert (item.row, item.code) == (3, code)
    check_message(item.message_ja, item.message_en)


def test_no_message_is_written_for_a_refusal_that_nobody_gives() -> None:
    assert described() - used_rules() - set(forbidding()) - {DEFAULT_DENY} == set()


def test_a_refusal_without_a_message_is_a_fault_of_the_program() -> None:
    with pytest.raises(KeyError):
        denied("no-such-rule")
    with pytest.raises(KeyError):
        rejection(0, "NO_SUCH_CODE")


def test_what_is_particular_to_a_case_follows_the_message() -> None:
    plain, more = denied("no-persons"), denied("no-persons", "理由。", "Reason.")
    assert more.message_ja == plain.message_ja + "理由。"
    assert more.message_en == plain.message_en + " Reason."


def test_a_refused_code_is_a_rule_with_a_message() -> None:
    assert {
        Rejected("code-wrong").rule,
        Rejected("code-used").rule,
        Rejected("factor-disabled").rule,
    } <= described()


def test_refusals_are_values() -> None:
    assert denied("code-used") == denied("code-used")
    assert denied("code-used") != denied("code-wrong")
    assert isinstance(denied("code-used"), Denied)


def test_no_rule_has_the_name_of_a_refusal_it_does_not_give() -> None:
    permitting = set(rule_ids()) - set(forbidding())
    assert permitting & described() == set()
