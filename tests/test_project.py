"""What the repository promises about itself: versions agree, packages are pinned, commands and documents are true."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import api
import warifu
from api.metrics import OUTCOMES, Metrics
from api.settings import PREFIX, Settings
from tokenizer.errors import VaultError

ROOT = Path(__file__).parents[1]
LOCKS = (
    "requirements/install.txt",
    "requirements/runtime.txt",
    "requirements/stores.txt",
    "requirements/dev.txt",
)
TARGETS = {"help", "demo", "test", "serve", "lint", "schema", "bench", "lock", "setup", "clean"}
PACKAGES = ("api", "schema", "custody", "policies", "tokenizer")
MAKE = shutil.which("make") or "make"
GRANT_PRODUCER = "policies/authorize.py"

# Written in two halves, so that this file does not hold what it looks for.
PLACES = tuple(
    map("".join, (("/wo", "rk/"), ("/ro", "ot/"), ("/ho", "me/"), ("/Use", "rs/"), ("/tm", "p/conv")))
)
REGISTRIES = tuple(
    map(
        "".join,
        (
            ("pypi", ".org"),
            ("pythonhosted", ".org"),
            ("npmjs", ".org"),
            ("crates", ".io"),
            ("proxy.golang", ".org"),
        ),
    )
)


# --- versions


def test_server_client_and_changelog_name_the_same_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$", changelog, re.MULTILINE)
    assert newest is not None
    assert newest[1] == api.__version__ == warifu.__version__


# --- packages


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_holds_pins_and_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert not [line for line in text.splitlines() if line.startswith("-")]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pinned_package_has_a_hash(lock: str) -> None:
    for entry in _entries(lock):
        requirement, *hashes = entry.split(" --hash=")
        assert re.search(r"==[^=]", requirement), requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes), requirement


def test_what_runs_is_what_is_tested() -> None:
    install, runtime, stores, dev = (dict(entry.split("==", 1) for entry in _entries(lock)) for lock in LOCKS)
    assert runtime.items() <= stores.items() <= dev.items()
    assert install.items() <= dev.items()
    assert install.keys() == {"uv"}, "what installs is asked for nothing else"


@pytest.mark.parametrize("project", ["pyproject.toml", "clients/python/pyproject.toml"])
def test_every_dependency_is_pinned(project: str) -> None:
    declared = tomllib.loads((ROOT / project).read_text(encoding="utf-8"))
    needed = {canonicalize_name(Requirement(text).name) for text in declared["project"]["dependencies"]}
    tools = {
        canonicalize_name(Requirement(text).name)
        for group in declared.get("dependency-groups", {}).values()
        for text in group
        if isinstance(text, str)
    }
    chosen = {
        canonicalize_name(Requirement(text).name)
        for extra in declared["project"].get("optional-dependencies", {}).values()
        for text in extra
    }
    _, runtime, stores, dev = (
        {canonicalize_name(entry.split("==")[0]) for entry in _entries(lock)} for lock in LOCKS
    )
    assert needed <= runtime
    assert needed | chosen <= stores
    assert needed | chosen | tools <= dev


def _entries(lock: str) -> list[str]:
    """Each pin with its hashes, as one line."""
    joined = re.sub(r"\s*\\\n\s*", " ", (ROOT / lock).read_text())
    return [line for line in joined.splitlines() if line]


# --- commands


def test_make_alone_lists_every_target_with_what_it_does() -> None:
    listed = subprocess.run(
        [MAKE, "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    plain = re.sub(r"\x1b\[[0-9;]*m", "", listed.stdout)
    told = dict(line.split(None, 1) for line in plain.splitlines())
    assert told.keys() == TARGETS
    assert all(len(text) > 10 for text in told.values())


def test_make_compiles_what_was_changed_before_it_starts_the_server() -> None:
    asked = [MAKE, "--dry-run", "--what-if=api/server.py", "serve"]
    steps = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    compiles = [place for place, step in enumerate(steps) if "-m compileall" in step]
    assert len(compiles) == 1
    assert compiles[0] < steps.index(next(step for step in steps if "warifu serve" in step))
    assert set(PACKAGES) | {"clients/python/warifu"} <= set(steps[compiles[0]].split())


def test_every_target_that_documents_name_exists() -> None:
    pages = [path for path in _tracked() if path.suffix == ".md"]
    named = {name for path in pages for name in re.findall(r"(?m)^[`$ ]*make ([a-z]+)\b", _code(path))}
    assert {"demo", "test", "lint"} <= named
    assert named <= TARGETS


def test_a_python_that_is_too_old_is_refused_in_both_languages(tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text('#!/bin/sh\n[ "$1" = -V ] && echo "Python 3.9.2"\nexit 1\n')
    old.chmod(0o700)
    for name in ("Makefile", "requirements", "pyproject.toml", "clients"):
        (tmp_path / name).symlink_to(ROOT / name)
    made = subprocess.run(
        [MAKE, "setup", f"PYTHON={old}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert made.returncode != 0
    assert "Python 3.11 以降が必要です" in made.stderr
    assert "Python 3.11 or later is needed" in made.stderr
    assert "3.9.2" in made.stderr
    assert not (tmp_path / ".venv").exists()


def test_ci_stops_at_the_first_failure_and_says_so_to_pytest() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    text = script.read_text()
    assert "set -euo pipefail" in text
    assert "export CI=true" in text
    subprocess.run([shutil.which("bash") or "bash", "-n", str(script)], check=True)


SKIPPING = """
import pytest
def test_fine(): pass
def test_by_hand(): pytest.skip("no time")
@pytest.mark.skip(reason="no mood")
def test_by_mark(): pass
@pytest.mark.xfail(reason="known", strict=True)
def test_known(): assert False
"""


@pytest.mark.parametrize(
    ("ci", "outcomes"),
    [("true", "1 failed, 1 passed, 1 xfailed, 1 error"), ("", "1 passed, 2 skipped, 1 xfailed")],
)
def test_in_ci_a_skipped_test_fails_the_run(tmp_path: Path, ci: str, outcomes: str) -> None:
    (tmp_path / "test_some.py").write_text(SKIPPING)
    ran = _pytest(tmp_path, ci)
    assert outcomes in ran.stdout
    assert (ran.returncode != 0) == bool(ci)


def test_in_ci_a_module_that_skips_itself_fails_the_run(tmp_path: Path) -> None:
    (tmp_path / "test_none.py").write_text(
        'import pytest\npytest.importorskip("a_module_that_is_not_there")\n'
    )
    ran = _pytest(tmp_path, "true")
    assert "1 error" in ran.stdout
    assert ran.returncode != 0


def _pytest(directory: Path, ci: str) -> subprocess.CompletedProcess[str]:
    """Run the tests of a directory with the plugin, as `make test` does in CI, and none of our settings."""
    (directory / "pytest.ini").write_text("[pytest]\n")
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "tests.support.no_skips",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
        ],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CI": ci, "PYTEST_ADDOPTS": "", "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )


# --- documents


def _leaf_errors(error: type[VaultError]) -> Iterator[type[VaultError]]:
    """The errors that are raised: those without others below them."""
    below = error.__subclasses__()
    if not below:
        yield error
    for one in below:
        yield from _leaf_errors(one)


@pytest.mark.parametrize("field", [field.name for field in fields(Settings)])
def test_every_setting_is_explained(field: str) -> None:
    page = _page("operations.md")
    assert f"`{PREFIX}{field.upper()}`" in page
    assert field == "data" or f"| `{field}` |" in page


@pytest.mark.parametrize(
    "code", sorted({error.code for error in _leaf_errors(VaultError)} | OUTCOMES - {"OK", "PARTIAL"})
)
def test_every_error_is_explained_by_name(code: str) -> None:
    assert f"`{code}`" in _page("operations.md")


def test_every_metric_is_explained() -> None:
    page = _page("operations.md")
    for family in Metrics().registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert f"`{name}`" in page


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", _page("threat-model.md"))
    assert len(named) > 30
    for path, test in named:
        assert re.search(
            rf"^\s*(async )?def {test}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE
        ), test


def test_every_adversary_has_an_answer_and_a_test() -> None:
    rows = [
        line.split(" | ") for line in _page("threat-model.md").splitlines() if re.match(r"\| \d+ \|", line)
    ]
    assert [int(row[0].strip("| ")) for row in rows] == list(range(1, len(rows) + 1))
    for row in rows:
        assert len(row) == 4, row[0]
        assert "::test_" in row[3], row[0]


def test_every_decision_is_in_the_index_and_names_its_cost() -> None:
    index = _page("adr/README.md")
    pages = sorted(path for path in (ROOT / "docs" / "adr").glob("*.md") if path.name != "README.md")
    assert [path.name[:4] for path in pages] == [f"{number:04d}" for number in range(1, len(pages) + 1)]
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert f"[{path.name[:4]}]({path.name})" in index
        assert text.startswith(f"# {path.name[:4]} ")
        for heading in ("## The question", "## The decision", "## What it costs", "## In the code"):
            assert heading in text, (path.name, heading)
        assert text.count("\n") <= 70, path.name


def test_links_between_documents_lead_somewhere() -> None:
    for page in (path for path in _tracked() if path.suffix == ".md"):
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not re.match(r"[a-z]+:", target):
                assert (page.parent / target).exists(), (page.name, target)


def test_files_that_documents_name_are_there() -> None:
    for page in sorted((ROOT / "docs").rglob("*.md")):
        for name in re.findall(
            rf"`((?:{'|'.join(PACKAGES)}|tests|clients|docker)/[\w./-]+\w)`", page.read_text("utf-8")
        ):
            assert (ROOT / name).exists(), (page.name, name)


def _page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def _code(page: Path) -> str:
    """The parts of a page that are code."""
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", page.read_text(encoding="utf-8"), re.DOTALL))


# --- the source


def test_a_grant_is_made_in_one_place() -> None:
    makers = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Grant"
    }
    assert makers == {GRANT_PRODUCER}


def test_no_file_names_a_place_on_somebodys_machine_or_a_registry() -> None:
    found = [
        (path.relative_to(ROOT).as_posix(), word) for path in _tracked() for word in _words(path.read_bytes())
    ]
    assert found == []


def test_a_file_that_did_would_be_found() -> None:
    assert _words(b"".join((b"at py", b"pi.org, in /ro", b"ot/x"))) == {PLACES[1], REGISTRIES[0]}
    assert _words(b"at example.org, in /srv/x") == set()
    assert len(list(_tracked())) > 200


def _words(content: bytes) -> set[str]:
    return {word for word in (*PLACES, *REGISTRIES) if word.encode() in content}


def _tracked() -> Iterator[Path]:
    """The repository's files: those git knows, or in a copy without history those that are there."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
        names = listed.stdout.decode().split("\0")
        yield from (ROOT / name for name in names if name and (ROOT / name).is_file())
        return
    for path in ROOT.rglob("*"):
        parts = path.relative_to(ROOT).parts
        if path.is_file() and not any(
            part.startswith(".") or part in {"node_modules", "__pycache__"} for part in parts
        ):
            yield path
