"""Which documents a kit asks for, out of the catalogue: what counts by post, and what never does."""

from collections.abc import Iterator
from datetime import date
from typing import Final, TypedDict

from custody.kits.words import plain_day
from policies.catalogue_table import Bilingual
from policies.identity_catalogue import (
    Channel,
    IdentityCatalogue,
    IdentityDocument,
    Need,
    ProvesIdentity,
    ProvesNumber,
)

_OWN_FORM: Final = "PREPRINTED_FORM"
_OWN_FORM_NAME: Final = Bilingual(
    "同封の個人番号申告書（氏名などを印字したもの）", "The pre-printed form enclosed, unaltered"
)


class Line(TypedDict):
    """A document as it is listed, with what to heed; empty for nothing."""

    ja: str
    en: str
    note: str


class Lists(TypedDict):
    """The sheet's lists: for the number, alone for the identity, two kinds for it, and never."""

    number: list[Line]
    one: list[Line]
    two: list[Line]
    never: list[Line]


def document_lists(catalogue: IdentityCatalogue, today: date) -> Lists:
    """What to send by post on that day; the kit's own form first where it counts.

    What proves a number only where the usual documents are hard to show is left out: whoever has none of those is to
    ask. A document whose last day is over is listed among those that are never accepted.
    """
    documents = sorted(catalogue.documents.values(), key=lambda one: one.code != _OWN_FORM)
    posted = [one for one in documents if Channel.POST in one.channels and not _is_over(one, today)]
    return {
        "number": [_line(one) for one in posted if one.number is ProvesNumber.USUAL],
        "one": [_line(one) for one in posted if one.identity is ProvesIdentity.ONE],
        "two": [_line(one) for one in posted if one.identity is ProvesIdentity.TWO],
        "never": [_line(one, why) for one in documents for why in _why_never(one, today)],
    }


def _is_over(one: IdentityDocument, today: date) -> bool:
    return one.usable_until is not None and one.usable_until < today


def _why_never(one: IdentityDocument, today: date) -> Iterator[str]:
    if one.refused is not None:
        yield one.refused.ja.partition("。")[0] + "。"  # what follows tells the desk what to ask for
    elif one.usable_until is not None and _is_over(one, today):
        yield f"{plain_day(one.usable_until)}を最後に使えなくなりました。"


def _line(one: IdentityDocument, note: str = "") -> Line:
    name = _OWN_FORM_NAME if one.code == _OWN_FORM else one.name
    return {"ja": name.ja, "en": name.en, "note": note or "、".join(_notes(one))}


def _notes(one: IdentityDocument) -> Iterator[str]:
    if one.code == _OWN_FORM:
        yield "訂正したものは使えません"
    elif Need.UNALTERED in one.needs:
        yield "住民票の記載と同じものに限ります"
    if Need.EXPIRY in one.needs:
        yield "有効期限内"
    if one.months is not None:
        yield f"発行から{one.months}か月以内"
    if one.issued_from is not None:
        yield f"{plain_day(one.issued_from)}以後に発行"
    if one.usable_until is not None:
        yield f"{plain_day(one.usable_until)}まで"
    if one.no_address_from is not None:
        yield f"{plain_day(one.no_address_from)}以後に発行されたものには住所がありません"
    if one.redact is not None:
        yield f"{one.redact.ja}は塗りつぶしてください"
