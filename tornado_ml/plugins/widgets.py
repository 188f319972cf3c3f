"""The widgets of one service: which there are for a model, and the folders that their files are in."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tornado_ml.models.widget import Widget
from tornado_ml.page.files import PageFile
from tornado_ml.plugins.finding import Plugin

_PRIVATE_NAMES = (".", "_")
_PRIVATE_SUFFIXES = (".py", ".pyc", ".pyi")


@dataclass(frozen=True, slots=True)
class ServedWidget:
    """A widget as the page is told of it."""

    widget: Widget
    address: str
    """The path of its module's URL. It is another one when any file of the folder has changed."""


class WidgetFolder:
    """The public files of a plugin's widgets, as they are now."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory.resolve()
        self._read: dict[str, tuple[tuple[int, int], PageFile]] = {}

    def file(self, path: str) -> PageFile | None:
        """The file at a path that is counted from the folder; None if there is none, or it is not public.

        A link that leads out of the folder is not followed.
        """
        if any(part in ("", "..") or part.startswith(_PRIVATE_NAMES) for part in path.split("/")):
            return None
        try:
            found = (self._directory / path).resolve()
            if not found.is_relative_to(self._directory) or found.suffix in _PRIVATE_SUFFIXES or not found.is_file():
                return None
            status = found.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if path not in self._read or self._read[path][0] != stamp:
                self._read[path] = (stamp, PageFile(path, found.read_bytes(), status.st_mtime))
        except (OSError, RuntimeError, ValueError):  # gone, a link to itself, or no path at all
            return None
        return self._read[path][1]

    @property
    def version(self) -> str:
        """Another one when any of its files has changed."""
        files = {path: file for path in self._paths() if (file := self.file(path)) is not None}
        contents = "".join(f"{path} {file.digest}\n" for path, file in sorted(files.items()))
        return hashlib.sha256(contents.encode()).hexdigest()[:16]

    def _paths(self) -> list[str]:
        return [
            Path(folder, name).relative_to(self._directory).as_posix()
            for folder, _, names in os.walk(self._directory)
            for name in names
        ]


class Widgets:
    """What all plugins of a service bring to its page."""

    def __init__(self) -> None:
        self._plugins: dict[str, tuple[str, list[Widget], WidgetFolder]] = {}

    def set(self, plugin: Plugin) -> None:
        """What a plugin brings now; all its widgets stand in one folder."""
        self._plugins.pop(plugin.key, None)
        if plugin.widgets:
            folder = WidgetFolder(plugin.widgets[0].module.parent)
            self._plugins[plugin.key] = (plugin.name, list(plugin.widgets), folder)

    def of_model(self, qualified_name: str) -> list[ServedWidget]:
        """Those that a model's schemas may name, and those for the model itself."""
        found = []
        for name, widgets, folder in self._plugins.values():
            base = f"/widgets/{quote(name, safe='')}/{folder.version}"
            found += [
                ServedWidget(widget, f"{base}/{quote(widget.module.name)}")
                for widget in widgets
                if widget.model_qualified_name in (None, qualified_name)
            ]
        return sorted(found, key=lambda one: one.widget.full_name)

    def folder(self, plugin_name: str) -> WidgetFolder | None:
        """The folder of the plugin's widgets; None if it has none."""
        return next((folder for name, _, folder in self._plugins.values() if name == plugin_name), None)
