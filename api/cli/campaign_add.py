"""`warifu campaign add`: the people of a list are added, with a report of who was left out, and none of them twice."""

from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
import typer

from api.cli.collection_chosen import CampaignId
from api.cli.output import CommandError, Json, errors, facts, fail
from api.cli.people_file import ListFile, rejected_rows
from api.cli.people_told import preview_pairs, tell_preview
from api.cli.progress import progress
from api.cli.remote import LOCAL, Endpoint, Login, Remote, RemoteTenant, signed_in
from api.cli.rows import BATCH, Rejected, Row, finish, rejected_of
from custody.collection.collection import Route

if TYPE_CHECKING:
    from warifu import RowRejection, Warifu
    from warifu.people_list import ListedPerson, PeopleList

_STRAY: Final = "EMPLOYEE_NOT_FOUND"


def add(
    campaign: CampaignId,
    file: Annotated[Path, typer.Option("--list", help="CSV or workbook of people. / 名簿(CSV・Excel)")],
    preview: Annotated[
        bool,
        typer.Option("--preview", help="Show how it is understood, and send nothing. / 確認だけします。"),
    ] = False,
    channel: Annotated[
        Route | None, typer.Option("--channel-default", help="For rows that do not say how. / 既定の収集方法")
    ] = None,
    sheet: Annotated[str, typer.Option("--sheet", help="Sheet of a workbook. / シート名")] = "",
    columns: Annotated[
        list[str] | None,
        typer.Option("--column", help="What a column holds, as `番号A=external_id`; repeat it. / 列の意味"),
    ] = None,
    skip_rejected: Annotated[
        bool,
        typer.Option(
            "--skip-rejected", help="Add the others where rows cannot be used. / 不備の行を除いて追加"
        ),
    ] = False,
    recollect: Annotated[
        bool,
        typer.Option("--recollect", help="Those as well whose number is registered. / 登録済みの人にも依頼"),
    ] = False,
    endpoint: Endpoint = LOCAL,
    login: Login = "",
    tenant: RemoteTenant = "",
    as_json: Json = False,
) -> None:
    """Add the people of a list; with any row that cannot be used, nobody, unless --skip-rejected.

    名簿の人を追加します。使えない行が 1 つでもあれば、--skip-rejected がない限り誰も追加しません。
    """
    listing = ListFile(file, sheet, tuple(columns or ()), channel)
    adding = _Adding(campaign, listing, skip=skip_rejected, recollect=recollect, as_json=as_json)
    if preview:
        adding.preview()
    else:
        adding.run(Remote(endpoint, login, tenant))


class _Adding:
    """One list on its way into a campaign."""

    def __init__(
        self, campaign: str, listing: ListFile, *, skip: bool, recollect: bool, as_json: bool
    ) -> None:
        self._campaign = campaign
        self._listing = listing
        self._skip = skip
        self._recollect = recollect
        self._as_json = as_json
        self._made: list[str | None] = []

    def preview(self) -> None:
        """Show how the list is understood, without asking any server."""
        try:
            found = self._listing.read()
        except CommandError as error:
            fail(error.code, error.message_ja, error.message_en, self._as_json)
        finish(
            preview_pairs(found.preview),
            rejected_rows(found),
            self._as_json,
            lambda: tell_preview(found.preview),
        )

    def run(self, remote: Remote) -> None:
        """Add them, and say who was and who was not."""
        read: list[PeopleList] = []

        def check() -> None:
            read.append(self._listing.read())
            self._stop_early(read[0])

        def act(vault: "Warifu") -> list[Rejected]:
            if any(each.code == _STRAY for each in read[0].problems):  # their employees may be on record
                employees = [each.external_id for each in vault.persons(kind="EMPLOYEE")]
                read.append(self._listing.read(employees))
            unread = rejected_rows(read[-1])
            if unread and not self._skip:
                return unread
            return sorted([*unread, *self._send(vault, read[-1])], key=lambda row: row.line)

        rejected = signed_in(remote, act, self._as_json, check)
        self._finish(read[-1], rejected)

    def _stop_early(self, found: "PeopleList") -> None:
        """End before anybody signs in where it is plain that nobody will be added."""
        if not self._skip and any(each.code != _STRAY for each in found.problems):
            self._finish(found, rejected_rows(found))
        if found.people and any(each.channel is None for each in found.people):
            raise CommandError(
                "NO_CHANNEL",
                "収集方法のない行があります。名簿に「収集方法」の列を入れるか、--channel-default を指定してください。",
                "Rows do not say how people are asked. Add a column channel (収集方法), or give --channel-default.",
            )

    def _send(self, vault: "Warifu", found: "PeopleList") -> list[Rejected]:
        from warifu import InvitedColumns

        # Whoever brings a number for their family is there before the family is.
        people = sorted(found.people, key=lambda each: each.employee_external_id is not None)
        with progress(self._as_json) as tell:

            def send(batch: Sequence[Row]) -> "Sequence[RowRejection]":
                chosen = [people[int(row.cells["place"])] for row in batch]
                key = _key(self._campaign, chosen, recollect=self._recollect)
                done = vault.add_to_campaign(
                    self._campaign,
                    InvitedColumns.of_people(chosen),
                    recollect=self._recollect,
                    idempotency_key=key,
                )
                self._made += done.collection_ids
                tell("add", len(self._made), len(people))
                return done.rejections

            rows = [
                Row(each.line, {"external_id": each.external_id, "place": str(place)})
                for place, each in enumerate(people)
            ]
            rejected: list[Rejected] = []
            for start in range(
                0, len(rows), BATCH
            ):  # what stops it is told as it is: running it again is safe
                batch = rows[start : start + BATCH]
                rejected += rejected_of(batch, send(batch))
        pairs = zip(people, self._made, strict=True)
        self._made = [made for _, made in sorted(pairs, key=lambda pair: pair[0].line)]
        return rejected

    def _finish(self, found: "PeopleList", rejected: Sequence[Rejected]) -> None:
        added = sum(each is not None for each in self._made)
        told: dict[str, Any] = {**preview_pairs(found.preview), "added": added, "collections": []}
        if self._made:
            pairs = zip(found.people, self._made, strict=True)
            told["collections"] = [
                {"line": person.line, "external_id": person.external_id, "collection_id": made}
                for person, made in pairs
                if made is not None
            ]

        def render() -> None:
            tell_preview(found.preview, whole=False)
            facts("追加しました / added", {"人数 / persons": added})
            if rejected and not self._made:
                errors.print(
                    "誰も追加していません。行を直すか、--skip-rejected で除いてください。\n"
                    "Nobody was added. Correct the rows, or leave them out with --skip-rejected.",
                    highlight=False,
                )

        finish(told, rejected, self._as_json, render)


def _key(campaign: str, people: Sequence["ListedPerson"], *, recollect: bool) -> str:
    """The same for the same people: who runs the command again, not knowing how it ended, adds nobody twice."""
    rows = [{**asdict(each), "line": 0} for each in people]
    return sha256(orjson.dumps([campaign, recollect, rows])).hexdigest()
