"""The client against a real vault: purposes, people and their tokens."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date

import pytest

from tests.support.live import DAY, GENSEN, TERMS, Company, people
from tests.support.numbers import synthetic_numbers
from warifu import (
    ActorKind,
    Columns,
    NumberChanged,
    NumbersReleased,
    NumberState,
    Person,
    PersonKind,
    PurposeStatus,
    Refused,
    RowRejection,
    Terms,
    Verification,
    Warifu,
)
from warifu.roster import RosterColumns, RosterRow, columns, read_roster

FUYO = "TAX_FUYO"


def wrong(number: str) -> str:
    """The same number with another check digit."""
    return number[:-1] + str((int(number[-1]) + 1) % 10)


def with_numbers(rows: Columns, numbers: Sequence[str]) -> Columns:
    return replace(rows, numbers=list(numbers))


def test_the_viewer_says_who_asks_and_for_which_company(company: Company) -> None:
    viewer = company.client("payroll", GENSEN, FUYO).viewer()
    assert (viewer.kind, viewer.name, viewer.roles) == (ActorKind.CLIENT, "payroll", ())
    assert viewer.purposes == (FUYO, GENSEN)
    assert viewer.tenant.tenant_id == company.tenant_id
    assert viewer.tenant.sandbox is False


def test_the_catalogue_is_whole_and_says_why_the_refused_ones_are(company: Company) -> None:
    vault = company.client()
    catalogue = {purpose.code: purpose for purpose in vault.purposes()}
    assert len(catalogue) == len(company.server.house.custodian.catalogue.purposes)
    gensen = catalogue[GENSEN]
    assert gensen.status is PurposeStatus.OFFERED
    assert gensen.reason is None
    assert PersonKind.EMPLOYEE in gensen.whose
    assert gensen.legal_basis
    refused = [purpose for purpose in catalogue.values() if purpose.status is PurposeStatus.REFUSED]
    assert refused
    assert all(purpose.reason and purpose.reason.ja for purpose in refused)


def test_one_purpose_is_found_by_its_code_and_an_unknown_one_is_none(company: Company) -> None:
    vault = company.client()
    found = vault.purpose(GENSEN)
    assert found is not None
    assert found.code == GENSEN
    assert vault.purpose("NO_SUCH_PURPOSE") is None


def test_numbers_go_in_and_tokens_come_out_in_the_same_order(company: Company) -> None:
    rows = people(5)
    done = company.client().tokenize(rows, **TERMS)
    assert (len(done.tokens), done.registered, done.rejections) == (5, 5, ())
    assert dict(done.pairs()) == dict(zip(rows.external_ids, done.tokens, strict=True))
    assert len(set(done.tokens)) == 5


def test_what_is_sent_again_gets_the_tokens_it_had(company: Company) -> None:
    vault, rows = company.client(), people(3)
    first, again = vault.tokenize(rows, **TERMS), vault.tokenize(rows, **TERMS)
    assert again.tokens == first.tokens
    assert again.registered == 0


def test_the_same_idempotency_key_is_done_once_and_with_other_content_refused(company: Company) -> None:
    vault, rows = company.client(), people(3)
    first = vault.tokenize(rows, idempotency_key="import-1", **TERMS)
    size = vault.audit_log().size
    assert vault.tokenize(rows, idempotency_key="import-1", **TERMS) == first
    assert vault.audit_log().size == size
    with pytest.raises(Refused) as refused:
        vault.tokenize(people(3), idempotency_key="import-1", **TERMS)
    assert refused.value.rule == "idempotency-conflict"


def test_a_wrong_number_is_rejected_by_its_row_and_the_others_go_on(company: Company) -> None:
    rows = people(3)
    numbers = [str(number) for number in rows.numbers]
    done = company.client().tokenize(with_numbers(rows, [numbers[0], wrong(numbers[1]), numbers[2]]), **TERMS)
    assert [token is None for token in done.tokens] == [False, True, False]
    (rejection,) = done.rejections
    assert (rejection.row, rejection.code, rejection.line) == (1, "CHECK_DIGIT", None)
    assert rejection.message_ja
    assert rejection.message_en
    assert [external_id for external_id, _ in done.pairs()] == [rows.external_ids[0], rows.external_ids[2]]


def test_every_optional_column_arrives(company: Company) -> None:
    employee, spouse = synthetic_numbers(2, 987)
    vault = company.client()
    vault.tokenize(
        Columns(
            external_ids=["A1", "A1-S"],
            numbers=[employee, spouse],
            kinds=[PersonKind.EMPLOYEE, PersonKind.SPOUSE],
            names=["山田 太郎", "山田 花子"],
            kana=["ヤマダ タロウ", "ヤマダ ハナコ"],
            birth_dates=["1980-02-29", ""],
            addresses=["東京都千代田区1-1", ""],
            employees=["", "A1"],
        ),
        **TERMS,
    )
    first, second = vault.persons()
    assert (first.name, first.kana, first.birth_date) == ("山田 太郎", "ヤマダ タロウ", date(1980, 2, 29))
    assert (first.address, first.employee) == ("東京都千代田区1-1", None)
    assert (second.kind, second.employee, second.birth_date) == (PersonKind.SPOUSE, "A1", None)
    assert (first.verification, first.verified_on) == (Verification.MY_NUMBER_CARD, DAY)
    assert [(notice.purpose, notice.told_on) for notice in first.notices] == [(GENSEN, DAY)]


def test_an_empty_batch_is_no_error(company: Company) -> None:
    done = company.client().tokenize(Columns([], []), **TERMS)
    assert (done.tokens, done.rejections, done.registered) == ((), (), 0)


def test_a_batch_as_a_whole_is_refused_with_its_rule(company: Company) -> None:
    future: Terms = {**TERMS, "notified_on": date(2999, 1, 1)}
    with pytest.raises(Refused) as refused:
        company.client().tokenize(people(1), **future)
    assert refused.value.rule == "date-in-future"
    assert refused.value.message_ja in str(refused.value)
    assert refused.value.message_en in str(refused.value)
    assert refused.value.request_id


def test_more_than_ten_thousand_rows_keep_their_order_and_their_row_numbers(company: Company) -> None:
    rows = people(10_203)
    numbers = [str(number) for number in rows.numbers]
    for row in (0, 9_999, 10_000, 10_202):
        numbers[row] = wrong(numbers[row])
    vault = company.client()
    done = vault.tokenize(with_numbers(rows, numbers), idempotency_key="large", **TERMS)
    assert [item.row for item in done.rejections] == [0, 9_999, 10_000, 10_202]
    assert [row for row, token in enumerate(done.tokens) if token is None] == [0, 9_999, 10_000, 10_202]
    assert done.registered == 10_199
    issued = vault.issue_tokens(rows.external_ids)
    assert issued.tokens == done.tokens
    assert [item.row for item in issued.rejections] == [0, 9_999, 10_000, 10_202]
    assert done.external_ids == tuple(rows.external_ids)


def test_a_roster_goes_in_batch_by_batch_and_rejections_name_the_line_of_the_file(company: Company) -> None:
    numbers = synthetic_numbers(5, 4242)
    text = "社員番号,氏名,個人番号\n" + "".join(
        f"R{row},試験 {row},{number}\n" for row, number in enumerate(numbers)
    )
    vault = company.client()
    vault.tokenize(Columns(["other"], [numbers[3]]), **TERMS)
    found = [row for row in read_roster(text.encode()) if isinstance(row, RosterRow)]
    done = list(vault.tokenize_roster(columns(found, size=2), **TERMS))
    assert [len(part.tokens) for part in done] == [2, 2, 1]
    assert [external_id for part in done for external_id, _ in part.pairs()] == ["R0", "R1", "R2", "R4"]
    (rejection,) = done[1].rejections
    assert (rejection.code, rejection.row, rejection.line) == ("NUMBER_TAKEN", 1, 5)
    assert vault.issue_tokens(["R4"]).tokens == done[2].tokens


def test_a_roster_sent_again_under_its_key_is_done_once(company: Company) -> None:
    text = "社員番号,氏名,個人番号\n" + "".join(
        f"K{row},試験,{number}\n" for row, number in enumerate(synthetic_numbers(4, 77))
    )
    found = [row for row in read_roster(text.encode()) if isinstance(row, RosterRow)]
    vault = company.client()
    first = list(vault.tokenize_roster(columns(found, size=2), idempotency_key="roster", **TERMS))
    size = vault.audit_log().size
    assert list(vault.tokenize_roster(columns(found, size=2), idempotency_key="roster", **TERMS)) == first
    assert vault.audit_log().size == size


def test_another_client_gets_tokens_of_its_own_and_its_own_alone(company: Company) -> None:
    payroll, rows = company.client("payroll"), people(2)
    accounting = company.client("accounting")
    tokens = payroll.tokenize(rows, **TERMS).tokens
    issued = accounting.issue_tokens([*rows.external_ids, "nobody"])
    assert issued.tokens[2] is None
    assert [(item.row, item.code) for item in issued.rejections] == [(2, "PERSON_UNKNOWN")]
    assert not set(issued.tokens[:2]) & set(tokens)
    assert [item.token for item in accounting.tokens()] == list(issued.tokens[:2])
    assert [item.person.external_id for item in accounting.tokens()] == list(rows.external_ids)


def test_revoked_tokens_are_counted_and_gone(company: Company) -> None:
    vault = company.client()
    first, second = (token for _, token in vault.tokenize(people(2), **TERMS).pairs())
    assert vault.revoke_tokens([first]) == 1
    assert vault.revoke_tokens([first]) == 0
    assert [item.token for item in vault.tokens()] == [second]


def test_a_notice_is_on_record_for_whom_it_was_given(company: Company) -> None:
    vault, rows = company.client("payroll", GENSEN, FUYO), people(2)
    vault.tokenize(rows, **TERMS)
    given = vault.give_notice([rows.external_ids[0], "nobody"], [FUYO], DAY)
    assert given.persons == 1
    assert [(item.row, item.code) for item in given.rejections] == [(1, "PERSON_UNKNOWN")]
    told = {person.external_id: {notice.purpose for notice in person.notices} for person in vault.persons()}
    assert told == {rows.external_ids[0]: {GENSEN, FUYO}, rows.external_ids[1]: {GENSEN}}


def test_persons_are_filtered_and_come_from_as_many_pages_as_it_takes(company: Company) -> None:
    vault, rows = company.client(), people(230)
    vault.tokenize(rows, **TERMS)
    assert [person.external_id for person in vault.persons()] == list(rows.external_ids)
    (one,) = vault.persons(external_id=rows.external_ids[7])
    assert one.token == vault.issue_tokens([rows.external_ids[7]]).tokens[0]
    assert list(vault.persons(kind=PersonKind.PAYEE)) == []
    assert len(list(vault.persons(number_state=NumberState.HELD))) == 230


def test_a_number_changed_by_law_takes_its_place_and_the_token_stays(company: Company) -> None:
    vault, rows = company.client(), people(1)
    (token,) = vault.tokenize(rows, **TERMS).tokens
    (new,) = synthetic_numbers(1, 31_337)
    officer = company.login(company.human("officer"))
    changed = change(officer, rows.external_ids[0], new)
    assert changed == NumberChanged(rows.external_ids[0], 2)
    assert token is not None
    human = company.human()
    released = vault.detokenize([token], GENSEN, "年末調整", company.code(human), human.login)
    assert [number.reveal() for number in released.numbers] == [new]


def test_a_changed_number_that_is_none_comes_back_as_a_rejection(company: Company) -> None:
    rows = people(1)
    company.client().tokenize(rows, **TERMS)
    officer = company.login(company.human("officer"))
    found = change(officer, rows.external_ids[0], wrong(str(rows.numbers[0])))
    assert isinstance(found, RowRejection)
    assert found.code == "CHECK_DIGIT"


def change(vault: Warifu, external_id: str, number: str) -> NumberChanged | RowRejection:
    return vault.change_number(external_id, number, verification=Verification.MY_NUMBER_CARD, verified_on=DAY)


def test_released_numbers_can_be_passed_on_without_being_shown(company: Company) -> None:
    vault, human = company.client(), company.human()
    tokens = [token for _, token in vault.tokenize(people(2), **TERMS).pairs()]
    released = vault.detokenize(tokens, GENSEN, "年末調整", company.code(human), human.login)
    other = company.client("other")
    again = other.tokenize(Columns([row.external_id for row in vault.persons()], released.numbers), **TERMS)
    assert again.rejections == ()
    assert again.registered == 0


def test_no_repr_of_a_batch_holds_a_number_or_a_token(company: Company) -> None:
    vault, rows, human = company.client(), people(2), company.human()
    done = vault.tokenize(rows, **TERMS)
    tokens = [token for _, token in done.pairs()]
    released = vault.detokenize(tokens, GENSEN, "年末調整", company.code(human), human.login)
    assert isinstance(released, NumbersReleased)
    roster = RosterColumns([2, 3], ["a", "b"], list(map(str, rows.numbers)), [], [], [], [], [], [])
    shown = repr([rows, done, released, list(vault.persons()), list(vault.tokens()), vault, roster])
    for value in (*rows.numbers, *tokens):
        assert str(value) not in shown
    assert "Number(****)" in shown
    assert {item.name for item in fields(Person) if not item.repr} == {"token"}


def test_rows_too_wide_for_one_request_travel_in_several(company: Company) -> None:
    rows = replace(people(9_000), addresses=["長い住所" * 75] * 9_000)
    parts = list(rows.parts())
    assert len(parts) > 1
    assert [start for start, _ in parts] == [
        sum(len(part.external_ids) for _, part in parts[:place]) for place in range(len(parts))
    ]
    vault = company.client()
    done = vault.tokenize(rows, **TERMS)
    assert (done.registered, done.rejections) == (9_000, ())
    assert done.tokens == vault.issue_tokens(rows.external_ids).tokens
