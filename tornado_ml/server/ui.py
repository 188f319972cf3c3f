"""The single page and its files.

What the page asks for first stands below `/page/VERSION/`, and is kept by the browser for good: another version has
another address. Everything also stands at its own address, as it is in the folder.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote

from tornado_ml.errors import NotFound
from tornado_ml.page.files import PageFile
from tornado_ml.server.base import GuardedHandler
from tornado_ml.server.compression import accepts_gzip

ASK_EACH_TIME = "no-cache"
KEEP = "public, max-age=31536000, immutable"


class PageFileHandler(GuardedHandler):
    """A file of the page as it stands; the browser keeps it and asks each time whether it has changed."""

    def get(self, path: str) -> None:
        self.send(self.shared.page.current().plain.get(path), ASK_EACH_TIME)

    def head(self, *args: str) -> None:
        self.get(*args)

    def send(self, file: PageFile | None, cache_control: str) -> None:
        if file is None:
            raise NotFound
        self.set_header("Content-Type", file.content_type)
        self.set_header("Cache-Control", cache_control)
        modified = datetime.fromtimestamp(int(file.modified_s), UTC)
        self.set_header("Last-Modified", modified)
        content, etag = file.content, f'"{file.digest}"'
        if file.compressed is not None:
            self.add_header("Vary", "Accept-Encoding")
            if accepts_gzip(self.request.headers.get("Accept-Encoding", "")):
                self.set_header("Content-Encoding", "gzip")
                content, etag = file.compressed, f'"{file.digest}-gzip"'
        self.set_header("Etag", etag)
        if self._has_not_changed(modified):
            self.set_status(304)
            self.finish()
        else:
            self.finish(content)

    def _has_not_changed(self, modified: datetime) -> bool:
        """Whether the client has it: by its tag; by a date if it names no tag (RFC 9110, section 13.1.3)."""
        since = self.request.headers.get("If-Modified-Since")
        if since is None or "If-None-Match" in self.request.headers:
            return self.check_etag_header()
        try:
            return modified <= parsedate_to_datetime(since)
        except (ValueError, TypeError):  # no date, or one without a time zone
            return False


class KeptFileHandler(PageFileHandler):
    """A file of one version of the page.

    Whoever asks for another version has a page that is older, or younger where several services answer at one address.
    The present one most likely does, and must not be kept in its name.
    """

    def get(self, version: str, path: str) -> None:  # type: ignore[override]
        edition = self.shared.page.edition(version)
        self.send(edition.joined.get(path), KEEP if edition.version == version else ASK_EACH_TIME)


class PageHandler(PageFileHandler):
    """`index.html`, whatever the address: the page itself reads what it shall show.

    What it will ask for is named in the header, so that it comes along with the scripts and not after them.
    """

    def get(self, model_qualified_name: str | None = None) -> None:
        documents = ["/api/models", "/api/plugins"]
        if model_qualified_name is not None:
            # As the page's `encodeURIComponent` has it: the addresses must be the same.
            name = quote(model_qualified_name, safe="-_.!~*'()")
            documents.append(f"/api/models/{name}/metadata")
        self.set_header("Link", ", ".join(f"<{address}>; rel=preload; as=fetch; crossorigin" for address in documents))
        self.send(self.shared.page.current().index, ASK_EACH_TIME)


def file_patterns(web_directory: Path) -> list[str]:
    """The addresses of the page's files: each of its folders, and the files that stand beside `index.html`."""
    paths = sorted(path for path in web_directory.iterdir() if not path.name.startswith(("_", ".")))
    folders = [path.name for path in paths if path.is_dir()]
    files = [path.name for path in paths if path.suffix in {".svg", ".ico", ".txt", ".webmanifest"}]
    return [rf"/({folder}/.+)" for folder in folders] + [f"/({name.replace('.', '[.]')})" for name in files]
