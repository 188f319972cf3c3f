"""The page's files in memory: each as it stands, and once more joined, in a folder that is named by its content.

A file that changes on disk is seen at the next request: whoever works on the page reloads it, and that is all.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import logging
import mimetypes
import os
import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import quote

import brotli

from tornado_ml.page.head import Head, head_of, with_head
from tornado_ml.page.joining import join
from tornado_ml.page.modules import parse
from tornado_ml.page.scanner import Unjoinable

log = logging.getLogger(__name__)

INDEX = "index.html"
START = "js/start.js"
ENTRY = "js/main.js"

TEXT_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
}
"""Not left to the machine's own table, which may say otherwise."""

MAX_CARRIED_BYTES = 1024

MAX_MODEL_PAGES = 32
"""How many are kept: the best compression takes longer than all else, and makes a page an eighth smaller."""

_STYLESHEET = re.compile(r'[ \t]*<link rel="stylesheet" href="/(css/[^"]+)">\n?')
_START = re.compile(rf'(<script type="module") src="/{START}">(</script>)')
_KEEPS_APART = re.compile(r"@import|url\(|</", re.IGNORECASE)
"""What means something else, or is an error, in a stylesheet within a document."""

_REMARK = re.compile(r"^\s*/\*.*?\*/", re.DOTALL | re.MULTILINE)
_INDENTATION = re.compile(r"\n\s+")
_ADDRESS = re.compile(r'\b(src|href)="/([^"]+)"')

_PLAIN_IN_ADDRESS = " !'()*+,/:;=?@[]{}|<>"
"""What need not be written as a percent sign and two digits, and compresses better as it is."""

_HIDDEN = (".", "_")

_Stamps = Mapping[str, tuple[int, int]]
"""Of each file by its path: when it changed, in ns, and its size in bytes."""


class PageFile:
    """
    Attributes:
        modified_s: when it changed, in seconds since 1970; None if it is made of more than files.
    """

    def __init__(self, path: str, content: bytes, modified_s: float | None) -> None:
        suffix = Path(path).suffix
        text_type = TEXT_TYPES.get(suffix)
        self.content = content
        self.content_type = (
            f"{text_type}; charset=utf-8"
            if text_type is not None
            else mimetypes.guess_type(path)[0] or "application/octet-stream"
        )
        self.modified_s = modified_s
        self._is_text = text_type is not None

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()[:16]

    @cached_property
    def compressed(self) -> Mapping[str, bytes]:
        """By each coding that makes it smaller, the smallest first."""
        if not self._is_text:
            return {}
        found = {
            "br": brotli.compress(self.content, mode=brotli.MODE_TEXT),
            "gzip": gzip.compress(self.content, mtime=0),
        }
        return {coding: content for coding, content in found.items() if len(content) < len(self.content)}


class Edition:
    """What the folder held at one time."""

    def __init__(self, directory: Path, stamps: _Stamps) -> None:
        self.stamps = stamps
        self.plain = {path: _read(directory, path, stamp) for path, stamp in stamps.items()}
        """Each file as it stands."""
        newest_s = max((stamp[0] for stamp in stamps.values()), default=0) / 1e9
        index = self.plain[INDEX].content.decode() if INDEX in self.plain else ""
        joined = self._joined_modules()
        self.joined = self.plain | {path: PageFile(path, text.encode(), newest_s) for path, text in joined.items()}
        """The same with the joined ones in the place of those that they replace."""
        self.styles = self._joined_styles(index)
        """The stylesheets of `index` in their order, which is also that of their layers; empty if they stay apart."""
        contents = "".join(f"{path} {file.digest}\n" for path, file in sorted(self.joined.items()))
        self.version = hashlib.sha256(contents.encode()).hexdigest()[:16]
        self.start = self._start()
        """What `START` does; empty if it stays apart."""
        self.index = PageFile(INDEX, self._pointed(index).encode(), newest_s)
        """`index.html`, which asks for the joined files of this edition."""
        self._with_head = lru_cache(MAX_MODEL_PAGES)(self._made_with_head)

    def _source(self, path: str) -> str:
        return self.plain[path].content.decode()

    def _joined_modules(self) -> Mapping[str, str]:
        try:
            return join(self._source, ENTRY)
        except (Unjoinable, UnicodeDecodeError) as error:
            log.warning("The page's modules are served one by one: %s.", error)
            return {}

    def _joined_styles(self, index: str) -> str:
        paths = _STYLESHEET.findall(index)
        if not all(path in self.plain for path in paths):
            return ""
        styles = "\n".join(_without_remarks(self._source(path)) for path in paths)
        return "" if _KEEPS_APART.search(styles) else styles

    def _start(self) -> str:
        try:
            return parse(START, self._source(START)).body(self.address) if START in self.plain else ""
        except (Unjoinable, UnicodeDecodeError) as error:
            log.warning("The page's first module is served by itself: %s.", error)
            return ""

    def _pointed(self, index: str) -> str:
        """`index` with the addresses of this edition; the stylesheets and the first module stand in it themselves.

        The page can be painted as soon as it is there, without another round trip.
        """
        if self.start:
            index = _START.sub(lambda found: f"{found[1]}>{self.start}{found[2]}", index)
        if self.styles:
            index = _STYLESHEET.sub(lambda _: f"    <style>{self.styles}</style>\n", index, count=1)
            index = _STYLESHEET.sub("", index)
        return _ADDRESS.sub(self._address_here, index)

    def _address_here(self, found: re.Match[str]) -> str:
        """The attribute that names a file, or carries it where that is shorter than to ask for it."""
        attribute, path = found.groups()
        file = self.joined.get(path)
        if file is None:
            return found[0]
        if path.endswith(".svg") and len(file.content) < MAX_CARRIED_BYTES:
            return f'{attribute}="{_as_address(file.content.decode())}"'
        return f'{attribute}="{self.address(path)}"'

    @property
    def policy(self) -> str:
        """What a Content-Security-Policy says to allow `styles` and `start` alone (CSP level 3, section 2.3.1)."""
        return f"script-src 'self' {_hash_source(self.start)}; style-src 'self' {_hash_source(self.styles)}"

    def model_page(self, model: Mapping[str, Any], tab: str) -> PageFile:
        """`index` with what is known of a model."""
        return self._with_head(head_of(model, tab))

    def _made_with_head(self, head: Head) -> PageFile:
        return PageFile(INDEX, with_head(self.index.content.decode(), head).encode(), None)

    def address(self, path: str) -> str:
        return f"/page/{self.version}/{path}"


class PageFiles:
    """The page's files, as they are now; read by `prepare`, or when somebody first asks, in whatever thread."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._edition: Edition | None = None
        self._one_at_a_time = Lock()

    def prepare(self) -> None:
        """Have at hand what is asked for first: the first visitor need not wait while it is joined and compressed."""
        try:
            edition = self.current()
            for file in (edition.index, edition.joined.get(ENTRY)):
                if file is not None:
                    file.compressed  # noqa: B018 - kept from now on
        except (OSError, UnicodeError) as error:  # whoever asks for it is told so
            log.warning("The page's files cannot be read: %s", error)

    def current(self) -> Edition:
        """Looks at the folder, and reads it again if a file in it has changed, which takes a moment."""
        with self._one_at_a_time:
            kept = self._edition
            try:
                stamps = _stamps(self.directory)
                if kept is None or stamps != kept.stamps:
                    kept = Edition(self.directory, stamps)
            except OSError as error:  # one that is just being replaced; the next request looks again
                if kept is None:
                    raise
                log.warning("The page's files cannot be read: %s", error)
            self._edition = kept
            return kept

    def edition(self, version: str) -> Edition:
        """The one of this version; the current one if that is not kept any more."""
        kept = self._edition
        return kept if kept is not None and kept.version == version else self.current()


def _without_remarks(stylesheet: str) -> str:
    """Without comments that begin a line, and indentation: no string of CSS goes on after a line end."""
    return _INDENTATION.sub("\n", _REMARK.sub("", stylesheet))


def _hash_source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _as_address(drawing: str) -> str:
    """An SVG file as a `data:` address within double quotes (RFC 2397)."""
    text = "".join(line.strip() for line in drawing.replace('"', "'").splitlines())
    return f"data:image/svg+xml,{quote(text, safe=_PLAIN_IN_ADDRESS)}"


def _stamps(directory: Path) -> _Stamps:
    found = {}
    for folder, folders, names in os.walk(directory):
        folders[:] = [name for name in folders if not name.startswith(_HIDDEN)]
        for name in names:
            path = Path(folder, name)
            if not name.startswith(_HIDDEN):
                status = path.stat()
                found[path.relative_to(directory).as_posix()] = (status.st_mtime_ns, status.st_size)
    return found


def _read(directory: Path, path: str, stamp: tuple[int, int]) -> PageFile:
    return PageFile(path, (directory / path).read_bytes(), stamp[0] / 1e9)
