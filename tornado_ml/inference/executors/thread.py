"""Runs a model in a thread of this process: its calls overlap with the event loop's work, one at a time."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from tornado_ml.errors import ModelLoadError, OperatorError
from tornado_ml.models.loaded import LoadedModel, ModelReport
from tornado_ml.models.manager import Outcome

T = TypeVar("T")


class ThreadExecutor:
    """One model in one thread.

    The thread is our own and a daemon: those of `concurrent.futures` are joined when the interpreter exits, so a
    model that never returns would keep the service from stopping.
    """

    def __init__(self, factory: Callable[[], object]) -> None:
        self._factory = factory
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._model: LoadedModel | None = None
        self._thread: threading.Thread | None = None

    async def load(self) -> ModelReport:
        self._thread = threading.Thread(target=self._work, name="model", daemon=True)
        self._thread.start()
        return await self._call(self._load)

    async def predict(self, document: Any) -> Outcome:
        submitted = time.monotonic()

        def predict() -> Outcome:
            assert self._model is not None, "predict() comes after load()"
            started = time.monotonic()
            prediction = self._model.predict(document)
            return Outcome(prediction, started - submitted, time.monotonic() - started, batch_size=1)

        return await self._call(predict)

    async def close(self) -> None:
        self._calls.put(None)

    def _load(self) -> ModelReport:
        try:
            self._model = LoadedModel(self._factory)
        except OperatorError:
            raise
        # A constructor may call sys.exit, which is no Exception.
        except BaseException as error:
            raise ModelLoadError(f"{type(error).__name__}: {error}") from error
        return self._model.report

    async def _call(self, function: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Callable[[], T]] = loop.create_future()

        def settle(outcome: Callable[[], T]) -> None:
            if not done.cancelled():
                done.set_result(outcome)

        def run() -> None:
            if done.cancelled():
                return
            outcome = _outcome(function)
            # RuntimeError: the loop is closed, nobody waits any more.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, outcome)

        self._calls.put(run)
        return (await done)()

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call()
        self._model = None


def _outcome(function: Callable[[], T]) -> Callable[[], T]:
    """Call `function`, and give what returns or raises again what it returned or raised.

    A future takes no StopIteration, and a SystemExit in one would stop the event loop: here both are only the model's
    failure.
    """
    try:
        result = function()
    except Exception as error:
        failure: Exception = error
    except BaseException as error:
        failure = RuntimeError(repr(error))
        failure.__cause__ = error
    else:
        return lambda: result

    def fail() -> T:
        raise failure

    return fail
