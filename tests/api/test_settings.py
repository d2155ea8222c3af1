"""Settings: a file, overridden by the environment; what makes no sense is refused by name."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.settings import FILE, Settings, SettingsError, dump, load

KEYS = Path("/srv/keys")
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
paths = texts.filter(lambda text: "\x00" not in text).map(Path)


def write(tmp_path: Path, text: str) -> Path:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_file_that_names_the_keys_is_enough(tmp_path: Path) -> None:
    settings = load(write(tmp_path, 'keys = "/srv/keys"\n'), {})
    assert settings == Settings(data=tmp_path, keys=KEYS)
    assert settings.host == "127.0.0.1"
    assert settings.database_url == f"sqlite:///{tmp_path / 'warifu.db'}"


def test_the_environment_replaces_what_the_file_says(tmp_path: Path) -> None:
    directory = write(tmp_path, 'keys = "/srv/keys"\nport = 1\npooled = false\n')
    environment = {
        "WARIFU_PORT": "8443",
        "WARIFU_POOLED": "true",
        "WARIFU_DATABASE": "postgresql://warifu@db/warifu",
        "WARIFU_KEYS": "/other",
        "WARIFU_PASSPHRASE_FILE": "/run/secret",
        "WARIFU_UNKNOWN": "x",
        "PORT": "9",
    }
    settings = load(directory, environment)
    assert (settings.port, settings.pooled, settings.keys) == (8443, True, Path("/other"))
    assert settings.database_url == "postgresql://warifu@db/warifu"
    assert settings.passphrase_file == Path("/run/secret")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "65536"),
        ("port", "-1"),
        ("port", '"x"'),
        ("port", "true"),
        ("port", "1.5"),
        ("connections", "0"),
        ("connections", "1000"),
        ("pooled", '"yes"'),
        ("introspection", "2"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_its_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"設定 {name} .* / setting {name} "):
        load(write(tmp_path, f'keys = "/srv/keys"\n{name} = {value}\n'), {})


def test_a_setting_nobody_knows_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="prot"):
        load(write(tmp_path, 'keys = "/srv/keys"\nprot = 1\n'), {})


def test_a_file_that_does_not_name_the_keys_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="key directory"):
        load(write(tmp_path, "port = 1\n"), {})
    assert load(tmp_path, {"WARIFU_KEYS": "/srv/keys"}).keys == KEYS


def test_a_directory_that_was_never_set_up_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="warifu init --data"):
        load(tmp_path, {})


@pytest.mark.parametrize("content", [b"keys = ", b"\xff\xfe", b"keys"])
def test_a_file_that_is_no_toml_is_refused_and_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(SettingsError, match=FILE):
        load(tmp_path, {})


def test_a_file_that_cannot_be_read_is_refused_and_named(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(SettingsError, match=FILE):
        load(tmp_path, {})


@given(
    st.builds(
        Settings,
        data=st.just(Path("/data")),
        keys=paths,
        database=texts,
        origin=texts,
        host=texts,
        port=st.integers(0, 65_535),
        passphrase_file=st.none() | paths,
        introspection=st.booleans(),
        connections=st.integers(1, 999),
        pooled=st.booleans(),
    )
)
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> None:
    directory = tmp_path_factory.mktemp("settings")
    (directory / FILE).write_bytes(dump(settings).encode())
    assert load(directory, {}) == replace(settings, data=directory)


def test_defaults_are_left_out_of_the_file() -> None:
    text = dump(Settings(data=Path("/data"), keys=KEYS))
    assert [line for line in text.splitlines() if not line.startswith("#")] == ['keys = "/srv/keys"']


@pytest.mark.parametrize(
    ("database", "url"),
    [
        ("sqlite:///warifu.db", "sqlite:////data/warifu.db"),
        ("sqlite:////elsewhere/w.db", "sqlite:////elsewhere/w.db"),
        ("postgresql://u@h/n", "postgresql://u@h/n"),
    ],
)
def test_a_relative_database_lies_in_the_data_directory(database: str, url: str) -> None:
    assert Settings(data=Path("/data"), keys=KEYS, database=database).database_url == url


def test_a_passphrase_comes_from_its_file_without_the_line_break(tmp_path: Path) -> None:
    path = tmp_path / "passphrase"
    path.write_bytes(" 合言葉 \r\n".encode())
    assert Settings(data=tmp_path, keys=KEYS, passphrase_file=path).passphrase() == " 合言葉 "


def test_a_passphrase_file_that_is_missing_is_refused_and_named(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, keys=KEYS, passphrase_file=tmp_path / "none")
    with pytest.raises(SettingsError, match="none cannot be read"):
        settings.passphrase()
