"""What is issued verifies; what would hold a number is not issued."""

from dataclasses import replace
from typing import Any

import pytest

from custody.certificates.errors import CertificateError, CertificateFault
from custody.certificates.facts import Erased, Rule, Signatory
from custody.certificates.issue import issue
from policies.catalogue_table import Bilingual
from tests.support.canary import FORMS, Canaries, numbers_in
from tests.support.certificates import SIGNER, certificate, contract_end, disposed, extinct, person, recorded
from tokenizer.audit.errors import AuditError

PLACES: dict[str, Any] = {
    "tenant": lambda text: {"tenant_name": text},
    "issuer": lambda text: {"issuer": text},
    "reason": lambda text: {"reason": text},
    "external_id": lambda text: {"persons": (person(0, external_id=text),)},
    "name": lambda text: {"persons": (person(0, name=text),)},
    "confirmed": lambda text: {"confirmed": Signatory(text, "acc", 1)},
    "approved": lambda text: {"approved": Signatory(text, "acc", 1)},
    "document": lambda text: {"rules": (Rule("TAX_FUYO:A", Bilingual(text, "x"), Bilingual("x", "x")),)},
    "period": lambda text: {"rules": (Rule("TAX_FUYO:A", Bilingual("x", "x"), Bilingual("x", text)),)},
    "erased": lambda text: {"erased": (Erased(Bilingual(text, "x"), 1),)},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("form", [form for form in FORMS if form != "as a JSON number"])
@pytest.mark.parametrize("right", [True, False], ids=["right", "mistyped"])
def test_a_certificate_with_a_number_in_it_is_not_issued(place: str, form: str, right: bool) -> None:
    canaries = Canaries()
    facts = disposed(**PLACES[place](canaries.plant(place, form, right=right)))
    with pytest.raises(CertificateError) as refused:
        issue(facts, recorded(facts), SIGNER)
    assert refused.value.fault is CertificateFault.HOLDS_NUMBER
    assert not numbers_in(str(refused.value).encode())


@pytest.mark.parametrize("facts", [disposed(50), extinct(disposed(50)), contract_end(50)])
def test_no_twelve_digits_stand_in_a_certificate_but_its_own_times_and_ids(facts: Any) -> None:
    allowed = {facts.finished_at, facts.extinct_by, facts.issued_at, facts.extinct_at, facts.finished_at - 1}
    allowed |= {facts.confirmed.at, facts.approved.at, *(facts.finished_at + 1, facts.finished_at - 5)}
    allowed |= {one.person for one in facts.persons} | {one.disposed_at for one in facts.persons}
    known = {digits for number in allowed for digits in numbers_in(str(number).encode())}
    assert numbers_in(certificate(facts).encode()) <= known


def test_what_the_log_does_not_bear_out_is_not_issued() -> None:
    facts = disposed()
    with pytest.raises(CertificateError) as refused:
        issue(replace(facts, epoch=13), recorded(facts), SIGNER)
    assert refused.value.fault is CertificateFault.LEAF
    with pytest.raises(AuditError):
        issue(facts, [replace(recorded(facts)[0], proof="nothing")], SIGNER)
