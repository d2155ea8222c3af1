"""A list of people as commands read it: a file, what its columns hold, and how people are asked by default."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from api.cli.output import CommandError
from api.cli.rows import Rejected, named
from custody.collection.collection import Route

if TYPE_CHECKING:
    from warifu.people_header import PersonField
    from warifu.people_list import PeopleList


@dataclass(frozen=True, slots=True)
class ListFile:
    """A list of people.

    Attributes:
        path: the file.
        sheet: sheet of a workbook; "" for the first with a header.
        columns: what columns hold, as `title=field`.
        channel: how people are asked whose row does not say.
    """

    path: Path
    sheet: str
    columns: tuple[str, ...]
    channel: Route | None

    def read(self, known_employees: Iterable[str] = ()) -> "PeopleList":
        """Everybody in it, and every row that cannot be used.

        Args:
            known_employees: ids of employees on record.

        Raises:
            CommandError: the list as a whole cannot be used; says where and what to do, and shows no value.
        """
        from warifu.people_list import PeopleListError, read_people_list

        try:
            return read_people_list(
                self.path,
                sheet=self.sheet or None,
                columns=self._fields(),
                channel=self.channel.value if self.channel else None,
                known_employees=known_employees,
            )
        except PeopleListError as error:
            problem = error.problem
            raise CommandError(problem.code, problem.text_ja, problem.text_en) from None
        except OSError:
            raise CommandError(
                "FILE",
                f"{named(self.path)} を読めません。パスを確認してください。",
                f"{named(self.path)} cannot be read. Check the path.",
            ) from None

    def _fields(self) -> "dict[str, PersonField]":
        from warifu.people_header import PersonField

        known = get_args(PersonField)
        pairs = [each.rpartition("=") for each in self.columns]
        if any(not title or field not in known for title, _, field in pairs):
            raise CommandError(
                "COLUMN",
                f"--column は 見出し=項目 の形で指定してください。項目: {', '.join(known)}",
                f"Write --column as title=field. The fields: {', '.join(known)}",
            )
        return {title: cast("PersonField", field) for title, _, field in pairs}


def rejected_rows(found: "PeopleList") -> list[Rejected]:
    """The rows of a list that cannot be used, by the cell in question."""
    return [
        Rejected(each.line, each.cell or each.column, each.code, each.message_ja, each.message_en)
        for each in found.problems
    ]
