"""What keeps a slip out of a tax file, each with its column and what to do about it.

A message may name one offending character of a text column. It never repeats a value.
"""

from dataclasses import dataclass
from typing import Final

from warifu.filing_columns import COLUMNS


@dataclass(frozen=True, slots=True)
class FilingProblem:
    """One reason why a file cannot be written, or read back.

    Attributes:
        record: the slip, counted from 1; 0 when the file as a whole is meant.
        column: its column, from 1; 0 when no single column is meant.
        column_name: what the tax office calls the column, "" when none is meant.
        code: stable name, UPPER_SNAKE.
        message_ja: what is wrong and what to do, in Japanese.
        message_en: the same in English.
    """

    record: int
    column: int
    column_name: str
    code: str
    message_ja: str
    message_en: str


class FilingRefusedError(ValueError):
    """No file was written, or a file is not what it should be.

    Attributes:
        problems: every reason, or the first hundred.
    """

    def __init__(self, problems: tuple[FilingProblem, ...]) -> None:
        first = problems[0]
        super().__init__(
            f"{len(problems)}件の問題: {first.record}件目 {first.column_name}: {first.message_ja} / "
            f"{len(problems)} problem(s), the first in slip {first.record}, column {first.column}: "
            f"{first.message_en}"
        )
        self.problems = problems


def problem(code: str, record: int, column: int = 0, **details: object) -> FilingProblem:
    """The problem of this code at this place; `details` fill the blanks of its messages."""
    japanese, english = _MESSAGES[code]
    name = COLUMNS[column - 1].name if column else ""
    return FilingProblem(record, column, name, code, japanese.format(**details), english.format(**details))


_MESSAGES: Final = {
    "FILE_NAME": (
        "ファイル名は 375dat01.txt から 375dat99.txt のどれかにしてください。",
        "Name the file 375dat01.txt to 375dat99.txt.",
    ),
    "NO_SLIPS": (
        "源泉徴収票が1件もありません。提出する人を選んでください。",
        "There is no slip to write. Choose the people to file for.",
    ),
    "COLUMN_COUNT": (
        "列が{found}あります(132列のはずです)。ファイルを編集せず、作り直してください。",
        "The record has {found} columns instead of 132. Write the file again instead of editing it.",
    ),
    "NOT_SHIFT_JIS": (
        "Shift_JIS(JIS第1・第2水準)ではありません。ファイルを編集せず、作り直してください。",
        "The file is not Shift_JIS of JIS level 1 and 2. Write it again instead of editing it.",
    ),
    "NOT_375": (
        "給与所得の源泉徴収票(375)のレコードではありません。別のファイルでないか確かめてください。",
        "This is not a record of kind 375. Check that it is the right file.",
    ),
    "YEAR_TOO_OLD": (
        "{first}年分より前の様式には対応していません。国税庁のe-Taxソフトで作成してください。",
        "Years before {first} are not supported. Use the tax agency's own software for them.",
    ),
    "YEAR_NOT_CONFIRMED": (
        "{last}年分より後の様式は未確認です。最新の記録要領と同じなら unconfirmed_layout=True を指定。",
        "The layout is known up to {last}. If the current notice has the same, pass unconfirmed_layout=True.",
    ),
    "VALUE_MISSING": (
        "必ず記録する項目です。値を入れてください。",
        "This column is required; give it a value.",
    ),
    "COMMA": (
        "半角カンマは区切りにしか使えません。「、」に替えるか、取り除いてください。",
        "A comma may only separate columns. Use 、 instead or remove it.",
    ),
    "LINE_BREAK": (
        "改行や制御文字は記録できません。1行にまとめてください。",
        "Line breaks and control characters cannot be recorded. Write the value on one line.",
    ),
    "CHARACTER_NOT_ALLOWED": (
        "「{character}」はJIS第1・第2水準の文字ではないため提出できません。{instead}",
        "{character} ({code_point}) is outside JIS level 1 and 2 and cannot be filed. {instead_en}",
    ),
    "TOO_LONG": (
        "{limit}文字までです({found}文字あります)。短くしてください。",
        "At most {limit} characters are allowed; there are {found}. Shorten the value.",
    ),
    "NOT_DIGITS": (
        "半角数字だけの項目です。0以上の整数で、カンマや記号を付けずに入れてください。",
        "This column takes half-width digits alone: a whole number from 0, no commas or signs.",
    ),
    "NUMBER_IN_TEXT": (
        "個人番号のような12桁以上の数字があります。番号は番号の欄だけに入れてください。",
        "There are 12 or more digits, as in an Individual Number. Put numbers in their own columns only.",
    ),
    "NUMBER_REPEATED": (
        "同じ個人番号が1枚の源泉徴収票に2回あります。家族の番号を確かめてください。",
        "The same Individual Number stands twice on this slip. Check the family's numbers.",
    ),
    "WRONG_AGE_GROUP": (
        "年末の年齢が欄と合いません。16歳以上は控除対象扶養親族、16歳未満は16歳未満の欄に入れてください。",
        "The age at the end of the year does not fit. From 16 on it is a dependent, below that a child.",
    ),
    "TWO_SPOUSES": (
        "配偶者は1人だけ記録できます。続柄を確かめてください。",
        "Only one spouse can be recorded. Check the relations.",
    ),
    "COLUMN_TAKEN": (
        "この列は further では指定できません。対応する項目に入れてください。",
        "This column cannot be given in `further`; use the attribute that belongs to it.",
    ),
}
