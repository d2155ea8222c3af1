"""The image's recipe, read the way a builder reads it: stages, steps, and which files a COPY can see."""

import json
import shlex
import shutil
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from dockerfile_parse import DockerfileParser

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "docker" / "Dockerfile"


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction."""

    instruction: str
    value: str

    @property
    def argv(self) -> list[str]:
        """The words of an exec form (a JSON array); fails for a shell form."""
        words: list[str] = json.loads(self.value)
        return words

    @property
    def commands(self) -> list[list[str]]:
        """The commands of a RUN, each as its words."""
        return [shlex.split(command) for command in self.value.split("&&")]


def stages() -> list[list[Step]]:
    """The steps of each stage, its FROM first."""
    found: list[list[Step]] = []
    for item in DockerfileParser(path=str(DOCKERFILE), cache_content=True).structure:
        if item["instruction"] == "FROM":
            found.append([])
        if found and item["instruction"] != "COMMENT":
            found[-1].append(Step(item["instruction"], item["value"]))
    return found


def steps(stage: list[Step], instruction: str) -> list[Step]:
    """The steps of one kind, in order."""
    return [step for step in stage if step.instruction == instruction]


def only(stage: list[Step], instruction: str) -> Step:
    """The one step of its kind."""
    (step,) = steps(stage, instruction)
    return step


def environment(stage: list[Step]) -> dict[str, str]:
    """What ENV sets."""
    pairs = [pair.split("=", 1) for step in steps(stage, "ENV") for pair in shlex.split(step.value)]
    return {pair[0]: pair[1] for pair in pairs}


def in_context(path: str) -> bool:
    """Whether .dockerignore lets a path of the repository into the build: the last line that matches decides."""
    seen = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        rule = line.strip()
        if rule and not rule.startswith("#"):
            allowed = rule.startswith("!")
            if _matches(path, rule.removeprefix("!")):
                seen = allowed
    return seen


def _matches(path: str, rule: str) -> bool:
    """A rule names a path and everything below it; `**/` stands for any directory, or none."""
    parts = path.split("/")
    ends = ["/".join(parts[: end + 1]) for end in range(len(parts))]
    if rule.startswith("**/"):
        return any(fnmatch(part, rule.removeprefix("**/")) for part in parts)
    return any(fnmatch(end, rule) and end.count("/") == rule.count("/") for end in ends)


def copy_sources(stage: list[Step], work: Path) -> None:
    """Do what the COPY steps of a stage do, with `work` as the root of its file system."""
    place = work
    for step in stage:
        if step.instruction == "WORKDIR":
            place = work / step.value.lstrip("/")
            place.mkdir(parents=True, exist_ok=True)
        elif step.instruction == "COPY":
            *sources, target = step.value.split()
            for source in sources:
                _copy(source, place / target, into=target.endswith("/"))


def _copy(source: str, target: Path, *, into: bool) -> None:
    origin = ROOT / source
    every = [path for path in origin.rglob("*") if path.is_file()] if origin.is_dir() else [origin]
    for path in every:
        if in_context(path.relative_to(ROOT).as_posix()):
            inner = path.relative_to(origin) if origin.is_dir() else Path(path.name if into else "")
            (target / inner).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target / inner)
