"""What a reader would copy from a page works as the page says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from tornado_ml.protocol.events import EVENTS

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="NOT RUN: install curl")


def _tested_elsewhere(block: Any) -> bool:
    """What installs and tests the project itself: `tests/packaging` runs it on fresh clones. And what is asked of a
    journal: `log-and-observe.md` has one."""
    return block.text.startswith(("make ", "python3 -m venv ", "tornado-ml replay "))


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
        "docs/how-to/watch-it.md",
    ],
)
def test_a_page_works_beside_a_running_service(page: str, root: Path, reader_with_service: Any) -> None:
    reader_with_service.follow(root / page, skip=_tested_elsewhere)


@needs_curl
@pytest.mark.parametrize(
    "page",
    [
        "docs/how-to/push-predictions.md",
        "docs/how-to/bring-a-widget.md",
        "docs/how-to/remember-a-conversation.md",
        "docs/how-to/log-and-observe.md",
        "docs/how-to/trace-requests.md",
        "docs/how-to/stream-partial-results.md",
        "docs/how-to/send-arrays.md",
        "docs/how-to/serve-a-model-of-another-package.md",
        "docs/how-to/run-as-a-service.md",
        "docs/how-to/run-under-another-name.md",
        "docs/how-to/limit-clients.md",
        "docs/how-to/protect-it.md",
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
    page = root / "docs" / "reference" / "protocol.md"
    messages = [json.loads(block.text) for block in blocks(page) if block.language == "json"]
    assert {message["event"] for message in messages} >= {"prediction_partial", "session_closed", "unsubscribed"}
    sent_by_clients = {event.name for event in EVENTS if event.sender == "client"}
    said: dict[str, Any] = {}
    with ExitStack() as sockets:
        socket = None
        for message in messages:
            if socket is None or message["event"] == "hello":
                socket = sockets.enter_context(connect(f"ws://{reader_with_service.address}/ws"))
            if message["event"] in sent_by_clients:
                socket.send(json.dumps(_filled(message, said)))
                continue
            answer = json.loads(socket.recv(timeout=30))
            while _is_pushed(answer) and not _is_pushed(message):
                answer = json.loads(socket.recv(timeout=30))
            assert _is_like(answer, message), answer
            said |= answer["data"]


def _filled(message: Any, said: Mapping[str, Any]) -> Any:
    """The message, with what the service has said in place of `…`."""
    if not isinstance(message, dict):
        return message
    return {key: said[key] if value == "…" else _filled(value, said) for key, value in message.items()}


def _is_pushed(message: Mapping[str, Any]) -> bool:
    return "subscription" in message.get("meta", {})


def _is_like(answer: Any, shown: Any) -> bool:
    """Whether it is what the page shows, where `…` and times stand for any."""
    if not isinstance(shown, dict) or not isinstance(answer, dict):
        return bool(shown in ("…", answer))
    return answer.keys() == shown.keys() and all(
        key == "timing_ms" or _is_like(answer[key], shown[key]) for key in shown
    )
