"""The setting `key_store`: which key store wraps the epoch keys, and how it is reached.

    pkcs11:token=warifu?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/run/warifu/pin
    aws-kms:https://kms.ap-northeast-1.amazonaws.com
    openbao:https://bao.example:8200?mount=transit&token-file=/run/warifu/token

A PIN or a token comes from the file that is named, or from the environment; it is read anew at each use. The packages
that speak to the stores are loaded for the one that is chosen only.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

from api.settings import PREFIX, SettingsError
from tokenizer.providers.key_store import KeyStore, denied
from tokenizer.providers.pkcs11_uri import Pkcs11Uri, Pkcs11UriError

SECRET: Final = f"{PREFIX}KEY_STORE_SECRET"
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_REGION: Final = re.compile(r"(?:^|\.)kms(?:-fips)?\.([a-z0-9-]+)\.")
_EXTRAS: Final = {"pkcs11": "hsm", "boto3": "aws", "botocore": "aws", "httpx": "openbao"}


def open_store(setting: str, environment: Mapping[str, str]) -> KeyStore:
    """The key store that a setting names; it is not asked anything yet.

    Args:
        setting: as in `key_store`.
        environment: where a PIN or token may be, if the setting names no file.

    Raises:
        SettingsError: the setting makes no sense, or the package that it needs is not installed.
    """
    kind, _, rest = setting.partition(":")
    makers: dict[str, Callable[[], KeyStore]] = {
        "pkcs11": lambda: _pkcs11(setting, environment),
        "aws-kms": lambda: _aws_kms(rest),
        "openbao": lambda: _openbao(rest, environment),
    }
    if kind not in makers:
        raise _wrong(
            f"{', '.join(makers)} のいずれかで始めてください", f"begin with one of {', '.join(makers)}"
        )
    try:
        return makers[kind]()
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get(error.name or "")
        if extra is None:
            raise
        raise _wrong(
            f"パッケージがありません。pip install 'warifu-server[{extra}]' を実行してください",
            f"its package is missing; run pip install 'warifu-server[{extra}]'",
        ) from None


def _pkcs11(setting: str, environment: Mapping[str, str]) -> KeyStore:
    from tokenizer.providers.pkcs11 import Pkcs11KeyStore

    try:
        uri = Pkcs11Uri.parse(setting)
    except Pkcs11UriError as error:
        raise _wrong(error.message_ja, error.message_en) from None
    return Pkcs11KeyStore(uri, _secret(Pkcs11KeyStore.kind, uri.pin_file, environment))


def _aws_kms(address: str) -> KeyStore:
    from tokenizer.providers.aws_kms import AwsKmsKeyStore

    url, options = _split(address, frozenset({"region"}))
    found = _REGION.search(url.hostname or "")
    region = options.get("region") or (found[1] if found else "")
    if not region:
        raise _wrong("?region= でリージョンを指定してください", "name the region with ?region=")
    return AwsKmsKeyStore.connect(_base(url), region)


def _openbao(address: str, environment: Mapping[str, str]) -> KeyStore:
    from tokenizer.providers.openbao import Address, OpenBaoKeyStore

    url, options = _split(address, frozenset({"mount", "namespace", "token-file", "ca"}))
    file = Path(options["token-file"]) if "token-file" in options else None
    ca = Path(options["ca"]) if "ca" in options else None
    place = Address(_base(url), options.get("mount", "transit"), options.get("namespace", ""), ca)
    try:
        return OpenBaoKeyStore(place, _secret(OpenBaoKeyStore.kind, file, environment))
    except OSError as error:  # ssl's errors are among them
        raise _wrong(f"ca のファイルを読めません({ca})", f"the file of ca cannot be read ({ca})") from error


def _split(address: str, known: frozenset[str]) -> tuple[SplitResult, dict[str, str]]:
    """An address with its options. Plain HTTP is for this machine alone."""
    try:
        url = urlsplit(address)
        pairs = parse_qsl(url.query, strict_parsing=bool(url.query))
        good = bool(url.hostname) and url.port != 0
    except ValueError:
        good, pairs = False, []
    if not good or url.username or url.fragment or url.scheme not in {"https", "http"}:
        raise _wrong(
            "https:// で始まるアドレスを書いてください", "write an address that begins with https://"
        )
    if url.scheme == "http" and url.hostname not in _LOOPBACK:
        raise _wrong("http:// はこの機械の中だけです", "http:// is for this machine alone; use https://")
    options = dict(pairs)
    if not options.keys() <= known or len(options) != len(pairs):
        wanted = ", ".join(sorted(known))
        raise _wrong(
            f"? の後に使えるのは {wanted} で、各 1 回です", f"after ? there may be {wanted}, each once"
        )
    return url, options


def _base(url: SplitResult) -> str:
    return f"{url.scheme}://{url.netloc}{url.path.rstrip('/')}"


def _secret(kind: str, file: Path | None, environment: Mapping[str, str]) -> Callable[[], str]:
    """How a PIN or a token is read."""

    def read() -> str:
        if file is None:
            if SECRET not in environment:
                raise denied(kind, f"no secret: {SECRET} is not set, and the setting names no file")
            return environment[SECRET]
        try:
            return file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise denied(kind, f"{file} cannot be read: {type(error).__name__}") from None

    return read


def _wrong(ja: str, en: str) -> SettingsError:
    return SettingsError(
        f"設定 key_store が正しくありません。{ja}。 / The setting key_store makes no sense: {en}."
    )
