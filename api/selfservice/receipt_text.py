"""The receipt as a text file that somebody keeps: what was given for whom and when, and the proof of it; no number."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from api.selfservice.wire import said
from api.selfservice.words import Language, load_words
from custody.selfservice.receipt import Given, Receipt
from policies.catalogue_table import Bilingual
from policies.identity_catalogue import load_identity_catalogue

_JAPAN: Final = timezone(timedelta(hours=9))


def receipt_on_wire(receipt: Receipt) -> dict[str, Any]:
    """A receipt as the page shows it, with the file in both languages."""
    return {
        "at": receipt.finished_at,
        "number": _number(receipt),
        "given": [
            {
                "name": each.name or each.collection,
                "number": each.number,
                "documents": [said(_document(code)) for code in each.documents],
            }
            for each in receipt.given
        ],
        "text": {language.value: receipt_text(receipt, language) for language in Language},
    }


def receipt_text(receipt: Receipt, language: Language) -> str:
    """The file, in one language; the proof in it can be checked offline with the leaf and the key above it."""

    def word(key: str) -> str:
        return _in(load_words()[f"receipt.{key}"], language)

    moment = datetime.fromtimestamp(receipt.finished_at // 1000, UTC).astimezone(_JAPAN)
    lines = [
        f"{word('title')}: {receipt.campaign}",
        f"{word('company')}: {receipt.company}",
        f"{word('no')}: {_number(receipt)}",
        f"{word('at')}: {moment:%Y-%m-%d %H:%M:%S} (JST)",
        "",
        *(line for each in receipt.given for line in _person(each, language)),
        "",
        word("no_number"),
        "",
        f"--- {word('proof')} ---",
        f"{word('key')}: {receipt.verifier_key}",
        f"{word('entry')} ({receipt.leaf_index}):",
        receipt.entry,
        "",
        receipt.proof,
    ]
    return "\n".join(lines)


def _person(given: Given, language: Language) -> list[str]:
    word = _in(load_words()["receipt.number" if given.number else "receipt.declined"], language)
    documents = ", ".join(_in(_document(code), language) for code in given.documents)
    shown = [f"    {documents}"] if documents else []
    return [f"* {given.name or given.collection}: {word} ({given.at})", *shown]


def _number(receipt: Receipt) -> str:
    """What the receipt is called on the telephone: short, and the same for the company."""
    return f"{receipt.link}-{receipt.leaf_index}"


def _document(code: str) -> Bilingual:
    found = load_identity_catalogue().documents.get(code)
    return found.name if found else Bilingual(code, code)


def _in(text: Bilingual, language: Language) -> str:
    return text.ja if language is Language.JA else text.en
