"""The shipped models under the filters of system calls that the unit lays upon them."""

from __future__ import annotations

import ctypes.util
import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tornado_ml.cli.units import Unit, service_unit
from tornado_ml.client import predict

pytest.importorskip("iris_model", reason="the example models are not installed")
pytest.importorskip("digits_model", reason="the example models are not installed")

UNDER_FILTER = Path(__file__).with_name("under_filter.py")
MODELS = {"iris_model", "digits_model"}

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="system calls are filtered on Linux alone"),
    pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"),
    pytest.mark.skipif(ctypes.util.find_library("seccomp") is None, reason="libseccomp is not installed"),
]

TRY_WHAT_IS_DENIED = """
import mmap, os, socket
for attempt in (
    lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC),
    lambda: socket.socket(socket.AF_NETLINK),
    lambda: os.chown(".", 1, 1),
    lambda: os.sched_setaffinity(0, {0}),
    lambda: os.chroot("."),
):
    try:
        attempt()
    except OSError as error:
        print(type(error).__name__, error.errno)
"""


@pytest.fixture
def unit_file(tmp_path: Path) -> Path:
    file = tmp_path / "tornado-ml.service"
    file.write_text(service_unit(Unit(name="tornado-ml", command=["tornado-ml", "serve"])))
    return file


def test_the_filters_deny_what_the_unit_says(unit_file: Path) -> None:
    command = [sys.executable, UNDER_FILTER, unit_file, sys.executable, "-c", TRY_WHAT_IS_DENIED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    told = ["PermissionError 1", "OSError 97", "PermissionError 1", "PermissionError 1", "PermissionError 1"]
    assert (done.stdout.splitlines(), done.stderr) == (told, "")


def test_onnx_and_numpy_need_none_of_it(unit_file: Path) -> None:
    variables = {"TORNADO_ML_MODELS__iris_model__MAX_MEMORY_BYTES": "2_000_000_000"}
    variables |= {f"TORNADO_ML_MODELS__{name}__REQUIRED": "true" for name in MODELS}
    variables |= {"TORNADO_ML_PLUGINS__DISABLED": '["anomaly", "text"]'}
    command = [sys.executable, UNDER_FILTER, unit_file, sys.executable, "-P", "-m", "tornado_ml", "serve", "--port=0"]
    with subprocess.Popen(
        command,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as service:
        assert service.stdout is not None
        assert service.stderr is not None
        try:
            url = service.stdout.readline().split()[-1]
            log: list[str] = []
            while sum("is ready" in line for line in log) < 3:  # one of them has two versions
                log.append(service.stderr.readline())
                assert log[-1], log
            for name in MODELS:
                with urllib.request.urlopen(f"{url}/api/models/{name}/metadata", timeout=20) as response:
                    example = json.load(response)["examples"][0]
                assert predict(url, name, example)["prediction"]
            service.send_signal(signal.SIGTERM)
            log.append(service.stderr.read())
            assert service.wait(20) == 0, log
        finally:
            service.kill()
    assert "not permitted" not in "".join(log)
