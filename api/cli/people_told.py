"""How a list of people was understood: shown before anything is done with it."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.text import Text

from api.cli.collection_told import CHANNELS, KINDS
from api.cli.disposal_told import day
from api.cli.output import facts, table
from api.cli.rows import plain

if TYPE_CHECKING:
    from warifu.people_list import PeoplePreview
    from warifu.people_row import ListedPerson


def preview_pairs(preview: "PeoplePreview") -> dict[str, Any]:
    """How a list was understood, for programs."""
    told = asdict(preview)
    told["channels"] = {channel or "": count for channel, count in preview.channels}
    return {"preview": told}


def tell_preview(preview: "PeoplePreview", *, whole: bool = True) -> None:
    """How a list was understood, for people.

    Args:
        preview: how it was.
        whole: its columns, the first five and what to look at as well.
    """
    place = preview.sheet or preview.encoding
    channels = [f"{_channel(channel)}: {count}" for channel, count in preview.channels]
    pairs: dict[str, Any] = {
        "見出し行 / header": preview.header_row,
        "行 / rows": preview.rows,
        "使える人 / people": preview.people,
        "方法 / channels": channels or "-",
    }
    facts(f"読み取り / as understood: {plain(preview.file)} ({plain(place)})", pairs)
    if not whole:
        return
    rows: list[list[str | Text]] = [
        [each.letters, plain(each.title), each.field or "— 読みません / left alone"]
        for each in (*preview.taken, *preview.not_understood)
    ]
    table("列 / columns", ["列", "見出し / title", "項目 / field"], rows)
    table("最初の人 / first people", _COLUMNS, [_person(each) for each in preview.first], whole=(1,))
    if preview.warnings:
        told: list[list[str | Text]] = [
            [
                each.cell or str(each.line or "-"),
                each.code,
                plain(each.message_ja) + "\n" + plain(each.message_en),
            ]
            for each in preview.warnings
        ]
        table(f"確認してください / to look at: {len(told)}", ["場所 / place", "code", "内容 / what"], told)


_COLUMNS = ["対象者 / person", "生年月日\nborn", "住所・メール / address, mail", "方法\nchannel"]


def _person(person: "ListedPerson") -> list[str | Text]:
    postal = f"〒{person.postal_code} " if person.postal_code else ""
    kind = KINDS.get(person.kind.upper(), person.kind)
    return [
        plain(person.external_id) + "\n" + plain(person.name) + f"\n{kind}",
        day(person.birth_date),
        plain(postal + person.address) + "\n" + plain(person.email),
        _channel(person.channel).replace(" / ", "\n"),
    ]


def _channel(channel: str | None) -> str:
    return "未定 / undecided" if channel is None else CHANNELS.get(channel.upper(), channel)
