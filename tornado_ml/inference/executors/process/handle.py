"""The service's hold on one worker process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, STDOUT, Process
from pathlib import Path
from typing import Any

from tornado_ml.errors import ElsewhereError, LossCause, ModelLoadError, WorkerLost
from tornado_ml.inference.executors.process.channel import ChannelProtocol
from tornado_ml.inference.executors.process.output import Output
from tornado_ml.inference.executors.process.worker import Cancel, Load, Loaded, OutOfMemory, Refused, Run
from tornado_ml.inference.workbench import Done, Work
from tornado_ml.logs import MODELS
from tornado_ml.models.loaded import ModelReport
from tornado_ml.models.manager import Recipe

CLOSE_S = 0.5
"""How long a worker may take to end by itself once its socket is closed."""
OUTPUT_S = 0.2
"""How long the last of what a worker has printed may take to be read."""

_CODE = """\
import sys
sys.path[:] = {path!r}
from tornado_ml.inference.executors.process.worker import main
main({fd}, {parent})
"""


class WorkerProcess:
    """One worker process.

    Attributes:
        number: which of the workers of its model it is; its replacement has the same.
        lost: done once it is gone; the result says how.
    """

    def __init__(self, name: str, number: int = 0) -> None:
        self.number = number
        self.lost: asyncio.Future[WorkerLost] = asyncio.get_running_loop().create_future()
        self._name = name
        self._process: Process | None = None
        self._protocol = ChannelProtocol(self._on_message, self._on_channel_lost)
        self._answer: asyncio.Future[Any] | None = None
        self._number = 0
        self._output = Output()
        self._watching: asyncio.Task[None] | None = None
        self._killed_for = ""
        self._is_closing = False
        self._may_retry = True
        self._cause: LossCause = "crashed"

    @property
    def pid(self) -> int:
        """The process; 0 before it is started."""
        return self._process.pid if self._process is not None else 0

    async def load(self, recipe: Recipe, *, timeout_s: float, max_memory_bytes: int) -> ModelReport:
        """Start the process and construct the model in it.

        Raises:
            ModelLoadError: it could not be constructed, or not in `timeout_s`, or there can be no further process.
            WorkerLost: the process died.
        """
        try:
            await self._start()
        except OSError as error:
            raise ModelLoadError(f"Its worker process could not be started: {error}.") from error
        try:
            async with asyncio.timeout(timeout_s):
                log_level = logging.getLogger(f"{MODELS}{self._name}").getEffectiveLevel()
                message = await self._ask(Load(recipe, max_memory_bytes, log_level))
        except TimeoutError:
            self.kill(f"It was not loaded after {timeout_s:g} s (load_timeout_s).")
            raise ModelLoadError(self._killed_for) from None
        if isinstance(message, Refused):
            raise ModelLoadError(message.reason) from (ElsewhereError(message.traceback) if message.traceback else None)
        assert isinstance(message, Loaded)
        return message.report

    async def run(self, work: Work) -> Done:
        """What became of a unit of work.

        Raises:
            WorkerLost: the worker is gone.
        """
        self._number += 1
        message = await self._ask(Run(self._number, work))
        if isinstance(message, OutOfMemory):
            self.kill("it ran out of memory", may_retry=False, cause="memory")
            raise WorkerLost(self._killed_for, may_retry=False, cause="memory")
        assert isinstance(message, Done)
        return message

    def cancel(self) -> None:
        """Tell the model that nobody waits for what it runs."""
        self._protocol.send(Cancel(self._number))

    def kill(self, why: str, *, may_retry: bool = True, cause: LossCause = "stopped") -> None:
        """End the process at once, and those that it has started."""
        self._killed_for = why
        self._may_retry = may_retry
        self._cause = cause
        if self._process is not None and self._process.returncode is None:
            self._kill_group(self._process)

    def resident_bytes(self) -> int:
        """How much memory the process holds; 0 where the system does not tell."""
        try:
            pages = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1]
        except (OSError, IndexError):
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    async def close(self) -> None:
        """End the process, by force if it does not go by itself: first it closes what it holds."""
        self._is_closing = True
        self._protocol.close()
        if self._watching is not None:
            await asyncio.wait([self._watching], timeout=CLOSE_S)
            self.kill("it is closed")
            await asyncio.wait([self._watching])
        elif not self.lost.done():
            self.lost.set_result(WorkerLost("it was closed before it was started"))
        await self._output.close(OUTPUT_S)

    async def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            ours.setblocking(False)
            await asyncio.get_running_loop().create_connection(lambda: self._protocol, sock=ours)
            code = _CODE.format(
                path=[str(Path(entry).absolute()) for entry in sys.path], fd=theirs.fileno(), parent=os.getpid()
            )
            # A pipe of our own, for asyncio says that a process has ended only once its own pipes have: processes that
            # the worker has started may hold them for ever.
            with await self._output.open(self._name) as output:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-c",
                    code,
                    stdin=DEVNULL,
                    stdout=output,
                    stderr=STDOUT,
                    pass_fds=[theirs.fileno()],
                    process_group=0,  # a Ctrl-C in the terminal is for the service alone
                )
        self._watching = asyncio.create_task(self._watch(self._process))

    async def _ask(self, message: Any) -> Any:
        if self.lost.done():
            raise self.lost.result()
        self._answer = asyncio.get_running_loop().create_future()
        self._protocol.send(message)
        return await self._answer

    def _on_message(self, message: Any) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(message)

    def _on_channel_lost(self) -> None:
        """A process without its channel is of no use; usually it is dead already, or ends by itself."""
        if not self.lost.done() and not self._is_closing:
            self.kill(self._killed_for, may_retry=self._may_retry, cause=self._cause)

    async def _watch(self, process: Process) -> None:
        status = await process.wait()
        self._kill_group(process)
        why = self._killed_for or _how_it_ended(status)
        error = WorkerLost(why, may_retry=self._may_retry, cause=self._cause)
        if not self.lost.done():
            self.lost.set_result(error)
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        self._protocol.close()

    @staticmethod
    def _kill_group(process: Process) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _how_it_ended(status: int) -> str:
    if status >= 0:
        return f"it ended with exit status {status}"
    try:
        return f"it was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"it was ended by signal {-status}"
