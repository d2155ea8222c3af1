"""PKCS#11 URIs (RFC 7512): which module to load, which token in it, and where its PIN is.

    pkcs11:token=warifu?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/run/warifu/pin

Of the path we take `token`, `serial`, `manufacturer`, `model` and `slot-id`; of the query `module-path` and
`pin-source`, which names a file. What would be ignored is refused instead, and so is a PIN in the URI itself, which
would end up in settings files and process lists.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self
from urllib.parse import unquote

SCHEME: Final = "pkcs11:"
_PATH: Final = frozenset({"token", "serial", "manufacturer", "model", "slot-id"})
_QUERY: Final = frozenset({"module-path", "pin-source"})


class Pkcs11UriError(ValueError):
    """A text that is no PKCS#11 URI of the form wanted.

    Attributes:
        message_ja: what is wrong and what to write, in Japanese; holds no value of the URI.
        message_en: the same in English.
    """

    def __init__(self, message_ja: str, message_en: str) -> None:
        super().__init__(f"{message_ja} / {message_en}")
        self.message_ja = message_ja
        self.message_en = message_en


@dataclass(frozen=True, slots=True)
class Pkcs11Uri:
    """A token, and how to get at it.

    Attributes:
        module: path of the PKCS#11 library.
        token: what the token must be, by the URI's names of its properties; `slot-id` is a decimal number.
        pin_file: the file that holds the PIN; None if it comes from elsewhere.
    """

    module: Path
    token: Mapping[str, str]
    pin_file: Path | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a URI.

        Raises:
            Pkcs11UriError: it has another form, names no token or no module, or holds a PIN.
        """
        if not text.startswith(SCHEME):
            raise _wrong("「pkcs11:」で始めてください", "begin with pkcs11:")
        path, _, query = text.removeprefix(SCHEME).partition("?")
        if "pin-value" in query:
            raise _wrong(
                "PIN は URI に書かず、ファイルに置いて pin-source で指定してください",
                "keep the PIN out of the URI: put it into a file and name that with pin-source",
            )
        token, rest = _attributes(path, ";", _PATH), _attributes(query, "&", _QUERY)
        if not token:
            raise _wrong("token= などでトークンを指定してください", "name the token, with token= for example")
        if not token.get("slot-id", "0").isdecimal():
            raise _wrong("slot-id は十進数です", "slot-id is a decimal number")
        if "module-path" not in rest:
            raise _wrong("module-path でライブラリを指定してください", "name the library with module-path")
        return cls(Path(rest["module-path"]), token, _pin_file(rest.get("pin-source")))


def _attributes(text: str, separator: str, known: frozenset[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, text.split(separator)):
        name, equals, value = part.partition("=")
        if name not in known or not equals or name in found:
            wanted = ", ".join(sorted(known))
            raise _wrong(f"使える属性は {wanted} で、各 1 回です", f"attributes are {wanted}, each once")
        try:
            found[name] = unquote(value, errors="strict")
        except UnicodeDecodeError:
            raise _wrong(f"{name} が UTF-8 ではありません", f"{name} is not UTF-8") from None
    return found


def _pin_file(source: str | None) -> Path | None:
    """The file that `pin-source` names; RFC 7512 also knows commands (`|`), which we do not run."""
    if source is None:
        return None
    path = Path(source.removeprefix("file:"))
    if not path.is_absolute():
        raise _wrong(
            "pin-source は file: に続く絶対パスです", "pin-source is file: followed by an absolute path"
        )
    return path


def _wrong(ja: str, en: str) -> Pkcs11UriError:
    return Pkcs11UriError(
        f"PKCS#11 URI(RFC 7512)が正しくありません: {ja}。", f"This is no PKCS#11 URI (RFC 7512): {en}."
    )
