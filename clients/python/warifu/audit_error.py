"""What the audit verifier says when something is not proven."""

from collections.abc import Mapping
from typing import ClassVar

_MESSAGES = {
    "bad-signature": ("署名が正しくありません。", "The signature is wrong."),
    "checkpoint-format": ("チェックポイントの形式が正しくありません。", "This is not a checkpoint."),
    "empty-tree": ("空のログに証明はありません。", "An empty log proves nothing."),
    "entry-format": ("記録がJSONオブジェクトではありません。", "The entry is not a JSON object."),
    "entry-hash": ("記録がそのハッシュと一致しません。", "The entry does not have the hash recorded for it."),
    "export-format": ("エクスポートの行の形式が正しくありません。", "The line of the export is malformed."),
    "export-index": (
        "記録の番号が抜けているか、重複しています。",
        "An index is missing or repeated.",
    ),
    "hash-length": ("ハッシュが32バイトではありません。", "A hash is not 32 bytes long."),
    "index-out-of-range": ("記録の位置がログの外にあります。", "The index lies outside the log."),
    "key-format": ("検証鍵の形式が正しくありません。", "The verifier key is malformed."),
    "log-too-long": ("チェックポイントより後の記録があります。", "There are entries beyond the checkpoint."),
    "log-truncated": ("記録が途中で終わっています。", "The log ends before the checkpoint's size."),
    "note-format": ("署名付きノートの形式が正しくありません。", "This is not a signed note."),
    "note-too-large": ("署名付きノートが大きすぎます。", "The signed note is too large."),
    "path-too-long": ("証明に余分なハッシュがあります。", "The proof has hashes to spare."),
    "path-too-short": ("証明のハッシュが足りません。", "The proof has too few hashes."),
    "proof-format": ("証明の形式が正しくありません。", "This is not a tlog-proof."),
    "root-mismatch": ("ルートハッシュが一致しません。", "The root hash differs."),
    "sizes-out-of-order": ("古いログの方が大きくなっています。", "The old log is larger than the new one."),
    "unknown-key": ("この検証鍵の署名がありません。", "No signature is by this verifier key."),
    "wrong-origin": ("別のログのチェックポイントです。", "The checkpoint is another log's."),
}
_ADVICE = (
    "受け取ったままの内容で検証し直し、それでも失敗する場合は改ざんを疑って提供元に確認してください。",
    "Verify again with exactly what you received; if it fails again, suspect tampering and ask its provider.",
)


class AuditVerificationError(Exception):
    """What was given does not prove what it claims.

    Attributes:
        fault: Which failure, by the name that the test vectors use.
        where: What failed: `verifier key`, `checkpoint`, `old checkpoint`, `new checkpoint`, `proof`,
            `entry`, `root`, or `index N` of an export.
        message_ja: What happened and what to do, in Japanese.
        message_en: The same in English.
    """

    messages: ClassVar[Mapping[str, tuple[str, str]]] = _MESSAGES

    def __init__(self, fault: str, where: str) -> None:
        self.fault = fault
        self.where = where
        self.message_ja = f"{self.messages[fault][0]}({where}){_ADVICE[0]}"
        self.message_en = f"{self.messages[fault][1]} ({where}) {_ADVICE[1]}"
        super().__init__(f"{self.message_ja} / {self.message_en}")


class CertificateVerificationError(AuditVerificationError):
    """A certificate does not prove what it claims; `where` names the part or field of it."""

    messages: ClassVar[Mapping[str, tuple[str, str]]] = {
        "certificate-altered": (
            "証明書の内容が署名されたものと異なります。",
            "The certificate does not say what was signed.",
        ),
        "certificate-field": (
            "証明書の項目が欠けているか、余分か、値が正しくありません。",
            "A field of the certificate is missing, unknown, or of the wrong value.",
        ),
        "certificate-format": ("証明書の形式ではありません。", "This is not a certificate."),
        "certificate-version": (
            "この版の証明書は読めません。warifu を更新してください。",
            "This version of certificate is not known here; update warifu.",
        ),
        "evidence-missing": (
            "証明書に必要な監査記録の証明が揃っていません。",
            "The certificate lacks a proof from the audit log.",
        ),
        "leaf-mismatch": (
            "監査記録が証明書と異なることを述べています。",
            "The audit log says something else than the certificate.",
        ),
        "persons-mismatch": (
            "廃棄した者の一覧が監査記録のものと異なります。",
            "The list of persons is not the one that the audit log holds.",
        ),
    }
