"""The page itself and the files it is made of, drawn once and held in memory."""

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from api.selfservice.words import Language, words_in, words_module

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_OTHER: Final = {Language.JA: Language.EN, Language.EN: Language.JA}

_POLICY: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "connect-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
)
_FEATURES: Final = (
    *("accelerometer", "autoplay", "browsing-topics", "camera", "clipboard-read", "display-capture"),
    *("encrypted-media", "fullscreen", "geolocation", "gyroscope", "hid", "idle-detection", "magnetometer"),
    *("microphone", "midi", "payment", "publickey-credentials-get", "screen-wake-lock", "serial", "usb"),
    *("web-share", "xr-spatial-tracking"),
)

PAGE_HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "content-security-policy": "; ".join(_POLICY),
        # A file input with `capture` opens the phone's own camera program, which needs no permission here.
        "permissions-policy": ", ".join(f"{feature}=()" for feature in _FEATURES),
        "cache-control": "no-store",
        "vary": "accept-language",
        "x-frame-options": "DENY",
    }
)
"""What the page is sent with, besides what surrounds every answer: no script, style, image or request but our own."""


class Asset(NamedTuple):
    """A file of the page."""

    content: bytes
    media_type: str
    tag: str


@cache
def page(language: Language) -> bytes:
    """The page as HTML, in a language."""
    environment = Environment(
        loader=PackageLoader("api.selfservice"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    both = [words_in(each) for each in Language]
    html = environment.get_template("page.html").render(
        language=language.value,
        other=_OTHER[language].value,
        words=words_in(language),
        both=both,
        modules=sorted(name for name in assets() if name.endswith(".js")),
    )
    return html.encode()


@cache
def assets() -> Mapping[str, Asset]:
    """Every file of the page by its name."""
    return MappingProxyType({name: _asset(name, content) for name, content in _contents()})


def _contents() -> Iterator[tuple[str, bytes]]:
    yield "words.js", words_module()
    for file in (files("api.selfservice") / "assets").iterdir():
        yield file.name, file.read_bytes()


def _asset(name: str, content: bytes) -> Asset:
    tag = hashlib.sha256(content).hexdigest()[:16]
    return Asset(content, _TYPES[f".{name.rpartition('.')[2]}"], f'"{tag}"')
