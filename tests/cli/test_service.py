"""`tornado-ml service`: which units it makes, and where it puts them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from tornado_ml.cli import service
from tornado_ml.cli.main import main

Call = Callable[..., Result]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return lambda *arguments: CliRunner().invoke(main, ["service", *map(str, arguments)])


@pytest.fixture
def settings(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        file = tmp_path / "my settings.toml"
        file.write_text(text)
        return file

    return write


def test_a_unit_runs_this_installation_with_its_settings(call: Call, settings: Callable[[str], Path]) -> None:
    file = settings("")
    text = call("print", "--user", "--settings", file, "--env", "ProdConfig").stdout
    assert text.startswith("# tornado-ml.service\n# Made by `tornado-ml service`.")
    (command,) = (line for line in text.splitlines() if line.startswith("ExecStart="))
    script = Path(sys.executable).with_name("tornado-ml")
    assert command == f'ExecStart={script} serve --settings "{file}" --env ProdConfig'
    assert "DynamicUser" not in text
    assert "WantedBy=default.target" in text


def test_the_machines_own_unit_names_who_runs_it(call: Call) -> None:
    text = call("print", "--run-as", "www-data", "--name", "models").stdout
    assert "User=www-data" in text
    assert "StateDirectory=models" in text
    assert "WantedBy=multi-user.target" in text


def test_a_socket_listens_where_the_settings_say(call: Call, settings: Callable[[str], Path]) -> None:
    file = settings('[server]\nhost = "::"\nport = 80\n')
    text = call("print", "--run-as", "www-data", "--settings", file, "--socket").stdout
    assert "# tornado-ml.socket\n" in text
    assert "ListenStream=[::]:80\n" in text


@pytest.mark.parametrize(
    ("text", "options", "fault"),
    [
        ("[server]\nport = 80", [], "Port 80 can be had only with rights that the service is not given. Add --socket."),
        ("[server]\nport = 0", ["--socket"], "server.port is 0"),
        ('[server]\nhost = "models.example"', ["--socket"], "server.host is 'models.example'"),
        ("[server]\nprot = 1", [], "server.prot is unknown"),
        ("", ["--name", "a/b"], "--name 'a/b' must be made of letters"),
        ("", ["--run-as", "a b"], "--run-as 'a b' must be made of letters"),
        ("", ["--user"], "it goes not together with --run-as"),
    ],
)
def test_what_cannot_be_run_so_is_told(
    call: Call, settings: Callable[[str], Path], text: str, options: list[str], fault: str
) -> None:
    result = call("print", "--run-as", "www-data", "--settings", settings(text), *options)
    assert result.exit_code != 0
    assert fault in click.unstyle(result.stderr)


def test_what_a_user_without_rights_could_not_read_is_named(
    call: Call, settings: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = settings("")
    monkeypatch.setattr(service, "_needed", lambda *_: [file])
    monkeypatch.setattr(service, "HIDDEN", ())
    tmp_path.chmod(0o711)
    file.chmod(0o600)
    doors = list(service._closed_doors(file))
    assert len(doors) == 1  # the temporary folders of pytest are closed to others as well
    result = call("print", "--settings", file)
    assert result.exit_code == 1
    assert f"a user of its own, who cannot read: {doors[0]}.\n" in result.stderr
    assert "--run-as USER, or --user" in result.stderr


def test_what_the_service_would_not_see_is_named(call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(service, "HIDDEN", (tmp_path,))
    monkeypatch.setattr(service, "_needed", lambda *_: [tmp_path / "models"])
    assert f"cannot read: {tmp_path}/models" in call("print").stderr


def test_what_everybody_can_read_needs_no_name(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_needed", lambda *_: [Path("/usr/lib"), Path("/etc/passwd")])
    text = call("print").stdout
    assert "DynamicUser=yes" in text
    assert "ProtectHome=yes" in text


def test_a_home_that_is_needed_can_be_read(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_needed", lambda *_: [Path("/home/ann/models")])
    assert "ProtectHome=read-only" in call("print", "--run-as", "ann").stdout


def test_to_install_is_to_write_the_units_and_say_what_comes_next(call: Call, tmp_path: Path) -> None:
    for _ in range(2):
        result = call("install", "--user", "--socket")
        assert result.exit_code == 0, result.output
    folder = tmp_path / "config" / "systemd" / "user"
    assert sorted(path.name for path in folder.iterdir()) == ["tornado-ml.service", "tornado-ml.socket"]
    printed: Any = call("print", "--user", "--socket").stdout
    assert (folder / "tornado-ml.service").read_text() in printed
    assert "systemctl --user daemon-reload\n" in result.stdout
    assert "systemctl --user enable --now tornado-ml.socket tornado-ml.service\n" in result.stdout
    assert "loginctl enable-linger" in result.stdout


def test_a_unit_of_somebody_else_is_not_written_over(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "config" / "systemd" / "user" / "tornado-ml.service"
    file.parent.mkdir(parents=True)
    file.write_text("[Service]\n")
    result = call("install", "--user")
    assert result.exit_code == 1
    assert "was not made by tornado-ml. Choose another --name." in result.stderr
    assert file.read_text() == "[Service]\n"


def test_without_the_right_to_write_it_says_what_else_there_is(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("")  # a file, where a folder is wanted: refused to every user
    result = call("install", "--user")
    assert result.exit_code == 1
    assert "cannot be written: " in result.stderr
    assert "tornado-ml service print" in result.stderr
