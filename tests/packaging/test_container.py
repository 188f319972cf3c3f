"""The image: linted, and built step by step as its Dockerfile says, in folders of its own instead of a container."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
PREFIX = "/opt/tornado-ml"
SETOSA = {"sepal_length": 5.1, "sepal_width": 3.5, "petal_length": 1.4, "petal_width": 0.2}


@dataclass(frozen=True)
class Step:
    name: str
    text: str
    stage: int

    @property
    def arguments(self) -> list[str]:
        """Of the form in JSON, or words."""
        return json.loads(self.text) if self.text.startswith("[") else shlex.split(self.text)


def steps() -> list[Step]:
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    found: list[Step] = []
    stage = -1
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, rest = line.partition(" ")
        stage += name == "FROM"
        found.append(Step(name, rest.strip(), stage))
    return found


def texts(name: str, stage: int) -> list[str]:
    return [step.text for step in steps() if (step.name, step.stage) == (name, stage)]


def variables() -> dict[str, str]:
    return dict(word.split("=", 1) for text in texts("ENV", 1) for word in shlex.split(text))


def test_the_linter_finds_no_fault() -> None:
    linter = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if linter is None:
        pytest.skip("hadolint is not installed")
    done = subprocess.run([linter, DOCKERFILE], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")


def test_signals_reach_the_service_and_it_is_nobody() -> None:
    assert texts("ENTRYPOINT", 1) == ['["tornado-ml"]']  # not in the form that a shell would stand before
    assert texts("CMD", 1) == ['["serve"]']
    assert texts("STOPSIGNAL", 1) == ["SIGTERM"]
    (user,) = texts("USER", 1)
    assert all(int(part) >= 1000 for part in user.split(":"))


def test_the_composition_takes_from_it_what_it_does_not_need() -> None:
    (service,) = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"].values()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["tmpfs"] == [variables()["HOME"]]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert (ROOT / "deploy" / service["build"]["context"] / service["build"]["dockerfile"]).samefile(DOCKERFILE)


def copied(source: Path, words: list[str], target: Path) -> None:
    """Do what COPY does, but for what `.dockerignore` keeps out."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    wanted = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    unwanted = [rule.removeprefix("**/") for rule in rules if rule.startswith("**/")]
    *names, place = words
    for name in names:
        assert name in wanted, f".dockerignore keeps {name} out"
        if (source / name).is_dir():
            shutil.copytree(
                source / name,
                target / place,
                ignore=lambda _, found: {one for one in found if any(fnmatch(one, rule) for rule in unwanted)},
            )
        else:
            shutil.copy(source / name, target / place)


def test_its_steps_make_a_service_that_is_well(
    clone: Callable[[], Path],
    run: Callable[..., str],
    newcomer: Mapping[str, str],
    serve: Callable[..., AbstractContextManager[Any]],
    tmp_path: Path,
) -> None:
    source, build, prefix = clone(), tmp_path / "source", tmp_path / "prefix"
    build.mkdir()
    arguments = {}
    for step in (step for step in steps() if step.stage == 0):
        if step.name == "COPY":
            copied(source, step.arguments, build)
        elif step.name == "ARG":
            name, _, value = step.text.partition("=")
            arguments[name] = shlex.split(value)[0]
        elif step.name == "RUN":
            command = step.text.replace(PREFIX, str(prefix)).replace("python -m venv", f"{sys.executable} -m venv", 1)
            run(["sh", "-e", "-c", command], build, **arguments)

    # A container has a network of its own; here others may listen at the port.
    settings = {**variables(), "TORNADO_ML_SERVER__HOST": "127.0.0.1", "HOME": str(tmp_path)}
    settings["PATH"] = settings["PATH"].replace(PREFIX, str(prefix)).replace("$PATH", newcomer["PATH"])
    (entry,), (command,) = texts("ENTRYPOINT", 1), texts("CMD", 1)
    assigned = [f"{name}={value}" for name, value in settings.items()]
    with serve(["env", *assigned, *json.loads(entry), *json.loads(command)], tmp_path) as service:
        service.wait_until_ready()
        assert service.predict(SETOSA) == {"species": "setosa"}
        (health,) = texts("HEALTHCHECK", 1)
        check = json.loads(health[health.index("[") :])
        address = service.url.removeprefix("http://")
        run(["env", *assigned, *(part.replace("127.0.0.1:8765", address) for part in check)], tmp_path)
