"""What is typed besides a link: birth dates and passcodes as people write them."""

from collections.abc import Callable
from datetime import date
from hashlib import shake_256

from hypothesis import given
from hypothesis import strategies as st

from custody.selfservice.factor import fits, passcode_mac, read_birth_date
from custody.selfservice.link import Factor, Link
from custody.selfservice.passcode import Passcode
from tokenizer.crypto.authority import Authority

WIDE = {ord(sign): ord(sign) + 0xFEE0 for sign in map(chr, range(0x21, 0x7F))}
AUTHORITY = Authority(bytes(32))
days = st.dates(min_value=date(1900, 1, 1), max_value=date(2026, 12, 31))


@st.composite
def sources(draw: st.DrawFn) -> Callable[[int], bytes]:
    """Sources of randomness that repeat themselves, and are seldom fair."""
    seed = draw(st.binary(max_size=8))
    return lambda size: shake_256(seed).digest(size)


def link(factor: Factor, passcode: str = "", identity: int = 7) -> Link:
    mac = passcode_mac(AUTHORITY, 1, identity, passcode) if passcode else b""
    return Link(1, identity, b"", 2, 3, factor, mac, 0, "", 0, 0, 0)


@given(days, st.sampled_from(["-", "/", ".", " ", ". "]), st.booleans())
def test_a_birth_date_is_read_in_every_usual_form(day: date, sign: str, wide: bool) -> None:
    forms = [
        day.isoformat(),
        f"{day.year:04}{day.month:02}{day.day:02}",
        f"{day.year}{sign}{day.month}{sign}{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        f" {day.year}年{day.month:02}月{day.day:02}日 ",
    ]
    for form in forms:
        assert read_birth_date(form.translate(WIDE) if wide else form) == day.isoformat()


@given(st.text(max_size=20))
def test_whatever_is_typed_is_a_day_or_nothing(typed: str) -> None:
    read = read_birth_date(typed)
    assert read == "" or date.fromisoformat(read).isoformat() == read


def test_days_that_are_none_are_not_guessed_at() -> None:
    for typed in ("1990-02-30", "199041", "1990", "90-4-1", "1990-4", "平成2年4月1日", "1990-04-01-01", ""):
        assert read_birth_date(typed) == "", typed


@given(days, days)
def test_a_birth_date_fits_itself_alone(right: date, typed: date) -> None:
    fitting = fits(AUTHORITY, link(Factor.BIRTH_DATE), right.isoformat(), typed.isoformat())
    assert fitting == (right == typed)


def test_where_no_birth_date_is_on_record_nothing_fits() -> None:
    for typed in ("", "1990-04-01", "x"):
        assert not fits(AUTHORITY, link(Factor.BIRTH_DATE), "", typed)


@given(sources())
def test_a_passcode_is_eight_characters_that_cannot_be_taken_for_each_other(
    source: Callable[[int], bytes],
) -> None:
    passcode = Passcode.draw(source)
    assert len(passcode) == Passcode.LENGTH
    assert set(passcode) <= set(Passcode.ALPHABET)
    assert not set(Passcode.ALPHABET) & set("01OILU")


@given(sources(), st.booleans(), st.booleans())
def test_a_passcode_is_read_however_it_is_written(
    source: Callable[[int], bytes], wide: bool, lower: bool
) -> None:
    passcode = Passcode.draw(source)
    shown = Passcode.show(passcode)
    assert shown == f"{passcode[:4]}-{passcode[4:]}"
    typed = shown.lower() if lower else shown
    typed = typed.translate(WIDE) if wide else f" {typed} "
    assert fits(AUTHORITY, link(Factor.PASSCODE, passcode), "1990-04-01", typed)
    assert not fits(AUTHORITY, link(Factor.PASSCODE, passcode), "1990-04-01", "1990-04-01")


def test_bytes_that_would_make_some_characters_likelier_are_not_used() -> None:
    served: list[int] = []

    def source(size: int) -> bytes:
        served.append(size)
        return bytes(range(240, 256))[:size] if len(served) == 1 else bytes(range(size))

    assert Passcode.draw(source) == Passcode.ALPHABET[:8]
    assert len(served) == 2


def test_the_passcode_of_one_link_opens_no_other() -> None:
    first, second = link(Factor.PASSCODE, "ABCDEFGH"), link(Factor.PASSCODE, "ABCDEFGH", identity=8)
    assert first.passcode != second.passcode
    moved = Link(1, 8, b"", 2, 3, Factor.PASSCODE, first.passcode, 0, "", 0, 0, 0)
    assert not fits(AUTHORITY, moved, "", "ABCDEFGH")
