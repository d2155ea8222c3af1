"""Settings, read once at start and never changed: a file in the data directory, overridden by the environment.

    data directory/        everything a backup copies
        warifu.toml        written by `warifu init`
        warifu.db          the embedded database
    key directory/         elsewhere: never in a backup
    ledger/                elsewhere: outlives the database

An environment variable `WARIFU_<NAME>` replaces the file's value of that name.
"""

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

FILE: Final = "warifu.toml"
PREFIX: Final = "WARIFU_"


class SettingsError(Exception):
    """A setting is missing or makes no sense; the message names it and what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation runs.

    Attributes:
        data: the data directory.
        keys: the key directory, outside the data directory.
        ledger: directory of the ledger, outside the data directory; beside the key directory if None.
        database: `sqlite:///...` or `postgresql://...`; a relative SQLite path lies in the data directory.
        origin: the start of the audit logs' names; the tenant's id follows. Never change it.
        host: address to listen on.
        port: port to listen on.
        passphrase_file: file holding the passphrase of the key directory, if it has one.
        key_store: what wraps the epoch keys (see `api.key_stores`); None for keys in files.
        key_store_backup_days: so long the store's own backups are kept; epoch keys are destroyed that much earlier.
        issuer: who keeps the vault, as certificates of disposal name it; empty leaves the line out.
        introspection: whether the GraphQL schema can be asked for.
        connections: connections to PostgreSQL.
        pooled: whether a transaction pooler stands before PostgreSQL (turns prepared statements off).
        worker: whether the server does the chores (see `api.jobs`); `warifu worker` does them as well.
        backup_database: address by which backups read PostgreSQL, past any pooler, as a role that bypasses row-level
            security; `database` if None.
        postgres_tools: directory of pg_dump and pg_restore; looked for on the PATH if None.
        budget: points a credential may spend at once (see `api.budget`); a release costs up to 20.
        budget_per_second: points that flow back to it in a second.
        smtp: the mail server, `smtps://user@host:port` or `smtp+starttls://user@host:port`; None sends no mail.
        smtp_password_file: file holding the password for it, if `smtp` has none.
        mail_from: the address that mail comes from.
        public_url: where people reach the pages of this installation, such as `https://numbers.example.com`.
    """

    data: Path
    keys: Path
    database: str = "sqlite:///warifu.db"
    origin: str = "warifu.invalid/log"
    host: str = "127.0.0.1"
    port: int = 8470
    passphrase_file: Path | None = None
    key_store: str | None = None
    key_store_backup_days: int = 0
    ledger: Path | None = None
    issuer: str = ""
    introspection: bool = True
    connections: int = 8
    pooled: bool = False
    worker: bool = True
    backup_database: str | None = None
    postgres_tools: Path | None = None
    budget: int = 200_000
    budget_per_second: int = 50_000
    smtp: str | None = field(default=None, repr=False)
    smtp_password_file: Path | None = None
    mail_from: str = ""
    public_url: str | None = None

    @property
    def database_url(self) -> str:
        """The database's address, a relative SQLite path resolved against the data directory."""
        path = self.database.removeprefix("sqlite:///")
        if path == self.database or Path(path).is_absolute():
            return self.database
        return f"sqlite:///{self.data / path}"

    @property
    def ledger_directory(self) -> Path:
        """Where the ledger is: in a directory of its own, beside the keys unless the setting says otherwise."""
        return self.ledger or self.keys.with_name(f"{self.keys.name}-ledger")

    def passphrase(self) -> str | None:
        """The passphrase of the key directory, from its file or the environment.

        Raises:
            SettingsError: the file cannot be read.
        """
        return _secret(self.passphrase_file, "PASSPHRASE", "パスフレーズ", "passphrase")

    def smtp_password(self) -> str | None:
        """The password for the mail server, from its file or the environment.

        Raises:
            SettingsError: the file cannot be read.
        """
        return _secret(
            self.smtp_password_file, "SMTP_PASSWORD", "メールサーバーのパスワード", "mail server password"
        )


def _secret(path: Path | None, variable: str, name_ja: str, name_en: str) -> str | None:
    if path is None:
        return os.environ.get(PREFIX + variable)
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "UTF-8"
        raise SettingsError(
            f"{name_ja}のファイル {path} を読めません。権限を確認してください。 / "
            f"The {name_en} file {path} cannot be read ({why})."
        ) from None


def load(data: Path, environment: Mapping[str, str]) -> Settings:
    """Read the settings of a data directory.

    Raises:
        SettingsError: the directory was never set up, or a value makes no sense.
    """
    path = data / FILE
    try:
        values: dict[str, object] = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(
            f"{path} がありません。`warifu init --data {data}` を実行してください。 / "
            f"There is no {path}. Run `warifu init --data {data}`."
        ) from None
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} を読めません / {path} cannot be read: {error}") from None
    return _settings(data, values, environment)


def from_environment(data: Path, environment: Mapping[str, str]) -> Settings:
    """The settings of a data directory whose file is lost, from the environment alone; its paths made absolute.

    Raises:
        SettingsError: the key directory is not named, or a value makes no sense.
    """
    paths = {f"{PREFIX}{name.upper()}" for name in _PATHS}
    absolute = {name: str(Path(value).resolve()) for name, value in environment.items() if name in paths}
    return _settings(data, {}, {**environment, **absolute})


def _settings(data: Path, values: dict[str, object], environment: Mapping[str, str]) -> Settings:
    path = data / FILE
    known = {item.name: item.type for item in fields(Settings) if item.name != "data"}
    for name in known:
        override = environment.get(PREFIX + name.upper())
        if override is not None:
            values[name] = override
    unknown = values.keys() - known.keys()
    if unknown:
        raise SettingsError(
            f"{path} に未知の設定 {sorted(unknown)} があります。 / {path} has unknown settings {sorted(unknown)}."
        )
    if "keys" not in values:
        raise SettingsError(
            f"{path} に keys(鍵ディレクトリ)がありません。 / {path} does not name the key directory (keys)."
        )
    return Settings(data=data, **{name: _read(name, value) for name, value in values.items()})


def dump(settings: Settings) -> str:
    """The text of the settings file."""
    lines = ["# 割符の設定 / Settings of Warifu. See docs/operations.md."]
    for item in fields(Settings):
        value = getattr(settings, item.name)
        if item.name == "data" or value is None or (item.name != "keys" and value == item.default):
            continue
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        lines.append(f"{item.name} = {shown if isinstance(value, bool | int) else _quoted(shown)}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A basic string of TOML, which is one of JSON but for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


_POINTS: Final = range(1, 2**31)
_INTEGERS: Final = {
    "port": range(65_536),
    "connections": range(1, 1_000),
    "key_store_backup_days": range(46),
    "budget": _POINTS,
    "budget_per_second": _POINTS,
}
_FLAGS: Final = {"introspection", "pooled", "worker"}
_PATHS: Final = {"keys", "ledger", "passphrase_file", "postgres_tools", "smtp_password_file"}


def _read(name: str, value: object) -> Any:
    if name in _PATHS:
        return Path(str(value))
    if name in _FLAGS:
        return _flag(name, value)
    if name in _INTEGERS:
        return _integer(name, value, _INTEGERS[name])
    if name == "public_url":
        return _public(str(value))
    return str(value)


def _public(text: str) -> str:
    """An address of pages without its last slash: HTTPS, or on this machine HTTP as well."""
    try:
        parts = urlsplit(text)
        host, bare = parts.hostname or "", not (parts.query or parts.fragment or parts.username)
        fits = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
        fits = fits and bare and bool(host) and text.isascii() and text.isprintable() and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise SettingsError(
            "設定 public_url は https://numbers.example.com の形にしてください / "
            "setting public_url looks like https://numbers.example.com"
        )
    return text.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself, by name or address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _flag(name: str, value: object) -> bool:
    text = str(value).lower()
    if text not in {"true", "false", "1", "0"}:
        raise SettingsError(f"設定 {name} は true か false です / setting {name} is true or false")
    return text in {"true", "1"}


def _integer(name: str, value: object, allowed: range) -> int:
    text = str(value)
    if not text.isdecimal() or int(text) not in allowed:
        raise SettingsError(
            f"設定 {name} は {allowed.start}〜{allowed.stop - 1} の整数です / "
            f"setting {name} is a whole number from {allowed.start} to {allowed.stop - 1}"
        )
    return int(text)
