"""The one place that answers whether something may be done, and makes the proof that it may."""

from datetime import date

import pytest

from policies.actor import PROOF_MS, Actor, ActorKind, Role
from policies.authorize import (
    Likeness,
    grant,
    may,
    may_administer,
    may_approve,
    may_confirm,
    may_prepare,
    may_use,
)
from policies.purposes import PersonKind, PurposeStatus, load_catalogue

CATALOGUE = load_catalogue()
TODAY = date(2026, 11, 22)
GENSEN = "TAX_GENSEN"
HANDLER = Actor(
    kind=ActorKind.HUMAN, tenant=1, id=1, name="tanaka", roles=frozenset({Role.HANDLER}), request="r1"
)
NOBODY = Actor(kind=ActorKind.HUMAN, tenant=1, id=2, name="suzuki")
ADMINISTRATOR = Actor(
    kind=ActorKind.HUMAN, tenant=1, id=3, name="sato", roles=frozenset({Role.ADMINISTRATOR})
)
OPERATOR = Actor(kind=ActorKind.OPERATOR, tenant=1, id=0, name="operator")
ALL = sorted(CATALOGUE.purposes)


def client(*purposes: str) -> Actor:
    return Actor(kind=ActorKind.CLIENT, tenant=1, id=9, name="payroll", purposes=frozenset(purposes))


def like(
    kind: str = "employee", *, notified: frozenset[str] = frozenset({GENSEN}), held: bool = True
) -> Likeness:
    return Likeness(kind, held, of_age=True, notified=notified, over=frozenset())


def rule(denial: object) -> str | None:
    return getattr(denial, "rule", None)


def test_whoever_may_is_told_nothing_and_whoever_may_not_is_told_why() -> None:
    assert may(HANDLER, "register") is None
    denial = may(NOBODY, "register")
    assert denial is not None
    assert denial.rule == "no-rule-permits"
    assert "役割" in denial.message_ja


@pytest.mark.parametrize(
    ("later", "proven"),
    [(0, True), (PROOF_MS, True), (PROOF_MS + 1, False), (-PROOF_MS, True), (-PROOF_MS - 1, False)],
    ids=["now", "ten minutes ago", "longer ago", "ahead by as much", "further ahead: the clock was set back"],
)
def test_a_one_time_code_proves_for_ten_minutes_that_the_human_is_there(later: int, proven: bool) -> None:
    assert PROOF_MS == 10 * 60_000
    given = 1_000_000_000_000
    actor = ADMINISTRATOR._replace(proven_at=given)
    assert actor.is_proven(given + later) is proven
    denial = may_administer(actor, "manageAccounts", given + later)
    assert rule(denial) == (None if proven else "recent-proof-needed")
    assert may_administer(actor, "endRights", given + later) is None


@pytest.mark.parametrize("now", [0, 1, PROOF_MS, 1_000_000_000_000])
def test_who_never_gave_a_code_has_proven_nothing_at_any_time(now: int) -> None:
    denial = may_administer(ADMINISTRATOR, "manageTenant", now)
    assert denial is not None
    assert denial.rule == "recent-proof-needed"
    assert "reauthenticate" in denial.message_ja
    assert "reauthenticate" in denial.message_en
    assert may_administer(OPERATOR, "manageTenant", now) is None
    assert rule(may_administer(HANDLER, "manageTenant", now)) == "no-rule-permits"


@pytest.mark.parametrize("code", ALL)
def test_every_purpose_of_the_catalogue_is_answered_by_its_status(code: str) -> None:
    purpose = CATALOGUE.purposes[code]
    denial = may_prepare(client(code), CATALOGUE, code, TODAY)
    expected = {
        PurposeStatus.OFFERED: None,
        PurposeStatus.OFF_BY_DEFAULT: "purpose-off-by-default",
        PurposeStatus.REFUSED: "purpose-refused-by-law",
    }[purpose.status]
    assert rule(denial) == expected
    if denial is not None and purpose.reason is not None:
        assert denial.message_ja.endswith(purpose.reason.ja)
        assert denial.message_en.endswith(purpose.reason.en)


@pytest.mark.parametrize("code", ["", "tax_gensen", "TAX_GENSEN ", "目的", "\x00", "1234"])
def test_a_code_that_is_in_no_catalogue_is_unknown_whoever_claims_it(code: str) -> None:
    for actor in (HANDLER, client(code)):
        assert rule(may_prepare(actor, CATALOGUE, code, TODAY)) == "purpose-unknown"


@pytest.mark.parametrize("code", [code for code in ALL if CATALOGUE.purposes[code].conditions])
def test_no_purpose_is_used_before_the_day_the_law_begins(code: str) -> None:
    conditions = CATALOGUE.purposes[code].conditions
    assert conditions is not None
    first = conditions.since
    before = date.fromordinal(first.toordinal() - 1)
    offered = CATALOGUE.purposes[code].status is PurposeStatus.OFFERED
    assert rule(may_prepare(client(code), CATALOGUE, code, first)) == (
        None if offered else "purpose-off-by-default"
    )
    assert rule(may_prepare(client(code), CATALOGUE, code, before)) == (
        "purpose-not-in-force" if offered else "purpose-off-by-default"
    )


def test_a_client_prepares_for_its_own_purposes_and_a_handler_for_all_offered() -> None:
    assert rule(may_prepare(client("TAX_FUYO"), CATALOGUE, GENSEN, TODAY)) == "purpose-not-allowed-to-client"
    for purpose in CATALOGUE.offered():
        assert may_prepare(HANDLER, CATALOGUE, purpose.code, TODAY) is None


@pytest.mark.parametrize(
    "actor", [NOBODY, ADMINISTRATOR, OPERATOR], ids=["nobody", "administrator", "operator"]
)
def test_administrators_and_the_operator_ask_for_no_numbers(actor: Actor) -> None:
    assert rule(may_prepare(actor, CATALOGUE, GENSEN, TODAY)) == "no-rule-permits"
    assert rule(may_confirm(actor, CATALOGUE, GENSEN)) == "no-rule-permits"
    assert rule(may_approve(actor, CATALOGUE, GENSEN, confirmed=False)) == "no-rule-permits"


@pytest.mark.parametrize("code", [purpose.code for purpose in CATALOGUE.offered()])
@pytest.mark.parametrize("kind", list(PersonKind))
def test_a_document_takes_the_numbers_of_those_it_concerns_only(code: str, kind: PersonKind) -> None:
    denial = may_use(HANDLER, CATALOGUE, code, like(kind.value, notified=frozenset({code})))
    assert rule(denial) == (None if CATALOGUE.purposes[code].concerns(kind) else "not-their-purpose")


def test_a_use_of_no_known_purpose_touches_nobody() -> None:
    assert may_use(HANDLER, CATALOGUE, "NONE", like()) is not None


def test_a_person_who_was_not_told_or_has_no_number_is_left_out() -> None:
    assert rule(may_use(HANDLER, CATALOGUE, GENSEN, like(notified=frozenset()))) == "purpose-not-notified"
    assert rule(may_use(HANDLER, CATALOGUE, GENSEN, like(held=False))) == "number-not-held"


def test_a_client_is_told_that_a_human_must_confirm() -> None:
    assert rule(may_confirm(client(GENSEN), CATALOGUE, GENSEN)) == "a-use-needs-a-human"
    assert rule(may_approve(client(GENSEN), CATALOGUE, GENSEN, confirmed=False)) == "a-use-needs-a-human"


def test_the_second_person_is_another_one() -> None:
    assert may_approve(HANDLER, CATALOGUE, GENSEN, confirmed=False) is None
    assert rule(may_approve(HANDLER, CATALOGUE, GENSEN, confirmed=True)) == "never-the-same-person-twice"


def test_a_grant_says_what_was_decided() -> None:
    made = grant(
        human=HANDLER,
        receiver=client(GENSEN),
        persons=[3, 1],
        purpose=GENSEN,
        use="use_1",
        reason="年末調整",
        approver=None,
        rule="statutory-use",
        at=5,
    )
    assert (made.tenant, made.audience, made.client, made.human) == (1, 9, "payroll", "tanaka")
    assert (made.persons, made.purpose, made.use, made.at) == ([3, 1], GENSEN, "use_1", 5)


def test_a_grant_never_crosses_tenants() -> None:
    foreign = Actor(kind=ActorKind.CLIENT, tenant=2, id=9, name="payroll")
    with pytest.raises(ValueError, match="never crosses tenants"):
        grant(
            human=HANDLER,
            receiver=foreign,
            persons=[1],
            purpose=GENSEN,
            use="use_1",
            reason="x",
            approver=None,
            rule="statutory-use",
            at=5,
        )


def test_an_actor_s_tokens_are_its_own_or_the_tenant_s() -> None:
    assert (client().audience, HANDLER.audience, OPERATOR.audience) == (9, 0, 0)
    assert (client().human, client().client) == (None, "payroll")
    assert (HANDLER.human, HANDLER.client) == ("tanaka", None)
