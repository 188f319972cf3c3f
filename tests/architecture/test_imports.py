"""Nothing happens on import: modules define, and `main()` builds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

# Imports every module of tornado_ml but those in argv, and tells what the modules' own code did meanwhile, and which
# modules are loaded afterwards. The stack is walked outwards from the deed: what the import machinery does (opening
# the modules' files), and what a library does because it is imported, is met before any frame of tornado_ml. So is
# gettext, which click asks to translate each help text, and which asks for LANGUAGE.
SPY = """
import importlib, json, os, sys
from importlib.util import find_spec
from pathlib import Path

package = Path(find_spec("tornado_ml").origin).parent
deeds = []

def who():
    frame = sys._getframe(2)
    while frame:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib") or name.endswith("/gettext.py"):
            return None
        if name.startswith(str(package)):
            return f"{Path(name).relative_to(package)}:{frame.f_lineno}"
        frame = frame.f_back

def watch(event, arguments):
    if event.split(".")[0] in {"open", "socket", "subprocess", "os", "shutil", "_thread"}:
        if place := who():
            deeds.append([event, place])

class Environment(type(os.environ)):
    def __getitem__(self, key):
        if place := who():
            deeds.append(["environment", place])
        return super().__getitem__(key)

os.environ.__class__ = Environment
sys.addaudithook(watch)
for path in sorted(package.rglob("*.py")):
    name = ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__")
    if path.stem != "__main__" and not any(f"{name}.".startswith(f"{skipped}.") for skipped in sys.argv[1:]):
        importlib.import_module(name)
print(json.dumps({"deeds": deeds, "modules": sorted(sys.modules)}))
"""


def _import_all(tmp_path: Path, *skipped: str) -> Any:
    command = [sys.executable, "-W", "error", "-c", SPY, *skipped]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_importing_any_module_opens_starts_and_reads_nothing(tmp_path: Path) -> None:
    assert _import_all(tmp_path)["deeds"] == []


def test_only_server_and_client_bring_tornado_in(tmp_path: Path) -> None:
    without = _import_all(tmp_path, "tornado_ml.server", "tornado_ml.client", "tornado_ml.cli", "tornado_ml.testing")
    assert [name for name in without["modules"] if name.split(".")[0] == "tornado"] == []


def test_a_worker_starts_without_what_only_the_service_needs(tmp_path: Path) -> None:
    code = "import sys, tornado_ml.inference.executors.process.worker; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, text=True, timeout=60)
    heavy = {"tornado", "marshmallow", "numpy", "tornado_ml.settings", "tornado_ml.inference.scheduler"}
    assert heavy & set(done.stdout.split()) == set()


def test_a_plugin_that_imports_tornado_ml_gets_no_heavy_library(tmp_path: Path) -> None:
    code = "import sys, tornado_ml; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, text=True, timeout=60)
    assert {"tornado", "marshmallow", "jsonschema_rs", "numpy", "onnxruntime"} & set(done.stdout.split()) == set()
