"""How commands tell campaigns: the list, and the board with its counts, days and costs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from api.cli.disposal_told import day, moment
from api.cli.output import facts, table
from api.cli.rows import plain

if TYPE_CHECKING:
    from warifu import Campaign, CampaignBoard


def tell_campaigns(found: Sequence["Campaign"]) -> None:
    """Print campaigns."""
    rows: list[list[str | Text]] = [
        [
            each.campaign_id,
            plain(each.name),
            "\n".join(each.purposes),
            day(each.deadline),
            plain(each.created_by) + f"\n{moment(each.created_at)[:10]}",
            "進行中\nopen" if each.closed_at is None else f"終了\nclosed\n{moment(each.closed_at)[:10]}",
        ]
        for each in found
    ]
    columns = ["campaign", "名称\nname", "利用目的\npurposes", "期限\ndeadline", "開始\nbegun", "状態\nstate"]
    table(f"収集キャンペーン / campaigns: {len(rows)}", columns, rows, whole=(0, 3, 4))


def tell_board(board: "CampaignBoard") -> None:
    """Print a campaign at a glance."""
    campaign = board.campaign
    pairs: dict[str, Any] = {
        "名称 / name": plain(campaign.name),
        "利用目的 / purposes": list(campaign.purposes),
        "期限 / deadline": day(campaign.deadline),
        "状態 / state": "進行中 / open" if campaign.closed_at is None else "終了 / closed",
    }
    if board.papers:
        last = moment(board.papers_last_at)
        pairs["保存中の画像 / papers kept"] = f"{board.papers:,} ({last} まで / until)"
    facts(f"収集キャンペーン / campaign {campaign.campaign_id}", pairs)
    rows = [
        [
            f"{each.name.ja}\n{each.name.en}",
            str(each.count),
            moment(each.first_at if each.count else None),
            moment(each.last_at if each.count else None),
        ]
        for each in board.states
    ]
    total = sum(each.count for each in board.states)
    columns = ["状態 / state", "人数\npersons", "最初\nfirst", "最後\nlast"]
    table(f"対象者 / persons: {total}", columns, rows, whole=(2, 3))
    facts(
        "発送 / dispatches",
        {"発送済み / sent": f"{board.sent:,}", "費用 / cost": f"{board.cost_yen:,} 円 / yen"},
    )
