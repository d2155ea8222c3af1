"""A certificate is accepted as it was issued, and in no other form."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.certificates.digest import persons_digest
from custody.certificates.errors import CertificateError, CertificateFault
from custody.certificates.facts import DisposalFacts, Evidence, Stage
from custody.certificates.form import encode
from custody.certificates.issue import issue
from custody.certificates.machine import Machine
from custody.certificates.verify import verify
from tests.support.certificates import (
    DAY,
    KEY,
    ORIGIN,
    SIGNER,
    Log,
    certificate,
    completion,
    contract_end,
    disposed,
    extinct,
    extinction,
    leaf,
    person,
    recorded,
)
from tokenizer.audit.errors import AuditError
from tokenizer.audit.note import VerifierKey, sign_text
from tokenizer.crypto.primitives import Signer

STAGES = {
    "disposed": disposed(),
    "extinct": extinct(disposed()),
    "nobody was left": disposed(0),
    "a contract's end": contract_end(),
    "a contract's end, extinct": extinct(contract_end()),
    "on instruction": disposed(1, reason="本人の申出による", persons=(person(0, rules=(), due_on=""),)),
    "erased names": disposed(1, persons=(person(0, external_id="", name=" "),)),
}


def fault(work: Callable[[], object]) -> str:
    with pytest.raises((CertificateError, AuditError)) as refused:
        work()
    assert isinstance(refused.value, CertificateError | AuditError)
    return str(refused.value.fault)


def signed(facts: DisposalFacts, evidence: list[Evidence], signer: Signer = SIGNER) -> str:
    """What a dishonest issuer, who holds the key, could hand out."""
    key = VerifierKey(facts.origin, signer.public)
    unsigned = Machine(encode(facts), tuple(evidence))
    return replace(unsigned, note=sign_text(unsigned.signed_text(), key, signer.sign)).to_text()


@pytest.mark.parametrize("name", STAGES)
def test_a_certificate_verifies_with_the_key_alone_and_says_what_it_was_given(name: str) -> None:
    facts = STAGES[name]
    found = verify(certificate(facts), KEY)
    assert found.facts == facts
    assert (found.completion.index, found.completion.checkpoint.origin) == (5, ORIGIN)
    assert (found.extinction is not None) == (facts.stage is Stage.EXTINCT)


def test_the_same_facts_give_the_same_certificate() -> None:
    assert certificate(disposed()) == certificate(disposed())


def test_no_byte_of_a_certificate_can_be_changed_deleted_or_added() -> None:
    whole = certificate(extinct(disposed(1, rules=(), persons=(person(0, rules=()),)))).encode()
    for at, byte in enumerate(whole):
        before, after = whole[:at], whole[at + 1 :]
        for change in (
            bytes([byte ^ 1]),
            bytes([byte ^ 0x20]),
            b"",
            bytes([byte, byte]),
            bytes([0x20, byte]),
        ):
            text = (before + change + after).decode(errors="replace")
            fault(lambda text=text: verify(text, KEY))


@settings(max_examples=300)
@given(data=st.data())
def test_no_part_of_a_certificate_can_be_exchanged(data: st.DataObject) -> None:
    whole = certificate(disposed(2))
    start = data.draw(st.integers(0, len(whole)))
    stop = data.draw(st.integers(start, len(whole)))
    middle = data.draw(st.text(max_size=20) | st.just(whole[stop : stop + 30]))
    changed = whole[:start] + middle + whole[stop:]
    if changed != whole:
        fault(lambda: verify(changed, KEY))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"persons": (person(0), person(1))}, "persons-mismatch"),
        ({"persons": (person(0), person(1), person(3))}, "persons-mismatch"),
        ({"persons": (person(0), person(1), person(2, due_on="2026-01-10"))}, "persons-mismatch"),
        ({"persons": (person(0), person(1), person(2, disposed_at=1))}, "persons-mismatch"),
        ({"persons": (person(0), person(1), person(2, rules=()))}, "persons-mismatch"),
        ({"run": "run_another"}, "leaf-mismatch"),
        ({"kind": contract_end().kind}, "leaf-mismatch"),
        ({"epoch": 11}, "leaf-mismatch"),
        ({"extinct_by": disposed().extinct_by + DAY}, "leaf-mismatch"),
        ({"finished_at": disposed().finished_at - 1}, "leaf-mismatch"),
    ],
)
def test_a_signature_does_not_help_against_the_log(changes: dict[str, object], expected: str) -> None:
    evidence = recorded(disposed())
    assert fault(lambda: verify(signed(disposed(**changes), evidence), KEY)) == expected


def test_extinction_needs_its_own_leaf_of_the_same_run_and_epoch() -> None:
    facts = extinct(disposed())
    ended, gone = recorded(facts)
    assert fault(lambda: verify(signed(facts, [ended]), KEY)) == "evidence-missing"
    assert fault(lambda: verify(signed(facts, [ended, ended]), KEY)) == "leaf-mismatch"
    assert fault(lambda: verify(signed(disposed(), [ended, gone]), KEY)) == "evidence-missing"
    later = replace(facts, extinct_at=facts.finished_at + 80 * DAY)
    assert fault(lambda: verify(signed(later, [ended, gone]), KEY)) == "leaf-mismatch"
    log = Log([completion(facts), extinction(facts, epoch="13"), extinction(facts, run="another")])
    for index in (1, 2):
        evidence = [log.prove(0), log.prove(index)]
        assert fault(lambda evidence=evidence: verify(signed(facts, evidence), KEY)) == "leaf-mismatch"


def test_the_leaf_must_say_that_the_run_was_done() -> None:
    facts = disposed()
    right = json.loads(completion(facts))
    for wrong in (
        {"action": "vault:disposal:extinct"},
        {"outcome": "denied"},
        {"detail": "run"},
        {"at": str(facts.finished_at)},
    ):
        members = right | wrong
        log = Log([leaf(members["action"], members["at"], members["detail"], outcome=members["outcome"])])
        evidence = [log.prove(0)]
        assert fault(lambda evidence=evidence: verify(signed(facts, evidence), KEY)) == "leaf-mismatch"
    for data in (b"[]", b"nonsense", b"[" * 100_000):
        evidence = [Log([data]).prove(0)]
        assert fault(lambda evidence=evidence: verify(signed(facts, evidence), KEY)) == "leaf-mismatch"


def test_a_leaf_that_is_not_in_the_log_proves_nothing() -> None:
    facts = disposed()
    (evidence,) = recorded(facts)
    elsewhere = Log([leaf("vault:account:login", 1, {})]).prove(0)
    forged = Evidence(evidence.leaf, elsewhere.proof)
    assert fault(lambda: verify(signed(facts, [forged]), KEY)) == "root-mismatch"


def test_neither_another_key_nor_another_log_of_the_same_key_is_accepted() -> None:
    facts, other = disposed(), Signer(bytes(32))
    assert fault(lambda: verify(certificate(facts), VerifierKey(ORIGIN, other.public))) == "unknown-key"
    elsewhere = replace(facts, origin="warifu.example/log/8")
    proofs = [Log([completion(facts)], origin=elsewhere.origin).prove(0)]
    text = issue(elsewhere, proofs, SIGNER)
    assert fault(lambda: verify(text, KEY)) == "unknown-key"
    renamed = Machine.parse(signed(elsewhere, recorded(facts)))
    note = sign_text(renamed.signed_text(), KEY, SIGNER.sign)
    assert fault(lambda: verify(replace(renamed, note=note).to_text(), KEY)) == "wrong-origin"


def test_a_checkpoint_does_not_pass_for_the_note_of_a_certificate() -> None:
    machine = Machine.parse(certificate(disposed()))
    text = replace(machine, note=Log([b"{}"]).checkpoint()).to_text()
    assert fault(lambda: verify(text, KEY)) == "certificate-altered"


@pytest.mark.parametrize("text", ["", "\n", "{}\n", "[]\n", "null\n", "1.5\n", "NaN\n", "[" * 100_000])
def test_what_is_no_certificate_is_told_so(text: str) -> None:
    assert fault(lambda: verify(text, KEY)) == "certificate-format"


def test_other_spellings_of_the_same_json_are_refused() -> None:
    text = certificate(disposed())
    found = json.loads(text)
    spellings = (
        text.rstrip("\n"),
        json.dumps(found) + "\n",
        json.dumps(found, separators=(",", ":"), sort_keys=True) + "\n",
        json.dumps(dict(reversed(found.items())), separators=(",", ":"), ensure_ascii=False) + "\n",
        text.replace('"format"', '"format":"x","format"', 1),
        text.replace('"note"', '"more":1,"note"', 1),
        text.replace('{"leaf"', '{"an":1,"leaf"', 1),
    )
    for spelling in spellings:
        assert fault(lambda spelling=spelling: verify(spelling, KEY)) == "certificate-format"
    later = text.replace("warifu-certificate@v1", "warifu-certificate@v2")
    assert fault(lambda: verify(later, KEY)) == "certificate-version"


def test_the_digest_of_the_list_is_the_same_in_batches_and_differs_in_any_field() -> None:
    persons = [person(number) for number in range(4)]
    digest = persons_digest(iter(persons))
    assert digest == persons_digest(persons)
    changed = (
        {"person": 1},
        {"due_on": ""},
        {"disposed_at": 0},
        {"rules": ("TAX_FUYO:A", "EI_SOSHITSU:C", "X")},
    )
    others = {persons_digest([replace(persons[0], **change), *persons[1:]]) for change in changed}
    assert len(others | {digest}) == len(changed) + 1
    assert persons_digest([replace(persons[0], name="", external_id=""), *persons[1:]]) == digest


def test_every_refusal_says_what_to_do_in_both_languages() -> None:
    for found in CertificateFault:
        error = CertificateError(found, "persons")
        assert str(error) == f"{error.message_ja} / {error.message_en}"
        assert error.message_en.isascii()
        assert "(persons)" in error.message_ja
