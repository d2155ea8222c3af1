"""The vectors that all implementations share, read by the server."""

import json
from pathlib import Path
from typing import Any

import pytest

from custody.certificates.errors import CertificateError, CertificateFault
from custody.certificates.issue import issue
from custody.certificates.machine import Machine
from custody.certificates.verify import verify
from tests.support.certificates import SIGNER
from tokenizer.audit.errors import AuditError
from tokenizer.audit.note import VerifierKey

FILE = json.loads((Path(__file__).parents[2] / "vectors" / "certificate.json").read_text("utf-8"))
CASES = [pytest.param(case, id=case["name"]) for case in FILE["cases"]]
GOOD = [pytest.param(case, id=case["name"]) for case in FILE["cases"] if case["expect"] == "ok"]


def outcome(given: Any) -> str:
    try:
        verify(given["certificate"], VerifierKey.parse(given["key"]))
    except (CertificateError, AuditError) as refused:
        return str(refused.fault)
    return "ok"


@pytest.mark.parametrize("case", CASES)
def test_certificate(case: Any) -> None:
    given = case["input"]
    assert outcome(given) == case["expect"]
    if case["expect"] == "ok":
        found = verify(given["certificate"], VerifierKey.parse(given["key"]))
        facts, extinction = found.facts, found.extinction
        assert {
            "stage": facts.stage,
            "kind": facts.kind,
            "run": facts.run,
            "persons": [one.person for one in facts.persons],
            "digest": found.digest,
            "completion": found.completion.index,
            "extinction": None if extinction is None else extinction.index,
        } == {name: case[name] for name in case.keys() - {"name", "input", "expect"}}


@pytest.mark.parametrize("case", GOOD)
def test_the_same_facts_are_signed_anew_to_the_same_file(case: Any) -> None:
    assert SIGNER.public.hex() == FILE["test_keys"]["log"]["public"]
    given = case["input"]
    found = verify(given["certificate"], VerifierKey.parse(given["key"]))
    evidence = Machine.parse(given["certificate"]).evidence
    assert issue(found.facts, evidence, SIGNER) == given["certificate"]


def test_every_failure_of_ours_has_a_vector() -> None:
    named = {case["expect"] for case in FILE["cases"]}
    assert named >= set(CertificateFault) - {CertificateFault.HOLDS_NUMBER}
