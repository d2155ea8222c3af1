"""What can be wrong with a certificate. The names are a contract with the test vectors and the clients."""

from enum import StrEnum

from tokenizer.errors import VaultError


class CertificateFault(StrEnum):
    """Why a certificate was refused, besides the faults of notes, checkpoints and proofs."""

    FORMAT = "certificate-format"
    VERSION = "certificate-version"
    ALTERED = "certificate-altered"
    FIELD = "certificate-field"
    EVIDENCE = "evidence-missing"
    LEAF = "leaf-mismatch"
    PERSONS = "persons-mismatch"
    HOLDS_NUMBER = "certificate-holds-number"


_MESSAGES: dict[CertificateFault, tuple[str, str]] = {
    CertificateFault.FORMAT: (
        "証明書の形式ではありません。受け取ったままのファイルを渡してください。",
        "This is not a certificate; pass the file exactly as it was received.",
    ),
    CertificateFault.VERSION: (
        "この版の証明書は読めません。ソフトウェアを更新してください。",
        "This version of certificate is not known here; update the software.",
    ),
    CertificateFault.ALTERED: (
        "証明書の内容が署名されたものと異なります。改ざんを疑い、発行元に確認してください。",
        "The certificate does not say what was signed; suspect tampering and ask its issuer.",
    ),
    CertificateFault.FIELD: (
        "証明書の項目が欠けているか、余分か、型または値が正しくありません。発行元に確認してください。",
        "A field of the certificate is missing, unknown, or of the wrong type or value; ask its issuer.",
    ),
    CertificateFault.EVIDENCE: (
        "証明書に必要な監査記録の証明が揃っていません。発行元に再発行を求めてください。",
        "The certificate lacks a proof from the audit log; ask its issuer for a new one.",
    ),
    CertificateFault.LEAF: (
        "監査記録が証明書と異なることを述べています。発行元に確認してください。",
        "The audit log says something else than the certificate; ask its issuer.",
    ),
    CertificateFault.PERSONS: (
        "廃棄した者の一覧が監査記録のものと異なります。発行元に確認してください。",
        "The list of persons is not the one that the audit log holds; ask its issuer.",
    ),
    CertificateFault.HOLDS_NUMBER: (
        "証明書に載せる文に個人番号と思われる12桁が含まれています。その項目を直してから発行してください。",
        "A text for the certificate seems to hold an Individual Number; correct that field, then issue it.",
    ),
}


class CertificateError(VaultError):
    """A certificate is not what it claims to be, or must not be issued as it stands.

    Attributes:
        fault: which refusal, stable across versions and languages.
        where: the field concerned, empty when it is the whole; never a value.
    """

    code = "CERTIFICATE"

    def __init__(self, fault: CertificateFault, where: str = "") -> None:
        message_ja, message_en = _MESSAGES[fault]
        super().__init__(
            f"{message_ja}({where})" if where else message_ja,
            f"{message_en} ({where})" if where else message_en,
        )
        self.fault = fault
        self.where = where


class PrintError(VaultError):
    """A paper could not be set; whatever it would have said is not in the message."""

    code = "PRINT"

    def __init__(self) -> None:
        super().__init__(
            "PDFを作成できませんでした。typst と noto-cjk のパッケージ、空きメモリを確認し、再実行してください。"
            "機械可読の証明書はそのまま有効です。",
            "The PDF could not be made. Check the packages typst and noto-cjk and the free memory, then try again. "
            "The machine-readable certificate is valid as it is.",
        )
