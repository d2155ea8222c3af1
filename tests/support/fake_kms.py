"""AWS KMS as far as the key store uses it, on loopback, and as strict as the real one.

A key that is disabled or pending deletion does nothing, deletion waits for its window and then leaves no trace, an
alias is seen a moment after it was made, a ciphertext opens under its own key and its own context only, and windows
shorter than seven days are refused. Requests must be signed by the one access key it knows.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from tests.support.loopback import Answer, Asked, Loopback
from tokenizer.crypto.primitives import open_sealed, seal, system_random
from tokenizer.errors import SealBrokenError

ACCESS_KEY: Final = "AKIATESTTESTTESTTEST"
SECRET_KEY: Final = "secret of the test's account"
REGION: Final = "ap-northeast-1"
CREDENTIALS: Final = {
    "AWS_ACCESS_KEY_ID": ACCESS_KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    "AWS_EC2_METADATA_DISABLED": "true",
}
_DAY: Final = 86_400


@dataclass
class Key:
    """One KMS key."""

    id: str
    material: bytes
    tags: list[dict[str, str]]
    state: str = "Enabled"
    gone_at: float = float("inf")


class RefusedError(Exception):
    """An error of the service, by its code."""


class FakeKms(Loopback):
    """The service.

    Attributes:
        keys: by id.
        aliases: alias to id.
        now: seconds; deletion goes by it.
        hidden_looks: how often a new alias is not seen yet.
        denied: names of operations that the caller may not use.
    """

    def __init__(self) -> None:
        self.keys: dict[str, Key] = {}
        self.aliases: dict[str, str] = {}
        self.now = 1_760_000_000.0
        self.hidden_looks = 0
        self._unseen: dict[str, int] = {}
        self.denied: set[str] = set()
        self._operations: dict[str, Callable[[dict[str, Any]], object]] = {
            "CreateKey": self._create_key,
            "CreateAlias": self._create_alias,
            "DescribeKey": self._describe_key,
            "Encrypt": self._encrypt,
            "Decrypt": self._decrypt,
            "ScheduleKeyDeletion": self._schedule_key_deletion,
        }
        super().__init__()

    def advance(self, days: float) -> None:
        """Let days pass, and delete what was to be deleted meanwhile."""
        with self.lock:
            self.now += days * _DAY
            for key in [key for key in self.keys.values() if key.gone_at <= self.now]:
                del self.keys[key.id]
                self.aliases = {name: id_ for name, id_ in self.aliases.items() if id_ != key.id}

    def key(self, alias: str) -> Key:
        """The key behind an alias."""
        return self.keys[self.aliases[alias]]

    def respond(self, asked: Asked) -> Answer:
        operation = asked.headers["X-Amz-Target"].removeprefix("TrentService.")
        if f"Credential={ACCESS_KEY}/" not in asked.headers.get("Authorization", ""):
            return _error("UnrecognizedClientException")
        if operation in self.denied:
            return _error("AccessDeniedException")
        try:
            return Answer(200, self._operations[operation](asked.body))
        except RefusedError as refusal:
            return _error(str(refusal))

    def _find(self, key_id: str) -> Key:
        if key_id.startswith("alias/"):
            if self._unseen.get(key_id, 0):
                self._unseen[key_id] -= 1
                raise RefusedError("NotFoundException")
            key_id = self.aliases.get(key_id, "")
        if key_id not in self.keys:
            raise RefusedError("NotFoundException")
        return self.keys[key_id]

    def _by_id(self, key_id: str) -> Key:
        """Calls that change a key do not take an alias."""
        if key_id.startswith("alias/"):
            raise RefusedError("NotFoundException")
        return self._find(key_id)

    def _usable(self, key_id: str) -> Key:
        key = self._find(key_id)
        if key.state == "Disabled":
            raise RefusedError("DisabledException")
        if key.state != "Enabled":
            raise RefusedError("KMSInvalidStateException")
        return key

    def _create_key(self, body: dict[str, Any]) -> object:
        if (body["KeySpec"], body["KeyUsage"], body["Origin"]) != (
            "SYMMETRIC_DEFAULT",
            "ENCRYPT_DECRYPT",
            "AWS_KMS",
        ):
            raise RefusedError("UnsupportedOperationException")
        key = Key(str(uuid4()), system_random(32), body["Tags"])
        self.keys[key.id] = key
        return {"KeyMetadata": _metadata(key)}

    def _create_alias(self, body: dict[str, Any]) -> object:
        if body["AliasName"] in self.aliases:
            raise RefusedError("AlreadyExistsException")
        self._by_id(body["TargetKeyId"])
        self.aliases[body["AliasName"]] = body["TargetKeyId"]
        self._unseen[body["AliasName"]] = self.hidden_looks
        return {}

    def _describe_key(self, body: dict[str, Any]) -> object:
        return {"KeyMetadata": _metadata(self._find(body["KeyId"]))}

    def _encrypt(self, body: dict[str, Any]) -> object:
        key = self._usable(body["KeyId"])
        sealed = seal(key.material, b64decode(body["Plaintext"]), _bound(body))
        return {"KeyId": key.id, "CiphertextBlob": b64encode(key.id.encode() + sealed).decode()}

    def _decrypt(self, body: dict[str, Any]) -> object:
        blob = b64decode(body["CiphertextBlob"])
        owner, sealed = blob[:36].decode("ascii", "replace"), blob[36:]
        if owner not in self.keys:
            raise RefusedError("InvalidCiphertextException")
        key = self._usable(body["KeyId"])
        if key.id != owner:
            raise RefusedError("IncorrectKeyException")
        try:
            plaintext = open_sealed(key.material, sealed, _bound(body))
        except SealBrokenError:
            raise RefusedError("InvalidCiphertextException") from None
        return {"KeyId": key.id, "Plaintext": b64encode(plaintext).decode()}

    def _schedule_key_deletion(self, body: dict[str, Any]) -> object:
        key, window = self._by_id(body["KeyId"]), body.get("PendingWindowInDays", 30)
        if key.state == "PendingDeletion":
            raise RefusedError("KMSInvalidStateException")
        if not 7 <= window <= 30:
            raise RefusedError("ValidationException")
        key.state, key.gone_at = "PendingDeletion", self.now + window * _DAY
        return {"KeyId": key.id, "KeyState": key.state, "PendingWindowInDays": window}


def _error(code: str) -> Answer:
    return Answer(400, {"__type": code, "message": "refused"})


def _metadata(key: Key) -> dict[str, object]:
    return {"KeyId": key.id, "KeyState": key.state, "Enabled": key.state == "Enabled"}


def _bound(body: dict[str, Any]) -> bytes:
    return json.dumps(body.get("EncryptionContext", {}), sort_keys=True).encode()
