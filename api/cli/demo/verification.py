"""The record, verified offline: one number's entry, the growth of the log, the whole log, and a forged copy."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from api.cli.demo.report import Report
from api.cli.demo.stage import Stage
from api.cli.output import CommandError
from warifu import Warifu
from warifu.audit import (
    AuditVerificationError,
    read_export,
    verify_consistency,
    verify_log,
    verify_proof,
)


@dataclass(frozen=True, slots=True)
class Witness:
    """What an outsider keeps of a log: its checkpoint at some time, and the key."""

    size: int
    checkpoint: str
    key: str

    @classmethod
    def of(cls, client: Warifu) -> Self:
        """The log as it stands."""
        log = client.audit_log()
        return cls(log.size, log.checkpoint, log.verifier_key)


def verify_record(
    stage: Stage, payroll: Warifu, auditor: Warifu, before: Witness, person: str, report: Report
) -> None:
    """Verify everything with the public key alone.

    Args:
        stage: files go there.
        payroll: the payroll client.
        auditor: somebody who may read the whole log.
        before: the log as it stood before the release.
        person: external id of the employee whose record is shown.
        report: what happens is told here.
    """
    report.chapter("監査ログをオフラインで検証 / verifying the audit log offline")
    _verify_entry(stage, auditor, before.key, person, report)
    after = Witness.of(payroll)
    path = payroll.audit_consistency(before.size, after.size)
    verify_consistency(before.checkpoint, after.checkpoint, path, before.key)
    report.line(f"{before.size} 件 → {after.size} 件: 追記のみ / the log only grew")
    log = stage.file("audit.jsonl")
    head = auditor.export_log(log)
    stage.file("audit.checkpoint").write_text(head.checkpoint, encoding="utf-8", newline="")
    stage.file("audit.key").write_text(before.key + "\n", encoding="utf-8")
    verify_log(read_export(log), head.checkpoint, before.key)
    report.line(f"全 {head.size} 件がチェックポイントと一致 / every entry matches the checkpoint")
    _forge(log, stage.file("audit-forged.jsonl"), head.checkpoint, before.key, report)
    report.fact("log_size", head.size)


def _verify_entry(stage: Stage, auditor: Warifu, key: str, person: str, report: Report) -> None:
    released = [
        entry
        for entry in auditor.audit_entries(external_id=person)
        if entry.action == "vault:number:release" and entry.outcome == "ALLOWED"
    ]
    if not released:
        raise CommandError("RECORD", f"{person} の記録がありません。", f"There is no record of {person}.")
    entry = released[0]
    proof = stage.file("employee.tlog-proof")
    proof.write_text(entry.proof, encoding="utf-8", newline="")
    stage.file("employee.entry").write_bytes(entry.entry)
    verified = verify_proof(entry.proof, entry.entry, key)
    fields = verified.fields
    report.line(
        f"{person}: {fields['human']} が {fields['client']} 経由で {fields['purpose']} のため利用 / used, "
        f"記録 {verified.index} 番の存在を証明 / proven to be in the log"
    )


def _forge(log: Path, forged: Path, checkpoint: str, key: str, report: Report) -> None:
    """Flip one byte in a copy; the verification must fail, and say where."""
    data = bytearray(log.read_bytes())
    place = data.index(b'"entry":"', len(data) // 2) + len(b'"entry":"') + 40
    data[place] = ord("A") if data[place] != ord("A") else ord("B")
    forged.write_bytes(data)
    try:
        verify_log(read_export(forged), checkpoint, key)
    except AuditVerificationError as error:
        report.line(f"1 バイト改ざんすると / one byte flipped: {error.where}: {error.message_ja}", good=False)
        return
    raise CommandError("FORGERY", "改ざんを検出できませんでした。", "The forgery was not found.")
