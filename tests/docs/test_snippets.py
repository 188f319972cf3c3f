"""What a reader would copy from a page works as the page says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="NOT RUN: install curl")


def _tested_elsewhere(block: Any) -> bool:
    """What installs and tests the project itself: `tests/packaging` runs it on fresh clones."""
    return block.text.startswith(("make ", "python3 -m venv "))


@needs_curl
@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "docs/reference/rest.md",
        "docs/reference/commands.md",
        "docs/how-to/write-a-client.md",
        "docs/how-to/stream-subscribe-resume.md",
        "docs/how-to/use-a-socketio-client.md",
    ],
)
def test_a_page_works_beside_a_running_service(page: str, root: Path, reader_with_service: Any) -> None:
    reader_with_service.follow(root / page, skip=_tested_elsewhere)


@needs_curl
@pytest.mark.parametrize(
    "page",
    [
        "docs/how-to/push-predictions.md",
        "docs/how-to/send-arrays.md",
        "docs/how-to/serve-a-model-of-another-package.md",
        "docs/how-to/run-under-another-name.md",
    ],
)
def test_a_page_works_by_itself(page: str, root: Path, reader: Any) -> None:
    reader.follow(root / page)


def test_a_client_made_of_websockets_alone_has_fewer_than_30_lines(root: Path, blocks: Callable[[Path], Any]) -> None:
    pages = ("docs/how-to/write-a-client.md", "docs/how-to/stream-subscribe-resume.md")
    programs = [block.text for page in pages for block in blocks(root / page) if block.language == "python"]
    alone = [program for program in programs if "from websockets" in program]
    assert len(alone) == 5
    assert [program for program in alone if len(program.splitlines()) >= 30 or "tornado_ml" in program] == []


def test_every_page_with_something_to_type_is_followed(
    pages: list[Path], root: Path, blocks: Callable[[Path], Any]
) -> None:
    followed = Path(__file__).read_text(encoding="utf-8") + Path(__file__).with_name("test_tutorial.py").read_text(
        "utf-8"
    )
    ours = [page for page in pages if page.is_relative_to(root / "docs") or page == root / "README.md"]
    typed = [page for page in ours if any(block.language in {"sh", "python"} for block in blocks(page))]
    shown_only = {root / "docs" / "reference" / "hooks.md"}  # declarations, as they stand in the code
    assert [page for page in typed if f'"{page.relative_to(root)}"' not in followed and page not in shown_only] == []


def test_the_exchanges_on_the_protocol_page_are_true(
    root: Path, blocks: Callable[[Path], Any], reader_with_service: Any
) -> None:
    texts = [block.text for block in blocks(root / "docs" / "reference" / "protocol.md") if block.language == "json"]
    assert len(texts) >= 8
    with connect(f"ws://{reader_with_service.address}/ws") as socket:
        for request, answer in zip(texts[::2], texts[1::2], strict=True):
            socket.send(request)
            assert _without_times(json.loads(socket.recv())) == _without_times(json.loads(answer))


def _without_times(message: Mapping[str, Any]) -> Mapping[str, Any]:
    meta = message.get("meta", {})
    times = dict.fromkeys(meta.get("timing_ms", {}), "some")
    return {**message, "meta": {**meta, "timing_ms": times}}
