"""Runs a page of documentation: its files are written, its commands run, its requests sent, and it is written anew.

A block whose first line names a file is that file. A line `sato$ warifu ...` is a command of sato's; a line that asks
for a number stands for somebody typing the one of `TYPED` that is next. A block `graphql sato` is sent as sato, and the
block after it is the answer. Public ids differ from run to run: those of the page stand for those that came.
"""

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from tests.support.live import Human
from tests.support.remote import Desk, session_of

TYPED: Final = ("123456789012", "123456708900", "123456078900", "123456708900", "123456708900")
"""Published sample numbers, nobody's, in the order in which the page needs them."""

_BLOCK: Final = re.compile(r"```(\w+)([^\n]*)\n(.*?)```", re.DOTALL)
_COMMAND: Final = re.compile(r"(\w+)\$ warifu (.*)")
_ASKS: Final = "個人番号(表示されません) / Individual Number (not shown):"
_ID: Final = re.compile(r"\b(?:cmp|col|ord|pnt|vrf|itm)_[0-9]+|\bwft_(?:test_)?[0-9A-Za-z_-]+")


@dataclass
class Page:
    """A page, and where it is run.

    Attributes:
        desk: where commands run.
        people: who runs them, by login.
        directory: where the files are.
    """

    desk: Desk
    people: dict[str, Human]
    directory: Path
    _typed: Iterator[str] = field(default_factory=lambda: iter(TYPED))
    _ids: dict[str, str] = field(default_factory=dict)
    _answer: Any = None

    def again(self, text: str) -> str:
        """The page as it is when everything on it has happened anew."""
        return _BLOCK.sub(self._block, text)

    def _block(self, block: re.Match[str]) -> str:
        kind, named, body = block[1], block[2].strip(), block[3]
        if kind == "console":
            body = "".join(self._commands(body.splitlines()))
        elif kind == "graphql":
            self._answer = self._ask(self.people[named], body)
        elif kind == "json" and self._answer is not None:
            body = self._as_on_page(json.dumps(self._answer, ensure_ascii=False, indent=2), body) + "\n"
            self._answer = None
        elif named:
            encoding = "cp932" if kind == "csv" else "utf-8"
            (self.directory / named).write_text(body, encoding=encoding)
        return f"```{kind}{block[2]}\n{body}```"

    def _commands(self, lines: Sequence[str]) -> Iterator[str]:
        place = 0
        while place < len(lines):
            command = _COMMAND.fullmatch(lines[place])
            assert command, lines[place]
            end = next(
                (at for at in range(place + 1, len(lines)) if _COMMAND.fullmatch(lines[at])), len(lines)
            )
            told = lines[place + 1 : end]
            yield lines[place] + "\n"
            asks = bool(told) and told[0] == _ASKS
            if asks:
                yield _ASKS + "\n"
            yield self._run(self.people[command[1]], command[2], "\n".join(told[asks:]), typing=asks)
            place = end

    def _run(self, human: Human, command: str, on_page: str, *, typing: bool) -> str:
        words = shlex.split(self._real(command))
        typed = f"{next(self._typed)}\n" if typing else None
        done = self.desk(*words, by=human, as_json=False, stdin=typed)
        told = "\n".join(line.rstrip() for line in done.text.splitlines()).strip("\n")
        return self._as_on_page(told, on_page) + "\n" if told else ""

    def _ask(self, human: Human, query: str) -> Any:
        key = session_of(self.desk.company, human)
        variables = {"number": next(self._typed)} if "$number" in query else {}
        answer = httpx.post(
            f"{self.desk.company.url}/graphql",
            json={"query": self._real(query), "variables": variables},
            headers={"Authorization": f"Bearer {key}"},
        )
        told = answer.json()
        assert "errors" not in told, told
        return told["data"]

    def _real(self, text: str) -> str:
        """A text of the page with the ids of this run."""
        return _ID.sub(lambda found: self._ids.get(found[0], found[0]), text)

    def _as_on_page(self, told: str, on_page: str) -> str:
        """What came, with the ids that the page has in the same places."""
        came, stood = _ID.findall(told), _ID.findall(on_page)
        for new, old in zip(dict.fromkeys(came), dict.fromkeys(stood), strict=False):
            self._ids.setdefault(old, new)
        page = {new: old for old, new in self._ids.items()}
        return _ID.sub(lambda found: page.get(found[0], found[0]), told)
