"""The JavaScript client against a real service: under Node, in Chromium, and as a package of npm."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tornado_ml import __version__
from tornado_ml.testing import running_server

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent / "client"
MODULE = ROOT / "web" / "js" / "client" / "index.js"
TSC = ROOT / "tests" / "web" / "node_modules" / "typescript" / "bin" / "tsc"

EXPECTED = {
    "predictions": 400,
    "streamed": True,
    "remembered": [True, "closed"],
    "pushed": 30,
    "models": True,
    "errors": [
        "AbortError",
        "INVALID_INPUT /sepal_length",
        "MODEL_NOT_FOUND",
        "TooLarge",
        "DEADLINE_EXCEEDED",
        "TimeoutError",
    ],
    "state": "closed",
}


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if found is None or int(run(found, "--version").strip().removeprefix("v").split(".")[0]) < 22:
        pytest.skip("NOT RUN: install Node 22 or newer")
    return found


def run(*command: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def cutting_proxy(node: str, url: str) -> Iterator[str]:
    """An address at which the service is, but no connection for long; fails if it had none to cut."""
    port = url.rpartition(":")[2]
    with subprocess.Popen([node, HERE / "proxy.js", port], stdin=-1, stdout=-1, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.stdin.close()
        assert int(process.stdout.readline()) > 3


def check(outcome: dict[str, Any]) -> None:
    assert outcome.pop("drops") > 3
    assert outcome == EXPECTED


def test_under_node_a_client_outlives_its_connections(service, node: str) -> None:
    with cutting_proxy(node, service.url) as url:
        check(json.loads(run(node, HERE / "run.js", MODULE.as_uri(), url)))


RUN_IN_PAGE = """async (url) => {
  const [library, { scenario }] = await Promise.all([import("/js/client/index.js"), import("/scenario.js")]);
  return scenario(library, url);
}"""


def test_in_a_browser_a_client_outlives_its_connections(service, page, node: str) -> None:
    with cutting_proxy(node, service.url) as url:
        page.route("**/scenario.js", lambda route: route.fulfill(path=HERE / "scenario.js"))
        page.goto(f"{url}/favicon.svg")
        check(page.evaluate(RUN_IN_PAGE, url))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, node: str) -> Path:
    """An empty folder in which the package is installed."""
    package, folder = tmp_path_factory.mktemp("package"), tmp_path_factory.mktemp("consumer")
    run(node, ROOT / "npm" / "assemble.js", package)
    npm = Path(node).with_name("npm")
    packed = run(npm, "pack", "--json", package, cwd=folder)
    (described,) = json.loads(packed)
    assert {file["path"] for file in described["files"]} >= {"LICENSE", "README.md", "index.js", "index.d.ts"}
    assert described["version"] == __version__
    (folder / "package.json").write_text('{"type": "module", "private": true}')
    run(npm, "install", "--offline", "--no-audit", "--no-fund", folder / described["filename"], cwd=folder)
    return folder


def test_the_package_works_where_it_is_installed(service, folder: Path, node: str) -> None:
    for name in ("run.js", "scenario.js"):
        shutil.copy(HERE / name, folder)
    with cutting_proxy(node, service.url) as url:
        check(json.loads(run(node, "run.js", "tornado-ml-client", url, cwd=folder)))


@pytest.mark.parametrize("library", ["ES2022,DOM,DOM.Iterable", "ES2023"])
def test_its_types_fit_a_strict_consumer(folder: Path, node: str, library: str) -> None:
    shutil.copy(HERE / "consumer.ts", folder)
    types: list[str] = []
    if "DOM" not in library:
        shutil.copytree(
            TSC.parents[2] / "@types" / "node", folder / "node_modules" / "@types" / "node", dirs_exist_ok=True
        )
        shutil.copytree(TSC.parents[2] / "undici-types", folder / "node_modules" / "undici-types", dirs_exist_ok=True)
        types = ["node"]
    options = {"strict": True, "module": "NodeNext", "target": "ES2022", "lib": library.split(","), "types": types}
    options |= {"noEmit": True, "exactOptionalPropertyTypes": False, "noUncheckedIndexedAccess": True}
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "files": ["consumer.ts"]}))
    run(node, TSC, "--project", folder)


@pytest.mark.parametrize("page", ["docs/how-to/use-the-javascript-client.md", "npm/README.md"])
def test_the_programs_of_a_page_print_what_it_says(folder: Path, node: str, page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    programs = re.findall(r"^```js\n(.*?)^```\n\n```text\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert len(programs) == text.count("```js")
    with running_server() as server:
        for program, expected in programs:
            (folder / "program.js").write_text(program.replace("http://127.0.0.1:8765", server.url))
            printed = run(node, "program.js", cwd=folder)
            assert re.fullmatch(re.escape(expected).replace("…", ".*"), printed), printed


ASK_FROM_ELSEWHERE = """async (url) => {
  const { connect } = await import(`${url}/js/client/index.js`);
  const client = connect(url, { token: "secret" });
  const { prediction } = await client.predict("flowers", { sepal_length: 1, petal_length: 1 });
  client.close();
  return prediction.size;
}"""


class Elsewhere(BaseHTTPRequestHandler):
    """A page of another site."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<link rel=icon href=data:,><p>Elsewhere")

    def log_message(self, *_: object) -> None:
        """Nobody asked."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of another site."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_page_of_an_allowed_origin_imports_the_client_and_asks(own_service, page, elsewhere: str) -> None:
    service = own_service()
    with (service.directory / "settings.toml").open("a") as settings:
        settings.write(f"allowed_origins = ['{elsewhere}']\n")
    service.start()
    service.wait_until_loaded("flowers")
    page.goto(elsewhere)
    assert page.evaluate(ASK_FROM_ELSEWHERE, service.url) == "small"
