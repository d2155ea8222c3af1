"""A company at a running vault that collects numbers by commands: one orders, another checks. Synthetic."""

from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from custody.calendar import day_in_japan
from policies.actor import Role
from tests.support.command import Outcome
from tests.support.live import GENSEN, Human
from tests.support.pictures import picture
from tests.support.remote import Desk

CARD_SEEN: Final = (
    "--number-card", "--valid-until", "2030-01-01", "--original",
    "--agrees", "number", "--agrees", "name", "--agrees", "birth_date",
)  # fmt: skip
HEADER: Final = "社員番号,氏名,フリガナ,生年月日,郵便番号,住所,メールアドレス,収集方法"


class Gathering:
    """A campaign with commands, one sign-in each."""

    campaign: str

    def __init__(self, desk: Desk, directory: Path) -> None:
        self.desk = desk
        self.directory = directory
        self.clock = desk.company.server.clock
        self.sato = desk.company.human("sato", Role.ADMINISTRATOR)
        self.tanaka = desk.company.human("tanaka", Role.HANDLER)

    def begin(self) -> str:
        """A campaign for the withholding slip."""
        words = ("--name", "2026年 年末調整", "--purpose", GENSEN, "--deadline", "令和9年1月31日")
        self.campaign = str(self.do("campaign", "create", *words)["campaign"]["campaign_id"])
        return self.campaign

    def do(self, *arguments: str, by: Human | None = None) -> dict[str, Any]:
        """Run a command that must succeed; the administrator does unless somebody else is named."""
        done = self.desk(*arguments, by=by or self.sato)
        assert done.code == 0, done.text
        return done.json

    def tell(self, *arguments: str, by: Human | None = None) -> str:
        """What a command that must succeed tells people."""
        done = self.desk(*arguments, by=by or self.sato, as_json=False)
        assert done.code == 0, done.text
        return done.text

    def on(self, days: int = 0) -> str:
        """A day so many days from now, in Japan."""
        return (day_in_japan(self.clock.now) + timedelta(days=days)).isoformat()

    def typing(self, text: str, *arguments: str, by: Human | None = None) -> Outcome:
        """Run a command that reads a text from standard input, as the handler unless somebody else is named."""
        return self.desk(*arguments, by=by or self.tanaka, stdin=text)

    def people(self, count: int, *, channel: str = "郵送", first: int = 1, **more: str) -> Path:
        """A list of employees as an office writes it."""
        encoding = more.get("encoding", "cp932")
        rows = [
            f"E-{row},試験 {row},シケン {row},昭和60年4月1日,100-0001,東京都千代田区1-{row},e{row}@example.jp,{channel}"
            for row in range(first, first + count)
        ]
        file = self.directory / f"people-{first}-{count}.csv"
        file.write_text("\n".join([HEADER, *rows, ""]), encoding=encoding)
        return file

    def add(self, file: Path, *more: str) -> list[str]:
        """Add a list; the ids of the collections."""
        done = self.do("campaign", "add", self.campaign, "--list", str(file), *more)
        return [str(each["collection_id"]) for each in done["collections"]]

    def board(self) -> dict[str, int]:
        """How many stand where; those nobody is in left out."""
        states = self.do("campaign", "board", self.campaign)["states"]
        return {each["state"]: each["count"] for each in states if each["count"]}

    def photographed(self, name: str = "card.jpg") -> Path:
        """A photo of a card."""
        file = self.directory / name
        file.write_bytes(picture())
        return file

    def state(self, collection: str) -> str:
        return str(self.do("collection", "show", collection)["collection"]["state"])

    def revision(self, collection: str) -> str:
        return str(self.do("collection", "show", collection)["collection"]["revision"])

    def submit(self, collection: str, number: str) -> None:
        """Type a number in that is read from the papers."""
        done = self.typing(f"{number}\n", "collection", "submit", collection)
        assert done.code == 0, done.text

    def verified(self, collection: str, number: str) -> None:
        """From nothing to a verdict, at the counter."""
        self.submit(collection, number)
        seen = ("--revision", self.revision(collection), *CARD_SEEN, "--channel", "face_to_face")
        self.do("collection", "verify", collection, *seen, by=self.tanaka)
