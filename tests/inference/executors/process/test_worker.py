"""The worker's end of the conversation, in a process that the test starts by itself."""

from __future__ import annotations

import logging
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tornado_ml.errors import PredictionFailed
from tornado_ml.inference.executors.process.channel import BlockingChannel
from tornado_ml.inference.executors.process.worker import Cancel, Load, Loaded, OutOfMemory, Refused, Run
from tornado_ml.inference.workbench import Done, Predict
from tornado_ml.models.answers import Answers
from tornado_ml.models.manager import Recipe, Registration

Registered = Callable[[str], Registration]

CODE = "from tornado_ml.inference.executors.process.worker import main; main({fd}, {parent})"


@contextmanager
def worker(recipe: Recipe, *, fd: int | None = None, max_memory_bytes: int = 0) -> Iterator[tuple[Any, Any]]:
    """A worker, and the service's end of the channel to it."""
    ours, theirs = socket.socketpair()
    if fd is not None:
        os.dup2(theirs.fileno(), fd)
    end = theirs.fileno() if fd is None else fd
    process = subprocess.Popen(
        [sys.executable, "-c", CODE.format(fd=end, parent=os.getpid())], pass_fds=[end], stderr=subprocess.PIPE
    )
    theirs.close()
    if fd is not None:
        os.close(fd)
    ours.settimeout(60)
    with ours, process:
        channel = BlockingChannel(ours)
        channel.send(Load(recipe, max_memory_bytes, logging.INFO))
        yield channel, process
        ours.close()
        assert process.wait(60) == 0


def test_it_reports_the_model_and_runs_until_the_service_is_gone(registered: Registered) -> None:
    registration = registered("leave_a_thread_behind")
    with worker(registration.recipe) as (channel, process):
        loaded = channel.receive()
        assert isinstance(loaded, Loaded)
        assert loaded.report.identity == registration.identity
        channel.send(Run(1, Predict(["good", "bad"], 1)))
        done = channel.receive()
        assert isinstance(done, Done)
        assert isinstance(done.result, Answers)
        assert done.result.predictions == [process.pid] * 2


def test_a_model_that_cannot_be_constructed_is_refused_with_a_traceback_for_the_log_where_it_raised() -> None:
    with worker(Recipe("settings", "x", "no_such_module:Model", 0)) as (channel, _):
        refused = channel.receive()
        assert isinstance(refused, Refused)
        assert refused.reason == "ModuleNotFoundError: No module named 'no_such_module'"
        assert "Traceback" in refused.traceback
    with worker(Recipe("settings", "x", "json:NoModel", 0)) as (channel, _):
        assert channel.receive() == Refused("Module json has no class NoModel.", "")


def test_signals_that_the_service_gets_as_well_do_not_end_it(registered: Registered) -> None:
    with worker(registered("have_no_bad_day").recipe) as (channel, process):
        channel.receive()
        channel.send(Run(1, Predict([0.5], 1)))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process.send_signal(number)
        assert channel.receive().result.predictions == [process.pid]


def test_only_a_cancel_of_what_runs_cancels_it_also_where_file_descriptors_are_many(registered: Registered) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft <= 2000:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    with worker(registered("look_whether_cancelled").recipe, fd=2000) as (channel, process):
        channel.receive()
        channel.send(Cancel(0))
        channel.send(Run(1, Predict(["bad"], 1)))
        channel.send(Cancel(0))
        channel.send(Cancel(1))
        assert channel.receive().result.predictions == [process.pid]


def test_a_service_that_goes_while_a_model_looks_whether_it_is_cancelled_is_noticed(registered: Registered) -> None:
    with worker(registered("look_whether_cancelled").recipe) as (channel, _):
        channel.receive()
        channel.send(Run(1, Predict(["bad"], 1)))


def test_the_worker_ends_when_the_model_has_run_out_of_memory(registered: Registered) -> None:
    with worker(registered("eat_memory").recipe, max_memory_bytes=500_000_000) as (channel, process):
        channel.receive()
        channel.send(Run(1, Predict(["bad"], 1)))
        assert isinstance(channel.receive(), OutOfMemory)
        assert process.wait(60) == 0


def test_what_a_model_raises_arrives_although_its_class_is_known_to_nobody_else(tmp_path: Path) -> None:
    plugin = tmp_path / "strange.py"
    plugin.write_text(
        "from tornado_ml import MLModel, MLModelSchemaValidationException, hookimpl\n"
        "from tornado_ml.errors import InvalidInput\n"
        "class Strange(MLModel):\n"
        "    qualified_name = display_name = description = 'strange'\n"
        "    major_version, minor_version = 1, 0\n"
        "    input_schema = output_schema = {}\n"
        "    def predict(self, data):\n"
        "        class Local(InvalidInput):\n"
        "            pass\n"
        "        raise MLModelSchemaValidationException('\\ud800') if data else Local('local')\n"
        "@hookimpl\n"
        "def register_models():\n"
        "    return [Strange]\n"
    )
    with worker(Recipe("directory", "strange", str(plugin), 0)) as (channel, _):
        assert isinstance(channel.receive(), Loaded)
        channel.send(Run(1, Predict([1, 0], 1)))
        errors = channel.receive().result.errors
        assert errors[0].details[0].message == "\\ud800"
        assert isinstance(errors[1], PredictionFailed)


def test_it_does_not_begin_to_work_for_a_service_that_is_gone_already() -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux tells a process that its parent has ended")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        code = CODE.format(fd=theirs.fileno(), parent=1 if os.getpid() != 1 else 2)
        assert subprocess.run([sys.executable, "-c", code], pass_fds=[theirs.fileno()], timeout=60).returncode == 0
