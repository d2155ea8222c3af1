"""Which collections a command is about: named by their ids, or by the persons of a campaign."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.cli.output import CommandError
from api.cli.rows import Rejected, Row, in_batches, persons_of, rejected_here

if TYPE_CHECKING:
    from warifu import Collection, CollectionReview, CollectionsMoved, RowRejection, Warifu

CollectionIds = Annotated[
    list[str] | None, typer.Argument(metavar="[COLLECTION]...", help="Public ids of collections. / 収集の ID")
]
CollectionId = Annotated[
    str, typer.Argument(metavar="COLLECTION", help="Public id of the collection. / 収集の ID")
]
CampaignId = Annotated[
    str, typer.Argument(metavar="CAMPAIGN", help="Public id of the campaign. / 収集キャンペーンの ID")
]
InCampaign = Annotated[
    str,
    typer.Option(
        "--campaign", help="The campaign in which --person or --file name persons. / 収集キャンペーンの ID"
    ),
]

_ID: Final = "collection_id"


@dataclass(frozen=True, slots=True)
class Choice:
    """What options name.

    Attributes:
        ids: public ids of collections.
        campaign: public id of the campaign the persons are in; "" with ids.
        persons: external ids.
        file: a file with external ids.
        whole: whether the campaign alone means everybody in it.
    """

    ids: list[str] | None
    campaign: str
    persons: list[str] | None = None
    file: Path | None = None
    whole: bool = False

    @property
    def key(self) -> str:
        """The column by which a row is known to whoever named it."""
        return "external_id" if self.campaign else _ID

    def rows(self) -> list[Row]:
        """What is named, before anybody signs in; nothing for a whole campaign.

        Raises:
            CommandError: neither or both ways are used, or the file cannot be read.
        """
        by_person = bool(self.persons) or self.file is not None
        if bool(self.ids) == bool(self.campaign) or (self.ids and by_person):
            raise _unclear()
        if self.ids:
            return [Row(line, {_ID: each}) for line, each in enumerate(self.ids, 1)]
        return [] if self.whole and not by_person else persons_of(self.persons, self.file)

    def found(self, vault: "Warifu", rows: Sequence[Row]) -> tuple[list[Row], list[Rejected]]:
        """The same rows with ids of collections; and those who are not in the campaign.

        Raises:
            CommandError: there is no such campaign.
        """
        if not self.campaign:
            return list(rows), []
        there = {each.person.external_id: each.collection_id for each in in_campaign(vault, self.campaign)}
        good = [Row(row.line, {**row.cells, _ID: there[row.person]}) for row in rows if row.person in there]
        return good, [_absent(row) for row in rows if row.person not in there]


def in_campaign(vault: "Warifu", campaign: str, state: str | None = None) -> list["Collection"]:
    """The collections of a campaign; of somebody who is in it twice, the later comes later.

    Raises:
        CommandError: there is no such campaign.
    """
    found = list(vault.collections(campaign, state=state))
    if not found and vault.campaign(campaign) is None:
        raise unknown_campaign()
    return found


def reviewed(vault: "Warifu", collection: str) -> "CollectionReview":
    """A collection with all that belongs to it.

    Raises:
        CommandError: there is none of this id.
    """
    found = vault.collection(collection)
    if found is None:
        raise CommandError(
            "collection-unknown",
            "この ID の収集はありません。warifu collection list で確認してください。",
            "There is no collection of this id. See `warifu collection list`.",
        )
    return found


def unknown_campaign() -> CommandError:
    """There is no campaign of this id."""
    return CommandError(
        "campaign-unknown",
        "この ID の収集キャンペーンはありません。warifu campaign list で確認してください。",
        "There is no campaign of this id. See `warifu campaign list`.",
    )


Step = Callable[["Warifu", list[str]], "CollectionsMoved"]
"""A step that many collections take, given their ids."""


class Moves:
    """A step of chosen collections, and what became of it."""

    def __init__(self, choice: Choice, step: Step) -> None:
        """Prepare a step.

        Args:
            choice: which collections.
            step: the step.
        """
        self.moved: list[dict[str, str | int]] = []
        self._choice = choice
        self._step = step
        self._rows: list[Row] = []

    def check(self) -> None:
        """Read what is named, before anybody signs in."""
        self._rows = self._choice.rows()

    def act(self, vault: "Warifu") -> list[Rejected]:
        """Take the step; gives the rows that were not taken."""
        rows, absent = self._choice.found(vault, self._rows)

        def send(batch: Sequence[Row]) -> "Sequence[RowRejection]":
            done = self._step(vault, [row.cells[_ID] for row in batch])
            columns = zip(done.collection_ids, done.states, done.revisions, strict=True)
            self.moved += [{_ID: made, "state": state, "revision": now} for made, state, now in columns]
            return done.rejections

        rejected = in_batches(rows, send, self._choice.key)
        return sorted([*absent, *rejected], key=lambda row: row.line)


def _absent(row: Row) -> Rejected:
    return rejected_here(
        row,
        "NOT_IN_CAMPAIGN",
        "この収集キャンペーンにいません。管理番号を確認するか、warifu campaign add で追加してください。",
        "This person is not in the campaign. Check the id, or add them with `warifu campaign add`.",
        "external_id",
    )


def _unclear() -> CommandError:
    return CommandError(
        "COLLECTIONS",
        "収集の ID を並べるか、--campaign と --person または --file で対象者を指定してください。",
        "Name collections by their ids, or persons by --campaign with --person or --file.",
    )
