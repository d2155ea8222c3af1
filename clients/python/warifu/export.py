"""People with their numbers as one CSV file: a use of numbers like any other, for one purpose, confirmed by a human.

Nothing here can do more than the vault's rules let a use do. Who is not part of it is in the file all the same, with
the reason in place of a number. What was interrupted is begun anew: nothing of it stays on the disk, and each release
that had happened stands in the record.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Final, Self

from warifu.client import Warifu
from warifu.errors import Refused
from warifu.export_people import ExportedPeople, ExportedPerson
from warifu.results import NumbersReleased, PreparedUse, RowRejection, UseConfirmed
from warifu.results_secret import Number
from warifu.spreadsheet import guarded
from warifu.whole_file import reserve, whole_file

NUMBER_TITLE: Final = "個人番号 (number)"
REASON_TITLE: Final = "番号のない理由 (left_out)"

Confirm = Callable[[PreparedUse, Refused | None], str]
Approve = Callable[[UseConfirmed], object]

_TRY_AGAIN: Final = frozenset({"code-wrong", "code-used"})
_NOBODY: Final = "no-persons"
_OF_EACH: Final = frozenset(
    {"number-not-held", "not-their-purpose", "below-the-age-of-the-document", "purpose-not-notified"}
    | {"retention-period-over", "token-unknown", _NOBODY}
)
"""Rules that refuse a request because they refuse everybody in it, and not the request itself."""

_ROOM: Final = 400
"""Bytes by which a row may grow: a number, or the reason why there is none."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody's number is not there: a rule's id or a code, and what to do in both languages."""

    code: str
    message_ja: str
    message_en: str

    @classmethod
    def of(cls, told: Refused | RowRejection) -> Self:
        """What the vault said."""
        code = told.rule if isinstance(told, Refused) else told.code
        return cls(code, told.message_ja, told.message_en)


_NOT_HELD: Final = Reason(
    "number-not-held",
    "この人の個人番号は保管されていません(未登録または廃棄済み)。",
    "The vault holds no number of this person (never registered, or disposed of).",
)
_NOT_GIVEN: Final = Reason(
    "not-given",
    "保管庫がこの人の番号を渡しませんでした。監査記録を確認してください。",
    "The vault did not hand out this person's number. See the audit log.",
)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Somebody who is in the file without a number.

    Attributes:
        line: the row as a spreadsheet numbers it.
        external_id: the tenant's own id.
        reason: why.
    """

    line: int
    external_id: str = field(repr=False)
    reason: Reason


@dataclass(frozen=True, slots=True)
class NumberedExport:
    """A file with numbers.

    Attributes:
        path: where it is.
        people: how many people are in it.
        left_out: those of them whose number is not.
        use_ids: the uses that numbers were released for, as the record names them.
    """

    path: Path
    people: int
    left_out: tuple[LeftOut, ...] = field(repr=False)
    use_ids: tuple[str, ...]

    @property
    def numbers(self) -> int:
        """How many numbers are in it."""
        return self.people - len(self.left_out)


class ExportWithNumbers:
    """How people come by their numbers: for which purpose, and which humans stand behind it."""

    def __init__(
        self, handler: Warifu, purpose: str, reason: str, *, confirm: Confirm, approve: Approve
    ) -> None:
        """Say what for.

        Args:
            handler: whose use it is; asks for tokens, prepares, confirms and takes the numbers.
            purpose: code of the one purpose.
            reason: why; 200 characters at most.
            confirm: asks the handler for a one-time code for what was prepared, for at most 10,000 people at a time;
                it is told of a code that was refused. Whatever it raises ends the export.
            approve: lets a second person approve, where the tenant wants one; returns when they have.
        """
        self._handler = handler
        self._purpose = purpose
        self._reason = reason
        self._confirm = confirm
        self._approve = approve

    def save(
        self, administrator: Warifu, path: str | PathLike[str], *, replace: bool = False
    ) -> NumberedExport:
        """Save people with their numbers, in a file for its owner's eyes that is there once it is complete.

        Args:
            administrator: who may export; needs a one-time code of the last ten minutes. May be the handler as well.
            path: where to.
            replace: whether a file that is there may be replaced.

        Raises:
            Refused: a rule said no to the whole.
            FileExistsError: there is such a file.
            OSError: it cannot be written. That there is no room is found out before anybody is asked for a code.
        """
        whole = Path(path)
        with whole_file(whole, replace=replace) as target, TemporaryFile(dir=whole.parent) as source:
            administrator.export_into("people", source.write)
            size, people = source.tell(), ExportedPeople(source)
            count = len(people)
            reserve(target, size + count * _ROOM)
            left_out, uses = self._copy(people, target)
        return NumberedExport(whole, count, tuple(left_out), tuple(uses))

    def _copy(self, people: ExportedPeople, target: BinaryIO) -> tuple[list[LeftOut], list[str]]:
        left_out: list[LeftOut] = []
        uses: list[str] = []
        text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="")
        rows = csv.writer(text, lineterminator="\r\n")
        rows.writerow([*people.titles, NUMBER_TITLE, REASON_TITLE])
        for batch in people.batches():
            for person, found in zip(batch, self._outcomes(batch, uses), strict=True):
                if isinstance(found, Number):
                    rows.writerow([*person.cells, found.reveal(), ""])
                else:
                    rows.writerow([*person.cells, "", guarded(f"{found.message_ja} ({found.code})")])
                    left_out.append(LeftOut(person.line, person.external_id, found))
        text.detach()
        target.truncate()
        return left_out, uses

    def _outcomes(self, batch: Sequence[ExportedPerson], uses: list[str]) -> list[Number | Reason]:
        """For each person their number, or why not."""
        outcomes: list[Number | Reason] = [_NOT_GIVEN if person.held else _NOT_HELD for person in batch]
        held = [row for row, person in enumerate(batch) if person.held]
        if not held:
            return outcomes
        issued = self._handler.issue_tokens([batch[row].external_id for row in held])
        for rejection in issued.rejections:
            outcomes[held[rejection.row]] = Reason.of(rejection)
        rows = {token: row for row, token in zip(held, issued.tokens, strict=True) if token is not None}
        asked = [_Asked(token, batch[row].likeness) for token, row in rows.items()]
        for token, outcome in self._used(asked, uses) if asked else ():
            outcomes[rows[token]] = outcome
        return outcomes

    def _used(self, asked: Sequence["_Asked"], uses: list[str]) -> Iterator[tuple[str, Number | Reason]]:
        prepared = self._prepare(asked)
        if isinstance(prepared, Refused):
            yield from self._why(asked, prepared)
            return
        for rejection in prepared.rejections:
            yield asked[rejection.row].token, Reason.of(rejection)
        released = self._released(prepared)
        uses.append(released.use.use_id)
        yield from released.pairs()

    def _prepare(self, asked: Sequence["_Asked"]) -> PreparedUse | Refused:
        """A use of these numbers; or the rule that refuses each of them."""
        try:
            return self._handler.prepare_use([one.token for one in asked], self._purpose, self._reason)
        except Refused as refused:
            if refused.rule not in _OF_EACH:
                raise
            return refused

    def _released(self, prepared: PreparedUse) -> NumbersReleased:
        refused: Refused | None = None
        while True:
            code = self._confirm(prepared, refused)
            try:
                done = self._handler.confirm_use(prepared, code)
                break
            except Refused as error:
                if error.rule not in _TRY_AGAIN:
                    raise
                refused = error
        if isinstance(done, NumbersReleased):
            return done
        self._approve(done)
        return self._handler.release_use(done)

    def _why(self, asked: Sequence["_Asked"], refused: Refused) -> Iterator[tuple[str, Reason]]:
        """The rule of each person, where several rules together refused everybody."""
        if refused.rule != _NOBODY or len(asked) == 1:
            yield from ((one.token, Reason.of(refused)) for one in asked)
            return
        for part in _parts(asked):
            narrower = self._prepare(part)
            yield from (
                self._why(part, narrower)
                if isinstance(narrower, Refused)
                else ((one.token, _NOT_GIVEN) for one in part)
            )


@dataclass(frozen=True, slots=True)
class _Asked:
    token: str = field(repr=False)
    likeness: tuple[str, ...]


def _parts(asked: Sequence[_Asked]) -> list[list[_Asked]]:
    """Those who are alike together; if all are, two halves."""
    alike: dict[tuple[str, ...], list[_Asked]] = {}
    for one in asked:
        alike.setdefault(one.likeness, []).append(one)
    if len(alike) > 1:
        return list(alike.values())
    middle = len(asked) // 2
    return [list(asked[:middle]), list(asked[middle:])]
