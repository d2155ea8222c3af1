"""An order of what is sent to people: shown with what it costs, agreed to, then given. Nothing goes out without it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from api.cli.collection_told import CHANNELS
from api.cli.output import CommandError, console, errors, facts
from api.cli.progress import progress
from api.cli.remote import can_ask
from api.cli.rows import Rejected, Row, in_batches
from custody.collection.dispatch import Sending

if TYPE_CHECKING:
    from warifu import Collection, RowRejection, Warifu

Kind = Annotated[Sending, typer.Option("--kind", help="What is sent. / 送るもの")]
Cost = Annotated[int, typer.Option("--cost", min=0, help="What each costs, in yen. / 1 件の費用(円)")]
Yes = Annotated[bool, typer.Option("--yes", help="Order it without being asked. / 確認せずに指示します。")]

_KINDS: Final = {
    Sending.KIT: "キット / kit",
    Sending.LINK_MAIL: "リンク(メール) / link by mail",
    Sending.LINK_QR: "リンク(QR) / link as QR",
    Sending.POSTCARD: "はがき / postcard",
    Sending.MAIL: "督促メール / mail",
}
_BROUGHT: Final = frozenset({"SPOUSE", "DEPENDENT"})
_REMINDERS: Final = frozenset({Sending.POSTCARD, Sending.MAIL})


@dataclass
class Order:
    """What is to be sent to whom.

    Attributes:
        campaign: public id of the campaign.
        kind: what is sent.
        cost_yen: what each thing that is sent costs; a household gets one.
        yes: whether it is agreed to already.
        orders: public ids of what was ordered.
        count: for how many people.
        pieces: how many things.
        total_yen: what they cost.
    """

    campaign: str
    kind: Sending
    cost_yen: int
    yes: bool
    orders: list[str] = field(default_factory=list)
    count: int = 0
    pieces: int = 0
    total_yen: int = 0

    def check(self) -> None:
        """Told before anybody signs in, since a code is good once.

        Raises:
            CommandError: nobody can agree to it.
        """
        if not self.yes and not can_ask():
            raise CommandError(
                "TERMINAL",
                "確認を求める端末がありません。件数と費用を確かめたうえで --yes を付けてください。",
                "There is no terminal to ask on. Be sure of how many and what it costs, then give --yes.",
            )

    def able(self, found: "Collection") -> bool:
        """Whether it can be sent for a collection as it stands."""
        wanted = {"REMIND"} if self.kind in _REMINDERS else {"DISTRIBUTE", "RESEND"}
        return any(each.step in wanted for each in found.steps)

    def give(self, vault: "Warifu", chosen: "Sequence[Collection]", lines: Sequence[int]) -> list[Rejected]:
        """Show it, have it agreed to, and order it.

        Args:
            vault: a client that is signed in.
            chosen: the collections as they were seen: what has moved on since is rejected.
            lines: the row in which each was named.

        Raises:
            CommandError: there is nobody to send it to, or it is not agreed to.
        """
        if not chosen:
            raise CommandError(
                "NOBODY",
                "送る相手がいません。warifu campaign board と collection list で状態を確認してください。",
                "There is nobody to send it to. See `warifu campaign board` and `collection list`.",
            )
        self._agree(chosen)
        rows = [
            Row(line, {"external_id": each.person.external_id, "place": str(place)})
            for place, (line, each) in enumerate(zip(lines, chosen, strict=True))
        ]
        with progress(as_json=not errors.is_terminal) as tell:

            def send(batch: Sequence[Row]) -> "Sequence[RowRejection]":
                some = [chosen[int(row.cells["place"])] for row in batch]
                done = vault.order_dispatches(
                    self.campaign,
                    [each.collection_id for each in some],
                    self.kind.name,
                    self.cost_yen,
                    revisions=[each.revision for each in some],
                )
                self.orders += [done.order_id] if done.order_id and done.count else []
                self.count += done.count
                self.pieces += done.pieces
                self.total_yen += done.cost_yen
                tell("send", self.count, len(chosen))
                return done.rejections

            return in_batches(rows, send)

    def told(self) -> dict[str, Any]:
        """What was ordered, for programs."""
        return {
            "orders": self.orders,
            "count": self.count,
            "pieces": self.pieces,
            "cost_yen": self.total_yen,
        }

    def tell(self) -> None:
        """What was ordered, for people."""
        pairs = {
            "注文 / orders": self.orders or "-",
            "人数 / people": f"{self.count:,}",
            "通数 / pieces": f"{self.pieces:,}",
            "費用 / cost": f"{self.total_yen:,} 円 / yen",
        }
        facts(f"発送を指示しました / ordered: {_KINDS[self.kind]}", pairs)
        for order in self.orders if self.kind in {Sending.KIT, Sending.LINK_QR, Sending.POSTCARD} else []:
            line = f"発送したら / once it has gone out: warifu campaign sent {self.campaign} {order}"
            console.print(line, highlight=False, markup=False, soft_wrap=True)

    def _agree(self, chosen: "Sequence[Collection]") -> None:
        if self.yes:
            return
        states = Counter(f"{each.state_name.ja} / {each.state_name.en}" for each in chosen)
        channels = Counter(CHANNELS.get(each.channel, each.channel) for each in chosen)
        pieces = len({_house(each) for each in chosen})
        pairs = {
            "送るもの / what": _KINDS[self.kind],
            "人数 / people": f"{len(chosen):,}",
            "通数 / pieces": f"{pieces:,} (世帯に 1 通 / one for a household)",
            "状態 / states": [f"{name}: {count:,}" for name, count in states.items()],
            "方法 / channels": [f"{name}: {count:,}" for name, count in channels.items()],
            "費用 / cost": f"{self.cost_yen:,} × {pieces:,} = {self.cost_yen * pieces:,} 円 / yen",
        }
        facts("発送の指示 / to be ordered", pairs, errors)
        if not typer.confirm("この内容で指示しますか / Order this", err=True):
            raise CommandError("NOT_AGREED", "何も指示していません。", "Nothing was ordered.")


def _house(found: "Collection") -> str:
    """Who gets what is sent for somebody: the employee who brings their number, or they themselves."""
    person = found.person
    return person.employee or "" if person.kind in _BROUGHT else person.external_id
