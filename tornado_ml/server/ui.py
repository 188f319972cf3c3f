"""The single page and its files."""

from __future__ import annotations

from pathlib import Path

from tornado.web import StaticFileHandler

from tornado_ml.errors import NotFound
from tornado_ml.server.base import GuardedHandler, Shared


class PageFileHandler(GuardedHandler, StaticFileHandler):
    """A file of the page; the browser keeps it and asks each time whether it has changed."""

    def initialize(self, shared: Shared) -> None:  # type: ignore[override]
        GuardedHandler.initialize(self, shared)
        StaticFileHandler.initialize(self, str(shared.web_directory))

    def parse_url_path(self, url_path: str) -> str:
        if "\0" in url_path:  # no file's name has one, and asking the system for it raises ValueError
            raise NotFound
        return super().parse_url_path(url_path)

    def set_extra_headers(self, path: str) -> None:
        self.set_header("Cache-Control", "no-cache")


class PageHandler(PageFileHandler):
    """`index.html`, whatever the address: the page itself reads what it shall show."""

    async def get(self, path: str = "", include_body: bool = True) -> None:
        await super().get("index.html", include_body)

    async def head(self, path: str = "") -> None:
        await self.get(include_body=False)


def file_patterns(web_directory: Path) -> list[str]:
    """The addresses of the page's files: each of its folders, and the files that stand beside `index.html`."""
    paths = sorted(path for path in web_directory.iterdir() if not path.name.startswith(("_", ".")))
    folders = [path.name for path in paths if path.is_dir()]
    files = [path.name for path in paths if path.suffix in {".svg", ".ico", ".txt", ".webmanifest"}]
    return [rf"/({folder}/.+)" for folder in folders] + [f"/({name.replace('.', '[.]')})" for name in files]
