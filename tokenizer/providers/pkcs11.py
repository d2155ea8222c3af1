"""Hardware modules that speak PKCS#11, and SoftHSM, which is one in software.

Each key is an AES-256 object on the token, sensitive and not extractable, under its name as label and id. Values are
sealed with CKM_AES_GCM, which binds the context as associated data; a token without it is refused. Wrapping with
CKM_AES_KEY_WRAP_PAD would serve older tokens, but binds no context and hands keys back as objects, not as bytes.
Destroying is C_DestroyObject.

The module is used from one thread at a time and one session is kept. It is opened anew when the token drops it, when
a key seems to be missing (a token that was pulled out may look empty), and in a process that was forked off. A PIN
that was refused is not tried again until it changes: tokens lock themselves after a few attempts.
"""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol, TypeVar, runtime_checkable

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass, PKCS11Error
from pkcs11.mechanisms import GCMParams

from tokenizer.crypto.primitives import NONCE_BYTES, TAG_BYTES, RandomBytes, system_random
from tokenizer.providers.key_store import (
    Context,
    KeyState,
    denied,
    encode_context,
    not_opened,
    unknown_key,
    unreachable,
)
from tokenizer.providers.pkcs11_uri import Pkcs11Uri

T = TypeVar("T")

_AES_GCM: Final = b"\x01"
_KEY_BITS: Final = 256
_PROBE_BITS: Final = 64
_TEMPLATE: Final = {
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.MODIFIABLE: False,
}
_WANTED: Final = {Mechanism.AES_GCM, Mechanism.AES_KEY_GEN}
_LOST: Final = (
    pkcs11.SessionHandleInvalid,
    pkcs11.SessionClosed,
    pkcs11.UserNotLoggedIn,
    pkcs11.DeviceRemoved,
    pkcs11.TokenNotPresent,
)
_DENIED: Final = (
    *(pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange, pkcs11.PinLocked, pkcs11.PinExpired),
    *(pkcs11.UserPinNotInitialized, pkcs11.UserNotLoggedIn, pkcs11.FunctionRejected, pkcs11.MechanismInvalid),
    *(pkcs11.TokenWriteProtected, pkcs11.SessionReadOnly, pkcs11.AttributeReadOnly),
)
_NOT_OPENED: Final = (
    *(pkcs11.EncryptedDataInvalid, pkcs11.EncryptedDataLenRange, pkcs11.DataInvalid, pkcs11.SignatureInvalid),
    *(pkcs11.GeneralError, pkcs11.FunctionFailed),  # what many modules answer to a wrong tag
)


@runtime_checkable
class AesKey(Protocol):
    """A key on a token, as the library composes it of what it can do."""

    def encrypt(self, data: bytes, *, mechanism: Mechanism, mechanism_param: GCMParams) -> bytes:
        """C_Encrypt."""
        ...

    def decrypt(self, data: bytes, *, mechanism: Mechanism, mechanism_param: GCMParams) -> bytes:
        """C_Decrypt."""
        ...

    def destroy(self) -> None:
        """C_DestroyObject."""
        ...


class _Module:
    """A PKCS#11 library, which this process loads once and initialises without locks of its own.

    Attributes:
        lock: held by whoever calls the library.
        era: counts how often it was initialised; no session outlives one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._process = os.getpid()
        self.lock = threading.RLock()
        self.era = 0

    def tokens(self, *, anew: bool) -> list[pkcs11.Token]:
        """The tokens that are there; `anew` starts the library over, which finds what came and went."""
        try:
            library = pkcs11.lib(str(self._path))
        except PKCS11Error:
            raise unreachable(Pkcs11KeyStore.kind, f"{self._path} cannot be loaded") from None
        if not anew and self._process == os.getpid():
            with suppress(PKCS11Error):  # a library that lost its tokens may have to start over to find them
                return list(library.get_tokens())
        # Also in a process that was forked off: it must not use its parent's sessions.
        self._process, self.era = os.getpid(), self.era + 1
        library.reinitialize()
        return list(library.get_tokens())


_modules: Final[dict[Path, _Module]] = {}


class Pkcs11KeyStore:
    """Keys on one token.

    Args:
        uri: which token of which module.
        read_pin: gives the PIN at each login, so that a changed one is taken up.
        random_bytes: where nonces come from.
    """

    kind: Final = "pkcs11"
    lead_days: Final = 0

    def __init__(
        self,
        uri: Pkcs11Uri,
        read_pin: Callable[[], str],
        random_bytes: RandomBytes = system_random,
    ) -> None:
        self._uri = uri
        self._read_pin = read_pin
        self._random_bytes = random_bytes
        self._module = _modules.setdefault(uri.module, _Module(uri.module))
        self._session: pkcs11.Session | None = None
        self._session_of = (0, 0)
        self._start_over = True
        self._is_new = False
        self._refused_pin: str | None = None

    def __repr__(self) -> str:
        return f"Pkcs11KeyStore({self._uri.module})"

    def create(self, name: str) -> None:
        """See `KeyStore.create`."""

        def work(session: pkcs11.Session) -> None:
            if _find(session, name):
                raise denied(self.kind, f"{name} exists already")
            session.generate_key(
                KeyType.AES,
                _KEY_BITS,
                label=name,
                id=name.encode("ascii"),
                store=True,
                capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
                template=_TEMPLATE,
            )

        self._run(work)

    def wrap(self, name: str, plaintext: bytes, context: Context) -> bytes:
        """See `KeyStore.wrap`. Returns one algorithm byte, a 12-byte nonce, the ciphertext and its 16-byte tag."""
        return self._run(lambda session: self._seal(self._one(session, name), plaintext, context))

    def unwrap(self, name: str, blob: bytes, context: Context) -> bytes:
        """See `KeyStore.unwrap`."""

        def work(session: pkcs11.Session) -> bytes:
            key = self._one(session, name)
            if blob[:1] != _AES_GCM or len(blob) <= len(_AES_GCM) + NONCE_BYTES + TAG_BYTES:
                raise not_opened(name)
            try:
                return _open(key, blob, context)
            except _NOT_OPENED:
                # A token that opens what it has just sealed is well: then it is the value that is not.
                _open(key, self._seal(key, bytes(1), context), context)
                raise not_opened(name) from None

        return self._run(work)

    def destroy(self, name: str) -> None:
        """See `KeyStore.destroy`."""

        def work(session: pkcs11.Session) -> None:
            keys = self._search(session, name)
            if not keys:
                raise unknown_key(self.kind, name)
            for key in keys:
                key.destroy()

        self._run(work)

    def state(self, name: str) -> KeyState:
        """See `KeyStore.state`. A token keeps no trace of a destroyed key."""
        living = self._run(lambda session: bool(self._search(session, name)))
        return KeyState.LIVING if living else KeyState.UNKNOWN

    def _run(self, work: Callable[[pkcs11.Session], T]) -> T:
        """Do something in the session; in a new one, if it was lost meanwhile."""
        with self._module.lock:
            self._is_new = False
            try:
                try:
                    return work(self._current())
                except _LOST:
                    return work(self._log_in(anew=True))
            except _DENIED as error:
                raise denied(self.kind, type(error).__name__) from None
            except PKCS11Error as error:
                self._session, self._start_over = None, True
                raise unreachable(self.kind, type(error).__name__) from None

    def _one(self, session: pkcs11.Session, name: str) -> AesKey:
        keys = self._search(session, name)
        if not keys:
            raise unknown_key(self.kind, name)
        return keys[0]

    def _search(self, session: pkcs11.Session, name: str) -> list[AesKey]:
        """Find the keys of a name; that there is none is believed right after a login only."""
        keys = _find(session, name)
        return keys if keys or self._is_new else _find(self._log_in(anew=True), name)

    def _seal(self, key: AesKey, plaintext: bytes, context: Context) -> bytes:
        nonce = self._random_bytes(NONCE_BYTES)
        sealed = key.encrypt(plaintext, mechanism=Mechanism.AES_GCM, mechanism_param=_gcm(nonce, context))
        return _AES_GCM + nonce + sealed

    def _current(self) -> pkcs11.Session:
        if self._session is None or self._session_of != (os.getpid(), self._module.era):
            return self._log_in(anew=self._start_over)
        try:
            self._session.generate_random(
                _PROBE_BITS
            )  # a search in a dead session would complain when it is cleared
        except _LOST:
            return self._log_in(anew=True)
        return self._session

    def _log_in(self, *, anew: bool) -> pkcs11.Session:
        self._session, self._start_over = None, True
        token = self._choose(anew=anew)
        if not token.slot.get_mechanisms() >= _WANTED:
            raise denied(self.kind, "the token does not do CKM_AES_GCM")
        self._session = self._open_session(token)
        self._session_of = (os.getpid(), self._module.era)
        self._start_over, self._is_new = False, anew
        return self._session

    def _choose(self, *, anew: bool) -> pkcs11.Token:
        wanted = self._uri.token.items()
        fitting = [token for token in self._module.tokens(anew=anew) if wanted <= _properties(token).items()]
        if not fitting and not anew:  # it may have come after the library looked
            return self._choose(anew=True)
        if len(fitting) != 1:
            raise unreachable(self.kind, f"{len(fitting)} tokens fit the URI")
        return fitting[0]

    def _open_session(self, token: pkcs11.Token) -> pkcs11.Session:
        pin = self._read_pin()
        if pin == self._refused_pin:
            raise denied(self.kind, "this PIN was refused before and is not tried again")
        try:
            session = token.open(rw=True, user_pin=pin)
        except pkcs11.UserAlreadyLoggedIn:  # by another session of this process, for all of its sessions
            session = token.open(rw=True)
        except pkcs11.PinIncorrect:
            self._refused_pin = pin
            raise
        self._refused_pin = None
        return session


def _find(session: pkcs11.Session, name: str) -> list[AesKey]:
    attributes = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.TOKEN: True, Attribute.LABEL: name}
    found = list(session.get_objects(attributes))
    return [key for key in found if isinstance(key, AesKey)]


def _open(key: AesKey, blob: bytes, context: Context) -> bytes:
    nonce, sealed = blob[1 : 1 + NONCE_BYTES], blob[1 + NONCE_BYTES :]
    return key.decrypt(sealed, mechanism=Mechanism.AES_GCM, mechanism_param=_gcm(nonce, context))


def _gcm(nonce: bytes, context: Context) -> GCMParams:
    return GCMParams(nonce, encode_context(context), TAG_BYTES * 8)


def _properties(token: pkcs11.Token) -> dict[str, str]:
    """What a URI may ask of a token, under the URI's names."""
    return {
        "token": token.label,
        "serial": token.serial.decode("ascii", "replace").strip("\0 "),
        "manufacturer": token.manufacturer_id,
        "model": token.model,
        "slot-id": str(token.slot.slot_id),
    }
