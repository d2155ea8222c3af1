"""OpenBao's transit engine as far as the key store uses it, on loopback, and as strict as the real one.

A key is deleted only if that was allowed before, a deleted or soft-deleted key does nothing, a ciphertext opens under
its own key and with its own associated data only, creating a key that exists changes nothing, and a token whose time
is over is nobody's.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.loopback import Answer, Asked, Loopback
from tokenizer.crypto.primitives import open_sealed, seal, system_random
from tokenizer.errors import SealBrokenError

_NAME: Final = re.compile(r"\w(([\w.-]+)?\w)?")
_REFUSED: Final = Answer(403, {"errors": ["1 error occurred:\n\t* permission denied\n\n"]})
_NOT_FOUND: Final = Answer(404, {"errors": []})


@dataclass
class Token:
    """A client token."""

    life: float
    ends: float
    renewable: bool = True
    paths: frozenset[str] = frozenset({"transit", "auth"})


@dataclass
class Key:
    """A named key."""

    material: bytes = field(default_factory=lambda: system_random(32))
    type: str = "aes256-gcm96"
    exportable: bool = False
    deletion_allowed: bool = False
    soft_deleted: bool = False


class FakeTransit(Loopback):
    """The server.

    Attributes:
        keys: by name.
        tokens: by their text.
        now: seconds; tokens go by it.
        ignores_context: behaves like an engine that does not know `associated_data`.
    """

    def __init__(self, namespace: str = "") -> None:
        self.keys: dict[str, Key] = {}
        self.tokens: dict[str, Token] = {}
        self.now = 0.0
        self.namespace = namespace
        self.ignores_context = False
        self._actions: dict[tuple[str, ...], Callable[[str, dict[str, Any]], Answer]] = {
            ("GET", "keys"): self._read_key,
            ("POST", "keys"): self._create_key,
            ("POST", "keys", "config"): self._configure,
            ("DELETE", "keys"): self._delete_key,
            ("POST", "encrypt"): self._encrypt,
            ("POST", "decrypt"): self._decrypt,
        }
        super().__init__()

    def issue(self, text: str, life: float = 3600.0, *, renewable: bool = True) -> str:
        """Make a token."""
        self.tokens[text] = Token(life, self.now + life, renewable)
        return text

    def respond(self, asked: Asked) -> Answer:
        token = self.tokens.get(asked.headers.get("X-Vault-Token", ""))
        parts = asked.path.removeprefix("/v1/").split("/")
        if token is None or token.ends <= self.now or parts[0] not in token.paths:
            return _REFUSED
        if asked.headers.get("X-Vault-Namespace", "") != self.namespace:
            return _REFUSED
        if parts[0] == "auth":
            return self._token(token, parts[2])
        if not _NAME.fullmatch(parts[2]):
            return _NOT_FOUND
        action = self._actions.get((asked.method, *parts[1:2], *parts[3:]))
        return action(parts[2], asked.body) if action else Answer(405, {"errors": []})

    def _token(self, token: Token, action: str) -> Answer:
        if action == "renew-self":
            if not token.renewable:
                return Answer(400, {"errors": ["lease is not renewable"]})
            token.ends = self.now + token.life
            return Answer(200, {"auth": {"lease_duration": int(token.life), "renewable": True}})
        data = {
            "creation_ttl": int(token.life),
            "ttl": int(token.ends - self.now),
            "renewable": token.renewable,
        }
        return Answer(200, {"data": data})

    def _read_key(self, name: str, _: dict[str, Any]) -> Answer:
        key = self.keys.get(name)
        return _NOT_FOUND if key is None else Answer(200, {"data": _described(name, key)})

    def _create_key(self, name: str, body: dict[str, Any]) -> Answer:
        key = self.keys.setdefault(name, Key(type=body["type"], exportable=body["exportable"]))
        return Answer(200, {"data": _described(name, key)})

    def _configure(self, name: str, body: dict[str, Any]) -> Answer:
        if name not in self.keys:
            return _error("no existing key named " + name + " could be found")
        self.keys[name].deletion_allowed = body["deletion_allowed"]
        return Answer(200, {"data": _described(name, self.keys[name])})

    def _delete_key(self, name: str, _: dict[str, Any]) -> Answer:
        if name not in self.keys:
            return _error(f"error deleting policy {name}: could not delete key; not found")
        if not self.keys[name].deletion_allowed:
            return _error(f"error deleting policy {name}: deletion is not allowed for this key")
        del self.keys[name]
        return Answer(204)

    def _encrypt(self, name: str, body: dict[str, Any]) -> Answer:
        key = self.keys.get(name)
        if key is None or key.soft_deleted:
            return _error("encryption key not found")
        sealed = seal(key.material, b64decode(body["plaintext"]), self._bound(body))
        return Answer(200, {"data": {"ciphertext": "vault:v1:" + b64encode(sealed).decode()}})

    def _decrypt(self, name: str, body: dict[str, Any]) -> Answer:
        key = self.keys.get(name)
        if key is None or key.soft_deleted:
            return _error("encryption key not found")
        prefix, _, text = body["ciphertext"].rpartition(":")
        if prefix != "vault:v1":
            return _error("invalid ciphertext: no prefix")
        try:
            plaintext = open_sealed(key.material, b64decode(text, validate=True), self._bound(body))
        except (SealBrokenError, ValueError):
            return _error("cipher: message authentication failed")
        return Answer(200, {"data": {"plaintext": b64encode(plaintext).decode()}})

    def _bound(self, body: dict[str, Any]) -> bytes:
        return b"" if self.ignores_context else b64decode(body.get("associated_data", ""))


def _described(name: str, key: Key) -> dict[str, object]:
    return {
        "name": name,
        "type": key.type,
        "exportable": key.exportable,
        "allow_plaintext_backup": False,
        "derived": False,
        "deletion_allowed": key.deletion_allowed,
        "soft_deleted": key.soft_deleted,
    }


def _error(text: str) -> Answer:
    return Answer(400, {"errors": [text]})
