"""The page and the files it is made of: nothing inline, nothing from elsewhere, every word in both languages."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import product
from string import Formatter
from typing import Final

import pytest

from api.selfservice.pages import PAGE_HEADERS, assets, page
from api.selfservice.words import Language, chosen_language, load_words
from tests.support.api import Office

HTML: Final = {language: page(language).decode() for language in Language}
MODULES: Final = {name: each.content.decode() for name, each in assets().items() if name.endswith(".js")}
CODE: Final = "\n".join(text for name, text in MODULES.items() if name != "words.js")
BUILT: Final = frozenset(
    {"people", "states", "number", "papers", "add", "receipt"}  # keys that the modules put together
)
_ELSEWHERE: Final = re.compile(r"(?:https?:)?//[\w.-]+\.\w|\bws{1,2}:|\bdata:[a-z]")


class Tags(HTMLParser):
    """Every tag with its attributes, those of templates too."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def tags(language: Language = Language.JA) -> Iterator[tuple[str, dict[str, str | None]]]:
    yield from Tags(HTML[language]).found


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_page_is_sent_with_a_policy_that_lets_nothing_else_in(office: Office) -> None:
    answer = await office.http.get("/my")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = dict(rule.split(" ", 1) for rule in answer.headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' blob:",
        "connect-src": "'self'",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert {
        name: answer.headers[name]
        for name in ("cache-control", "referrer-policy", "x-content-type-options", "x-frame-options")
    } == {
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }
    assert "camera=()" in answer.headers["permissions-policy"]
    assert "geolocation=()" in answer.headers["permissions-policy"]
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_page_speaks_the_language_of_the_browser(office: Office) -> None:
    for accepted, language in (("ja-JP,ja;q=0.9,en;q=0.8", "ja"), ("en-GB", "en"), ("fr", "ja")):
        answer = await office.http.get("/my", headers={"accept-language": accepted})
        assert answer.headers["content-language"] == language
        assert f'<html lang="{language}">' in answer.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_files_are_sent_as_what_they_are_and_once(office: Office) -> None:
    types = {
        "js": "text/javascript; charset=utf-8",
        "css": "text/css; charset=utf-8",
        "svg": "image/svg+xml",
    }
    for name in assets():
        answer = await office.http.get(f"/my/assets/{name}")
        assert answer.headers["content-type"] == types[name.rpartition(".")[2]]
        assert answer.headers["x-content-type-options"] == "nosniff"
        again = await office.http.get(f"/my/assets/{name}", headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    for name in ("nothing.js", "..%2Fwords.toml", "page.html", "%00", "words.toml"):
        assert (await office.http.get(f"/my/assets/{name}")).status_code == 404


def test_nothing_stands_inline_and_everything_is_ours() -> None:
    for tag, attributes in tags():
        assert not [name for name in attributes if name == "style" or name.startswith("on")], tag
        assert tag != "style"
        for name in ("src", "href", "action"):
            address = attributes.get(name)
            assert address is None or address == "#main" or address.startswith("/my/assets/")
    scripts = [attributes for tag, attributes in tags() if tag == "script"]
    assert scripts == [{"type": "module", "src": "/my/assets/page.js"}]


def test_no_file_names_another_place_or_a_way_around_the_policy() -> None:
    for name, each in assets().items():
        text = each.content.decode().replace("http://www.w3.org/2000/svg", "")
        assert not _ELSEWHERE.search(text), name
        assert "@import" not in text
        assert "url(" not in text
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert way not in CODE


def test_everything_the_page_imports_is_there_and_asked_for_at_once() -> None:
    imported = set(re.findall(r'from "\./([\w.]+)"', CODE))
    preloaded = {
        str(attributes["href"]).removeprefix("/my/assets/")
        for tag, attributes in tags()
        if tag == "link" and attributes["rel"] == "modulepreload"
    }
    assert imported | {"page.js"} == preloaded == set(MODULES)


def test_nothing_that_was_typed_is_kept_by_the_browser() -> None:
    kept = set(re.findall(r"(\w+Storage)\.setItem\((\w+)", CODE))
    assert kept == {("sessionStorage", "KEY"), ("sessionStorage", "LANGUAGE_KEY")}
    assert "indexedDB" not in CODE
    assert "document.cookie" not in CODE
    for tag, attributes in tags():
        if tag in {"input", "textarea"} and attributes.get("type") not in {"radio", "file"}:
            assert attributes.get("autocomplete") == "off", attributes
            assert "name" not in attributes


def test_every_field_has_a_name_for_those_who_cannot_see_it() -> None:
    found = list(tags())
    named = {attributes["for"] for tag, attributes in found if tag == "label" and "for" in attributes}
    for tag, attributes in found:
        if tag in {"input", "textarea", "select"}:
            inside_label = attributes.get("type") in {"radio", "file"} or "data-part" in attributes
            assert inside_label or attributes.get("id") in named, attributes
        if tag == "img":
            assert "alt" in attributes
        if tag == "svg":
            assert attributes.get("aria-hidden") == "true"
    described = {
        place for _, attributes in found for place in str(attributes.get("aria-describedby") or "").split()
    }
    assert described <= {attributes.get("id") for _, attributes in found}


def test_every_screen_begins_with_one_heading() -> None:
    for screen in re.findall(
        r'<template id="screen-(?!loading)\w+">(.*?)</template>', HTML[Language.JA], re.DOTALL
    ):
        assert screen.count("<h1") == 1
        assert 'tabindex="-1"' in screen


def test_every_word_is_there_in_both_languages_with_the_same_values() -> None:
    for key, word in load_words().items():
        assert word.ja.strip(), key
        assert word.en.strip(), key
        places = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (word.ja, word.en)]
        assert places[0] == places[1], key


def test_every_word_that_is_said_is_known_and_every_known_one_is_said() -> None:
    known = set(load_words())
    sections = "|".join({key.partition(".")[0] for key in known})
    said = set(re.findall(rf'"((?:{sections})\.[a-z_0-9]+)"', CODE))
    said |= set(re.findall(r'data-say(?:-label)?="([\w.]+)"', HTML[Language.JA]))
    assert said <= known
    unsaid = {key for key in known - said if key.partition(".")[0] not in BUILT}
    assert unsaid == {"page.this", "page.no_script", "page.no_script_title"}


def test_without_javascript_the_page_says_what_to_do_in_both_languages() -> None:
    for language in Language:
        (told,) = re.findall(r"<noscript>(.*?)</noscript>", HTML[language], re.DOTALL)
        for word in ("page.no_script_title", "page.no_script"):
            assert load_words()[word].ja in told
            assert load_words()[word].en in told.replace("&#39;", "'")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "ja"),
        ("*", "ja"),
        ("en", "en"),
        ("EN-us,ja;q=0.5", "en"),
        ("fr;q=0.9, ja;q=0.2, en;q=0.7", "en"),
        ("en;q=0.1, ja-JP", "ja"),
        ("en;q=x", "en"),
        ("de, ko", "ja"),
        (",;;,", "ja"),
        ("en;q=nan", "en"),
    ],
)
def test_the_language_is_the_one_a_browser_would_rather_have(accepted: str, language: str) -> None:
    assert chosen_language(accepted).value == language


def test_the_policy_forbids_every_feature_it_names_to_everybody() -> None:
    assert all(rule.endswith("=()") for rule in PAGE_HEADERS["permissions-policy"].split(", "))


# --- colours

_PALETTES: Final = [
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))
    for block in re.findall(r":root \{(.*?)\}", assets()["page.css"].content.decode(), re.DOTALL)
]
_ON_GROUND: Final = [
    *product(("ink", "faint", "accent", "good", "bad", "wait"), ("paper", "sheet")),
    *(
        ("ink", "wash"),
        ("accent", "wash"),
        ("faint", "wash"),
        ("on-accent", "accent"),
        ("on-accent", "accent-deep"),
    ),
    *(("good", "good-wash"), ("bad", "bad-wash"), ("wait", "wait-wash"), ("sheet", "bad")),
]


@pytest.mark.parametrize("palette", _PALETTES, ids=["light", "dark"])
def test_every_text_stands_out_from_its_ground(palette: dict[str, str]) -> None:
    """WCAG 2.2, 1.4.3 (text, 4.5 : 1) and 1.4.11 (the edges of fields, 3 : 1)."""
    assert len(_PALETTES) == 2
    for text, ground in _ON_GROUND:
        assert contrast(palette[text], palette[ground]) >= 4.5, (text, ground)
    for ground in ("paper", "sheet"):
        assert contrast(palette["edge"], palette[ground]) >= 3


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
