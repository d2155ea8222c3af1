"""The setting `key_store`: what names a store, what is refused, where secrets come from, and what is loaded."""

import subprocess
import sys
from pathlib import Path

import pytest

from api.key_stores import SECRET, open_store
from api.settings import SettingsError
from tests.support.fake_kms import CREDENTIALS
from tests.support.fake_transit import FakeTransit
from tokenizer.providers.aws_kms import AwsKmsKeyStore
from tokenizer.providers.key_store import KeyState, KeyStoreDeniedError

PIN = "918273"
MODULE = "module-path=/usr/lib/hsm.so"


@pytest.mark.parametrize(
    ("setting", "kind", "shown"),
    [
        (f"pkcs11:token=warifu?{MODULE}", "pkcs11", "Pkcs11KeyStore(/usr/lib/hsm.so)"),
        (
            "aws-kms:https://kms.ap-northeast-1.amazonaws.com",
            "aws-kms",
            "AwsKmsKeyStore(https://kms.ap-northeast-1.amazonaws.com)",
        ),
        (
            "openbao:https://bao.example:8200?mount=keys&namespace=payroll",
            "openbao",
            "OpenBaoKeyStore(https://bao.example:8200)",
        ),
        ("openbao:http://[::1]:8200/", "openbao", "OpenBaoKeyStore(http://[::1]:8200)"),
    ],
)
def test_a_setting_names_a_store_which_is_not_asked_yet(setting: str, kind: str, shown: str) -> None:
    store = open_store(setting, {SECRET: PIN})
    assert store.kind == kind
    assert repr(store) == shown


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("kms.ap-northeast-1.amazonaws.com", "ap-northeast-1"),
        ("kms-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("vpce-0a1b2c-xyz.kms.ap-northeast-3.vpce.amazonaws.com", "ap-northeast-3"),
        ("kms.internal.example?region=eu-west-1", "eu-west-1"),
    ],
)
def test_the_region_is_the_endpoint_s_or_named(host: str, region: str) -> None:
    store = open_store(f"aws-kms:https://{host}", {})
    assert isinstance(store, AwsKmsKeyStore)
    assert store._client.meta.region_name == region
    assert store._client.meta.endpoint_url == f"https://{host.partition('?')[0]}"


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("", "begin with one of pkcs11, aws-kms, openbao"),
        ("/srv/keys", "begin with one of"),
        ("vault:https://vault.example", "begin with one of"),
        ("pkcs11:token=t", "name the library with module-path"),
        ("aws-kms:", "begins with https://"),
        ("aws-kms:ap-northeast-1", "begins with https://"),
        ("aws-kms:https://kms.internal", "name the region"),
        ("aws-kms:http://kms.ap-northeast-1.amazonaws.com", "use https://"),
        ("aws-kms:https://kms.ap-northeast-1.amazonaws.com?key=1", "after ? there may be region"),
        ("openbao:bao.example", "begins with https://"),
        ("openbao:https://user:secret@bao.example", "begins with https://"),
        ("openbao:https://bao.example:99999", "begins with https://"),
        ("openbao:http://bao.example:8200", "use https://"),
        ("openbao:https://bao.example?token=hvs.x", "after ? there may be ca, mount, namespace, token-file"),
        ("openbao:https://bao.example?mount=a&mount=b", "each once"),
        ("openbao:https://bao.example?mount", "begins with https://"),
        ("openbao:https://bao.example?ca=/nonexistent.pem", "file of ca cannot be read"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_in_both_languages(setting: str, reason: str) -> None:
    with pytest.raises(SettingsError) as refused:
        open_store(setting, {})
    ja, _, en = str(refused.value).partition(" / ")
    assert reason in en
    assert "設定 key_store が正しくありません" in ja
    assert "secret" not in str(refused.value)
    assert "hvs.x" not in str(refused.value)


def test_a_secret_comes_from_the_file_that_is_named_and_is_read_anew_each_time(tmp_path: Path) -> None:
    file = tmp_path / "token"
    with FakeTransit() as server:
        server.issue("hvs.one")
        server.issue("hvs.two")
        store = open_store(f"openbao:{server.url}?token-file={file}", {SECRET: "hvs.of-the-environment"})
        for token in ("hvs.one", "hvs.two"):
            file.write_text(f"{token}\n")
            assert store.state("one") is KeyState.UNKNOWN
        used = {asked.headers["X-Vault-Token"] for asked in server.asked}
    assert used == {"hvs.one", "hvs.two"}


def test_a_secret_comes_from_the_environment_where_no_file_is_named() -> None:
    with FakeTransit() as server:
        server.issue("hvs.one")
        assert open_store(f"openbao:{server.url}", {SECRET: "hvs.one"}).state("one") is KeyState.UNKNOWN


def test_a_secret_that_is_nowhere_is_asked_for_by_name(tmp_path: Path) -> None:
    with pytest.raises(KeyStoreDeniedError, match=f"{SECRET} is not set"):
        open_store("openbao:https://bao.example", {}).state("one")
    with pytest.raises(KeyStoreDeniedError, match="token cannot be read: FileNotFoundError"):
        open_store(f"openbao:https://bao.example?token-file={tmp_path}/token", {}).state("one")


@pytest.mark.parametrize(
    ("setting", "package", "extra"),
    [
        (f"pkcs11:token=t?{MODULE}", "pkcs11", "hsm"),
        ("aws-kms:https://kms.ap-northeast-1.amazonaws.com", "boto3", "aws"),
        ("openbao:https://bao.example", "httpx", "openbao"),
    ],
)
def test_a_package_that_is_missing_is_named_with_what_installs_it(
    setting: str, package: str, extra: str
) -> None:
    code = f"""
import sys
sys.modules[{package!r}] = None
from api.key_stores import open_store
try:
    open_store({setting!r}, {{}})
except Exception as error:
    print(type(error).__name__, error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("SettingsError")
    assert f"pip install 'warifu-server[{extra}]'" in done.stdout


def test_only_the_package_of_the_store_that_is_chosen_is_loaded() -> None:
    code = """
import os, sys
from api.bootstrap import open_keys
from api.key_stores import open_store
packages = {"pkcs11", "boto3", "botocore", "httpx"}
print(sorted(packages & sys.modules.keys()))
for setting in sys.argv[1:]:
    open_store(setting, {})
    print(sorted(packages & sys.modules.keys()))
"""
    settings = [
        f"pkcs11:token=t?{MODULE}",
        "openbao:http://127.0.0.1:8200",
        "aws-kms:https://kms.ap-northeast-1.amazonaws.com",
    ]
    done = subprocess.run(
        [sys.executable, "-c", code, *settings], capture_output=True, text=True, check=True, env=CREDENTIALS
    )
    assert done.stdout.splitlines() == [
        "[]",
        "['pkcs11']",
        "['httpx', 'pkcs11']",
        "['boto3', 'botocore', 'httpx', 'pkcs11']",
    ]
