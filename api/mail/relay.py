"""The mail server that takes our mail, as the settings name it: by TLS, or on this machine.

smtps://user@mail.example.com            TLS from the first byte (RFC 8314), port 465
smtp+starttls://user@mail.example.com    TLS before anything is said (RFC 3207), port 587
smtp://localhost                         nothing, port 25; only on this machine
"""

import re
import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from api.settings import Settings, SettingsError, is_loopback

_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?", re.ASCII
)


class Security(StrEnum):
    """How a connection is protected."""

    TLS = "smtps"
    STARTTLS = "smtp+starttls"
    NONE = "smtp"


_PORTS: Final = {Security.TLS: 465, Security.STARTTLS: 587, Security.NONE: 25}


@dataclass(frozen=True, slots=True)
class Relay:
    """A mail server, and who we are to it.

    Attributes:
        password: empty, like the user, where it wants to know nobody.
        trust: whose certificates are believed; None for those that this machine believes.
    """

    security: Security
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    trust: ssl.SSLContext | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Post:
    """What mail needs: by which server it goes, from which address, and where its links lead.

    Attributes:
        sender: the address.
        public_url: where people reach the pages, without a last slash.
    """

    relay: Relay
    sender: str
    public_url: str

    def link(self, secret: str) -> str:
        """The address of a person's page; the secret stands behind the #, which no server is sent."""
        return f"{self.public_url}/my#{secret}"


def post_of(settings: Settings) -> Post | None:
    """What the settings say of mail; None where none is sent.

    Raises:
        SettingsError: they make no sense; the message names the setting and never its value.
    """
    if settings.smtp is None:
        return None
    if _ADDRESS.fullmatch(settings.mail_from) is None:
        raise SettingsError(
            "設定 mail_from に差出人のメールアドレス(例: numbers@example.com)を入れてください / "
            "setting mail_from is the address mail comes from, such as numbers@example.com"
        )
    if settings.public_url is None:
        raise SettingsError(
            "メールを送るには設定 public_url(例: https://numbers.example.com)が必要です / "
            "to send mail, set public_url, such as https://numbers.example.com"
        )
    return Post(_relay(settings.smtp, settings.smtp_password()), settings.mail_from, settings.public_url)


def _relay(text: str, password: str | None) -> Relay:
    try:
        parts = urlsplit(text)
        security, port = Security(parts.scheme), parts.port
    except ValueError:
        raise _nonsense() from None
    host, user = parts.hostname or "", unquote(parts.username or "")
    if not host or port == 0 or not _is_bare(parts) or not text.isprintable():
        raise _nonsense()
    if security is Security.NONE and not is_loopback(host):
        raise SettingsError(
            "設定 smtp: 暗号化しない smtp:// は、この機械(localhost)のサーバーにだけ使えます。smtps:// か "
            "smtp+starttls:// にしてください / setting smtp: smtp:// without TLS is for a server on this machine; "
            "use smtps:// or smtp+starttls://"
        )
    known = unquote(parts.password) if parts.password is not None else password
    if bool(user) is not bool(known):
        raise SettingsError(
            "設定 smtp のユーザー名とパスワード(smtp_password_file)は、両方そろえてください / "
            "setting smtp: a user needs a password (smtp_password_file), and a password a user"
        )
    return Relay(security, host, port or _PORTS[security], user, known or "")


def _is_bare(parts: SplitResult) -> bool:
    return parts.path in {"", "/"} and not parts.query and not parts.fragment


def _nonsense() -> SettingsError:
    return SettingsError(
        "設定 smtp は smtps://ユーザー@ホスト:ポート か smtp+starttls://ユーザー@ホスト:ポート の形にしてください / "
        "setting smtp looks like smtps://user@host:port or smtp+starttls://user@host:port"
    )
