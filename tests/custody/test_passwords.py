"""Which login passwords are refused, and that nothing else is."""

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from custody.passwords import LONGEST, SHORTEST, check_password

LOGIN = "hanako.keiri@example.jp"


def rule(password: str, login: str = LOGIN) -> str | None:
    problem = check_password(password, login)
    return problem.rule if problem else None


@pytest.mark.parametrize(
    "password",
    [
        "violin kettle orbit staple",
        "雨の日は地下鉄の三番出口から",
        "ねこ が にひき、いぬ が ろっぴき",
        "aaaaaaaaaaab",
        "84729164223190",
        "🐈🍙🚃🌧️📚🗻🎐🧂🪴🧦🛶🔔",
        "coffee guitar yellow",
        "tab\tnul\x00and bell\x07",
        "Tr0ub4dor&3 was taken",
        "Kyoto 1869!? and tea",
    ],
)
def test_an_honest_password_of_any_script_is_accepted(password: str) -> None:
    assert rule(password) is None


def test_the_bounds_of_length_are_12_and_256_characters() -> None:
    text = ("無作為な文 zq7 " * 40)[:LONGEST]
    assert rule(text[:SHORTEST]) is None
    assert rule(text[: SHORTEST - 1]) == "TOO_SHORT"
    assert rule(text) is None
    assert rule(text + "x") == "TOO_LONG"


def test_length_is_counted_after_nfkc() -> None:
    assert rule("か\u3099" * 3 + "きくけさしすせそ") == "TOO_SHORT"  # 14 code points, 11 characters
    assert rule("\ufdfa" * 15) == "TOO_LONG"  # each is 18 characters when written out
    assert rule("か\u3099き\u3099くけ" * 50 + "こ") is None  # 301 code points, 201 characters
    assert rule("か\u3099き\u3099くけ" * 50 + "こさしす" * 20) == "TOO_LONG"
    assert rule("a" + "\u0327" * 2000) == "TOO_LONG"


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaa",
        "ababababababab",
        "あああああああああああああ",
        "abcabcabcabcabc",
        "1234123412341234",
        "ａａａａａａａａａａａａ",
        "abcdefghijklmno",
        "zyxwvutsrqponm",
        "1234567890123456",
        "0987654321098765",
        "ABCDEFGHIJKLM",
    ],
)
def test_a_repetition_or_a_run_is_refused(password: str) -> None:
    assert rule(password) == "RUN"


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "P@ssw0rd2024!",
        "Passw0rd!Passw0rd!",
        "passwordpassword",
        "qwertyuiop123",
        "1qaz2wsx3edc",
        "q1w2e3r4t5y6",
        "ILoveYou!!!!2025",
        "Correct Horse Battery Staple",
        "welcome_password",
        "Sakura20260401",
        "sakurasakurasakura",
        "nippon-nippon-1",
        "kojinbango2026",
        "ＰＡＳＳＷＯＲＤ１２３４",
        "パスワード1234567",
        "ﾊﾟｽﾜｰﾄﾞﾊﾟｽﾜｰﾄﾞﾊﾟｽﾜｰﾄﾞ",
        "よろしくお願いします2026",
        "株式会社テスト12345",
        "いろはにほへとちりぬるを",
    ],
)
def test_a_common_word_in_disguise_is_refused(password: str) -> None:
    assert rule(password) == "COMMON"


@pytest.mark.parametrize(
    "password",
    ["warifu is mine!", "WARIFU-2026-abc", "わたしの割符のことば だよ", "ｗａｒｉｆｕと申します 2026"],
)
def test_the_name_of_the_service_is_refused(password: str) -> None:
    assert rule(password) == "HOLDS_SERVICE_NAME"


@pytest.mark.parametrize(
    "password",
    ["xx hanako.keiri xx", "My HANAKO.KEIRI!", "hanako.keiri@example.jp", "ｈａｎａｋｏ．ｋｅｉｒｉ ok"],
)
def test_the_login_name_is_refused(password: str) -> None:
    assert rule(password) == "HOLDS_LOGIN"


def test_a_login_name_too_short_to_matter_is_no_reason() -> None:
    assert rule("an umbrella in the hall", login="an") is None
    assert rule("an umbrella in the hall", login="hall") == "HOLDS_LOGIN"


@pytest.mark.parametrize(
    "password", ["463817264950", "4638-1726-4950", "わたしは４６３８１７２６４９５０です"]
)
def test_twelve_digits_that_look_like_an_individual_number_are_refused(password: str) -> None:
    # Synthetic, and wrong in their check digit: the shape alone is enough.
    assert rule(password) == "HOLDS_NUMBER"


def test_every_refusal_says_in_both_languages_what_to_do_and_never_repeats_the_password() -> None:
    for password in ("short", "x" * 300, "463817264950", "aaaaaaaaaaaa", "warifu is mine!", "password1234"):
        problem = check_password(password, LOGIN)
        assert problem is not None
        assert problem.message_ja
        assert problem.message_en.isascii()
        assert password not in problem.message_ja + problem.message_en


@given(st.text(max_size=300), st.text(max_size=70))
def test_any_text_gets_an_answer(password: str, login: str) -> None:
    problem = check_password(password, login)
    assert problem is None or problem.rule.isupper()


@given(st.text(st.sampled_from(string.ascii_letters), min_size=1, max_size=6), st.integers(2, 40))
def test_repeating_a_short_word_never_makes_a_password_of_it(word: str, times: int) -> None:
    assume(len(set(word.casefold())) == 1 or len(word) <= 4)
    assert rule(word * times) in {"TOO_SHORT", "RUN"}


@given(
    st.sampled_from(["sakura", "password", "マイナンバー", "nippon"]),
    st.text(st.sampled_from("0123456789!?#"), max_size=20),
)
def test_digits_and_signs_after_a_common_word_never_make_it_good(word: str, tail: str) -> None:
    assert rule(word + tail) in {"TOO_SHORT", "COMMON", "HOLDS_NUMBER"}
