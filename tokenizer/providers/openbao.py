"""OpenBao's transit engine over HTTP; Vault's answers alike.

Each key is one of type `aes256-gcm96`, neither exportable nor to be backed up in plain; the context is bound as
`associated_data`. Destroying allows the deletion of the key and deletes it.

The calls are six, so they are made with httpx, which the Python client brings along anyway, and not with a package of
their own. Nothing is sent anywhere but to the address given: no proxy of the environment, no redirect. The token is
read at each call, so that an agent may exchange its file, and renewed in the second half of its life.
"""

import json
import ssl
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from tokenizer.providers.key_store import (
    Context,
    KeyState,
    denied,
    encode_context,
    not_opened,
    unknown_key,
    unreachable,
)

_KEY_TYPE: Final = "aes256-gcm96"
_NEVER: Final = ("exportable", "allow_plaintext_backup", "derived")
_TIMEOUT: Final = httpx.Timeout(5.0, connect=2.0)
_LOOK_AGAIN_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class Address:
    """Where the engine is.

    Attributes:
        url: of the server, such as `https://bao.example:8200`.
        mount: path of the engine.
        namespace: in which the mount is; "" for the root.
        ca: certificates to trust, as a PEM file; the system's if None.
    """

    url: str
    mount: str = "transit"
    namespace: str = ""
    ca: Path | None = None


class OpenBaoKeyStore:
    """Keys in a transit engine.

    Args:
        address: where it is.
        read_token: gives the token at each call.
        clock: seconds that only grow.
    """

    kind: Final = "openbao"
    lead_days: Final = 0

    def __init__(
        self, address: Address, read_token: Callable[[], str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._address = address
        self._read_token = read_token
        self._clock = clock
        is_plain = address.url.startswith("http:")
        self._tls = (
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            if is_plain
            else ssl.create_default_context(cafile=address.ca)
        )
        self._renewed_token = ""
        self._renew_at = float("-inf")

    def __repr__(self) -> str:
        return f"OpenBaoKeyStore({self._address.url})"

    def create(self, name: str) -> None:
        """See `KeyStore.create`. The engine would take an existing key for success, so it is asked first."""
        if self._read(name) is not None:
            raise denied(self.kind, f"{name} exists already")
        self._call("POST", f"keys/{name}", {"type": _KEY_TYPE, "derived": False, "exportable": False})

    def wrap(self, name: str, plaintext: bytes, context: Context) -> bytes:
        """See `KeyStore.wrap`. Returns the engine's own text, `vault:v1:...`."""
        self._require(name)
        sent = {"plaintext": _text(plaintext), "associated_data": _text(encode_context(context))}
        return self._expect(self._call("POST", f"encrypt/{name}", sent), "ciphertext").encode("ascii")

    def unwrap(self, name: str, blob: bytes, context: Context) -> bytes:
        """See `KeyStore.unwrap`."""
        self._require(name)
        sent = {
            "ciphertext": blob.decode("ascii", "replace"),
            "associated_data": _text(encode_context(context)),
        }
        answer = self._send("POST", f"{self._address.mount}/decrypt/{name}", sent)
        if answer.status_code == httpx.codes.BAD_REQUEST:
            raise not_opened(name)
        try:
            return b64decode(self._expect(self._content(answer), "plaintext"), validate=True)
        except ValueError:
            raise self._strange() from None

    def destroy(self, name: str) -> None:
        """See `KeyStore.destroy`. Deletion is allowed only now, so that nobody deletes a living key by a slip."""
        self._require(name)
        self._call("POST", f"keys/{name}/config", {"deletion_allowed": True})
        self._call("DELETE", f"keys/{name}")

    def state(self, name: str) -> KeyState:
        """See `KeyStore.state`. The engine keeps no trace of a deleted key."""
        return KeyState.UNKNOWN if self._read(name) is None else KeyState.LIVING

    def _require(self, name: str) -> None:
        if self._read(name) is None:
            raise unknown_key(self.kind, name)

    def _read(self, name: str) -> Mapping[str, Any] | None:
        answer = self._send("GET", f"{self._address.mount}/keys/{name}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        key = self._content(answer)
        if key.get("soft_deleted"):
            raise denied(self.kind, f"{name} is soft-deleted")
        if key.get("type") != _KEY_TYPE or any(key.get(flag) for flag in _NEVER):
            raise denied(self.kind, f"{name} is a key of another kind")
        return key

    def _call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Mapping[str, Any]:
        return self._content(self._send(method, f"{self._address.mount}/{path}", body))

    def _send(self, method: str, path: str, body: Mapping[str, object] | None = None) -> httpx.Response:
        """Make a call, after the token was renewed if it was due.

        Raises:
            KeyStoreUnreachableError: no answer.
            KeyStoreDeniedError: the token does not allow it.
        """
        token = self._read_token()
        if token != self._renewed_token or self._clock() >= self._renew_at:
            self._renewed_token, self._renew_at = token, self._clock() + self._renew(token)
        answer = self._ask(token, method, path, body)
        if answer.status_code == httpx.codes.FORBIDDEN:
            raise denied(self.kind, f"{method} {path}: permission denied")
        return answer

    def _ask(
        self, token: str, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> httpx.Response:
        headers = {"X-Vault-Token": token, "X-Vault-Request": "true"}
        if self._address.namespace:
            headers["X-Vault-Namespace"] = self._address.namespace
        try:
            # A connection for each call: there are few, and none is shared with a process that is forked off.
            with httpx.Client(verify=self._tls, timeout=_TIMEOUT, trust_env=False) as client:
                return client.request(
                    method, f"{self._address.url}/v1/{path}", headers=headers, json=body or None
                )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise unreachable(self.kind, type(error).__name__) from None

    def _renew(self, token: str) -> float:
        """Renew the token in the second half of its life; returns the seconds after which to look again."""
        answer = self._ask(token, "GET", "auth/token/lookup-self")
        if answer.status_code != httpx.codes.OK:
            return (
                _LOOK_AGAIN_SECONDS / 60
            )  # a token may lack the right to look; if it is dead, the call will tell
        known = self._content(answer)
        life, left = int(known.get("creation_ttl", 0)), int(known.get("ttl", 0))
        if left and left <= life / 2 and known.get("renewable"):
            self._ask(token, "POST", "auth/token/renew-self", {})
        return min(_LOOK_AGAIN_SECONDS, life / 4) if life else _LOOK_AGAIN_SECONDS

    def _content(self, answer: httpx.Response) -> Mapping[str, Any]:
        if not answer.is_success:
            raise unreachable(self.kind, f"HTTP {answer.status_code}")
        if not answer.content:
            return {}
        try:
            data = answer.json()["data"]
        except (json.JSONDecodeError, UnicodeDecodeError, LookupError, TypeError):
            raise self._strange() from None
        return data if isinstance(data, dict) else {}

    def _expect(self, data: Mapping[str, Any], field: str) -> str:
        value = data.get(field)
        if not isinstance(value, str):
            raise self._strange()
        return value

    def _strange(self) -> Exception:
        return unreachable(self.kind, "its answer is not OpenBao's")


def _text(raw: bytes) -> str:
    return b64encode(raw).decode("ascii")
