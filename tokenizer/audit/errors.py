"""What can be wrong with a log, a checkpoint, a proof or an entry.

Every error of this package carries a `Fault`: a short name that the test vectors, the SDKs and the API share,
so that a refusal reads the same in every language. No message holds any part of the refused input.
"""

from enum import StrEnum

from tokenizer.errors import VaultError


class Fault(StrEnum):
    """Why something was refused. The values are a contract with the vectors and the SDKs."""

    EMPTY_TREE = "empty-tree"
    INDEX_OUT_OF_RANGE = "index-out-of-range"
    SIZES_OUT_OF_ORDER = "sizes-out-of-order"
    HASH_LENGTH = "hash-length"
    PATH_TOO_SHORT = "path-too-short"
    PATH_TOO_LONG = "path-too-long"
    ROOT_MISMATCH = "root-mismatch"
    FRONTIER_LENGTH = "frontier-length"
    STORED_HASHES = "stored-hashes"
    NOTE_FORMAT = "note-format"
    NOTE_TOO_LARGE = "note-too-large"
    CHECKPOINT_FORMAT = "checkpoint-format"
    KEY_FORMAT = "key-format"
    UNKNOWN_KEY = "unknown-key"
    BAD_SIGNATURE = "bad-signature"
    WRONG_ORIGIN = "wrong-origin"
    PROOF_FORMAT = "proof-format"
    ENTRY_FORMAT = "entry-format"
    ENTRY_FIELD = "entry-field"
    ENTRY_NOT_CANONICAL = "entry-not-canonical"
    ENTRY_VERSION = "entry-version"
    ENTRY_HOLDS_NUMBER = "entry-holds-number"


_MESSAGES: dict[Fault, tuple[str, str]] = {
    Fault.EMPTY_TREE: (
        "空のログに証明はありません。1件以上の記録を持つ大きさを指定してください。",
        "An empty log proves nothing; name a size of at least one entry.",
    ),
    Fault.INDEX_OUT_OF_RANGE: (
        "記録の位置がログの大きさの外にあります。0以上、大きさ未満の位置を指定してください。",
        "The index lies outside the log; name one from 0 up to, not including, the size.",
    ),
    Fault.SIZES_OUT_OF_ORDER: (
        "古いログが新しいログより大きくなっています。古い方を先に指定してください。",
        "The old log is larger than the new one; give the older size first.",
    ),
    Fault.HASH_LENGTH: (
        "ハッシュは32バイトでなければなりません。証明を取り直してください。",
        "Every hash must be 32 bytes; fetch the proof again.",
    ),
    Fault.PATH_TOO_SHORT: (
        "証明のハッシュが足りません。証明全体を取り直してください。",
        "The proof has too few hashes; fetch the whole proof again.",
    ),
    Fault.PATH_TOO_LONG: (
        "証明に余分なハッシュがあります。証明を取り直してください。",
        "The proof has hashes to spare; fetch the proof again.",
    ),
    Fault.ROOT_MISMATCH: (
        "計算したルートハッシュが一致しません。記録が改ざんされたか、別のログの証明です。",
        "The computed root differs: the record was altered or the proof belongs to another log.",
    ),
    Fault.FRONTIER_LENGTH: (
        "保存された右端ハッシュの長さがログの大きさと合いません。バックアップから復元してください。",
        "The stored frontier does not fit the log's size; restore the log from a backup.",
    ),
    Fault.STORED_HASHES: (
        "保存されたハッシュが欠けています。ログを検証し、バックアップから復元してください。",
        "Stored hashes are missing; verify the log and restore it from a backup.",
    ),
    Fault.NOTE_FORMAT: (
        "署名付きノートの形式ではありません。受け取ったままのテキストを渡してください。",
        "This is not a signed note; pass the text exactly as it was received.",
    ),
    Fault.NOTE_TOO_LARGE: (
        "署名付きノートが大きすぎます。受け取ったままのテキストを渡してください。",
        "The signed note is too large; pass the text exactly as it was received.",
    ),
    Fault.CHECKPOINT_FORMAT: (
        "チェックポイントの本文は、発行元、大きさ、ルートハッシュの行でなければなりません。",
        "A checkpoint's text must be the lines origin, size and root hash.",
    ),
    Fault.KEY_FORMAT: (
        "検証鍵は「名前+鍵ID+base64」の形で渡してください。",
        "Give the verifier key in the form name+keyid+base64.",
    ),
    Fault.UNKNOWN_KEY: (
        "この検証鍵による署名がありません。ログの発行元の検証鍵を渡してください。",
        "No signature is by this verifier key; pass the key of the log that issued the checkpoint.",
    ),
    Fault.BAD_SIGNATURE: (
        "署名が正しくありません。チェックポイントが改ざんされています。",
        "The signature is wrong: the checkpoint was altered.",
    ),
    Fault.WRONG_ORIGIN: (
        "チェックポイントの発行元が期待したログではありません。",
        "The checkpoint's origin is not the log that was expected.",
    ),
    Fault.PROOF_FORMAT: (
        "tlog-proofの形式ではありません。受け取ったままのテキストを渡してください。",
        "This is not a tlog-proof; pass the text exactly as it was received.",
    ),
    Fault.ENTRY_FORMAT: (
        "監査記録はUTF-8のJSONオブジェクトでなければなりません。",
        "An audit entry must be a JSON object in UTF-8.",
    ),
    Fault.ENTRY_FIELD: (
        "監査記録の項目が欠けているか、余分か、型または値が正しくありません。",
        "A field of the audit entry is missing, unknown, or of the wrong type or value.",
    ),
    Fault.ENTRY_NOT_CANONICAL: (
        "監査記録が正規形ではありません。ログに書かれたバイト列をそのまま渡してください。",
        "The audit entry is not in canonical form; pass the bytes exactly as logged.",
    ),
    Fault.ENTRY_VERSION: (
        "この版の監査記録は読めません。ソフトウェアを更新してください。",
        "This version of audit entry is not known here; update the software.",
    ),
    Fault.ENTRY_HOLDS_NUMBER: (
        "監査記録の文に個人番号らしい12桁が含まれています。番号を書かずに入力し直してください。",
        "The text of an audit entry seems to hold an Individual Number; write it again without the number.",
    ),
}


class AuditError(VaultError):
    """Something about the audit log was refused.

    Attributes:
        fault: Which refusal, stable across versions and languages.
        where: The field or line concerned, empty when it is the whole; never a value.
    """

    code = "AUDIT"

    def __init__(self, fault: Fault, where: str = "") -> None:
        message_ja, message_en = _MESSAGES[fault]
        super().__init__(
            f"{message_ja}({where})" if where else message_ja,
            f"{message_en} ({where})" if where else message_en,
        )
        self.fault = fault
        self.where = where


class TreeError(AuditError):
    """What the database holds of the tree is incomplete or does not fit: an operator must look."""

    code = "AUDIT_TREE"


class ProofError(AuditError):
    """A Merkle path, or the text that carries it, does not prove what it claims."""

    code = "AUDIT_PROOF"


class CheckpointError(AuditError):
    """A checkpoint or verifier key is malformed, or not signed by whom it should be."""

    code = "AUDIT_CHECKPOINT"


class EntryError(AuditError):
    """An entry is malformed, or must not be logged as it stands."""

    code = "AUDIT_ENTRY"
