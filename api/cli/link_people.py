"""Whose links a command is about: people of a campaign by their ids, one row for each family."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.cli.output import CommandError
from api.cli.rows import Rejected, Row, persons_of, rejected_here

if TYPE_CHECKING:
    from warifu import Collection, Warifu

Everybody = Annotated[
    bool, typer.Option("--everybody", help="Everybody of the campaign instead of some. / 収集の全員")
]

_AWAITED: Final = frozenset({"INSTRUCTED", "DISTRIBUTED", "DEFICIENT"})
"""The states in which something is awaited from the person."""


class Awaited:
    """The people of a campaign that a command names."""

    def __init__(self, campaign: str, *, everybody: bool, ended: bool = False) -> None:
        """Remember where to look.

        Args:
            campaign: public id of the campaign.
            everybody: whether all of its people are meant.
            ended: of everybody, those as well from whom nothing is awaited.
        """
        self._campaign = campaign
        self._everybody = everybody
        self._ended = ended
        self._named: list[Row] = []

    def name(self, persons: list[str] | None, file: Path | None) -> None:
        """Take the people whom options or a file name.

        Raises:
            CommandError: nobody is named, or they are named in two ways, or the file cannot be read.
        """
        if not self._everybody:
            self._named = persons_of(persons, file)
        elif persons or file is not None:
            raise CommandError(
                "PERSONS",
                "--everybody は --person や --file と一緒に使えません。",
                "Name some persons, or say --everybody, but not both.",
            )

    def rows(self, vault: "Warifu") -> tuple[list[Row], list[Rejected]]:
        """A row with `collection_id` for each of them, and those whom the campaign does not have."""
        found = list(vault.collections(self._campaign))
        if self._everybody:
            meant = [each for each in found if self._ended or each.state in _AWAITED]
            return list(_rows(meant)), []
        places = {each.person.external_id: each.collection_id for each in found}
        rows = [
            Row(row.line, {**row.cells, "collection_id": places[row.person]})
            for row in self._named
            if row.person in places
        ]
        return rows, [_unknown(row) for row in self._named if row.person not in places]


def places_of(vault: "Warifu", campaign: str) -> dict[str, str]:
    """The collection of each person in a campaign, by external id."""
    return {each.person.external_id: each.collection_id for each in vault.collections(campaign)}


def _rows(collections: "list[Collection]") -> Iterator[Row]:
    """A row for each family: a dependent's number comes through the link of the employee."""
    families: dict[str, Collection] = {}
    for each in collections:
        person = each.person
        if person.employee is None or person.employee not in families:
            families[person.employee or person.external_id] = each
    for line, (external_id, each) in enumerate(families.items(), 1):
        yield Row(line, {"external_id": external_id, "collection_id": each.collection_id})


def _unknown(row: Row) -> Rejected:
    return rejected_here(
        row,
        "PERSON_UNKNOWN",
        "この収集に、この管理番号の人はいません。管理番号を確認してください。",
        "Nobody in this campaign has this external id. Check it.",
        "external_id",
    )
