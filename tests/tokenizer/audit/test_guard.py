import pytest

from tokenizer.audit.guard import holds_number, is_number

SYNTHETIC = "123456789018"  # made up; its check digit is right


@pytest.mark.parametrize(
    "text",
    [
        SYNTHETIC,
        "1234 5678 9018",
        "1234-5678-9018",
        "1234ー5678ー9018",
        "１２３４５６７８９０１８",
        "1234−5678－9018",
        f"0{SYNTHETIC}",
        f"番号は{SYNTHETIC}です",
        f"No{SYNTHETIC}x",
        "000000000019",
        f"2026年 1111 {SYNTHETIC}",
    ],
)
def test_a_number_that_someone_typed_into_text_is_found(text: str) -> None:
    assert holds_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "年末調整",
        "123456789019",  # the check digit is wrong
        "7000012050002",  # a Corporate Number
        f"9{SYNTHETIC}",  # thirteen digits, the first not 0
        f"{SYNTHETIC}5",
        "090-1234-5678",
        "2026-11-22T10:30:00Z",
        "1234.5678.9018",
    ],
)
def test_other_digits_pass(text: str) -> None:
    assert not holds_number(text)
    assert not is_number(text)


def test_an_id_is_a_number_only_as_a_whole() -> None:
    assert is_number(SYNTHETIC)
    assert is_number(" 1234-5678-9018 ")
    assert is_number("１２３４５６７８９０１８")
    assert not is_number(f"6f1c2d3e-0000-4000-8000-{SYNTHETIC}")
    assert not is_number(f"req_{SYNTHETIC}")
