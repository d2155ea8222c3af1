"""What the log says was done, in words for the person whom it was done to."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from policies.catalogue_table import Bilingual
from policies.collection import STEP_NAMES, By, Step
from tokenizer.audit.action import Action

ROLES: Final[Mapping[str, Bilingual]] = MappingProxyType(
    {
        By.COMPANY.value: Bilingual("会社", "the company"),
        By.DESK.value: Bilingual("会社の確認担当者", "whoever checks papers for the company"),
        By.PERSON.value: Bilingual(
            "あなた(またはあなたのリンクを開いた人)", "you, or whoever opened your link"
        ),
        By.SYSTEM.value: Bilingual("システムによる処理", "the program by itself"),
    }
)

_STEPS: Final = {
    Step.DISTRIBUTE: Action.COLLECTION_DISTRIBUTE,
    Step.RESEND: Action.COLLECTION_RESEND,
    Step.REMIND: Action.COLLECTION_REMIND,
    Step.ARRIVE: Action.COLLECTION_ARRIVE,
    Step.SUBMIT: Action.COLLECTION_SUBMIT,
    Step.FIND_FAULT: Action.COLLECTION_FIND_FAULT,
    Step.ACCEPT: Action.COLLECTION_ACCEPT,
    Step.REGISTER: Action.COLLECTION_REGISTER,
    Step.REFUSE: Action.COLLECTION_REFUSE,
    Step.ASK_AGAIN: Action.COLLECTION_ASK_AGAIN,
    Step.NOT_ASSIGNED: Action.COLLECTION_NOT_ASSIGNED,
    Step.CLOSE: Action.COLLECTION_CLOSE,
}

DEEDS: Final[Mapping[Action, Bilingual]] = MappingProxyType(
    {
        **{action: STEP_NAMES[step] for step, action in _STEPS.items()},
        Action.NUMBER_REGISTER: Bilingual("個人番号を登録", "Number registered"),
        Action.NUMBER_CHANGE: Bilingual("個人番号を変更", "Number changed"),
        Action.NUMBER_RELEASE: Bilingual("個人番号を利用(提供)", "Number released for use"),
        Action.NUMBER_REFUSE: Bilingual("個人番号の利用を拒否", "Use of the number refused"),
        Action.NUMBER_DISPOSE: Bilingual("個人番号を廃棄", "Number disposed of"),
        Action.TOKEN_ISSUE: Bilingual("トークンを発行", "Token issued"),
        Action.TOKEN_REVOKE: Bilingual("トークンを失効", "Token revoked"),
        Action.NOTICE_GIVE: Bilingual("利用目的を通知", "Purposes notified"),
        Action.PERSON_UPDATE: Bilingual("氏名・住所などの記録を変更", "Name, address and so on changed"),
        Action.DOCUMENT_RECORD: Bilingual(
            "番号を記載した書類を記録", "Document that bears the number recorded"
        ),
        Action.DOCUMENT_CLOSE: Bilingual("書類の完結を記録", "Document closed"),
        Action.DOCUMENT_CORRECT: Bilingual("書類の記録を訂正", "Record of a document corrected"),
        Action.DOCUMENT_WITHDRAW: Bilingual("書類の記録を取消し", "Record of a document withdrawn"),
        Action.DEPARTURE_RECORD: Bilingual("退職・契約終了を記録", "Departure recorded"),
        Action.DEPARTURE_CANCEL: Bilingual("退職・契約終了の記録を取消し", "Departure cancelled"),
        Action.HOLD_PLACE: Bilingual("廃棄の保全措置を開始", "Legal hold placed"),
        Action.HOLD_LIFT: Bilingual("廃棄の保全措置を解除", "Legal hold lifted"),
        Action.DISPOSAL_EXCLUDE: Bilingual("廃棄の対象から除外", "Left out of a disposal"),
        Action.DISPOSAL_INCLUDE: Bilingual("廃棄の対象に追加", "Taken into a disposal"),
        Action.DISPOSAL_SPARE: Bilingual("廃棄を見送り", "Spared by a disposal"),
        Action.COLLECTION_INSTRUCT: Bilingual("番号の収集を指示", "Collection of the number instructed"),
        Action.COLLECTION_ORDER: Bilingual("発送を指示", "Dispatch ordered"),
        Action.COLLECTION_MAIL_FAIL: Bilingual("メールが届かなかった", "A mail could not be delivered"),
        Action.COLLECTION_ADD_ITEM: Bilingual("画像を提出", "Image given"),
        Action.COLLECTION_TAKE_BACK: Bilingual("画像を取消し", "Image taken back"),
        Action.COLLECTION_VIEW: Bilingual("提出されたものを閲覧", "What was given was looked at"),
        Action.COLLECTION_DESTROY_PAPERS: Bilingual("書類の画像を消去", "Images of papers were destroyed"),
        Action.COLLECTION_VERIFY: Bilingual("本人確認の判定", "Identity verification decided"),
        Action.INQUIRY_ASK: Bilingual("問合せを送信", "Inquiry sent"),
        Action.INQUIRY_ANSWER: Bilingual("問合せに回答", "Inquiry answered"),
        Action.INQUIRY_CLOSE: Bilingual("問合せを終了", "Inquiry closed"),
        Action.APPOINTMENT_BOOK: Bilingual("予約", "Appointment booked"),
        Action.APPOINTMENT_MOVE: Bilingual("予約を変更", "Appointment moved"),
        Action.APPOINTMENT_CANCEL: Bilingual("予約を取消し", "Appointment cancelled"),
        Action.LINK_ISSUE: Bilingual("リンクを発行", "Link issued"),
        Action.LINK_REVOKE: Bilingual("リンクを取消し", "Link revoked"),
        Action.LINK_OPEN: Bilingual("リンクから入室", "Came in through the link"),
        Action.LINK_LEAVE: Bilingual("リンクから退室", "Left"),
        Action.LINK_REFUSE: Bilingual("リンクからの入室を拒否", "Not let in through the link"),
        Action.LINK_FINISH: Bilingual("提出を完了", "Giving finished"),
        Action.RECORD_DISCLOSE: Bilingual("本人が記録を閲覧", "Own record read"),
    }
)
