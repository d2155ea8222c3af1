"""The image without a builder: its wheels are built by the recipe's own commands from the files that a builder would
see, unpacked into a plain directory, and run by the recipe's entry point under its environment."""

import json
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

import pytest

from tests.docker.recipe import ROOT, copy_sources, environment, only, stages, steps

BUILD, FINAL = stages()
WITHIN = 120.0
PACKAGES = ("api", "schema", "custody", "policies", "tokenizer")
NEEDED = {
    "api/migrations/script.py.mako",
    "api/py.typed",
    "custody/common_passwords.txt",
    "policies/purposes.toml",
    "policies/vault.cedar",
    "policies/vault.cedarschema",
    "schema/schema.graphql",
    "tokenizer/py.typed",
    "warifu/py.typed",
    "warifu/operations/detokenize.graphql",
}


@dataclass(frozen=True)
class Image:
    """The unpacked wheels, and the directories of one container."""

    root: Path

    @property
    def site(self) -> Path:
        return self.root / "site"

    @property
    def work(self) -> Path:
        return self.root / "work"

    def environment(self, port: int) -> dict[str, str]:
        """What ENV sets, with this directory as the root, on a port of loopback."""
        made = environment(FINAL)
        for name in ("WARIFU_DATA", "WARIFU_KEYS"):
            made[name] = str(self.root) + made[name]
        made["PATH"] = made["PATH"].replace("/opt/warifu/bin", str(self.root / "bin"))
        return made | {"WARIFU_HOST": "127.0.0.1", "WARIFU_PORT": str(port), "HOME": str(self.root / "data")}

    def run(self, argv: list[str], port: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.resolve(argv),
            cwd=self.work,
            env=self.environment(port),
            timeout=WITHIN,
            capture_output=True,
            text=True,
            check=False,
        )

    def resolve(self, argv: list[str]) -> list[str]:
        """`warifu` and `python` are found on the image's PATH, not on ours."""
        return [str(self.root / "bin" / argv[0]), *argv[1:]]

    def files(self) -> set[str]:
        return {path.relative_to(self.site).as_posix() for path in self.site.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """Built once: copy, build the wheels, unpack them, and give them the commands pip would write."""
    built = tmp_path_factory.mktemp("build")
    copy_sources(BUILD, built)
    place = built
    for step in BUILD:
        if step.instruction == "WORKDIR":
            place = built / step.value.lstrip("/")
        for command in step.commands if step.instruction == "RUN" else ():
            if "hatchling" in command and "build" in command:
                _build(command, place, built)
    image = Image(tmp_path_factory.mktemp("image"))
    for directory in ("bin", "data", "keys", "work"):
        (image.root / directory).mkdir(mode=0o700)
    for wheel in sorted((built / "wheels").iterdir()):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(image.site)
    _write_commands(image)
    image.work.chmod(0o500)
    return image


def _build(command: list[str], place: Path, built: Path) -> None:
    """Run a build command of the recipe with our Python and our directories."""
    words = [sys.executable, *command[1:]]
    words[words.index("-d") + 1] = str(built / "wheels")
    # Outside any repository of ours, so that the build sees what COPY brought and nothing else.
    subprocess.run(words, cwd=place, timeout=WITHIN, capture_output=True, check=True)


def _write_commands(image: Image) -> None:
    """Without `site`, Python does not see the source tree that is linked into the tests' environment."""
    packages = [sysconfig.get_path("platlib"), sysconfig.get_path("purelib")]
    path = os.pathsep.join([str(image.site), *dict.fromkeys(packages)])
    scripts = ConfigParser()
    (entry_points,) = image.site.glob("*/entry_points.txt")
    scripts.read(entry_points)
    module, function = scripts["console_scripts"]["warifu"].split(":")
    start = f"import sys; from {module} import {function}; sys.exit({function}())"
    for name, arguments in (("python", ""), ("warifu", f" -c '{start}'")):
        script = image.root / "bin" / name
        script.write_text(f'#!/bin/sh\nPYTHONPATH={path} exec {sys.executable} -S{arguments} "$@"\n')
        script.chmod(0o700)


def test_every_file_of_the_packages_is_in_the_wheels(image: Image) -> None:
    sources = [(ROOT, ROOT / package) for package in PACKAGES]
    sources.append((ROOT / "clients" / "python", ROOT / "clients" / "python" / "warifu"))
    wanted = {
        path.relative_to(base).as_posix(): path
        for base, package in sources
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted.keys() >= NEEDED
    assert wanted.keys() - image.files() == set()
    assert not [
        name for name, path in wanted.items() if (image.site / name).stat().st_size != path.stat().st_size
    ]


def test_nothing_but_the_packages_is_in_the_wheels(image: Image) -> None:
    tops = {name.split("/")[0] for name in image.files()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {*PACKAGES, "warifu"}


def test_the_image_sets_up_a_vault_serves_it_and_stops_when_told(image: Image) -> None:
    port = _free_port()
    before = image.files()
    made = image.run(["warifu", "init", "--json"], port)
    assert made.returncode == 0, made.stdout + made.stderr
    assert json.loads(made.stdout)["data"] == str(image.root / "data")
    assert image.run(_health_check(), port).returncode != 0
    with _serving(image, port) as server:
        healthy = image.run(_health_check(), port)
        assert healthy.returncode == 0, healthy.stderr
        server.send_signal(signal.Signals[only(FINAL, "STOPSIGNAL").value])
        assert server.wait(WITHIN) == 0
    assert image.files() == before
    assert list(image.work.iterdir()) == []
    left = {path.name for path in (image.root / "data").iterdir()}
    assert left - {"warifu.db-shm", "warifu.db-wal"} == {"warifu.db", "warifu.toml"}


def test_the_vault_runs_from_the_wheels_and_not_from_the_source_tree(image: Image) -> None:
    found = image.run(["python", "-c", "import api, warifu; print(api.__file__, warifu.__file__)"], 0)
    assert found.stdout.split() == [
        str(image.site / package / "__init__.py") for package in ("api", "warifu")
    ]


@contextmanager
def _serving(image: Image, port: int) -> Iterator[subprocess.Popen[str]]:
    """The recipe's entry point with its default command, until it says that it answers."""
    argv = image.resolve([*only(FINAL, "ENTRYPOINT").argv, *only(FINAL, "CMD").argv])
    server = subprocess.Popen(
        argv,
        cwd=image.work,
        env=image.environment(port),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    watchdog = Timer(WITHIN, server.kill)
    watchdog.start()
    try:
        assert server.stdout is not None
        assert server.stderr is not None
        assert str(port) in server.stdout.readline(), server.stderr.read()
        yield server
    finally:
        server.kill()
        server.communicate()
        watchdog.cancel()


def _health_check() -> list[str]:
    value = only(FINAL, "HEALTHCHECK").value
    argv: list[str] = json.loads(value[value.index("CMD") + len("CMD") :])
    return argv


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_the_recipe_builds_both_wheels() -> None:
    builds = [step for step in steps(BUILD, "RUN") if "hatchling build" in step.value]
    assert len(builds) == 2
