import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.certificates.errors import CertificateError
from custody.certificates.facts import Evidence
from custody.certificates.machine import Machine
from custody.certificates.verify import verify
from tests.support.certificates import (
    KEY,
    SIGNER,
    Log,
    certificate,
    contract_end,
    disposed,
    extinct,
    recorded,
)
from tokenizer.audit.errors import AuditError
from tokenizer.audit.note import sign_text
from warifu.audit_error import CertificateVerificationError
from warifu.certificate import AuditVerificationError, verify_certificate

VECTORS = Path(__file__).parents[3] / "tests" / "vectors" / "certificate.json"
CASES = [pytest.param(case, id=case["name"]) for case in json.loads(VECTORS.read_text("utf-8"))["cases"]]
FACTS = extinct(contract_end(2))
EVIDENCE = recorded(FACTS)
WHOLE = certificate(FACTS)


def client_verdict(certificate: bytes | str, key: str = str(KEY)) -> str:
    try:
        verify_certificate(certificate, key)
    except AuditVerificationError as refused:
        return refused.fault
    return "ok"


def server_verdict(text: str) -> str:
    try:
        verify(text, KEY)
    except (CertificateError, AuditError) as refused:
        return str(refused.fault)
    return "ok"


def signed(members: object, evidence: list[Evidence]) -> str:
    """What whoever holds the key could sign, right or wrong."""
    machine = Machine(members, tuple(evidence))
    return replace(machine, note=sign_text(machine.signed_text(), KEY, SIGNER.sign)).to_text()


@pytest.mark.parametrize("case", CASES)
def test_certificate(case: Any) -> None:
    text, key = case["input"]["certificate"], case["input"]["key"]
    assert client_verdict(text, key) == case["expect"]
    assert client_verdict(text.encode(), key) == case["expect"]
    if case["expect"] == "ok":
        found = verify_certificate(text, key)
        assert (found.stage, found.kind, found.run) == (case["stage"], case["kind"], case["run"])
        assert [one.person for one in found.persons] == case["persons"]
        assert found.digest == case["digest"]
        assert found.completion.index == case["completion"]
        assert (found.extinction and found.extinction.index) == case["extinction"]


def test_it_tells_what_the_server_was_given() -> None:
    found = verify_certificate(WHOLE, str(KEY))
    assert found.facts["tenant"] == FACTS.tenant_name
    for told, one in zip(found.persons, FACTS.persons, strict=True):
        assert (told.person, told.external_id, told.name) == (one.person, one.external_id, one.name)
        assert (told.due_on, told.disposed_at) == (one.due_on, one.disposed_at)
        assert (told.rules, told.leaf_index) == (one.rules, one.leaf_index)
    assert found.extinction is not None
    assert found.extinction.fields["at"] == FACTS.extinct_at


def test_no_byte_can_be_changed_deleted_or_added_and_the_server_gives_the_same_reason() -> None:
    whole = certificate(disposed(0, rules=())).encode()
    for at, byte in enumerate(whole):
        for change in (bytes([byte ^ 1]), b"", bytes([byte, byte])):
            spoiled = whole[:at] + change + whole[at + 1 :]
            verdict = client_verdict(spoiled)
            assert verdict != "ok"
            try:
                text = spoiled.decode()
            except UnicodeDecodeError:
                assert verdict == "certificate-format"
            else:
                assert verdict == server_verdict(text)


TEXTS = ["", "x", "2026-01-11", "2026-13-01", "disposed", "extinct", "due", "TAX_FUYO:A"]
OTHERS = [None, True, False, [], ["TAX_FUYO:A"], ["x", "x"], {}, {"ja": "x", "en": "y"}]
values = st.sampled_from([*TEXTS, *OTHERS, 0, 1, 12, -1, 2**53 - 1, 2**53])


def places(found: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else []
    return [path, *(place for name, value in inner for place in places(value, (*path, name)))]


def changed(found: Any, place: tuple[Any, ...], how: str, value: Any) -> Any:
    copy = json.loads(json.dumps(found))
    inner = copy
    for step in place[:-1]:
        inner = inner[step]
    match how, inner:
        case "remove", _:
            del inner[place[-1]]
        case "add", dict():
            inner["added"] = value
        case "add", list():
            inner.append(value)
        case _:
            inner[place[-1]] = value
    return copy


MEMBERS = json.loads(WHOLE)["certificate"]


@settings(max_examples=400)
@given(
    place=st.sampled_from([place for place in places(MEMBERS) if place]),
    how=st.sampled_from(["replace", "remove", "add"]),
    value=values,
)
def test_client_and_server_agree_on_whatever_was_signed(place: tuple[Any, ...], how: str, value: Any) -> None:
    text = signed(changed(MEMBERS, place, how, value), EVIDENCE)
    assert client_verdict(text) == server_verdict(text)


@settings(max_examples=200)
@given(data=st.data())
def test_client_and_server_agree_on_every_mixture_of_text(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(WHOLE)))
    stop = data.draw(st.integers(start, min(len(WHOLE), start + 40)))
    piece = data.draw(
        st.text(max_size=6) | st.sampled_from(["1.5", "1e9", "NaN", '\\ud800"', "12", "{}", '"x":1,'])
    )
    text = WHOLE[:start] + piece + WHOLE[stop:]
    assert client_verdict(text) == server_verdict(text)
    assert (client_verdict(text) == "ok") == (text == WHOLE)


LEAVES = [json.loads(one.leaf) for one in EVIDENCE]


@settings(max_examples=200)
@given(
    which=st.integers(0, 1),
    name=st.sampled_from(
        ["at", "action", "outcome", "detail", "run", "epoch", "persons_sha256", "disposed", "kind"]
    ),
    value=values,
)
def test_client_and_server_agree_on_every_leaf(which: int, name: str, value: Any) -> None:
    leaves = json.loads(json.dumps(LEAVES))
    holder = leaves[which] if name in leaves[which] else leaves[which]["detail"]
    holder[name] = value
    log = Log([json.dumps(one).encode() for one in leaves])
    text = signed(MEMBERS, [log.prove(0), log.prove(1)])
    assert client_verdict(text) == server_verdict(text)


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"[" * 100_000, b'"' + b"\\ud800" + b'"', b"null\n", b"%PDF-1.7"]
)
def test_what_is_no_certificate_is_refused_by_name(data: bytes) -> None:
    assert client_verdict(data) == "certificate-format"


def test_a_leaf_nested_without_end_is_refused() -> None:
    log = Log([b"[" * 100_000, b"{}"])
    text = signed(MEMBERS, [log.prove(0), log.prove(1)])
    assert client_verdict(text) == server_verdict(text) == "leaf-mismatch"


def test_refusals_say_where_and_what_to_do_in_both_languages() -> None:
    for fault in CertificateVerificationError.messages:
        error = CertificateVerificationError(fault, "persons")
        assert "(persons)" in error.message_ja
        assert "(persons)" in error.message_en
        assert error.message_en.isascii()
        assert "改ざん" in error.message_ja
        assert str(error) == f"{error.message_ja} / {error.message_en}"
