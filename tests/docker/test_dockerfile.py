"""What the image's recipe promises, read from the recipe itself."""

import re
from dataclasses import fields
from importlib.metadata import requires

import pytest
from packaging.requirements import Requirement

from api.settings import PREFIX, Settings
from tests.docker.recipe import DOCKERFILE, ROOT, environment, in_context, only, stages, steps

BUILD, FINAL = stages()
NOT_SETTINGS = {"DATA"}  # where the settings themselves lie


def test_the_server_runs_as_an_ordinary_user_named_by_number() -> None:
    user, group = only(FINAL, "USER").value.split(":")
    assert int(user) >= 1000
    assert int(group) >= 1000
    made = [command for step in steps(FINAL, "RUN") for command in step.commands]
    assert any(command[0] == "useradd" and user in command for command in made)


def test_the_server_is_started_without_a_shell_and_stopped_by_a_signal_it_knows() -> None:
    assert only(FINAL, "ENTRYPOINT").argv == ["warifu"]
    assert only(FINAL, "CMD").argv == ["serve"]
    assert only(FINAL, "STOPSIGNAL").value == "SIGTERM"


def test_health_is_asked_for_with_the_standard_library_alone() -> None:
    value = only(FINAL, "HEALTHCHECK").value
    assert "/ready" in value
    imported = re.search(r"import ([a-z., ]+);", value)
    assert imported is not None
    assert set(imported[1].split(", ")) <= {"http.client", "os", "sys"}


def test_nothing_is_installed_in_the_final_stage() -> None:
    installers = {"apt-get", "apt", "curl", "wget", "gcc"}
    commands = [command for step in steps(FINAL, "RUN") for command in step.commands]
    assert not [command for command in commands if command[0] in installers]
    assert [command[:2] for command in commands if command[0] == "pip"] == [["pip", "uninstall"]]
    assert not steps(FINAL, "ADD")
    assert all(step.value.startswith("--from=build ") for step in steps(FINAL, "COPY"))


def test_every_package_is_pinned_by_hash_or_made_here() -> None:
    installs = [
        command
        for step in steps(BUILD, "RUN")
        for command in step.commands
        if command[1:2] == ["install"] and command[0].endswith("pip")
    ]
    assert len(installs) == 2
    from_lock, from_here = installs
    assert {"--require-hashes", "requirements/${LOCK}.txt"} <= set(from_lock)
    assert [step.value for step in steps(BUILD, "ARG")] == ["LOCK=runtime"]
    assert {"--no-deps", "/wheels/*.whl"} <= set(from_here)


def test_what_is_removed_is_needed_by_nothing_that_stays() -> None:
    (removed,) = (
        {word for word in command[2:] if not word.startswith("-")}
        for step in steps(BUILD, "RUN")
        for command in step.commands
        if command[1:2] == ["uninstall"]
    )
    assert {"hatchling", "pip"} <= removed
    assert not removed & _needed("warifu-server", "warifu")


def test_both_stages_start_from_the_same_pinned_release_of_python() -> None:
    first, second = (only(stage, "FROM").value.split()[0] for stage in (BUILD, FINAL))
    assert first == second
    assert re.fullmatch(r"python:\$\{PYTHON\}-slim-[a-z]+", first)
    default = re.search(r"^ARG PYTHON=(3\.\d+)$", DOCKERFILE.read_text(), re.MULTILINE)
    assert default is not None


def test_every_setting_the_image_makes_is_one_the_server_knows() -> None:
    known = {field.name.upper() for field in fields(Settings)} | NOT_SETTINGS
    made = {name.removeprefix(PREFIX) for name in environment(FINAL) if name.startswith(PREFIX)}
    assert made <= known
    assert {"DATA", "KEYS"} <= made


def test_data_and_keys_are_volumes_of_their_own_and_neither_lies_in_the_other() -> None:
    assert only(FINAL, "VOLUME").argv == ["/data", "/keys"]
    made = environment(FINAL)
    assert made["WARIFU_DATA"] == "/data"
    assert made["WARIFU_KEYS"].startswith("/keys/")


@pytest.mark.parametrize(
    "path", ["api/app.py", "clients/python/warifu/__init__.py", "policies/purposes.toml"]
)
def test_what_the_recipe_copies_reaches_the_build(path: str) -> None:
    assert (ROOT / path).exists()
    assert in_context(path)


@pytest.mark.parametrize(
    "path",
    [
        ".git/config",
        ".venv/bin/python",
        "data/warifu.db",
        "keys/authority.key",
        "demo/keys/log.key",
        "docker/secrets/pgpass",
        "requirements/dev.txt",
        "tests/conftest.py",
        "clients/python/tests/test_audit.py",
        "api/__pycache__/app.cpython-311.pyc",
        "warifu.toml",
        ".env",
    ],
)
def test_keys_data_history_and_tests_never_reach_the_build(path: str) -> None:
    assert not in_context(path)


def test_every_source_of_a_copy_is_there_and_reaches_the_build() -> None:
    sources = [source for step in steps(BUILD, "COPY") for source in step.value.split()[:-1]]
    for source in sources:
        path = ROOT / source
        inside = path if path.is_file() else next(path.rglob("*.py"))
        assert in_context(inside.relative_to(ROOT).as_posix())


def _needed(*distributions: str) -> set[str]:
    """Everything that distributions need here, and what those need."""
    needed: set[str] = set()
    waiting = list(distributions)
    while waiting:
        for text in requires(waiting.pop()) or ():
            requirement = Requirement(text)
            name = requirement.name.lower().replace("_", "-")
            if name not in needed and (
                requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            ):
                needed.add(name)
                waiting.append(name)
    return needed
