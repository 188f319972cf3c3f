"""The example programs do what they say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_client_of_socket_io_prints_what_it_is_told(root: Path, served_address: str) -> None:
    script = root / "docs" / "examples" / "socketio_client.py"
    done = subprocess.run(
        [sys.executable, "-W", "error", script, f"http://{served_address}"], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.splitlines()) == [
        "prediction_error: SCHEMA_ERROR: The input does not fit the model's input schema.",
        "prediction_response: setosa",
        "prediction_response: versicolor",
        "prediction_response: virginica",
    ]


def test_every_example_is_run(root: Path) -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [
        path.name for path in (root / "docs" / "examples").iterdir() if path.is_file() and path.name not in text
    ] == []
