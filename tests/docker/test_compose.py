"""What docker/compose.yaml promises: little power for each container, secrets in files, one door to the world."""

import re
from dataclasses import fields
from typing import Any, cast

import pytest
import yaml

from api.graphql import Settings as GraphQLSettings
from api.settings import PREFIX, Settings
from tests.docker.recipe import ROOT
from tokenizer.crypto.passwords import KEY_DIRECTORY

DOCKER = ROOT / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
EVERY_SERVICE = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES.keys())
SECRET_WORDS = re.compile(r"PASS|SECRET|TOKEN|KEY")


@EVERY_SERVICE
def test_a_container_can_write_nowhere_but_its_volumes_and_has_no_privileges(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["ulimits"]["core"] == 0
    assert service["pids_limit"] > 0
    assert not service.keys() & {"privileged", "cap_add", "pid", "ipc", "devices", "network_mode"}


@EVERY_SERVICE
def test_a_secret_is_a_file_and_never_a_variable(service: dict[str, Any]) -> None:
    for name, value in service.get("environment", {}).items():
        if SECRET_WORDS.search(name):
            assert str(value).startswith("/run/secrets/"), name
            assert str(value).removeprefix("/run/secrets/") in service["secrets"]


@EVERY_SERVICE
def test_images_are_named_by_release_and_not_by_address(service: dict[str, Any]) -> None:
    name, _, tag = service["image"].partition(":")
    assert tag
    assert tag != "latest"
    assert "." not in name
    assert "/" not in name


@EVERY_SERVICE
def test_files_that_are_mounted_are_there_and_cannot_be_changed(service: dict[str, Any]) -> None:
    for volume in service.get("volumes", ()):
        source, _, mode = volume.partition(":")
        if source.startswith("."):
            assert (DOCKER / source).is_file()
            assert mode.endswith(":ro")
        else:
            assert source in COMPOSE["volumes"]


def test_the_world_reaches_the_proxy_alone() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    outward = {name for name, network in COMPOSE["networks"].items() if not (network or {}).get("internal")}
    assert {name for name, service in SERVICES.items() if outward & set(service["networks"])} == {"proxy"}


def test_only_the_server_shares_a_network_with_the_database() -> None:
    (private,) = SERVICES["database"]["networks"]
    assert {name for name, service in SERVICES.items() if private in service["networks"]} == {
        "database",
        "warifu",
    }


def test_keys_and_data_are_different_volumes_and_the_servers_own() -> None:
    mounts = dict(volume.split(":") for volume in SERVICES["warifu"]["volumes"])
    assert mounts == {"data": "/data", "keys": "/keys"}
    others = [
        volume for name, service in SERVICES.items() if name != "warifu" for volume in service["volumes"]
    ]
    assert not [volume for volume in others if volume.partition(":")[0] in mounts]


def test_every_secret_is_used_and_comes_from_a_directory_that_no_commit_takes() -> None:
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", ())}
    assert used == COMPOSE["secrets"].keys()
    assert all(secret["file"].startswith("./secrets/") for secret in COMPOSE["secrets"].values())
    assert (DOCKER / "secrets" / ".gitignore").read_text().splitlines()[1:] == ["*", "!.gitignore"]


def test_every_setting_is_one_the_server_knows() -> None:
    known = {PREFIX + field.name.upper() for field in fields(Settings)} | {f"{PREFIX}DATA"}
    assert {name for name in SERVICES["warifu"]["environment"] if name.startswith(PREFIX)} <= known


def test_the_servers_memory_holds_the_hash_of_its_passphrase_twice_over() -> None:
    limit = cast("str", SERVICES["warifu"]["mem_limit"])
    assert limit == SERVICES["warifu"]["memswap_limit"]  # no swap
    gibibytes = int(limit.removesuffix("g"))
    assert gibibytes * 1024**2 >= 2 * KEY_DIRECTORY.memory_kib


def test_the_databases_role_is_bound_by_row_level_security() -> None:
    sql = (DOCKER / "postgres" / "role.sql").read_text()
    (role,) = re.findall(r"^CREATE ROLE .*$", sql, re.MULTILINE)
    assert {"NOSUPERUSER", "NOBYPASSRLS"} <= set(role.rstrip(";").split())
    (secret,) = re.findall(r"/run/secrets/(\w+)", sql)
    assert secret in SERVICES["database"]["secrets"]


def test_the_proxy_lets_the_api_and_the_page_through_and_nothing_else() -> None:
    let_through = "{ path /graphql } || { path /my } || { path_beg /my/ }"
    assert _proxy("http-request") == [
        f'return status 404 content-type text/plain string "not found" unless {let_through}',
        "set-header X-Forwarded-For %[src]",
    ]
    assert SERVICES["warifu"]["environment"]["FORWARDED_ALLOW_IPS"] == "*"
    assert "ports" not in SERVICES["warifu"]
    assert _proxy("bind") == [":8443 ssl crt /run/secrets/tls_certificate alpn h2,http/1.1"]
    assert SERVICES["proxy"]["ports"] == ["443:8443"]


def test_the_proxy_waits_longer_than_the_server_works() -> None:
    (timeout,) = _proxy("timeout server")
    assert int(timeout.removesuffix("s")) > GraphQLSettings().seconds


def test_the_proxy_logs_no_path_and_no_header() -> None:
    (form,) = _proxy("log-format")
    assert set(re.findall(r"%\w+", form)) <= {"%ci", "%HM", "%ST", "%B", "%Ta"}


def _proxy(directive: str) -> list[str]:
    """The arguments of every line of the proxy's configuration that starts so."""
    lines = (line.strip() for line in (DOCKER / "haproxy.cfg").read_text().splitlines())
    return [line.removeprefix(directive).strip() for line in lines if line.startswith(f"{directive} ")]
