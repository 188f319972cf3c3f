"""Many sockets that listen: `python -m benchmarks.listen ws://…/ws --connections 1000 --front PID`.

Each sends one frame and then reads. Prints what came as JSON.
"""

from __future__ import annotations

import argparse
import json
import select
import sys
import time
from dataclasses import asdict, dataclass

import orjson

from benchmarks import proc
from benchmarks.wire import Connection, masked

SUBSCRIBE = orjson.dumps({"event": "subscribe", "data": {"model_qualified_name": "ticker", "source": "ticks"}})


@dataclass(frozen=True)
class Heard:
    """What a run of the listeners found.

    Attributes:
        rate: frames a second, of all sockets together.
        front_cpu_us: processor time of the server for each frame.
        frame_bytes: how long a frame is, without its header.
        slowest_share: what the socket with the fewest frames got, of the mean.
        front_bytes: resident memory of the server for each socket, beyond what it had before they came.
    """

    rate: float
    front_cpu_us: float
    frame_bytes: float
    slowest_share: float
    front_bytes: float


def listen(url: str, connections: int, front: int, seconds: float, warm_up_s: float) -> Heard:
    before_bytes = proc.resident_bytes(front)
    poll = select.epoll()
    sockets = {}
    for _ in range(connections):
        socket = Connection(url)
        sockets[socket.fileno()] = socket
        poll.register(socket.fileno(), select.EPOLLIN)
    for socket in sockets.values():
        socket.send(masked(SUBSCRIBE))
    counts = dict.fromkeys(sockets, 0)
    size = 0

    def read_for(duration_s: float) -> None:
        nonlocal size
        until = time.monotonic() + duration_s
        while time.monotonic() < until:
            for number, _ in poll.poll(0.1):
                payloads = sockets[number].receive()
                counts[number] += len(payloads)
                size += sum(map(len, payloads))

    read_for(warm_up_s)
    counts = dict.fromkeys(sockets, 0)
    size, cpu_s, started = 0, proc.cpu_s(front), time.monotonic()
    read_for(seconds)
    took_s, cpu_s = time.monotonic() - started, proc.cpu_s(front) - cpu_s
    count = sum(counts.values())
    return Heard(
        rate=count / took_s,
        front_cpu_us=cpu_s / count * 1e6,
        frame_bytes=size / count,
        slowest_share=min(counts.values()) * connections / count,
        front_bytes=(proc.resident_bytes(front) - before_bytes) / connections,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.listen")
    parser.add_argument("url")
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--front", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--warm-up", type=float, default=0.5)
    given = parser.parse_args()
    heard = listen(given.url, given.connections, given.front, given.seconds, given.warm_up)
    sys.stdout.write(json.dumps(asdict(heard)) + "\n")


if __name__ == "__main__":
    main()
