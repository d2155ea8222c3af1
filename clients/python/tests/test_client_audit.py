"""The client against a real vault: the record is read, exported and verified offline."""

import json
from pathlib import Path

import pytest

from policies.actor import Role
from tests.support.live import GENSEN, TERMS, Company, people
from warifu import NumbersReleased, Outcome, Refused, Warifu
from warifu.audit import (
    AuditVerificationError,
    read_export,
    verify_consistency,
    verify_log,
)

REASON = "年末調整"


def tokens_of(vault: Warifu, rows: int) -> list[str]:
    return [token for _, token in vault.tokenize(people(rows), **TERMS).pairs()]


def auditor(company: Company) -> Warifu:
    return company.login(company.human("auditor", Role.AUDITOR))


def test_an_entry_is_verified_offline_with_nothing_but_the_key(company: Company) -> None:
    vault, human = company.client(), company.human()
    (token,) = tokens_of(vault, 1)
    vault.detokenize([token], GENSEN, REASON, company.code(human), human.login)
    key = vault.audit_log().verifier_key
    registered, *_, released = vault.audit_entries(token=token)
    assert released.action == "vault:number:release"
    assert (released.outcome, released.human, released.client) == (Outcome.ALLOWED, human.login, "payroll")
    assert (released.purpose, released.reason) == (GENSEN, REASON)
    verified = released.verify(key)
    assert verified.index == released.index
    assert verified.fields["action"] == released.action
    with pytest.raises(AuditVerificationError):
        registered.verify(key.replace("+", "+0", 1))


def test_a_refusal_is_an_entry_too_and_names_its_rule_and_its_request(company: Company) -> None:
    vault = company.client()
    with pytest.raises(Refused) as refused:
        vault.prepare_use(tokens_of(vault, 1), "NO_SUCH_PURPOSE", REASON)
    last = vault.audit_entry(vault.audit_log().size - 1)
    assert last is not None
    assert (last.outcome, last.rule) == (Outcome.DENIED, refused.value.rule)
    assert last.request == refused.value.request_id


def test_the_entries_of_a_person_are_found_by_external_id_and_over_several_pages(company: Company) -> None:
    vault = company.client()
    done = vault.tokenize(people(1), **TERMS)
    ((external_id, token),) = done.pairs()
    for _ in range(70):
        vault.revoke_tokens([token for token in vault.issue_tokens([external_id]).tokens if token])
    entries = list(vault.audit_entries(external_id=external_id))
    assert len(entries) > 100
    assert [entry.index for entry in entries] == sorted(entry.index for entry in entries)
    with pytest.raises(Refused) as refused:
        list(vault.audit_entries(token=token))
    assert refused.value.rule == "token-unknown"


def test_a_client_that_names_nobody_is_refused_and_sees_no_others_entry(company: Company) -> None:
    vault, other = company.client(), company.client("other")
    tokens_of(other, 1)
    others = vault.audit_log().size - 1
    with pytest.raises(Refused) as refused:
        list(vault.audit_entries())
    assert refused.value.rule == "record-needs-person"
    assert vault.audit_entry(others) is None
    entry = other.audit_entry(others)
    assert entry is not None
    assert entry.client == "other"


def test_an_auditor_sees_every_entry_and_each_is_proven(company: Company) -> None:
    tokens_of(company.client(), 3)
    vault = auditor(company)
    log = vault.audit_log()
    entries = list(vault.audit_entries())
    assert [entry.index for entry in entries] == list(range(len(entries)))
    assert len(entries) >= log.size
    assert all(entry.verify(log.verifier_key).index == entry.index for entry in entries)
    assert any(detail.name for entry in entries for detail in entry.details)


def test_a_later_checkpoint_is_proven_to_continue_an_earlier_one(company: Company) -> None:
    vault = company.client()
    tokens_of(vault, 2)
    old = vault.audit_log()
    tokens_of(vault, 3)
    new = vault.audit_log()
    path = vault.audit_consistency(old.size, new.size)
    verify_consistency(old.checkpoint, new.checkpoint, path, new.verifier_key)
    with pytest.raises(AuditVerificationError):
        verify_consistency(new.checkpoint, old.checkpoint, path, new.verifier_key)
    with pytest.raises(Refused) as refused:
        vault.audit_consistency(new.size, old.size)
    assert refused.value.rule == "sizes-invalid"


def test_an_export_is_the_whole_log_and_verifies_against_its_checkpoint(
    company: Company, tmp_path: Path
) -> None:
    tokens_of(company.client(), 2_345)
    vault = auditor(company)
    file = tmp_path / "log.jsonl"
    log = vault.export_log(file)
    checkpoint = verify_log(read_export(file), log.checkpoint, log.verifier_key)
    assert checkpoint.size == log.size > 2_345
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.jsonl"]
    changed = [line if index else line.replace(b'"at":', b'"At":') for index, line in enumerate(_bytes(file))]
    with pytest.raises(AuditVerificationError):
        verify_log(changed, log.checkpoint, log.verifier_key)


def _bytes(file: Path) -> list[bytes]:
    return list(read_export(file))


def test_an_export_that_is_refused_leaves_no_file(company: Company, tmp_path: Path) -> None:
    vault = company.client()
    tokens_of(vault, 1)
    with pytest.raises(Refused) as refused:
        vault.export_log(tmp_path / "log.jsonl")
    assert refused.value.rule == "no-rule-permits"
    assert list(tmp_path.iterdir()) == []


def test_two_integrators_one_person_one_human_and_a_record_nobody_can_change(
    company: Company, tmp_path: Path
) -> None:
    """The whole story: register, two audiences, a use for a purpose, and proof of it."""
    payroll, accounting = company.client("payroll"), company.client("accounting")
    handler = company.human("suzuki")
    rows = people(3)
    tokens = [token for _, token in payroll.tokenize(rows, **TERMS).pairs()]
    before = payroll.audit_log()
    others = [token for token in accounting.issue_tokens(rows.external_ids).tokens if token]
    assert len(others) == 3
    assert not set(tokens) & set(others)

    prepared = payroll.prepare_use(tokens, GENSEN, REASON, handler.login)
    released = payroll.confirm_use(prepared, company.code(handler), handler.login)
    assert isinstance(released, NumbersReleased)
    assert [number.reveal() for number in released.numbers] == list(rows.numbers)

    for place, token in enumerate(tokens):
        *_, entry = payroll.audit_entries(token=token)
        assert entry.index == released.first_leaf + place
        verified = entry.verify(before.verifier_key)
        assert verified.fields["use"] == prepared.use.use_id
        assert verified.fields["human"] == handler.login
        for number in rows.numbers:
            assert str(number).encode() not in entry.entry
    assert all(entry.client == "accounting" for entry in accounting.audit_entries(token=others[0]))

    path = payroll.audit_consistency(before.size, released_size(released))
    verify_consistency(before.checkpoint, released.checkpoint, path, before.verifier_key)

    log = auditor(company).export_log(tmp_path / "log.jsonl")
    verify_log(read_export(tmp_path / "log.jsonl"), log.checkpoint, before.verifier_key)
    actions = [json.loads(entry)["action"] for entry in read_export(tmp_path / "log.jsonl")]
    assert actions.count("vault:number:release") == 3


def released_size(released: NumbersReleased) -> int:
    """Size of the log at the checkpoint that covers the numbers: its second line."""
    return int(released.checkpoint.split("\n")[1])
