"""The certificate of a service that speaks TLS itself."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Callable
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tornado_ml.client import Client
from tornado_ml.errors import OperatorError
from tornado_ml.server.tls import Certificate, certificate_of
from tornado_ml.settings.declaration import ServerSettings
from tornado_ml.testing import running_server

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

ONLY_DROPINS = '[plugins]\ndisabled = ["anomaly", "digits", "iris", "text"]\n'

Make = Callable[[str], tuple[Path, Path]]


@pytest.fixture
def make_certificate(tmp_path: Path) -> Make:
    """Makes a certificate for localhost that signs itself, and its key, under a name."""

    def make(name: str) -> tuple[Path, Path]:
        certificate, key = tmp_path / f"{name}.pem", tmp_path / f"{name}.key"
        options = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        options += ["-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        subprocess.run(
            ["openssl", "req", *options, "-keyout", key, "-out", certificate], check=True, capture_output=True
        )
        return certificate, key

    return make


def shown_by(port: int) -> str:
    """The certificate that is shown there."""
    return ssl.get_server_certificate(("127.0.0.1", port))


def test_without_a_certificate_plain_http_is_spoken() -> None:
    assert certificate_of(ServerSettings()) is None


def test_a_key_alone_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"server\.tls_key, and no server\.tls_certificate"):
        certificate_of(ServerSettings(tls_key=tmp_path / "key.pem"))


def test_the_key_may_stand_in_the_file_of_the_certificate(make_certificate: Make, tmp_path: Path) -> None:
    certificate, key = make_certificate("one")
    both = tmp_path / "both.pem"
    both.write_text(certificate.read_text() + key.read_text())
    assert certificate_of(ServerSettings(tls_certificate=both)) is not None


def test_what_cannot_be_used_is_refused_with_its_name(make_certificate: Make, tmp_path: Path) -> None:
    certificate, _ = make_certificate("one")
    _, other_key = make_certificate("other")
    with pytest.raises(OperatorError, match=r"nothing\.pem.*No such file"):
        Certificate(tmp_path / "nothing.pem", None)
    with pytest.raises(OperatorError, match=r"one\.pem and .*other\.key.*(?i:mismatch)"):
        Certificate(certificate, other_key)
    locked = tmp_path / "locked.key"
    command = ["openssl", "ec", "-in", tmp_path / "one.key", "-aes128", "-passout", "pass:secret", "-out", locked]
    subprocess.run(command, check=True, capture_output=True)
    with pytest.raises(OperatorError, match=r"locked\.key.*the key without a password"):
        Certificate(certificate, locked)
    with pytest.raises(OperatorError, match=r"one\.pem\): there must be a certificate and its key"):
        Certificate(certificate, None)


def test_versions_before_1_2_are_not_spoken(make_certificate: Make) -> None:
    assert Certificate(*make_certificate("one")).context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_rest_and_sockets_are_served_by_tls_and_a_new_certificate_is_taken_up(
    make_certificate: Make, monkeypatch: pytest.MonkeyPatch, dropins: Path
) -> None:
    certificate, key = make_certificate("one")
    settings = f'{ONLY_DROPINS}[server]\ntls_certificate = "{certificate}"\ntls_key = "{key}"\n'
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    async def predict(url: str) -> object:
        async with await Client.connect(url) as client:
            return (await client.predict("echo", "sealed"))["prediction"]

    with running_server(settings=settings, directories=[dropins]) as server:
        assert server.url.startswith("https://127.0.0.1:")
        assert server.socket_url == server.url.replace("https", "wss") + "/ws"
        port = urlsplit(server.url).port
        assert port is not None
        connection = HTTPSConnection("127.0.0.1", port, timeout=20, context=ssl.create_default_context())
        connection.request("GET", "/health/ready", headers={"Origin": f"https://127.0.0.1:{port}"})
        assert connection.getresponse().status == 200
        connection.close()
        assert asyncio.run(predict(server.url)) == "sealed"

        before = shown_by(port)
        key.write_text("no key")
        server.process.send_signal(signal.SIGHUP)
        while "The old certificate stays." not in server.log:
            assert shown_by(port) == before
        make_certificate("one")
        server.process.send_signal(signal.SIGHUP)
        while shown_by(port) == before:
            assert server.process.poll() is None

        with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            with contextlib.suppress(ConnectionResetError):
                assert plain.recv(100) == b""
        assert "Traceback" not in server.log.split("The old certificate stays.")[1]
