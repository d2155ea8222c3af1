import random
from itertools import combinations

import pytest

from custody.kits.code import ALPHABET, LENGTH, PREFIX, in_groups, new_kit_code, parse_kit_code
from custody.kits.errors import KitError, KitFault
from tests.support.kits import code_of
from tests.support.numbers import synthetic_numbers

CODE = code_of(7)
LETTERS = b"\xff" * 13


def fault_of(text: str) -> KitFault:
    with pytest.raises(KitError) as refused:
        parse_kit_code(text)
    assert text not in str(refused.value)
    assert refused.value.message_ja
    assert refused.value.message_en
    return refused.value.fault


def test_a_code_is_wk1_and_22_characters_that_nobody_confuses() -> None:
    assert CODE.startswith(PREFIX)
    assert len(CODE) == LENGTH == 26
    assert set(CODE.removeprefix(PREFIX)) <= set(ALPHABET)
    assert len(set(ALPHABET)) == 32
    assert not set(ALPHABET) & set("0O1I")


def test_a_hundred_random_bits_go_into_a_code() -> None:
    base = int.from_bytes(LETTERS)
    used = {new_kit_code(lambda count, bit=bit: (base ^ 1 << bit).to_bytes(count)) for bit in range(100)}
    assert len(used) == 100


def test_codes_do_not_repeat() -> None:
    assert len({code_of(seed) for seed in range(2_000)}) == 2_000


def test_a_code_is_read_however_it_is_typed() -> None:
    wide = in_groups(CODE).translate({ord(one): ord(one) + 0xFEE0 for one in in_groups(CODE)})
    for typed in (CODE, CODE.lower(), in_groups(CODE), in_groups(CODE).replace("-", " "), f" {CODE}\n", wide):
        assert parse_kit_code(typed) == CODE
    assert parse_kit_code(in_groups(CODE).replace("-", "ー")) == CODE


def test_printed_groups_have_four_characters() -> None:
    assert [len(group) for group in in_groups(CODE).split("-")] == [3, 4, 4, 4, 4, 4, 2]


def test_each_single_slip_is_noticed() -> None:
    for place in range(len(PREFIX), LENGTH):
        for character in set(ALPHABET) - {CODE[place]}:
            assert fault_of(CODE[:place] + character + CODE[place + 1 :]) is KitFault.CODE_CHECK


def test_each_pair_of_exchanged_characters_is_noticed() -> None:
    for one, other in combinations(range(len(PREFIX), LENGTH), 2):
        swapped = list(CODE)
        swapped[one], swapped[other] = swapped[other], swapped[one]
        if "".join(swapped) != CODE:
            assert fault_of("".join(swapped)) is KitFault.CODE_CHECK


def test_any_two_slips_are_noticed() -> None:
    rng = random.Random("two slips")  # noqa: S311 - the same slips each time
    for _ in range(2_000):
        slipped = list(CODE)
        for place in rng.sample(range(len(PREFIX), LENGTH), 2):
            slipped[place] = rng.choice(sorted(set(ALPHABET) - {slipped[place]}))
        assert fault_of("".join(slipped)) is KitFault.CODE_CHECK


def test_the_error_says_what_was_wrong_and_not_what_was_typed() -> None:
    assert fault_of("WK2" + CODE[3:]) is KitFault.CODE_FORM
    assert fault_of("山田太郎") is KitFault.CODE_FORM
    assert fault_of(next(iter(synthetic_numbers(1, 11)))) is KitFault.CODE_FORM
    assert fault_of(CODE[:-1]) is KitFault.CODE_LENGTH
    assert fault_of(CODE + CODE[-1]) is KitFault.CODE_LENGTH
    for confused in "0O1I":
        assert fault_of(CODE[:9] + confused + CODE[10:]) is KitFault.CODE_CHARACTER


def test_a_code_with_twelve_digits_in_a_row_is_drawn_again() -> None:
    drawn = iter([bytes(13), LETTERS])  # the first one is all twos
    code = new_kit_code(lambda _: next(drawn))
    assert code == new_kit_code(lambda _: LETTERS)
    assert next(drawn, None) is None
