"""The client against a real vault: numbers come out for a purpose, by a human's code, once."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from custody.tenants import Settings
from policies.actor import Role
from tests.support.live import GENSEN, TERMS, Company, people
from warifu import (
    Columns,
    NumbersReleased,
    PreparedUse,
    Refused,
    Secret,
    Use,
    UseConfirmed,
    UseState,
    Warifu,
)

REASON = "年末調整"


def registered(vault: Warifu, rows: Columns) -> list[str]:
    """Tokens of these people."""
    return [token for _, token in vault.tokenize(rows, **TERMS).pairs()]


def revealed(released: NumbersReleased | UseConfirmed) -> list[str]:
    assert isinstance(released, NumbersReleased)
    return [number.reveal() for number in released.numbers]


def test_a_human_confirms_what_a_client_prepared_and_the_numbers_come_out_in_order(company: Company) -> None:
    vault, human, rows = company.client(), company.human(), people(5)
    tokens = registered(vault, rows)[::-1]
    prepared = vault.prepare_use(tokens, GENSEN, REASON, human.login)
    assert prepared.rejections == ()
    assert (prepared.use.persons, prepared.use.reason, prepared.use.handler) == (5, REASON, human.login)
    assert prepared.use.purpose is not None
    assert prepared.use.purpose.code == GENSEN
    released = vault.confirm_use(prepared, company.code(human), human.login)
    assert isinstance(released, NumbersReleased)
    assert revealed(released) == [str(number) for number in rows.numbers][::-1]
    assert [token for token, _ in released.pairs()] == tokens
    assert released.use.state is UseState.RELEASED
    assert released.use.confirmed_by == human.login


def test_rows_that_a_rule_refuses_are_rejected_and_the_rest_can_be_used(company: Company) -> None:
    vault, human, rows = company.client(), company.human(), people(2)
    tokens = registered(vault, rows)
    prepared = vault.prepare_use([tokens[0], "wft_unknown", tokens[1], tokens[0]], GENSEN, REASON)
    assert [(item.row, item.code) for item in prepared.rejections] == [
        (1, "token-unknown"),
        (3, "token-repeated"),
    ]
    assert revealed(vault.confirm_use(prepared, company.code(human), human.login)) == list(rows.numbers)


def test_the_same_use_asked_for_twice_under_one_key_is_prepared_once(company: Company) -> None:
    vault, rows = company.client(), people(1)
    tokens = registered(vault, rows)
    first = vault.prepare_use(tokens, GENSEN, REASON, idempotency_key="december")
    assert vault.prepare_use(tokens, GENSEN, REASON, idempotency_key="december") == first
    assert len(list(vault.uses())) == 1


def test_a_few_numbers_come_out_at_once(company: Company) -> None:
    vault, human, rows = company.client(), company.human(), people(3)
    tokens = registered(vault, rows)
    released = vault.detokenize(tokens, GENSEN, REASON, company.code(human), human.login)
    assert [(token, number.reveal()) for token, number in released.pairs()] == list(
        zip(tokens, rows.numbers, strict=True)
    )
    assert released.first_leaf < vault.audit_log().size


def test_a_code_is_good_once(company: Company) -> None:
    vault, human, rows = company.client(), company.human(), people(1)
    tokens = registered(vault, rows)
    code = company.code(human)
    vault.detokenize(tokens, GENSEN, REASON, code, human.login)
    with pytest.raises(Refused) as refused:
        vault.detokenize(tokens, GENSEN, REASON, code, human.login)
    assert refused.value.rule == "code-used"


def test_what_was_shown_is_what_is_confirmed(company: Company) -> None:
    vault, human, rows = company.client(), company.human(), people(1)
    prepared = vault.prepare_use(registered(vault, rows), GENSEN, REASON)
    other = PreparedUse(replace(prepared.use, digest="0" * 64), ())
    with pytest.raises(Refused) as refused:
        vault.confirm_use(other, company.code(human), human.login)
    assert refused.value.rule == "use-changed"


def test_many_numbers_need_a_second_person_who_is_another(open_company: Callable[..., Company]) -> None:
    company = open_company(Settings(approval_over=1))
    vault, rows = company.client(), people(2)
    handler, approver = company.human("handler"), company.human("approver", Role.APPROVER, Role.HANDLER)
    prepared = vault.prepare_use(registered(vault, rows), GENSEN, REASON)
    assert prepared.use.needs_approval
    confirmed = vault.confirm_use(prepared, company.code(handler), handler.login)
    assert isinstance(confirmed, UseConfirmed)
    assert confirmed.use.state is UseState.CONFIRMED
    with pytest.raises(Refused) as early:
        vault.release_use(prepared)
    assert early.value.rule == "use-not-approved"
    approved = vault.approve_use(confirmed.use, company.code(approver), approver.login)
    assert (approved.use.state, approved.use.approved_by) == (UseState.APPROVED, approver.login)
    released = vault.release_use(approved)
    assert revealed(released) == list(rows.numbers)
    with pytest.raises(Refused) as again:
        vault.release_use(prepared.use.use_id)
    assert again.value.rule == "use-spent"


def test_who_confirmed_a_use_cannot_approve_it(open_company: Callable[..., Company]) -> None:
    company = open_company(Settings(approval_over=1))
    vault, rows = company.client(), people(2)
    both = company.human("both", Role.APPROVER, Role.HANDLER)
    prepared = vault.prepare_use(registered(vault, rows), GENSEN, REASON)
    vault.confirm_use(prepared.use.use_id, company.code(both), both.login)
    with pytest.raises(Refused) as refused:
        vault.approve_use(prepared, company.code(both), both.login)
    assert refused.value.rule == "never-the-same-person-twice"


def test_a_human_with_a_session_confirms_and_the_client_takes_the_numbers(company: Company) -> None:
    vault, human, rows = company.client(), company.human(), people(2)
    prepared = vault.prepare_use(registered(vault, rows), GENSEN, REASON)
    session = company.login(human)
    (waiting,) = session.uses(UseState.PREPARED)
    assert waiting == prepared.use
    confirmed = session.confirm_use(waiting, company.code(human))
    assert isinstance(confirmed, UseConfirmed)
    assert revealed(vault.release_use(prepared)) == list(rows.numbers)


def test_a_use_is_found_by_who_may_know_of_it(company: Company) -> None:
    vault, other, rows = company.client(), company.client("other"), people(1)
    prepared = vault.prepare_use(registered(vault, rows), GENSEN, REASON)
    found = vault.use(prepared.use.use_id)
    assert isinstance(found, Use)
    assert found == prepared.use
    assert other.use(prepared.use.use_id) is None
    assert list(other.uses()) == []
    assert list(vault.uses(UseState.RELEASED)) == []


def test_another_clients_tokens_answer_as_unknown_ones(company: Company) -> None:
    tokens = registered(company.client(), people(1))
    with pytest.raises(Refused) as refused:
        company.client("other").prepare_use(tokens, GENSEN, REASON)
    assert refused.value.rule == "token-unknown"


def test_a_purpose_the_client_was_not_given_is_refused(company: Company) -> None:
    vault = company.client("payroll", "TAX_FUYO")
    tokens = registered(vault, people(1))
    with pytest.raises(Refused) as refused:
        vault.prepare_use(tokens, GENSEN, REASON)
    assert refused.value.rule == "purpose-not-allowed-to-client"


def test_ten_thousand_numbers_come_out_of_one_use_in_order(open_company: Callable[..., Company]) -> None:
    company = open_company(Settings(approval_over=10_000))
    vault, human, rows = company.client(), company.human(), people(10_000)
    prepared = vault.prepare_use(registered(vault, rows), GENSEN, REASON)
    assert revealed(vault.confirm_use(prepared, company.code(human), human.login)) == list(rows.numbers)


def test_a_key_may_be_passed_on_hidden(company: Company) -> None:
    with Warifu(company.url, Secret(company.key())) as vault:
        assert vault.viewer().name == "payroll"
