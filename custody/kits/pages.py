"""What stands on the sheets: the facts of a kit as words and markers, ready for the templates."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from custody.kits.code import PREFIX, in_groups
from custody.kits.documents import document_lists
from custody.kits.facts import Kit, KitDependent, LinkLetter, PostalAddress, Reminder
from custody.kits.marker import Marker, Part
from custody.kits.notice_words import notice_words
from custody.kits.words import birth_day, plain_day, week_day
from policies.identity_catalogue import load_identity_catalogue

FIRST_SHEET: Final = 4
"""How many dependents stand below the person."""
FURTHER_SHEET: Final = 10
LETTER_SHEETS: Final = 2
"""A letter with a link, and the purpose notice."""

_CODE_LINE: Final = len(PREFIX) + 15


def kits_page(kits: Sequence[Kit]) -> dict[str, Any]:
    """The data of a file of kits, one after the other."""
    days = sorted({kit.issued_on for kit in kits})
    return {
        "issuer": kits[0].company if len({kit.company for kit in kits}) == 1 else "",
        "lists": {day.isoformat(): document_lists(load_identity_catalogue(), day) for day in days},
        "kits": [_kit(kit) for kit in kits],
    }


def reminders_page(reminders: Sequence[Reminder]) -> dict[str, Any]:
    """The data of a file of postcards, each with its two sides."""
    return {
        "issuer": reminders[0].company if len({one.company for one in reminders}) == 1 else "",
        "postcards": [
            {
                "code": in_groups(one.code),
                "company": one.company,
                "sender": _postal(one.sender),
                "name": one.name,
                "postal": _postal(one.postal),
                "deadline": week_day(one.deadline),
            }
            for one in reminders
        ],
    }


def letters_page(letters: Sequence[LinkLetter]) -> dict[str, Any]:
    """The data of a file of letters with links, each with the purpose notice on a second sheet."""
    kits = [one.kit for one in letters]
    return {
        "issuer": kits[0].company if len({kit.company for kit in kits}) == 1 else "",
        "letters": [
            {**_kit(one.kit), "sheets": LETTER_SHEETS, "url": one.url, "code": in_groups(one.code)}
            for one in letters
        ],
    }


def markers_of(kit: Kit) -> tuple[Marker, ...]:
    """Every sheet of a kit, in the order in which they are printed: as many as it has pages."""
    parts = [part for part in Part if part is not Part.POWER_OF_ATTORNEY or kit.spouse is not None]
    counts = {part: len(_sheets(kit)) if part is Part.FORM else 1 for part in parts}
    return tuple(
        Marker(kit.code, part, sheet, count)
        for part, count in counts.items()
        for sheet in range(1, count + 1)
    )


def _kit(kit: Kit) -> dict[str, Any]:
    markers, sheets = markers_of(kit), _sheets(kit)
    places = [_place(marker, number) for number, marker in enumerate(markers, 1)]
    return {
        "company": kit.company,
        "return_to": _postal(kit.return_to),
        "return_name": kit.return_name,
        "recipient": {
            "name": kit.recipient.name,
            "kana": kit.recipient.kana,
            "postal": _postal(kit.recipient.postal),
            "born_on": "" if kit.recipient.born_on is None else birth_day(kit.recipient.born_on),
        },
        "dependents": bool(kit.dependents),
        "spouse": None if kit.spouse is None else kit.spouse.name,
        "own": kit.own,
        "purposes": [{"ja": one.ja, "en": one.en} for one in kit.purposes],
        "notice": _notice(kit),
        "issued_on": plain_day(kit.issued_on),
        "deadline": week_day(kit.deadline),
        "deadline_en": _english_day(kit.deadline),
        "contact": {
            "name": kit.contact.name,
            "phone": kit.contact.phone,
            "hours": kit.contact.hours,
            "mail": kit.contact.mail,
        },
        "lists": kit.issued_on.isoformat(),
        "sheets": len(markers),
        "form": sheets,
        "form_sheets": len(sheets),
        "form_places": [one for one, marker in zip(places, markers, strict=True) if marker.part is Part.FORM],
        "places": [one for one, marker in zip(places, markers, strict=True) if marker.part is not Part.FORM],
        "enclosed": [
            {"part": int(one.part), "title": one.part.title.ja, "sheets": one.sheets}
            for one in markers
            if one.sheet == 1 and one.part is not Part.LETTER
        ],
    }


def _notice(kit: Kit) -> dict[str, Any]:
    words = notice_words(kit.contact)
    return {"lead": words.lead, "points": list(words.points)}


def _sheets(kit: Kit) -> list[list[dict[str, Any]]]:
    """The dependents sheet by sheet; the first sheet is there without any."""
    listed = [_dependent(one, number) for number, one in enumerate(kit.dependents, 1)]
    further = range(FIRST_SHEET, len(listed), FURTHER_SHEET)
    return [listed[:FIRST_SHEET], *(listed[start : start + FURTHER_SHEET] for start in further)]


def _dependent(one: KitDependent, number: int) -> dict[str, Any]:
    return {
        "number": number,
        "name": one.name,
        "relation": one.relation,
        "third_category": one.third_category,
    }


def _place(marker: Marker, number: int) -> dict[str, Any]:
    code = in_groups(marker.code)
    return {
        "number": number,
        "printed": marker.printed,
        "title": marker.part.title.ja,
        "title-en": marker.part.title.en,
        "code-lines": [code[:_CODE_LINE], code[_CODE_LINE:]],
        "qr": marker.payload if marker.part.comes_back else "",
    }


def _postal(one: PostalAddress) -> dict[str, Any]:
    return {
        "postal_code": one.postal_code,
        "lines": [line for line in one.address.splitlines() if line.strip()],
    }


def _english_day(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"
