"""The load client: asks many times over many connections, checks each answer, and tells how long it took.

    python -m benchmarks.load URL --model iris_model --inputs '[{...}]' --connections 64 --in-flight 8 --seconds 5

One thread and one epoll, frames made beforehand, so that it is not the bottleneck. Works with every server that speaks
the envelope of the socket. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import sys
import time
from array import array
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from benchmarks import proc
from benchmarks.wire import Connection, ConnectionLost, request_frame

FRAME_COUNT = 4096
"""How many different requests there are: on each connection ids come again only after so many."""
GRACE_S = 10.0
"""How long after the end answers are waited for."""
TIMELINE_STEP_S = 0.1


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds."""

    count: int
    p10: float
    median: float
    p90: float
    p99: float
    max: float


@dataclass(frozen=True, slots=True)
class Report:
    """What a run found. Times are milliseconds and rates per second; counts are of the measured time."""

    seconds: float
    sent: int
    answered: int
    rate: float
    latency: Latency | None
    errors: dict[str, int]
    """By code; `WRONG` counts answers to nothing that was asked, and predictions that differ for the same input."""
    error_latency: dict[str, Latency]
    unanswered: int
    dropped_connections: int
    worst_to_mean: float
    """Answers on the connection that got the fewest, over the mean."""
    best_to_mean: float
    batch_size: float
    """The mean that the answers tell of; 0 if they tell none."""
    predict_ms: float
    """The mean time of the model that the answers tell of, a batch's whole time for each in it; 0 if they tell none."""
    client_cpu_us: float
    """Processor time of this client for each answer: near 1e6 / rate it was the bottleneck itself."""
    front_cpu_us: float
    """Processor time of the server's front process for each answer; 0 if it is not known."""
    workers_cpu_us: float
    """Processor time of its workers for each answer; 0 if they are not known."""
    begun_at: float
    """Of the monotonic clock, in seconds."""
    timeline: list[tuple[float, int, float]]
    """At a fixed rate, for each tenth of a second by when the request was due: (seconds since `begun_at`, answers,
    slowest in ms)."""


class _Client:
    """One connection of the load, and what is open on it."""

    __slots__ = ("answered", "connection", "next", "open")

    def __init__(self, url: str) -> None:
        self.connection = Connection(url)
        self.open: dict[int, float] = {}
        self.next = 0
        self.answered = 0


class Load:
    """A load on one server.

    Args:
        url: of the socket.
        model: its qualified name.
        inputs: sent in turn.
        connections: how many.
        in_flight: with `rate` 0, how many requests each connection keeps open.
        rate: requests a second over all connections, sent when they are due, whatever is still open.
    """

    def __init__(
        self, url: str, model: str, inputs: list[Any], *, connections: int, in_flight: int = 1, rate: float = 0.0
    ) -> None:
        self._frames = [request_frame(i, model, inputs[i % len(inputs)]) for i in range(FRAME_COUNT)]
        self._predictions: list[Any] = [None] * len(inputs)
        self._in_flight = in_flight
        self._rate = rate
        self._clients = {one.connection.fileno(): one for one in (_Client(url) for _ in range(connections))}
        self._all = list(self._clients.values())
        self._epoll = select.epoll()
        for descriptor in self._clients:
            self._epoll.register(descriptor, select.EPOLLIN)
        self._sent = 0
        self._dropped = 0
        self._unanswered = 0
        self._times: array[float] = array("d")
        self._due: array[float] = array("d")
        self._errors: Counter[str] = Counter()
        self._error_times: dict[str, list[float]] = defaultdict(list)
        self._batch_sizes = 0
        self._predict_ms = 0.0

    def run(
        self, seconds: float, *, warm_up_s: float = 0.5, front: Sequence[int] = (), workers: Sequence[int] = ()
    ) -> Report:
        """Put the load on, and tell what came of it.

        Args:
            seconds: how long it is measured.
            warm_up_s: how long it is put on before.
            front: the process that answers on the socket.
            workers: processes that work for it.
        """
        self._turn_until(time.perf_counter() + warm_up_s)
        self._forget()
        begun, begun_at = time.perf_counter(), time.monotonic()
        watched = ([os.getpid()], front, workers)
        before_s = [proc.cpu_s(*pids) for pids in watched]
        self._turn_until(begun + seconds)
        lasted = time.perf_counter() - begun
        used_s = [proc.cpu_s(*pids) - before for pids, before in zip(watched, before_s, strict=True)]
        timeline = self._timeline if self._rate else lambda _: []
        self._in_flight, self._rate = 0, 0
        rates = [one.answered for one in self._all]
        in_time = len(self._times)
        client_cpu_us, front_cpu_us, workers_cpu_us = (used / in_time * 1e6 if in_time else 0.0 for used in used_s)
        grace = time.perf_counter() + GRACE_S
        while any(one.open for one in self._clients.values()) and time.perf_counter() < grace:
            self._take_answers(0.05)
        self._unanswered += sum(len(one.open) for one in self._clients.values())
        mean = sum(rates) / len(rates)
        return Report(
            seconds=lasted,
            sent=self._sent,
            answered=len(self._times),
            rate=in_time / lasted,
            latency=_latency(self._times),
            errors=dict(self._errors),
            error_latency={code: found for code, times in self._error_times.items() if (found := _latency(times))},
            unanswered=self._unanswered,
            dropped_connections=self._dropped,
            worst_to_mean=min(rates) / mean if mean else 0.0,
            best_to_mean=max(rates) / mean if mean else 0.0,
            batch_size=self._batch_sizes / len(self._times) if self._times else 0.0,
            predict_ms=self._predict_ms / len(self._times) if self._times else 0.0,
            client_cpu_us=client_cpu_us,
            front_cpu_us=front_cpu_us,
            workers_cpu_us=workers_cpu_us,
            begun_at=begun_at,
            timeline=timeline(begun),
        )

    def _turn_until(self, end: float) -> None:
        if self._rate:
            self._turn_at_rate(end)
        else:
            self._turn_closed(end)

    def _turn_closed(self, end: float) -> None:
        for one in list(self._clients.values()):
            self._send(one, self._in_flight - len(one.open), time.perf_counter())
        while self._clients and time.perf_counter() < end:
            self._take_answers(0.05)

    def _turn_at_rate(self, end: float) -> None:
        begun, step = time.perf_counter(), 1 / self._rate
        count = 0
        while (due := begun + count * step) < end:
            now = time.perf_counter()
            if due <= now:
                # Latency counts from when it was due: a server that holds up the client does not look better for it.
                self._send(self._all[count % len(self._all)], 1, due)
                count += 1
            # epoll waits in whole milliseconds, select in microseconds.
            elif select.select([self._epoll], (), (), due - now)[0]:
                self._take_answers(0)

    def _send(self, one: _Client, count: int, due: float) -> None:
        if count <= 0:
            return
        if one.connection.fileno() not in self._clients:
            self._unanswered += count
            return
        frames = []
        for _ in range(count):
            frames.append(self._frames[one.next])
            one.open[one.next] = due
            one.next = (one.next + 1) % FRAME_COUNT
        self._sent += count
        try:
            one.connection.send(b"".join(frames) if count > 1 else frames[0])
        except ConnectionLost:
            self._lost(one)

    def _take_answers(self, timeout_s: float) -> None:
        for descriptor, _ in self._epoll.poll(timeout_s):
            one = self._clients.get(descriptor)
            if one is None:
                continue
            try:
                payloads = one.connection.receive()
            except ConnectionLost:
                self._lost(one)
                continue
            now = time.perf_counter()
            for payload in payloads:
                self._check(one, orjson.loads(payload), now)
            self._send(one, self._in_flight - len(one.open) if not self._rate else 0, now)

    def _check(self, one: _Client, answer: Any, now: float) -> None:
        id = answer.get("id")
        due = one.open.pop(id, None)
        if due is None:
            self._errors["WRONG"] += 1
            return
        data = answer["data"]
        if answer["event"] != "prediction_response":
            code = data["code"]
            self._errors[code] += 1
            self._error_times[code].append(now - due)
            return
        self._times.append(now - due)
        self._due.append(due)
        one.answered += 1
        if "meta" in answer:
            self._batch_sizes += answer["meta"]["batch_size"]
            self._predict_ms += answer["meta"]["timing_ms"]["predict"]
        which = id % len(self._predictions)
        if data["prediction"] != self._predictions[which]:
            if self._predictions[which] is None:
                self._predictions[which] = data["prediction"]
            else:
                self._errors["WRONG"] += 1

    def _lost(self, one: _Client) -> None:
        descriptor = one.connection.fileno()
        self._epoll.unregister(descriptor)
        del self._clients[descriptor]
        self._dropped += 1
        self._unanswered += len(one.open)

    def _forget(self) -> None:
        """Begin to count. What is open stays open, and counts when it is answered."""
        self._sent = sum(len(one.open) for one in self._all)
        del self._times[:], self._due[:]
        self._errors.clear()
        self._error_times.clear()
        self._batch_sizes = 0
        self._predict_ms = 0.0
        for one in self._all:
            one.answered = 0

    def _timeline(self, begun: float) -> list[tuple[float, int, float]]:
        steps: dict[int, list[float]] = defaultdict(list)
        for due, took in zip(self._due, self._times, strict=True):
            steps[int((due - begun) // TIMELINE_STEP_S)].append(took)
        return [(step * TIMELINE_STEP_S, len(took), max(took) * 1000) for step, took in sorted(steps.items())]


def _latency(times: Any) -> Latency | None:
    ordered = sorted(times)
    if not ordered:
        return None
    at = [round(1000 * ordered[int(share * (len(ordered) - 1))], 3) for share in (0.1, 0.5, 0.9, 0.99, 1)]
    return Latency(len(ordered), *at)


def report_of(document: Any) -> Report:
    """The report from the JSON document that the command prints."""
    latency = document["latency"]
    return Report(
        **document
        | {
            "latency": latency and Latency(**latency),
            "error_latency": {code: Latency(**found) for code, found in document["error_latency"].items()},
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Put a load on a server.")
    parser.add_argument("url", help="of the socket: ws://127.0.0.1:8765/ws")
    parser.add_argument("--model", required=True)
    parser.add_argument("--inputs", required=True, type=json.loads, help="a JSON list, sent in turn")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--in-flight", type=int, default=1, help="requests that each connection keeps open")
    parser.add_argument("--rate", type=float, default=0, help="requests a second over all, instead of --in-flight")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--warm-up", type=float, default=0.5, help="seconds of the same load before")
    for whose in ("front", "workers"):
        parser.add_argument(
            f"--{whose}", type=int, nargs="+", default=[], metavar="PID", help="of the server: whose CPU time to tell"
        )
    given = parser.parse_args()
    load = Load(
        given.url,
        given.model,
        given.inputs,
        connections=given.connections,
        in_flight=given.in_flight,
        rate=given.rate,
    )
    report = load.run(given.seconds, warm_up_s=given.warm_up, front=given.front, workers=given.workers)
    sys.stdout.write(json.dumps(asdict(report)) + "\n")


if __name__ == "__main__":
    main()
