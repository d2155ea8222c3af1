"""The purpose notice a command speaks of: its form, purposes and words, drafted by the vault or from a file."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.cli.collection_chosen import unknown_campaign
from api.cli.output import CommandError
from api.cli.row_values import read_day
from api.cli.rows import named
from api.clock import wall_clock
from custody.calendar import day_in_japan
from custody.collection.notice import NoticeForm

if TYPE_CHECKING:
    from warifu import PurposeTelling, Warifu
    from warifu.results_campaigns import DraftedNotice

_LARGEST: Final = 100_000

Form = Annotated[NoticeForm, typer.Option("--form", help="To whom it speaks. / 通知の形式")]
Purposes = Annotated[
    list[str] | None, typer.Option("--purpose", help="Code of a purpose; repeat it. / 利用目的コード")
]
OfCampaign = Annotated[
    str, typer.Option("--campaign", help="The campaign whose purposes they are. / 収集キャンペーンの ID")
]
Text = Annotated[
    Path | None,
    typer.Option("--text", help="File with its words; the vault's if left out. / 通知文のファイル"),
]
Contact = Annotated[str, typer.Option("--contact", help="Whom to ask, in one line. / 問い合わせ先")]
NoticeDay = Annotated[
    str, typer.Option("--on", help="The day they were told; today if left out. / 通知した日")
]
Consented = Annotated[
    bool, typer.Option("--consented", help="They consented, where a purpose needs it. / 同意あり")
]


@dataclass(frozen=True, slots=True)
class Words:
    """What options say of a notice; see the options."""

    form: NoticeForm
    purposes: tuple[str, ...]
    campaign: str
    text: Path | None
    contact: str
    on: str
    consented: bool

    def check(self) -> None:
        """Find out before anybody signs in whether a notice can be made of it.

        Raises:
            CommandError: it cannot; says why.
        """
        if not (self.purposes or self.campaign):
            raise CommandError(
                "PURPOSES",
                "--purpose か --campaign で利用目的を指定してください。",
                "Name the purposes by --purpose, or by --campaign.",
            )
        if self.on:
            read_day(self.on, "--on")
        if self.text is not None:
            _read(self.text)

    def draft(self, vault: "Warifu") -> "DraftedNotice":
        """The notice as the vault words it."""
        return vault.draft_purpose_notice(self.form.name, self._codes(vault), contact=self.contact)

    def telling(self, vault: "Warifu") -> "PurposeTelling":
        """The notice as it was given."""
        from warifu import PurposeTelling

        told_on = read_day(self.on, "--on") if self.on else day_in_japan(wall_clock())
        codes, text = (self._codes(vault), _read(self.text)) if self.text else self._drafted(vault)
        return PurposeTelling(self.form.name, codes, text, told_on, self.consented)

    def _drafted(self, vault: "Warifu") -> tuple[list[str], str]:
        drafted = self.draft(vault)
        return list(drafted.purposes), drafted.text

    def _codes(self, vault: "Warifu") -> list[str]:
        if self.purposes:
            return list(self.purposes)
        board = vault.campaign(self.campaign)
        if board is None:
            raise unknown_campaign()
        return list(board.campaign.purposes)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise CommandError(
            "FILE",
            f"{named(path)} を UTF-8 の文章として読めません。パスと文字コードを確認してください。",
            f"{named(path)} cannot be read as text in UTF-8. Check the path and the encoding.",
        ) from None
