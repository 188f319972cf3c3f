"""`tornado-ml token`: a token is shown once, its hash is kept, and revoking it closes its connections."""

from __future__ import annotations

import asyncio
import re
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tornado_ml.access import token_file
from tornado_ml.client import Client, ConnectionLost, LoginFailed, PredictionError, predict
from tornado_ml.testing import running_server

Run = Callable[..., subprocess.CompletedProcess[str]]
Folder = Callable[..., Path]
Text = Callable[[str], str]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tokens.toml"


def made(run: Run, file: Path, *arguments: str) -> str:
    """A new token."""
    done = run("token", "new", *arguments, "--file", file)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"tml_[A-Za-z0-9_-]{43}\n", done.stdout), "nothing else, so that it can be piped"
    return done.stdout.strip()


def test_a_token_is_shown_once_listed_without_itself_and_revoked(run: Run, file: Path) -> None:
    token = made(run, file, "dashboard", "--scope", "predict:*", "--scope", "metrics", "--expires", "90d")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert token not in file.read_text()
    (record,) = token_file.read(file).values()
    assert record.sha256 == token_file.hash_of(token)
    assert (record.expires - record.created).days == 90  # type: ignore[operator]
    again = run("token", "new", "dashboard", "--scope", "metrics", "--file", file)
    assert again.returncode == 1
    assert "Error: There is a token dashboard already. Revoke it first: tornado-ml token revoke dash" in again.stderr
    head, row = run("token", "list", "--file", file).stdout.splitlines()
    assert head.split() == ["NAME", "SCOPES", "CREATED", "EXPIRES"]
    assert row.startswith("dashboard  metrics, predict:*  20")
    assert run("token", "revoke", "dashboard", "--file", file).stdout == "Revoked dashboard.\n"
    assert run("token", "list", "--file", file).stderr == "There are no tokens.\n"
    gone = run("token", "revoke", "dashboard", "--file", file)
    assert (gone.returncode, gone.stderr) == (1, f"Error: There is no token dashboard in {file}.\n")


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["a b", "--scope", "metrics"], "Error: 'a b' is no name of a token"),
        (["a"], "Error: Missing option '--scope'."),
        (["a", "--scope", "all"], "Error: 'all' is no scope; scopes are predict:MODEL"),
        (["a", "--scope", "metrics", "--expires", "soon"], "Error: 'soon' is no time; one looks like 2027-01-31"),
        (["a", "--scope", "metrics", "--expires", "2020-01-01"], "Error: '2020-01-01' is over."),
        (["a", "--scope", "metrics", "--expires", "9999999d"], "Error: '9999999d' is no time"),
    ],
)
def test_what_is_said_wrongly_is_refused_and_nothing_is_written(
    run: Run, file: Path, arguments: list[str], fault: str
) -> None:
    done = run("token", "new", *arguments, "--file", file)
    assert (done.returncode, fault in done.stderr) == (2, True)
    assert not file.exists()


def test_a_file_that_is_not_there_is_not_made_by_asking_for_it(run: Run, file: Path) -> None:
    for command in (["list"], ["revoke", "a"]):
        done = run("token", *command, "--file", file)
        assert (done.returncode, "cannot be read: No such file" in done.stderr) == (1, True)
    assert not file.exists()


def test_a_service_takes_note_of_tokens_that_come_and_go(
    run: Run, file: Path, folder: Folder, plugin_text: Text
) -> None:
    token = made(run, file, "ann", "--scope", "predict:echo")
    path = folder(echo=plugin_text("Echo"), other=plugin_text("Other"))
    with running_server(settings=f'[auth]\ntokens = "{file}"\n', directories=[path]) as server:
        assert predict(server.url, "echo", 1, token=token)["prediction"] == 1
        with pytest.raises(PredictionError, match=r"FORBIDDEN: This is not allowed to ann: .* predict:other\."):
            predict(server.url, "other", 1, token=token)
        with pytest.raises(LoginFailed):
            predict(server.url, "echo", 1)
        mine = Path(file.parent, "mine")
        mine.write_text(token + "\n")
        asked = ["predict", "echo", "--json", "1", "--url", server.url]
        assert '"prediction": 1' in run(*asked, "--token-file", mine).stdout
        assert '"prediction": 1' in run(*asked, TORNADO_ML_TOKEN=token).stdout
        refused = run(*asked, TORNADO_ML_TOKEN="tml_wrong")
        assert refused.returncode == 1
        assert "Put a token that it knows into the variable TORNADO_ML_TOKEN" in refused.stderr
        admin = run("unload", "echo", "--url", server.url, "--token-file", mine)
        assert (admin.returncode, "FORBIDDEN" in admin.stderr) == (1, True)
        root = made(run, file, "root", "--scope", "admin:*")
        for act, said in (("unload", "Unloaded"), ("load", "Loaded"), ("reload", "Reloaded")):
            done = run(act, "echo", "--url", server.url, TORNADO_ML_TOKEN=root)
            assert (done.stdout, done.stderr) == (f"{said} echo 1.0.\n", "")
        asyncio.run(_is_thrown_out(server.url, token, lambda: run("token", "revoke", "ann", "--file", file)))
        assert token not in server.log
        assert root not in server.log


async def _is_thrown_out(url: str, token: str, revoke: Callable[[], object]) -> None:
    async with await Client.connect(url, token=token) as client:
        models = client.subscribe_models()
        await anext(models)
        await asyncio.to_thread(revoke)
        async with asyncio.timeout(30):
            with pytest.raises(ConnectionLost, match="1008"):
                async for _ in models:
                    pass
    with pytest.raises(LoginFailed):
        await Client.connect(url, token=token)


def test_a_service_that_others_could_reach_refuses_to_start_in_one_line(run: Run, file: Path) -> None:
    refused = run("serve", "--no-plugins", "--host", "0.0.0.0", "--port", "0")
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert [line.startswith("Error: Other machines can reach 0.0.0.0:") for line in refused.stderr.splitlines()] == [
        True
    ]
    made(run, file, "ann", "--scope", "predict:*")
    with running_server("--no-plugins", "--host", "0.0.0.0", settings=f'[auth]\ntokens = "{file}"\n') as server:
        assert server.url.startswith("http://0.0.0.0:")
    with running_server("--no-plugins", "--host", "0.0.0.0", "--allow-unauthenticated"):
        pass
