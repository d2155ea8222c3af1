"""What a certificate's object may look like."""

import json
from typing import Any

import pytest

from custody.certificates.errors import CertificateError, CertificateFault
from custody.certificates.form import decode, encode
from tests.support.certificates import contract_end, disposed, extinct, person

WHOLE = extinct(contract_end())


def told() -> Any:
    return json.loads(json.dumps(encode(WHOLE)))


def refusal(found: object) -> CertificateError:
    with pytest.raises(CertificateError) as refused:
        decode(found)
    assert refused.value.fault is CertificateFault.FIELD
    return refused.value


@pytest.mark.parametrize("facts", [WHOLE, disposed(), disposed(0, confirmed=None, approved=None, issuer="")])
def test_what_is_written_is_read_again(facts: Any) -> None:
    assert decode(json.loads(json.dumps(encode(facts)))) == facts


def test_what_has_nothing_to_say_is_left_out() -> None:
    members = encode(disposed(0, confirmed=None, approved=None, issuer="", rules=()))
    assert (
        not {"confirmed", "approved", "issuer", "persons", "rules", "erased", "extinct_at"} & members.keys()
    )
    assert members["disposed"] == 0


@pytest.mark.parametrize(
    "name",
    [
        "tenant",
        "origin",
        "run",
        "kind",
        "stage",
        "as_of",
        "listed",
        "disposed",
        "finished_at",
        "epoch",
        "extinct_by",
        "issued_at",
    ],
)
def test_each_of_these_must_be_there(name: str) -> None:
    members = told()
    del members[name]
    refusal(members)


WRONG = ("", None, -1, 2**53, True, [], {}, [1], ["x"], "2026-02-30", "２０２６-01-01")
FREE = {"tenant", "issuer", "origin", "run", "reason"}  # any text will do


@pytest.mark.parametrize("name", sorted(encode(WHOLE)))
def test_no_member_takes_any_value(name: str) -> None:
    for value in WRONG:
        if not (name in FREE and isinstance(value, str) and value):
            refusal(told() | {name: value})


def test_unknown_members_are_refused_wherever_they_stand() -> None:
    places: list[Any] = [
        [],
        ["persons", 0],
        ["rules", 0],
        ["rules", 0, "document"],
        ["confirmed"],
        ["erased", 0],
    ]
    for place in places:
        members = told()
        inner = members
        for step in place:
            inner = inner[step]
        inner["more"] = "x"
        refusal(members)


def test_persons_stand_in_the_order_of_their_ids_once_each_and_name_known_rules() -> None:
    for persons in (
        (person(1), person(0)),
        (person(0), person(0)),
        (person(0, rules=("TAX_FUYO:A", "TAX_FUYO:A")),),
        (person(0, rules=("UNKNOWN:A",)),),
    ):
        refusal(encode(disposed(persons=persons)))
    refusal(encode(disposed(rules=disposed().rules[::-1])))
    refusal(encode(disposed(1, listed=0)))


def test_a_stage_that_its_times_do_not_bear_out_is_refused() -> None:
    refusal(told() | {"stage": "disposed"})
    refusal(encode(disposed()) | {"stage": "extinct"})
