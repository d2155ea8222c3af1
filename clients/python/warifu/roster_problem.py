"""What can be wrong with a roster, each with the place where it stands and what to do about it.

A message never repeats the content of a cell: a misplaced cell may hold an Individual Number.
"""

from dataclasses import dataclass
from typing import Final

from warifu.my_number import Problem
from warifu.people_messages import PEOPLE_FILE_MESSAGES, PEOPLE_ROW_MESSAGES
from warifu.table_messages import TABLE_MESSAGES, TABLE_ROW_MESSAGES

WHOLE_FILE: Final = 0
"""The line of a problem that concerns the file as a whole."""


@dataclass(frozen=True, slots=True)
class RosterProblem:
    """One reason why a row, or a whole file, cannot be used.

    Attributes:
        line: the row as a spreadsheet numbers it, from 1; 0 when the whole file is meant.
        column: the title of the column in the file, "" when no single column is meant.
        code: stable name, UPPER_SNAKE.
        message_ja: what is wrong and what to do, in Japanese.
        message_en: the same in English.
        cell: the column and row as a spreadsheet shows them, like C17; "" when no single cell is meant.
        sheet: the sheet of a workbook, "" in other files.
        file: the name of the file, "" when it came as bytes.
    """

    line: int
    column: str
    code: str
    message_ja: str
    message_en: str
    cell: str = ""
    sheet: str = ""
    file: str = ""

    @property
    def stops_reading(self) -> bool:
        """Whether nothing, or nothing further, was read from the file."""
        return self.code in _STOPPING

    @property
    def text_ja(self) -> str:
        """Where it is, and what is wrong and what to do, in Japanese."""
        row = f"{self.line}行目" if self.line else ""
        sheet = f"シート「{self.sheet}」" if self.sheet else ""
        return _told(
            self.file, sheet, f"{self.cell or row}{self.column and f'({self.column})'}", self.message_ja
        )

    @property
    def text_en(self) -> str:
        """The same in English."""
        row = f"row {self.line}" if self.line else ""
        sheet = f'sheet "{self.sheet}"' if self.sheet else ""
        return _told(
            self.file, sheet, f"{self.cell or row}{self.column and f' ({self.column})'}", self.message_en
        )


def problem(code: str, line: int, column: str = "", **details: object) -> RosterProblem:
    """The problem of this code at this place; `details` fill the blanks of its messages."""
    japanese, english = _MESSAGES[code]
    return RosterProblem(line, column, code, japanese.format(**details), english.format(**details))


def number_problem(found: Problem, line: int, column: str) -> RosterProblem:
    """A problem of an Individual Number, with its place in the roster."""
    return RosterProblem(line, column, found.code.value, found.message_ja, found.message_en)


def _told(*parts: str) -> str:
    *places, message = filter(None, parts)
    return f"{' '.join(places)}: {message}" if places else message


_FILE: Final = {
    "EMPTY_FILE": (
        "ファイルが空です。見出しと名簿の行があるファイルを選んでください。",
        "The file is empty. Choose one with a header row and the people below it.",
    ),
    "SPREADSHEET_FILE": (
        "表計算ソフト等のファイルのままです。「名前を付けて保存」で「CSV UTF-8」を選んでください。",
        "This is a spreadsheet or another document. Save it as CSV (UTF-8) and choose that file.",
    ),
    "BINARY_FILE": (
        "文字のファイルとして読めません。表計算ソフトで「CSV UTF-8」として保存し直してください。",
        "This cannot be read as text. Save it from the spreadsheet as CSV (UTF-8).",
    ),
    "UNKNOWN_ENCODING": (
        "文字コードが分かりません({near}行目付近)。「CSV UTF-8」またはShift_JISで保存し直してください。",
        "The encoding is unknown (near row {near}). Save the file as CSV UTF-8 or Shift_JIS.",
    ),
    "NO_HEADER": (
        "1行目が見出しではなく人の行のようです。1行目に見出し({expected})を入れてください。",
        "The first row looks like a person, not a header. Put these titles in it: {expected}.",
    ),
    "MISSING_COLUMNS": (
        "必要な列がありません: {missing}。見つかった列: {found}。使える見出し: {expected}",
        "Columns are missing: {missing}. Columns found: {found}. Use one of these titles: {expected}",
    ),
    "DUPLICATE_COLUMNS": (
        "同じ意味の列が複数あります: {titles}。使う列を一つだけ残してください。",
        "Several columns mean the same: {titles}. Keep the one to be used.",
    ),
    "HEADER_ONLY": (
        "見出しだけで、人の行がありません。2行目から1人1行で入れてください。",
        "There is a header and nobody below it. Write one person per row from row 2.",
    ),
    **TABLE_MESSAGES,
    **PEOPLE_FILE_MESSAGES,
}

_ROW: Final = {
    "ROW_TOO_LONG": (
        "行が長すぎます({limit}文字まで)。引用符の閉じ忘れや、余分な内容がないか確かめてください。",
        "The row is longer than {limit} characters. Look for an unclosed quote or stray content.",
    ),
    "CONTROL_CHARACTER": (
        "目に見えない制御文字(NUL等)が混ざっています。この行を入力し直してください。",
        "There are invisible control characters (such as NUL). Type this row again.",
    ),
    "QUOTES": (
        '引用符 " の対応が取れません。閉じ忘れを直すか、" を消してください。',
        'The quotes " do not match up. Close the open one or remove them.',
    ),
    "RAGGED_ROW": (
        '列の数が合いません(見出しは{expected}列、この行は{found}列)。カンマを含む値は " で囲んでください。',
        'The row has {found} cells where the header has {expected}. Put " around values with a comma.',
    ),
    "FIELD_TOO_LONG": (
        "値が長すぎます({limit}文字まで)。ほかの項目が混ざっていないか確かめてください。",
        "The value is longer than {limit} characters. Check that it holds this item alone.",
    ),
    "VALUE_MISSING": (
        "値が入っていません。この列は必ず入れてください。",
        "The cell is empty; this column is required.",
    ),
    "BAD_DATE": (
        "日付として読めません。1985-04-01、1985/4/1、昭和60年4月1日、S60.4.1 のように入れてください。",
        "This is not a date. Write it like 1985-04-01, 1985/4/1, 昭和60年4月1日 or S60.4.1.",
    ),
    "UNKNOWN_KIND": (
        "区分が分かりません。本人、配偶者、扶養親族、支払先のどれかにしてください。",
        "The kind is unknown. Use one of: employee, spouse, dependent, payee.",
    ),
    "EMPLOYEE_MISSING": (
        "家族の行には、どの従業員の家族かが必要です。従業員の番号を入れてください。",
        "A family member's row needs the id of the employee. Fill in that column.",
    ),
    "EMPLOYEE_NOT_EXPECTED": (
        "本人または支払先の行に、ほかの従業員の番号が入っています。区分か番号を直してください。",
        "The row of an employee or payee names another employee. Correct the kind or remove the id.",
    ),
    "EMPLOYEE_NOT_FOUND": (
        "この家族の従業員がファイルにありません。従業員の行を足すか、番号を直してください。",
        "The employee of this family member is not in the file. Add the employee's row or correct the id.",
    ),
    "DUPLICATE_ID": (
        "{first}行目と同じ管理番号です。1人に1つの番号を付けてください。",
        "Row {first} has the same id. Give each person an id of their own.",
    ),
    "DUPLICATE_NUMBER": (
        "{first}行目と同じ個人番号です。どちらが正しいか、原本と見比べてください。",
        "Row {first} has the same Individual Number. Compare both with the documents.",
    ),
}

_MESSAGES: Final = _FILE | _ROW | TABLE_ROW_MESSAGES | PEOPLE_ROW_MESSAGES
_STOPPING: Final = frozenset(_FILE)
