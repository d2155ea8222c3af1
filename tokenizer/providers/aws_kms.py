"""AWS Key Management Service.

Each key is a symmetric KMS key of its own, found by an alias that is its name; the context is the encryption context.
Destroying schedules the key's deletion with the shortest window there is, seven days. From that moment it decrypts
nothing; one call does it, so that no failure leaves a key half destroyed. Its bytes go when the window ends, or up to a
day later, and until then somebody with the right to cancel could bring it back. That is what `lead_days` is for.

A new key, its alias and a change of its state take a moment to be seen everywhere; `create` and `destroy` wait for it.

Data goes to the endpoint that is configured and nowhere else: no endpoint or proxy of the environment counts.
Credentials come from where AWS's library finds them (environment, files, the instance's metadata).
"""

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
)

from tokenizer.providers.key_store import (
    Context,
    KeyState,
    denied,
    key_destroyed,
    not_opened,
    unknown_key,
    unreachable,
)

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_kms.type_defs import KeyMetadataTypeDef

T = TypeVar("T")

WINDOW_DAYS: Final = 7
_CONFIG: Final = Config(
    connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2}, proxies={}
)
_LIVING: Final = frozenset({"Enabled", "Updating"})
_DESTROYED: Final = frozenset({"PendingDeletion", "PendingReplicaDeletion"})
_PASSING: Final = frozenset({"Creating", "Unavailable"})
_ABSENT: Final = "NotFoundException"
_NOT_OPENED: Final = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})
_DENIED: Final = frozenset(
    {
        *("AccessDeniedException", "AlreadyExistsException", "DisabledException", "LimitExceededException"),
        *(
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "OptInRequired",
        ),
        *("ExpiredTokenException", "IncompleteSignature", "MissingAuthenticationToken", "NotAuthorized"),
    }
)
_LOOKS: Final = 20
_BETWEEN_SECONDS: Final = 0.5


class AwsKmsKeyStore:
    """Keys in one account and region.

    Args:
        client: of the service.
        wait: lets seconds pass between two looks at what was just changed.
    """

    kind: Final = "aws-kms"
    lead_days: Final = WINDOW_DAYS + 1

    def __init__(self, client: "KMSClient", wait: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._wait = wait

    def __repr__(self) -> str:
        return f"AwsKmsKeyStore({self._client.meta.endpoint_url})"

    @classmethod
    def connect(cls, endpoint: str, region: str) -> "AwsKmsKeyStore":
        """A store behind an endpoint, such as `https://kms.ap-northeast-1.amazonaws.com`."""
        # On DEBUG the library writes down what it sends and receives: keys.
        logging.getLogger("botocore").setLevel(logging.INFO)
        session = boto3.session.Session()
        return cls(session.client("kms", endpoint_url=endpoint, region_name=region, config=_CONFIG))

    def create(self, name: str) -> None:
        """See `KeyStore.create`. If it is cut short before the key has its alias, a key with the tag stays behind."""
        if self._describe(name) is not None:
            raise denied(self.kind, f"{name} exists already")

        def work() -> None:
            made = self._client.create_key(
                Description=f"Warifu {name}",
                KeySpec="SYMMETRIC_DEFAULT",
                KeyUsage="ENCRYPT_DECRYPT",
                Origin="AWS_KMS",
                Tags=[{"TagKey": "warifu", "TagValue": name}],
            )
            self._client.create_alias(AliasName=_alias(name), TargetKeyId=made["KeyMetadata"]["KeyId"])

        self._ask(name, work)
        self._until(name, KeyState.LIVING)

    def wrap(self, name: str, plaintext: bytes, context: Context) -> bytes:
        """See `KeyStore.wrap`. Returns the service's own ciphertext."""
        key_id = self._usable(name)
        answer = self._ask(
            name,
            lambda: self._client.encrypt(KeyId=key_id, Plaintext=plaintext, EncryptionContext=context),
        )
        return answer["CiphertextBlob"]

    def unwrap(self, name: str, blob: bytes, context: Context) -> bytes:
        """See `KeyStore.unwrap`."""
        key_id = self._usable(name)
        answer = self._ask(
            name,
            lambda: self._client.decrypt(KeyId=key_id, CiphertextBlob=blob, EncryptionContext=context),
        )
        return answer["Plaintext"]

    def destroy(self, name: str) -> None:
        """See `KeyStore.destroy`."""
        found = self._describe(name)
        if found is None:
            raise unknown_key(self.kind, name)
        if found["KeyState"] in _DESTROYED:
            return
        key_id = found["KeyId"]
        self._ask(
            name,
            lambda: self._client.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=WINDOW_DAYS),
        )
        self._until(name, KeyState.DESTROYED)

    def state(self, name: str) -> KeyState:
        """See `KeyStore.state`. After the window, the service keeps no trace of a key."""
        found = self._describe(name)
        return KeyState.UNKNOWN if found is None else self._judge(name, found["KeyState"])

    def _judge(self, name: str, state: str) -> KeyState:
        if state in _LIVING:
            return KeyState.LIVING
        if state in _DESTROYED:
            return KeyState.DESTROYED
        raise (unreachable if state in _PASSING else denied)(self.kind, f"{name} is {state}")

    def _usable(self, name: str) -> str:
        """The id of a living key: an alias may be pointed elsewhere between two calls, an id may not."""
        found = self._describe(name)
        if found is None:
            raise unknown_key(self.kind, name)
        if self._judge(name, found["KeyState"]) is KeyState.DESTROYED:
            raise key_destroyed(self.kind, name)
        return found["KeyId"]

    def _describe(self, name: str) -> "KeyMetadataTypeDef | None":
        def work() -> "KeyMetadataTypeDef | None":
            try:
                return self._client.describe_key(KeyId=_alias(name))["KeyMetadata"]
            except ClientError as error:
                if _code(error) == _ABSENT:
                    return None
                raise

        return self._ask(name, work)

    def _until(self, name: str, wanted: KeyState) -> None:
        """Look until the service shows what it was told."""
        for _ in range(_LOOKS):
            if self.state(name) is wanted:
                return
            self._wait(_BETWEEN_SECONDS)
        raise unreachable(self.kind, f"{name} is not {wanted.value} after {_LOOKS} looks")

    def _ask(self, name: str, work: Callable[[], T]) -> T:
        try:
            return work()
        except (NoCredentialsError, PartialCredentialsError, NoAuthTokenError) as error:
            raise denied(self.kind, type(error).__name__) from None
        except ClientError as error:
            raise self._named(name, _code(error)) from None
        except BotoCoreError as error:
            raise unreachable(self.kind, type(error).__name__) from None

    def _named(self, name: str, code: str) -> Exception:
        if code in _NOT_OPENED:
            return not_opened(name)
        if code == _ABSENT:
            return unknown_key(self.kind, name)
        return denied(self.kind, code) if code in _DENIED else unreachable(self.kind, code)


def _alias(name: str) -> str:
    """The alias of a key. Aliases have no dots; names of keys have no slashes."""
    return f"alias/warifu/{name.replace('.', '/')}"


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
