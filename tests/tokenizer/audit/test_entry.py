import json
import re
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenizer.audit.action import Action, Outcome
from tokenizer.audit.entry import Entry, entry_batch
from tokenizer.audit.errors import EntryError, Fault
from tokenizer.audit.guard import holds_number, is_number
from tokenizer.audit.text import MAX_INTEGER

SYNTHETIC = "123456789018"  # made up; its check digit is right

RELEASE = Entry(
    at=1_795_305_600_000,
    action=Action.NUMBER_RELEASE,
    outcome=Outcome.ALLOWED,
    human="ac_yamada",
    client="cl_payroll",
    person=42,
    purpose="gensen",
    use="us_1",
    reason="年末調整",
    request="rq_1",
    detail={"document": "給与所得の源泉徴収票", "count": "1"},
)

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
safe_texts = texts.filter(lambda text: not holds_number(text))
safe_ids = texts.filter(lambda text: not is_number(text))
names = st.from_regex(r"[A-Za-z0-9_.:-]{1,64}", fullmatch=True)
entries = st.builds(
    Entry,
    at=st.integers(0, MAX_INTEGER),
    action=st.sampled_from(Action),
    outcome=st.sampled_from(Outcome),
    human=st.none() | safe_ids,
    client=st.none() | safe_ids,
    person=st.none() | st.integers(0, MAX_INTEGER),
    purpose=st.none() | safe_ids,
    use=st.none() | safe_ids,
    reason=st.none() | safe_texts,
    rule=st.none() | safe_ids,
    request=st.none() | safe_ids,
    detail=st.dictionaries(names, safe_ids, max_size=4),
)


def jcs(value: Any) -> bytes:
    """RFC 8785 by the standard library: right for strings, integers and objects with ASCII keys."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def fault_of(data: bytes) -> Fault:
    with pytest.raises(EntryError) as refused:
        Entry.from_bytes(data)
    return refused.value.fault


def test_an_entry_has_sorted_keys_no_spaces_and_leaves_out_what_is_absent() -> None:
    assert RELEASE.to_bytes().decode() == (
        '{"action":"vault:number:release","at":1795305600000,"client":"cl_payroll",'
        '"detail":{"count":"1","document":"給与所得の源泉徴収票"},"human":"ac_yamada","outcome":"allowed",'
        '"person":42,"purpose":"gensen","reason":"年末調整","request":"rq_1","use":"us_1","v":1}'
    )
    bare = Entry(at=0, action=Action.TENANT_CREATE, outcome=Outcome.ALLOWED)
    assert bare.to_bytes() == b'{"action":"vault:tenant:create","at":0,"outcome":"allowed","v":1}'


@given(entry=entries)
def test_an_entry_reads_back_as_it_was_written(entry: Entry) -> None:
    assert Entry.from_bytes(entry.to_bytes()) == entry


@given(entry=entries)
def test_the_bytes_are_the_canonical_form_of_what_they_say(entry: Entry) -> None:
    data = entry.to_bytes()
    assert jcs(json.loads(data)) == data


@pytest.mark.parametrize("code", [*range(32), 0x22, 0x5C, 0x7F, 0x80, 0x2028, 0x2029, 0xFFFD, 0x1F600])
def test_every_awkward_character_is_escaped_as_rfc_8785_says(code: int) -> None:
    entry = replace(RELEASE, reason=f"a{chr(code)}b")
    assert entry.to_bytes() == jcs(json.loads(entry.to_bytes()))
    assert Entry.from_bytes(entry.to_bytes()) == entry


@given(entry=entries, persons=st.lists(st.integers(0, MAX_INTEGER), max_size=20))
def test_a_batch_has_the_bytes_of_each_entry_alone(entry: Entry, persons: list[int]) -> None:
    shared = replace(entry, person=None)
    assert entry_batch(shared, persons) == [replace(entry, person=person).to_bytes() for person in persons]


@pytest.mark.parametrize(
    "awkward", ['"person":0', '\\"person\\":0', "%d %b %%", ',"person":0}', '{"person":0,']
)
def test_a_batch_is_not_led_astray_by_text_that_looks_like_its_template(awkward: str) -> None:
    shared = replace(
        RELEASE, person=None, reason=awkward, purpose=awkward, detail={"person": "0", "a": awkward}
    )
    assert entry_batch(shared, [7, 0]) == [
        replace(shared, person=7).to_bytes(),
        replace(shared, person=0).to_bytes(),
    ]


def test_a_batch_of_a_whole_payroll_is_right_at_its_ends() -> None:
    persons = range(10_000, 20_000)
    batch = entry_batch(replace(RELEASE, person=None), persons)
    assert len(batch) == 10_000
    assert Entry.from_bytes(batch[0]).person == 10_000
    assert Entry.from_bytes(batch[-1]).person == 19_999


@pytest.mark.parametrize("persons", [[-1], [MAX_INTEGER + 1], [1, True], [1, 2.0], ["1"], [None]])
def test_a_batch_refuses_ids_that_are_no_integers_in_range(persons: list[Any]) -> None:
    with pytest.raises(EntryError) as refused:
        entry_batch(replace(RELEASE, person=None), persons)
    assert (refused.value.fault, refused.value.where) == (Fault.ENTRY_FIELD, "person")


def test_a_batch_refuses_an_entry_that_names_a_person_already() -> None:
    with pytest.raises(EntryError):
        entry_batch(RELEASE, [1])


@pytest.mark.parametrize(
    "change",
    [
        {"at": -1},
        {"at": MAX_INTEGER + 1},
        {"at": True},
        {"at": 1.5},
        {"person": -1},
        {"person": "1"},
        {"action": "vault:number:release"},
        {"outcome": "allowed"},
        {"human": ""},
        {"reason": 5},
        {"reason": "\ud800"},
        {"detail": {"": "x"}},
        {"detail": {"名前": "x"}},
        {"detail": {"a b": "x"}},
        {"detail": {"a": ""}},
        {"detail": {"a": 1}},
        {"detail": {1: "a"}},
        {"detail": []},
        {"detail": {"a" * 65: "x"}},
    ],
)
def test_a_field_of_the_wrong_type_or_value_is_refused_and_named(change: dict[str, Any]) -> None:
    with pytest.raises(EntryError) as refused:
        replace(RELEASE, **change)
    assert refused.value.fault is Fault.ENTRY_FIELD
    assert refused.value.where.split(".")[0] in change


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"reason": f"番号 {SYNTHETIC} の確認"}, "reason"),
        ({"request": SYNTHETIC}, "request"),
        ({"human": "1234 5678 9018"}, "human"),
        ({"detail": {"note": SYNTHETIC}}, "detail.note"),
    ],
)
def test_an_entry_that_seems_to_hold_a_number_is_refused_without_repeating_it(
    change: dict[str, Any], where: str
) -> None:
    with pytest.raises(EntryError) as refused:
        replace(RELEASE, **change)
    error = refused.value
    assert (error.fault, error.where) == (Fault.ENTRY_HOLDS_NUMBER, where)
    assert not re.search(r"[0-9]{4}", f"{error}{error!r}{error.message_ja}{error.message_en}")
    assert error.__cause__ is None


def test_an_id_may_hold_twelve_digits_by_chance() -> None:
    assert replace(RELEASE, request=f"6f1c2d3e-0000-4000-8000-{SYNTHETIC}").to_bytes()


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", Fault.ENTRY_FORMAT),
        (b"[]", Fault.ENTRY_FORMAT),
        (b"null", Fault.ENTRY_FORMAT),
        (b'{"v":1', Fault.ENTRY_FORMAT),
        (b'{"v":1}\xff', Fault.ENTRY_FORMAT),
        (b"{}", Fault.ENTRY_VERSION),
        (b'{"v":2}', Fault.ENTRY_VERSION),
        (b'{"v":true}', Fault.ENTRY_VERSION),
        (b'{"v":1.0}', Fault.ENTRY_VERSION),
        (b'{"v":1}', Fault.ENTRY_FIELD),
        (b'{"action":"vault:moon:land","at":0,"outcome":"allowed","v":1}', Fault.ENTRY_FIELD),
        (b'{"action":{},"at":0,"outcome":"allowed","v":1}', Fault.ENTRY_FIELD),
        (b'{"action":"vault:tenant:create","at":"0","outcome":"allowed","v":1}', Fault.ENTRY_FIELD),
        (b'{"action":"vault:tenant:create","at":0,"extra":1,"outcome":"allowed","v":1}', Fault.ENTRY_FIELD),
        (
            b'{"action":"vault:tenant:create","at":0,"human":null,"outcome":"allowed","v":1}',
            Fault.ENTRY_FIELD,
        ),
        (
            b'{"action":"vault:tenant:create","at":0,"detail":{},"outcome":"allowed","v":1}',
            Fault.ENTRY_NOT_CANONICAL,
        ),
        (b'{"at":0,"action":"vault:tenant:create","outcome":"allowed","v":1}', Fault.ENTRY_NOT_CANONICAL),
        (b'{"action":"vault:tenant:create", "at":0,"outcome":"allowed","v":1}', Fault.ENTRY_NOT_CANONICAL),
        (b'{"action":"vault:tenant:create","at":0,"outcome":"allowed","v":1}\n', Fault.ENTRY_NOT_CANONICAL),
        (
            b'{"action":"vault:tenant:create","at":1,"at":0,"outcome":"allowed","v":1}',
            Fault.ENTRY_NOT_CANONICAL,
        ),
        (
            b'{"action":"vault:tenant:create","at":0,"outcome":"\\u0061llowed","v":1}',
            Fault.ENTRY_NOT_CANONICAL,
        ),
    ],
)
def test_bytes_that_are_not_the_one_form_of_an_entry_are_refused_by_name(data: bytes, fault: Fault) -> None:
    assert fault_of(data) is fault


@given(entry=entries, bit=st.integers(0))
def test_no_changed_bit_reads_back_as_the_same_entry(entry: Entry, bit: int) -> None:
    data = bytearray(entry.to_bytes())
    bit %= len(data) * 8
    data[bit // 8] ^= 1 << bit % 8
    with suppress(EntryError):
        assert Entry.from_bytes(bytes(data)) != entry


def test_actions_follow_their_grammar() -> None:
    assert all(re.fullmatch(r"vault:[a-z]+:[a-z]+(-[a-z]+)*", action) for action in Action)
    assert len({action.value for action in Action}) == len(Action)
