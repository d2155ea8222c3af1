"""Where the vault is: an address that numbers may travel to."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

import httpx

_PATH: Final = "/graphql"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address of the API.

    Attributes:
        url: the address in full.
        host: host and port, for messages.
        encrypted: whether TLS protects the way.
    """

    url: str
    host: str
    encrypted: bool


def read_endpoint(text: str, *, plain_http: bool) -> Endpoint:
    """Read an address.

    Args:
        text: `https://vault.example` or `https://vault.example/graphql`.
        plain_http: whether `http://` to another machine is meant to be.

    Raises:
        ValueError: it is no address, holds a password, or would send numbers unencrypted.
    """
    url = _parse(text)
    if url is None or url.scheme not in {"http", "https"} or not url.host or url.userinfo:
        raise ValueError(
            "エンドポイントは https://ホスト名 の形にし、認証情報を含めないでください。 / "
            "Give the endpoint as https://host, without credentials in it."
        )
    encrypted = url.scheme == "https"
    if not (encrypted or plain_http or _is_loopback(url.host)):
        raise ValueError(
            "個人番号が暗号化されずに送られます。https:// にするか、閉じた網なら plain_http=True にしてください。 / "
            "Numbers would travel unencrypted. Use https://, or plain_http=True inside a closed network."
        )
    if url.path in {"", "/"}:
        url = url.copy_with(path=_PATH)
    return Endpoint(str(url), url.netloc.decode(), encrypted)


def _parse(text: str) -> httpx.URL | None:
    try:
        return httpx.URL(text)
    except httpx.InvalidURL:
        return None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
