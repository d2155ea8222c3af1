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
