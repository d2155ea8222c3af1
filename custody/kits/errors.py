"""What can be wrong with a kit's code, its facts, or pages that came back."""

from enum import StrEnum
from typing import Final

from tokenizer.errors import VaultError


class KitFault(StrEnum):
    """Why it was refused; stable across versions and languages."""

    CODE_FORM = "kit-code-form"
    CODE_CHARACTER = "kit-code-character"
    CODE_LENGTH = "kit-code-length"
    CODE_CHECK = "kit-code-check"
    HOLDS_NUMBER = "kit-holds-number"
    TEXT_MISSING = "kit-text-missing"
    TEXT_LONG = "kit-text-long"
    TOO_MANY = "kit-too-many"
    DEADLINE = "kit-deadline"
    TWICE = "kit-twice"
    NOT_PRINTED = "kit-not-printed"
    EMPTY = "pages-empty"
    TOO_LARGE = "pages-too-large"
    KIND = "pages-kind"
    BROKEN = "pages-broken"
    LOCKED = "pages-locked"
    PIXELS = "pages-pixels"
    TOO_MANY_PAGES = "pages-too-many"
    EXHAUSTING = "pages-exhausting"


_MESSAGES: Final[dict[KitFault, tuple[str, str]]] = {
    KitFault.CODE_FORM: (
        "キット番号ではありません。用紙の右上にある「WK1-」で始まる番号を入力してください。",
        "This is no kit code. Type the one at the top right of the form; it begins with WK1-.",
    ),
    KitFault.CODE_CHARACTER: (
        "キット番号にない文字があります。0・O・1・I は使われません。用紙の番号を見直してください。",
        "A character stands in no kit code; 0, O, 1 and I are never used. Look at the code on the form again.",
    ),
    KitFault.CODE_LENGTH: (
        "キット番号の文字数が違います。「WK1-」の後は22文字です。抜けや重なりがないか見直してください。",
        "The kit code has the wrong length: 22 characters follow WK1-. See whether one is missing or doubled.",
    ),
    KitFault.CODE_CHECK: (
        "キット番号に打ち間違いがあります。用紙の番号と一文字ずつ見比べるか、QRコードを読み取ってください。",
        "The kit code is mistyped. Compare it with the form character by character, or scan the QR code.",
    ),
    KitFault.HOLDS_NUMBER: (
        "キットに印字する文に個人番号と思われる12桁があります。その項目を直してください。",
        "A text for the kit seems to hold an Individual Number; correct that field.",
    ),
    KitFault.TEXT_MISSING: (
        "キットに必要な項目が空です。入力してください。",
        "A kit needs this field; fill it in.",
    ),
    KitFault.TEXT_LONG: (
        "キットに印字するには長すぎます。短くしてください。",
        "This is too long to be printed on a kit; shorten it.",
    ),
    KitFault.TOO_MANY: (
        "一つのキットに載せるには多すぎます。キットを分けてください。",
        "These are too many for one kit; make it two.",
    ),
    KitFault.DEADLINE: (
        "提出期限が発行日より前です。期限を直してください。",
        "The deadline is before the day of issue; correct it.",
    ),
    KitFault.TWICE: (
        "同じキット番号が二つあります。キットごとに新しい番号を作ってください。",
        "Two kits have the same code; make a new code for each.",
    ),
    KitFault.NOT_PRINTED: (
        "キットのPDFを作成できませんでした。typst と noto-cjk、空きメモリと空き容量を確認し、再実行してください。",
        "The kits could not be printed. Check typst, noto-cjk and the free memory and space, then try again.",
    ),
    KitFault.EMPTY: (
        "ファイルが空です。撮影またはスキャンをやり直してください。",
        "The file is empty. Photograph or scan the pages again.",
    ),
    KitFault.TOO_LARGE: (
        "ファイルが大きすぎます。ページを分けるか、解像度を200〜300dpiに下げてください。",
        "The file is too large. Split it, or scan at 200 to 300 dpi.",
    ),
    KitFault.KIND: (
        "読み取れる種類のファイルではありません。JPEG・PNG・WebPの写真か、PDFを渡してください。",
        "This kind of file is not read. Pass a photo (JPEG, PNG or WebP) or a PDF.",
    ),
    KitFault.BROKEN: (
        "ファイルが壊れています。撮影またはスキャンをやり直してください。",
        "The file is broken. Photograph or scan the pages again.",
    ),
    KitFault.LOCKED: (
        "PDFにパスワードがかかっています。解除して渡してください。",
        "The PDF needs a password. Remove it and pass the file again.",
    ),
    KitFault.PIXELS: (
        "画像の画素数が多すぎます。解像度を200〜300dpiに下げてください。",
        "A picture has too many pixels. Scan at 200 to 300 dpi.",
    ),
    KitFault.TOO_MANY_PAGES: (
        "ページが多すぎます。ファイルを分けてください。",
        "The file has too many pages. Split it.",
    ),
    KitFault.EXHAUSTING: (
        "読み取りに時間またはメモリがかかりすぎるため、中止しました。写真に撮り直すか、スキャンをやり直してください。",
        "Reading it took too much time or memory and was given up. Take a photo, or scan the pages again.",
    ),
}


class KitError(VaultError):
    """A code, a kit or a file of pages that cannot be used as it is.

    Attributes:
        fault: which refusal.
        where: the field or page concerned, empty when it is the whole; never what stands in it.
    """

    code = "KIT"

    def __init__(self, fault: KitFault, where: str = "") -> None:
        message_ja, message_en = _MESSAGES[fault]
        super().__init__(
            f"{message_ja}({where})" if where else message_ja,
            f"{message_en} ({where})" if where else message_en,
        )
        self.fault = fault
        self.where = where
