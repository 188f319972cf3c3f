from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
Text = Callable[[str], str]
Settings = Callable[..., Path]
Folder = Callable[..., Path]

# What a sick plugin does, or its model beside answering with its input.
SICK = {
    "ends_at_import": "import os; os._exit(7)",
    "exits_at_import": "import sys; sys.exit('no')",
    "crashes_at_import": "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
}
SICK_MODELS = {
    "Ends": "examples = [1]\n    def predict(self, data):\n        import os; os._exit(3)",
    "Raises": "def __init__(self):\n        raise OSError('no parameters')",
    "Misfits": "input_schema = {'type': 'string'}\n    examples = ['good', 5]",
    "Misses": "output_schema = {'type': 'string'}\n    examples = ['good', 5]",
    "Sound": "examples = [1, 'two', None]\n    print('I print')\n    def __init__(self):\n        print('I too')",
}
# Apart from those: they need a short timeout, within which the others might not be done.
HANGS_AT_IMPORT = "import time; time.sleep(600)"
HANGS = "def __init__(self):\n        import time; time.sleep(600)"


def finding(name: str, document: Mapping[str, Any]) -> Any:
    (found,) = [one for one in document["findings"] if one["name"] == name]
    return found


def documents(done: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def hospital(run: Run, plugin_text: Text, no_examples: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What `check --json` says of many sick plugins and models, each in its own way."""
    path = tmp_path_factory.mktemp("hospital")
    for name, text in SICK.items():
        (path / f"{name}.py").write_text(text)
    models = [model_text(plugin_text, name, text) for name, text in SICK_MODELS.items()]
    hook = f"@hookimpl\ndef register_models():\n    return [{', '.join(SICK_MODELS)}, lambda: 5]"
    (path / "models.py").write_text("\n\n\n".join([*models, hook]))
    file = tmp_path_factory.mktemp("settings") / "settings.toml"
    file.write_text(f"{no_examples}directories = {json.dumps([str(path), str(path / 'no')])}\n")
    done = run("check", "--json", "--settings", file)
    assert done.returncode == 1
    return documents(done)


def model_text(plugin_text: Text, name: str, text: str) -> str:
    """The class of a plugin's model, with something more in its body."""
    return plugin_text(name).split("\n\n@hookimpl")[0].rstrip() + f"\n\n    {text}"


def test_what_hangs_is_given_up_and_the_next_one_tried(
    run: Run, folder: Folder, plugin_text: Text, settings: Settings
) -> None:
    models = f"{model_text(plugin_text, 'Hangs', HANGS)}\n\n@hookimpl\ndef register_models():\n    return [Hangs]"
    path = folder(hangs_at_import=HANGS_AT_IMPORT, models=models, sound=plugin_text("Sound"))
    done = run("check", "--json", "--timeout", "8", "--settings", settings(directories=path))
    found = documents(done)
    hanging = ["It was not done after 8 s: something in it hangs."]
    names = ("hangs_at_import", "models", "hangs 1.0", "sound", "sound 1.0")
    assert [finding(name, found)["problems"] for name in names] == [hanging, [], hanging, [], []]
    assert done.returncode == 1


def test_the_settings_are_checked_first(hospital: Any) -> None:
    assert hospital["ok"] is False
    assert hospital["findings"][0] == {"kind": "settings", "name": "settings", "problems": [], "note": ""}


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("ends_at_import", "It ended its process with exit status 7."),
        ("exits_at_import", "SystemExit: no"),
        ("crashes_at_import", "It ended its process with signal SIGSEGV."),
        ("no", "The plugin directory cannot be read: No such file or directory."),
    ],
)
def test_a_sick_plugin_is_named_with_what_ails_it(hospital: Any, name: str, problem: str) -> None:
    assert finding(name, hospital) == {"kind": "plugin", "name": name, "problems": [problem], "note": ""}


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("ends 1.0", "It ended its process with exit status 3."),
        ("raises 1.0", "It could not be loaded: OSError: no parameters"),
        ("misfits 1.0", "Example 2 does not fit the input schema: "),
        ("misses 1.0", "Example 2: The model's prediction does not fit its output schema. "),
        ("number 6 of plugin models", "It could not be loaded: 5 is no model: "),
    ],
)
def test_a_sick_model_is_named_with_what_ails_it(hospital: Any, name: str, problem: str) -> None:
    found = finding(name, hospital)
    assert found["kind"] == "model"
    (said,) = found["problems"]
    assert said.startswith(problem)


def test_a_sound_model_between_sick_ones_is_found_sound(hospital: Any) -> None:
    assert finding("models", hospital)["problems"] == []
    assert finding("sound 1.0", hospital) == {
        "kind": "model",
        "name": "sound 1.0",
        "problems": [],
        "note": "3 examples",
    }


def test_all_well_is_said_and_exits_0(run: Run, folder: Folder, plugin_text: Text, settings: Settings) -> None:
    done = run("check", "--settings", settings(directories=folder(echo=plugin_text("Echo"))))
    assert [line for line in done.stdout.splitlines() if "(disabled)" not in line] == [
        "ok    settings",
        "ok    plugin echo",
        "ok    model echo 1.0 (0 examples)",
        f"All {done.stdout.count('ok  ')} checks passed.",
    ]
    assert (done.returncode, done.stderr) == (0, "")


def test_problems_stand_under_what_they_ail(run: Run, folder: Folder, settings: Settings) -> None:
    done = run("check", "--settings", settings(directories=folder(bad="raise OSError('first\\nsecond')")))
    assert "FAIL  plugin bad\n      OSError: first\n      second\n1 of " in done.stdout
    assert done.stdout.endswith(" checks failed.\n")
    assert (done.returncode, done.stderr) == (1, "")


def test_bad_settings_are_a_finding(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text("[server]\nport = true\nhots = 'a'\n")
    done = run("check", "--json", "--settings", file)
    (found,) = documents(done)["findings"]
    assert [problem.partition(": ")[2].partition(" ")[0] for problem in found["problems"]] == ["line", "line"]
    assert (found["name"], done.returncode, done.stderr) == ("settings", 1, "")


def test_a_second_model_of_one_name_and_version_is_a_problem_but_not_the_same_class_twice(
    run: Run, folder: Folder, plugin_text: Text, settings: Settings
) -> None:
    path = folder(first=plugin_text("Echo"), second=plugin_text("Echo"))
    file = settings("[[plugins.models]]\nmodule_name = 'first'\nclass_name = 'Echo'", directories=path)
    done = run("check", "--json", "--settings", file, PYTHONPATH=f"{path}:{_python_path()}")
    found = [one["problems"] for one in documents(done)["findings"] if one["kind"] == "model"]
    assert found == [[], [f"It is there already, from plugin first ({path / 'first.py'})."], []]
    assert done.returncode == 1


def _python_path() -> str:
    return os.environ.get("PYTHONPATH", "")


@pytest.mark.parametrize(
    ("text", "options", "is_fatal"),
    [
        ("[models.ghost]", [], False),
        ("[models.ghost]", ["--strict"], True),
        ("[models.ghost]\nrequired = true", [], True),
    ],
)
def test_settings_for_a_model_that_is_not_there_are_told_and_fatal_where_the_service_would_mind(
    run: Run, settings: Settings, text: str, options: list[str], is_fatal: bool
) -> None:
    done = run("check", "--json", "--no-plugins", "--settings", settings(text), *options)
    found = finding("models.ghost", documents(done))
    assert (found["problems"], found["note"]) == (
        (["No model bears this name."], "") if is_fatal else ([], "No model bears this name.")
    )
    assert done.returncode == int(is_fatal)


def test_an_object_that_calls_itself_something_else_than_its_class_is_a_problem(
    run: Run, folder: Folder, plugin_text: Text, settings: Settings
) -> None:
    text = plugin_text("Echo").replace(
        "def predict", "def __init__(self):\n        self.minor_version = 5\n\n    def predict"
    )
    done = run("check", "--json", "--settings", settings(directories=folder(echo=text)))
    assert finding("echo 1.5", documents(done))["problems"] == ["The class calls itself echo 1.0, its object echo 1.5."]


@pytest.mark.parametrize("timeout", ["0", "-1", "soon"])
def test_a_timeout_is_a_positive_number(run: Run, timeout: str) -> None:
    assert run("check", "--timeout", timeout).returncode == 2


def test_the_token_file_is_read_too(run: Run, settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "tokens.toml"
    run("token", "new", "ann", "--scope", "metrics", "--file", file)
    path = settings(f"[auth]\ntokens = '{file}'\n")
    good = documents(run("check", "--json", "--settings", path))
    assert finding(str(file), good) == {"kind": "tokens", "name": str(file), "problems": [], "note": "tokens: 1"}
    file.write_text("[tokens")
    bad = run("check", "--json", "--settings", path)
    assert bad.returncode == 1
    (problem,) = finding(str(file), documents(bad))["problems"]
    assert problem.startswith(f"The token file {file} is wrong: ")
