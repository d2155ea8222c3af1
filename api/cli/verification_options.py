"""A case of identity verification as options say it, for the common cases: one paper or two, nobody in between."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.cli.output import CommandError
from api.cli.row_values import read_day
from api.cli.verification_file import read_case
from custody.collection.verify import subject_of
from policies.identity_case import Subject
from policies.identity_catalogue import Channel
from policies.purposes import PersonKind

if TYPE_CHECKING:
    from warifu import (
        Collection,
        IdentityDocument,
        ShownDocument,
        VerificationCase,
        VerificationChannel,
        VerificationSubject,
        Warifu,
    )

CARD: Final = "MY_NUMBER_CARD"
_SHOWN: Final = 5


class Agrees(StrEnum):
    """What a handler compared."""

    NUMBER = "number"
    NAME = "name"
    BIRTH_DATE = "birth_date"
    ADDRESS = "address"


CaseFile = Annotated[
    Path | None, typer.Option("--case", help="TOML or JSON file with the whole case. / 判定内容のファイル")
]
NumberCard = Annotated[
    bool, typer.Option("--number-card", help="The card, which proves both. / 個人番号カード(両方を確認)")
]
NumberDocument = Annotated[
    str, typer.Option("--number-document", help="What proves the number. / 番号確認の書類")
]
IdentityDocuments = Annotated[
    list[str] | None,
    typer.Option("--document", help="What proves whose it is; repeat it. / 身元確認の書類"),
]
ValidUntil = Annotated[
    str, typer.Option("--valid-until", help="Last valid day of the card, or of --document. / 有効期限")
]
IssuedOn = Annotated[str, typer.Option("--issued-on", help="Day of issue of the same. / 発行日")]
AgreesOption = Annotated[
    list[Agrees] | None,
    typer.Option("--agrees", help="What you compared and found to agree; repeat it. / 一致を確認した事項"),
]
Original = Annotated[bool, typer.Option("--original", help="Originals were shown. / 原本を確認した")]
Unaltered = Annotated[
    bool, typer.Option("--unaltered", help="They say what the residence record says. / 記載に変更がない")
]
SubjectOption = Annotated[
    Subject | None, typer.Option("--subject", help="Whose number; by the person's kind if left out. / 対象")
]
ChannelOption = Annotated[
    Channel | None, typer.Option("--channel", help="How it came; as asked for if left out. / 経路")
]


@dataclass(frozen=True, slots=True)
class Told:
    """What options say of a case; `usually` is the channel where none is given, not how they were asked."""

    case: Path | None
    card: bool
    number_document: str
    documents: Sequence[str]
    valid_until: str
    issued_on: str
    agrees: frozenset[Agrees]
    original: bool
    unaltered: bool
    subject: Subject | None
    channel: Channel | None
    usually: Channel | None = None

    def check(self) -> None:
        """Find out before anybody signs in whether a case can be made of it.

        Raises:
            CommandError: the file cannot be read, or the options do not go together.
        """
        if self.case is not None:
            if self._says_more:
                raise _mixed()
            read_case(self.case)
            return
        for text, option in ((self.valid_until, "--valid-until"), (self.issued_on, "--issued-on")):
            if text:
                read_day(text, option)
        dated = 1 if self.card else len(self.documents)
        if self.card and (self.number_document or self.documents):
            raise _mixed()
        if (self.valid_until or self.issued_on) and dated != 1:
            raise _dates()

    def read(self, vault: "Warifu", found: "Collection") -> "VerificationCase":
        """The case.

        Args:
            vault: where the catalogue of documents is.
            found: the collection it is about.

        Raises:
            CommandError: a document is not known.
        """
        from warifu import VerificationCase

        if self.case is not None:
            return read_case(self.case)
        known = list(vault.identity_documents()) if self.number_document or self.documents else []
        dated = self._dates
        undated = (None, None)
        card = [self._shown(CARD, dated)] if self.card else []
        number = [self._shown(code_of(self.number_document, known), undated)] if self.number_document else []
        return VerificationCase(
            self._subject(vault, found),
            self._channel(found),
            number_agrees=Agrees.NUMBER in self.agrees,
            number=card or number,
            identity=card or [self._shown(code_of(text, known), dated) for text in self.documents],
        )

    @property
    def _says_more(self) -> bool:
        return bool(
            self.card
            or self.number_document
            or self.documents
            or self.valid_until
            or self.issued_on
            or self.agrees
            or self.original
            or self.unaltered
            or self.subject
            or self.channel
        )

    @property
    def _dates(self) -> tuple[date | None, date | None]:
        until = read_day(self.valid_until, "--valid-until") if self.valid_until else None
        return until, read_day(self.issued_on, "--issued-on") if self.issued_on else None

    def _shown(self, code: str, dates: tuple[date | None, date | None]) -> "ShownDocument":
        from warifu import Particular, ShownDocument

        matches: list[Particular] = [each for each in Particular if Agrees(each.lower()) in self.agrees]
        return ShownDocument(
            code, matches, dates[1], dates[0], original=self.original, unaltered=self.unaltered
        )

    def _subject(self, vault: "Warifu", found: "Collection") -> "VerificationSubject":
        from warifu import VerificationSubject

        if self.subject is not None:
            return VerificationSubject[self.subject.name]
        kind = PersonKind[found.person.kind.name]
        board = vault.campaign(found.campaign_id) if kind is PersonKind.SPOUSE else None
        return VerificationSubject[subject_of(kind, board.campaign.purposes if board else ()).name]

    def _channel(self, found: "Collection") -> "VerificationChannel":
        from warifu import VerificationChannel

        said = self.channel or self.usually
        asked = {"KIT": "POST", "DIRECT": "FACE_TO_FACE"}.get(found.channel.value, "ONLINE")
        return VerificationChannel[said.name if said else asked]


def code_of(text: str, known: "Sequence[IdentityDocument]") -> str:
    """The code of a document by its code, its name, or a part of either that no other has.

    Args:
        text: such as `driving_licence`, `licence`, `運転免許証`.
        known: the catalogue.

    Raises:
        CommandError: there is none, or there are several.
    """
    wanted = text.strip().casefold().replace("-", "_").replace(" ", "_")
    names = {
        each.code: {each.code.casefold(), each.name.ja, each.name.en.casefold().replace(" ", "_")}
        for each in known
    }
    exact = [code for code, spelt in names.items() if wanted in spelt]
    found = exact or [code for code, spelt in names.items() if any(wanted in name for name in spelt)]
    if len(found) != 1 or not wanted:
        several = f" ({', '.join(found)})" if 1 < len(found) <= _SHOWN else ""
        raise CommandError(
            "DOCUMENT_UNKNOWN",
            f"書類を 1 つに決められません{several}。warifu identity-document list のコードを指定してください。",
            f"This names no single document{several}. Give a code of `warifu identity-document list`.",
        )
    return found[0]


def _mixed() -> CommandError:
    return CommandError(
        "CASE",
        "--case、--number-card、または --number-document と --document の、どれか 1 通りで指定してください。",
        "Say it in one way: --case alone, or --number-card, or --number-document with --document.",
    )


def _dates() -> CommandError:
    return CommandError(
        "CASE",
        "--valid-until と --issued-on は、--number-card か 1 つの --document に付けます。ほかは --case で。",
        "--valid-until and --issued-on go with --number-card or one --document. Write other cases with --case.",
    )
