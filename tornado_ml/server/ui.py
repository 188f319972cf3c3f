"""The single page and its files.

What the page asks for first stands below `/page/VERSION/`, and is kept by the browser for good: another version has
another address. Everything also stands at its own address, as it is in the folder.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from tornado_ml.access import NOBODY
from tornado_ml.errors import ModelNotFound, NotFound
from tornado_ml.page.files import Edition, PageFile
from tornado_ml.page.head import address_part
from tornado_ml.protocol import documents
from tornado_ml.server.base import GuardedHandler, Login, Shared
from tornado_ml.server.compression import best_coding

LIST = "js/views/models.js"
LIST_STYLE = "/css/list.css"
"""What shows the list of models, and how; both are loaded later where that is not what the address asks for."""
ASK_EACH_TIME = "no-cache"
KEEP = "public, max-age=31536000, immutable"
PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; media-src 'self' data: blob:;"
        " frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
}
"""Of the page itself, besides those of every answer; the policy also names its styles and its first lines of script."""
OF_DOCUMENTS = ("Content-Security-Policy", "X-Frame-Options")
"""The headers of every answer that say nothing of a script or a stylesheet."""


class PageFileHandler(GuardedHandler):
    """A file of the page as it stands; the browser keeps it and asks each time whether it has changed."""

    login: Login = "ignored"

    async def get(self, path: str) -> None:
        page = await self.page()
        await self.send(page.plain.get(path), ASK_EACH_TIME)

    async def head(self, *args: str) -> None:
        await self.get(*args)

    async def page(self) -> Edition:
        """As it is now. Nobody else has to wait while it is read."""
        return await asyncio.to_thread(self.shared.page.current)

    async def send(self, file: PageFile | None, cache_control: str) -> None:
        if file is None:
            raise NotFound
        self.set_header("Content-Type", file.content_type)
        self.set_header("Cache-Control", cache_control)
        if file.modified_s is not None:
            self.set_header("Last-Modified", datetime.fromtimestamp(int(file.modified_s), UTC))
        content, etag = file.content, f'"{file.digest}"'
        compressed = await asyncio.to_thread(lambda: file.compressed)
        if compressed:
            self.add_header("Vary", "Accept-Encoding")
            coding = best_coding(self.request.headers.get("Accept-Encoding", ""), compressed)
            if coding is not None:
                self.set_header("Content-Encoding", coding)
                content, etag = compressed[coding], f'"{file.digest}-{coding}"'
        self.set_header("Etag", etag)
        if self._is_known(file):
            self.set_status(304)
            self.finish()
        else:
            self.finish(content)

    def _is_known(self, file: PageFile) -> bool:
        """Whether the client has it: by its tag; by a date if it names no tag (RFC 9110, section 13.1.3)."""
        since = self.request.headers.get("If-Modified-Since")
        if since is None or file.modified_s is None or "If-None-Match" in self.request.headers:
            return self.check_etag_header()
        try:
            return int(file.modified_s) <= parsedate_to_datetime(since).timestamp()
        except (ValueError, OverflowError):  # it is no date, or one beyond all times
            return False


class KeptFileHandler(PageFileHandler):
    """A file of one version of the page.

    Whoever asks for another version has a page that is older, or younger where several services answer at one address.
    The present one most likely does, and must not be kept in its name.
    """

    async def get(self, version: str, path: str) -> None:  # type: ignore[override]
        edition = await asyncio.to_thread(self.shared.page.edition, version)
        file = edition.joined.get(path)
        if file is not None and file.content_type.startswith(("text/javascript", "text/css")):
            for name in OF_DOCUMENTS:
                self.clear_header(name)
        await self.send(file, KEEP if edition.version == version else ASK_EACH_TIME)


class PageHandler(PageFileHandler):
    """`index.html`, whatever the address: the page itself reads what it shall show.

    What it will ask for is named in the header, so that it comes along with the scripts and not after them. Nothing of
    that is for strangers: their page asks for a token.
    """

    login: Login = "welcome"

    async def get(self, path: str = "") -> None:
        page = await self.page()
        module, style = f"<{page.address(LIST)}>; rel=modulepreload", f"<{LIST_STYLE}>; rel=preload; as=style"
        self.preload("/api/models", "/api/plugins", and_parts=(module, style))
        await self.send_page(page, page.index)

    async def send_page(self, edition: Edition, page: PageFile) -> None:
        for name, value in PAGE_HEADERS.items():
            self.set_header(name, value)
        policy = PAGE_HEADERS["Content-Security-Policy"]
        self.set_header("Content-Security-Policy", f"{policy}; {edition.policy}")
        await self.send(page, ASK_EACH_TIME)

    def preload(self, *documents: str, and_parts: tuple[str, ...] = ()) -> None:
        if self.shared.access.is_on:
            self.add_header("Vary", "Cookie")
        if self.caller.identity is not NOBODY:
            links = [f"<{address}>; rel=preload; as=fetch; crossorigin" for address in documents]
            self.set_header("Link", ", ".join([*links, *and_parts]))


class ModelPageHandler(PageHandler):
    """`index.html` with the model's name and description."""

    async def get(self, name: str, tab: str) -> None:  # type: ignore[override]
        # The page must find the address that it asks for itself.
        self.preload("/api/models", f"/api/models/{address_part(name)}/metadata")
        page = await self.page()
        try:
            if self.caller.identity is NOBODY:
                raise ModelNotFound
            model = documents.model_document(self.shared.manager.versions(name))
        except ModelNotFound:
            await self.send_page(page, page.index)
        else:
            await self.send_page(page, page.model_page(model, tab))


class UnknownPathHandler(PageHandler):
    """No such address. Who follows a link is shown that on the page; all others are given the error document."""

    def initialize(self, shared: Shared) -> None:
        super().initialize(shared)
        is_document = self.request.method not in {"GET", "HEAD"} or self.request.path.startswith("/api/")
        self._wants_page = not is_document and "text/html" in self.request.headers.get("Accept", "")
        if not self._wants_page:
            self.login = "needed"

    def admit(self) -> None:
        super().admit()
        if not self._wants_page:
            raise NotFound

    async def get(self, path: str = "") -> None:
        page = await self.page()
        self.set_status(404)
        await self.send_page(page, page.index)


def file_patterns(web_directory: Path) -> list[str]:
    """The addresses of the page's files: each of its folders, and the files that stand beside `index.html`."""
    paths = sorted(path for path in web_directory.iterdir() if not path.name.startswith(("_", ".")))
    folders = [path.name for path in paths if path.is_dir()]
    files = [path.name for path in paths if path.suffix in {".svg", ".ico", ".txt", ".webmanifest"}]
    return [rf"/({folder}/.+)" for folder in folders] + [f"/({name.replace('.', '[.]')})" for name in files]
