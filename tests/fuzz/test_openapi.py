"""The service against its own OpenAPI document: what schemathesis makes of it, right and wrong, with every check."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tornado_ml.access import token_file
from tornado_ml.access.token_file import TokenRecord
from tornado_ml.testing import running_server

pytestmark = pytest.mark.long

EXAMPLES = 50
DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"
# A body that fits the document may still not fit the model: its schema stands in the model's metadata.
CONFIG = """
[[operations]]
include-name = "POST /api/models/{qualified_name}/predictions"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "422"]
"""


@pytest.fixture
def schemathesis(tmp_path: Path) -> Sequence[str]:
    """The beginning of its command line."""
    program = shutil.which("schemathesis", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if program is None:
        pytest.skip("NOT RUN: schemathesis is not installed (pip install 'tornado-ml[soak]')")
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    return [program, "--config-file", str(tmp_path / "schemathesis.toml"), "run", "--no-color"]


def judge(command: Sequence[str], folder: Path, document: str, *options: str) -> None:
    asked = [*command, document, *options, "--max-examples", str(EXAMPLES), "--checks", "all", "--warnings", "off"]
    done = subprocess.run(asked, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr


def test_the_service_keeps_what_its_description_promises(
    schemathesis: Sequence[str], tmp_path: Path, dropins: Path, no_examples: str
) -> None:
    with running_server(settings=no_examples, directories=[dropins]) as server:
        judge(schemathesis, tmp_path, f"{server.url}/api/openapi.json")
        assert "Traceback" not in server.log


@pytest.mark.parametrize("is_known", [True, False])
def test_so_it_does_where_it_asks_for_a_token(
    is_known: bool, schemathesis: Sequence[str], tmp_path: Path, dropins: Path, no_examples: str
) -> None:
    tokens, token = tmp_path / "tokens.toml", token_file.new_token()
    with token_file.changing(tokens) as records:
        scopes = frozenset({"admin:*", "metrics"})
        records["ann"] = TokenRecord("ann", token_file.hash_of(token), scopes, datetime.now(UTC), None)
    text = f"{no_examples}[auth]\ntokens = {json.dumps(str(tokens))}\n"
    with running_server(settings=text, directories=[dropins]) as server:
        header = f"Authorization: Bearer {token if is_known else 'nobody'}"
        # The service shows its own to who is known.
        judge(schemathesis, tmp_path, str(DOCUMENT), "--url", server.url, "--header", header)
        assert "Traceback" not in server.log
