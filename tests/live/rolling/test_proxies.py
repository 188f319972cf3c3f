"""The shipped configurations of proxies, with the real proxies."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import pytest

from tornado_ml.client import Client

pytestmark = pytest.mark.packaging

DEPLOY = Path(__file__).parents[3] / "deploy"
TRUSTING = 'trusted_proxies = ["127.0.0.1"]\nwait_for_models = true\nping_interval_s = 0.5\n'
IDLE_S = 2
"""How long the proxies of these tests let a connection be quiet, instead of 75 s."""


def program(name: str) -> str:
    """Where a program is that may be where only an administrator looks; "" where it is not installed."""
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") or ""


def adapted(name: str, changes: dict[str, str]) -> str:
    """The shipped file with other ports and places; each must be in it."""
    text = (DEPLOY / name).read_text()
    for pattern, replacement in changes.items():
        text, count = re.subn(pattern, replacement, text)
        assert count, f"{name} has no {pattern}"
    return text


def nginx(folder: Path, port: int, services: list[int]) -> list[str]:
    changes = {
        "listen 443": f"listen 127.0.0.1:{port}",
        "models.example.org;": "localhost;",
        "127.0.0.1:8765": f"127.0.0.1:{services[0]}",
        "127.0.0.1:8766": f"127.0.0.1:{services[1]}",
        "/etc/ssl": str(folder),
        "75s": f"{IDLE_S}s",
    }
    paths = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
    main = (
        f"daemon off;\nuser root;\npid {folder}/nginx.pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n"
    )
    site = adapted("nginx.conf", changes)
    (folder / "main.conf").write_text(f"{main}client_body_temp_path {folder}/body;\n{paths}{site}\n}}\n")
    return [program("nginx"), "-p", str(folder), "-c", str(folder / "main.conf")]


def haproxy(folder: Path, port: int, services: list[int]) -> list[str]:
    changes = {
        "bind :443": f"bind 127.0.0.1:{port}",
        "127.0.0.1:8765": f"127.0.0.1:{services[0]}",
        "127.0.0.1:8766": f"127.0.0.1:{services[1]}",
        "/etc/ssl": str(folder),
        "75s": f"{IDLE_S}s",
    }
    (folder / "haproxy.cfg").write_text(adapted("haproxy.cfg", changes))
    return [program("haproxy"), "-db", "-f", str(folder / "haproxy.cfg")]


def caddy_version() -> tuple[int, ...]:
    told = subprocess.run(["caddy", "version"], check=True, capture_output=True, text=True).stdout
    return tuple(map(int, re.findall(r"\d+", told)[:3]))


def faults_of_caddy() -> list[int]:
    """The statuses with which it answers a POST at times while a service takes over; see deploy/Caddyfile."""
    version = caddy_version()
    return [status for status, mended_in in ((502, (2, 11, 2)), (503, (2, 7, 5))) if version < mended_in]


def caddy(folder: Path, port: int, services: list[int]) -> list[str]:
    changes = {
        r"models\.example\.org \{": (
            "{\n\tadmin off\n\tauto_https off\n\tskip_install_trust\n}\n"
            f"https://localhost:{port} {{\n\tbind 127.0.0.1\n\ttls {folder}/tornado-ml.pem {folder}/tornado-ml.key"
        ),
        "127.0.0.1:8765": f"127.0.0.1:{services[0]}",
        "127.0.0.1:8766": f"127.0.0.1:{services[1]}",
    }
    if caddy_version() < (2, 7):
        changes["request_buffers 1MiB"] = "buffer_requests"
    (folder / "Caddyfile").write_text(adapted("Caddyfile", changes))
    return ["env", f"HOME={folder}", "caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


PROXIES = {"nginx": nginx, "haproxy": haproxy, "caddy": caddy}

StartProxy = Callable[[list[int]], str]


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with a certificate that this test trusts."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path / "tls"
    folder.mkdir()
    file, key = folder / "tornado-ml.pem", folder / "tornado-ml.key"
    options = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    options += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(["openssl", "req", *options, "-keyout", key, "-out", file], check=True, capture_output=True)
    (folder / "tornado-ml.both.pem").write_text(file.read_text() + key.read_text())
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return folder


@pytest.fixture(params=list(PROXIES))
def start_proxy(
    request: pytest.FixtureRequest, certificate: Path, free_ports: Callable[[int], list[int]]
) -> Iterator[StartProxy]:
    """Runs a proxy in front of the services at two ports; gives its address."""
    if not program(request.param):
        pytest.skip(f"{request.param} is not installed")
    with ExitStack() as stack:

        def start(services: list[int]) -> str:
            (port,) = free_ports(1)
            command = PROXIES[request.param](certificate, port, services)
            with (certificate / "log").open("wb") as log:
                process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
            stack.callback(process.wait, 20)
            stack.callback(process.terminate)
            deadline = time.monotonic() + 20
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    return f"https://localhost:{port}"
                except ConnectionRefusedError:
                    log_text = (certificate / "log").read_text()
                    assert process.poll() is None, log_text
                    assert time.monotonic() < deadline, log_text
                    time.sleep(0.02)

        yield start


def ask_from(address: str, url: str, path: str, **headers: str) -> tuple[int, Any]:
    """Ask as a client at another address of this machine, which the proxy takes for somebody else."""
    host = url.removeprefix("https://")
    connection = HTTPSConnection(host, timeout=20, context=ssl.create_default_context(), source_address=(address, 0))
    try:
        connection.request("GET", path, headers={**headers, "Host": host})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


@pytest.mark.gen_test(timeout=100)
async def test_sockets_come_through_and_stay_and_the_service_knows_who_asks(
    fleet: Any, free_ports: Callable[[int], list[int]], start_proxy: StartProxy
) -> None:
    ports = free_ports(2)
    service = await fleet.start(ports[0], TRUSTING)
    url = await asyncio.to_thread(start_proxy, ports)

    async with await Client.connect(url, reconnect_s=0) as client:
        assert (await client.predict("echo", "up"))["prediction"] == "up"
        await asyncio.sleep(IDLE_S * 1.5)  # with nothing on the line but pings
        assert (await client.predict("echo", "still up"))["prediction"] == "still up"

    # An Origin of https is the request's own only if the proxy's word counts for the scheme.
    forged = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "http", "Origin": url}
    status, _ = await asyncio.to_thread(ask_from, "127.0.0.2", url, "/api/models", **forged)
    assert status == 200
    status, answer = await asyncio.to_thread(ask_from, "127.0.0.2", url, "/api/models", Origin="https://evil.example")
    assert (status, answer["code"]) == (403, "FORBIDDEN")
    assert "/api/models (127.0.0.2)" in service.log
    assert "198.51.100.7" not in service.log


@pytest.mark.gen_test(timeout=200)
async def test_no_request_is_lost_while_services_take_over_from_each_other(
    request: pytest.FixtureRequest,
    fleet: Any,
    free_ports: Callable[[int], list[int]],
    start_proxy: StartProxy,
    asking: Callable[..., Any],
) -> None:
    ports = free_ports(2)
    old = await fleet.start(ports[0], TRUSTING)
    url = await asyncio.to_thread(start_proxy, ports)
    faults = faults_of_caddy() if request.node.callspec.params["start_proxy"] == "caddy" else []
    async with asking(url, asked_again=faults) as askers:
        for port in (ports[1], ports[0]):
            await askers.more()
            new = await fleet.start(port, TRUSTING)
            await fleet.stop(old)
            old = new
        await askers.more()
