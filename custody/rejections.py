"""A row of a batch that was not taken: which one, why, and what to do. The rest of the batch goes on."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Rejection:
    """One row that was not taken.

    Attributes:
        row: its place in the columns, from 0.
        code: stable name in UPPER_SNAKE, or the id of the rule that refused.
        message_ja: why, and what to do.
        message_en: the same in English.
    """

    row: int
    code: str
    message_ja: str
    message_en: str


_MESSAGES: Final = {
    "EXTERNAL_ID_INVALID": (
        "管理番号は 1〜64 文字で、制御文字と個人番号を含めないでください。",
        "An external id has 1 to 64 characters, no control characters, and no Individual Number in it.",
    ),
    "EXTERNAL_ID_REPEATED": (
        "同じ管理番号がこの一括登録に 2 回あります。1 行にまとめてください。",
        "This external id stands twice in the batch. Keep one row.",
    ),
    "NUMBER_REPEATED": (
        "同じ個人番号がこの一括登録に 2 回あります。本人の番号か確認してください。",
        "This number stands twice in the batch. See whose it is.",
    ),
    "NUMBER_TAKEN": (
        "この個人番号は、別の管理番号の人のものとして登録済みです。本人の番号か確認してください。",
        "This number is registered for a person with another external id. See whose it is.",
    ),
    "NUMBER_DIFFERS": (
        "この人には別の個人番号が登録済みです。番号が変更された場合は changeNumber を使ってください。",
        "Another number is registered for this person. If it was changed by law, use changeNumber.",
    ),
    "KIND_DIFFERS": (
        "この管理番号の人は、別の区分で登録済みです。区分を確認してください。",
        "The person with this external id is registered as another kind. Check the kind.",
    ),
    "EMPLOYEE_UNKNOWN": (
        "扶養親族・配偶者の従業員が登録されていません。先に従業員を登録してください。",
        "The employee of this dependent or spouse is not registered. Register the employee first.",
    ),
    "EMPLOYEE_MISSING": (
        "扶養親族・配偶者には、従業員の管理番号(employees)が必要です。",
        "A dependent or spouse needs the external id of their employee (employees).",
    ),
    "BIRTH_DATE_INVALID": (
        "生年月日は YYYY-MM-DD で、今日以前の日付にしてください。",
        "Give the birth date as YYYY-MM-DD, not in the future.",
    ),
    "TEXT_INVALID": (
        "氏名・カナ・住所は 300 文字以内で、制御文字と個人番号を含めないでください。",
        "Name, kana and address have at most 300 characters, no control characters, and no Individual Number.",
    ),
    "TOKEN_UNKNOWN": (
        "このトークンは使えません。発行元のクライアントのトークンかどうか確認してください。",
        "This token is not usable. See that it was issued to the client that presents it.",
    ),
    "PERSON_REPEATED": (
        "同じ人がこの一括処理に 2 回あります。1 行にまとめてください。",
        "This person stands twice in the batch. Keep one row.",
    ),
    "NUMBER_NOT_HELD": (
        "この人の個人番号は保管されていません(未登録または廃棄済み)。",
        "The vault holds no number of this person (never registered, or disposed of).",
    ),
    "PURPOSE_UNKNOWN": (
        "この利用目的コードは目録にありません。purposes で一覧を確認してください。",
        "No purpose has this code. See the list in `purposes`.",
    ),
    "PURPOSE_REFUSED": (
        "法令上、個人番号を保存してはならない目的です。番号のある書類を登録しないでください。",
        "The law lets no number be kept for this purpose. Do not record a document that bears it.",
    ),
    "NOT_THEIR_PURPOSE": (
        "この書類には、この区分の人の個人番号を記載しません。",
        "The document of this purpose does not bear the number of a person of this kind.",
    ),
    "DEADLINE_MISSING": (
        "この書類の保存期間は提出期限から数えます。提出期限(deadlineOn)を指定してください。",
        "This document is counted from its filing deadline. Give that day (deadlineOn).",
    ),
    "DATE_INVALID": (
        "日付は YYYY-MM-DD で、2015-10-05 から 10 年先までの日にしてください。",
        "Give a day as YYYY-MM-DD, between 2015-10-05 and ten years from now.",
    ),
    "COPIES_INVALID": (
        "番号を記載した控えの部数は 0〜999 にしてください。",
        "Give the number of copies that bear the number as 0 to 999.",
    ),
    "DOCUMENT_UNKNOWN": (
        "この書類は登録されていません。書類の ID を確認してください。",
        "No document has this id. Check it.",
    ),
    "DOCUMENT_REPEATED": (
        "同じ書類がこの一括処理に 2 回あります。1 行にまとめてください。",
        "This document stands twice in the batch. Keep one row.",
    ),
    "DOCUMENT_CLOSED": (
        "この書類は完結しています。日付が誤っている場合は訂正してください。",
        "The matter of this document is closed. If the day is wrong, correct the document.",
    ),
    "NOT_DEPARTED": (
        "この人の退職・契約終了は記録されていません。",
        "No departure of this person is recorded.",
    ),
    "HOLD_UNKNOWN": (
        "この保全措置はありません。ID を確認してください。",
        "No legal hold has this id. Check it.",
    ),
    "HOLD_LIFTED": (
        "この保全措置は解除済みです。",
        "This legal hold was lifted already.",
    ),
    "ON_HOLD": (
        "保全措置(法的保全)により廃棄できません。先に保全措置を解除してください。",
        "A legal hold keeps this number from being disposed of. Lift the hold first.",
    ),
    "IN_ANOTHER_RUN": (
        "この人は、終わっていない別の廃棄に含まれています。その廃棄を先に終えるか取り消してください。",
        "Another disposal that is not finished lists this person. Finish it, or cancel it, first.",
    ),
    "NOT_IN_RUN": (
        "この人は、この廃棄の対象にありません。一覧を確認してください。",
        "This disposal does not list this person. See its list.",
    ),
    "NOT_DUE": (
        "この人の番号は、この廃棄の日までに廃棄の時期を迎えません。",
        "This person's number does not fall due by the day of this disposal.",
    ),
    "CHANNEL_UNKNOWN": (
        "収集方法は link_mail、link_qr、kit、direct のいずれかにしてください。",
        "The channel is one of link_mail, link_qr, kit, direct.",
    ),
    "EMAIL_INVALID": (
        "メールアドレスの形式を確認してください(link_mail には必須です)。",
        "Check the e-mail address; link_mail needs one.",
    ),
    "NUMBER_HELD": (
        "この人の個人番号は登録済みです。変更された番号を集める場合は recollect を指定してください。",
        "The number of this person is registered. To collect a changed one, say so with recollect.",
    ),
    "IN_ANOTHER_COLLECTION": (
        "この人の収集は進行中です。先にその収集を終えてください。",
        "A collection of this person is under way. Finish it first.",
    ),
    "COLLECTION_UNKNOWN": (
        "この人はこの収集の対象ではありません。ID を確認してください。",
        "This person is not in this collection. Check the id.",
    ),
    "COLLECTION_CHANGED": (
        "表示した後に、ほかの人がこの収集を進めました。表示を更新して、もう一度判断してください。",
        "Somebody moved this collection on since you looked. Reload it and decide again.",
    ),
    "STEP_NOT_ALLOWED": (
        "この収集の今の状態では、この操作はできません。状態を確認してください。",
        "The collection is in a state from which this cannot be done. See where it stands.",
    ),
    "ORDER_UNDER_WAY": (
        "この人への発送は指示済みで、まだ発送されていません。",
        "Something was ordered for this person already and has not gone out yet.",
    ),
    "NUMBER_GONE": (
        "提出された個人番号がもうありません(廃棄されたか、差し替えられています)。もう一度提出してください。",
        "The number that was submitted is not there any more: destroyed, or replaced. Submit it again.",
    ),
    "PURPOSE_NOT_NOTIFIED": (
        "本人に利用目的を通知した記録がありません。通知を記録してから登録してください。",
        "There is no record that the person was told of the purposes. Record the notice, then register.",
    ),
    "DEPARTED": (
        "この人の退職・契約終了が記録されています。収集を終了してください。",
        "A departure of this person is recorded. Close the collection.",
    ),
    "BIRTH_DATE_MISSING": (
        "この人の生年月日が登録されていないため、生年月日では確認できません。登録するか、確認コードを使ってください。",
        "No birth date is on record for this person, so it cannot be asked for. Record it, or use a passcode.",
    ),
    "LINK_SHARED": (
        "この人の番号は、同じ家族の従業員のリンクから提出します。リンクは 1 つだけ発行しました。",
        "This number is brought through the link of the employee, which another row has been given.",
    ),
    "PLACE_INVALID": (
        "場所は 1〜100 文字で、制御文字と個人番号を含めないでください。",
        "A place has 1 to 100 characters, no control characters, and no Individual Number in it.",
    ),
    "START_INVALID": (
        "開始日時は分単位で 2026-12-01T10:00 の形にしてください(時差を付けなければ日本時間)。",
        "Give the start to the minute, as 2026-12-01T10:00; without an offset it is the time in Japan.",
    ),
    "START_NOT_AHEAD": (
        "開始日時は、今より後、400 日以内にしてください。",
        "Let the start lie ahead, at most 400 days.",
    ),
    "SEATS_INVALID": (
        "所要時間は 5〜480 分、席数は 1〜500 にしてください。",
        "A slot takes 5 to 480 minutes and has 1 to 500 seats.",
    ),
    "SLOT_REPEATED": (
        "同じ場所・同じ開始日時の予約枠があります。席数を増やすには、取り下げて提示し直してください。",
        "There is a slot at this place and time. For more seats, withdraw it and offer another.",
    ),
    "EMAIL_MISSING": (
        "この人(扶養親族の場合は従業員)のメールアドレスがありません。別の方法で送ってください。",
        "There is no e-mail address of this person, or of the employee of a dependent. Send it in another way.",
    ),
    "ADDRESS_WITHOUT_POSTAL_CODE": (
        "住所の先頭に郵便番号(7 桁)がないため、郵送できません。住所を「〒100-0001 東京都…」の形に直してください。",
        "The address does not begin with a postal code, so nothing can be posted. Write it as 〒100-0001 and the rest.",
    ),
    "KIT_CODE_INVALID": (
        "キット番号を読み取れません。用紙の「WK1-」で始まる番号を一文字ずつ確認してください。",
        "This is no kit code. Compare it with the one on the paper, which begins with WK1-, character by character.",
    ),
    "KIT_UNKNOWN": (
        "この番号のキットはありません。用紙の番号を確認してください。",
        "There is no kit with this code. Check the code on the paper.",
    ),
    "KIT_ARRIVED": (
        "このキットの到着は記録済みか、収集が先に進んでいます。",
        "The arrival of this kit is on record already, or its collections have moved on.",
    ),
    "PERSON_UNKNOWN": (
        "この管理番号の人は登録されていません。管理番号を確認してください。",
        "Nobody has this external id. Check it.",
    ),
}


def rejection(row: int, code: str) -> Rejection:
    """A rejected row with the message of its code.

    Raises:
        KeyError: no message is written for the code, which a test makes sure of.
    """
    return Rejection(row, code, *_MESSAGES[code])
