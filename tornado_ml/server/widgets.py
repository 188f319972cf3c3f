"""The files of the widgets that plugins bring to the page."""

from __future__ import annotations

from tornado_ml.errors import NotFound
from tornado_ml.server.ui import ASK_EACH_TIME, KEEP, PageFileHandler


class WidgetFileHandler(PageFileHandler):
    """A file of a plugin's widgets, at an address that names the version of their folder."""

    login = "needed"

    async def get(self, plugin_name: str, version: str, path: str) -> None:  # type: ignore[override]
        folder = self.shared.widgets.folder(plugin_name)
        if folder is None:
            raise NotFound
        cache_control = KEEP if folder.version == version else ASK_EACH_TIME
        if self.shared.access.is_on:  # a proxy must not hand it to others
            cache_control = cache_control.replace("public", "private")
        await self.send(folder.file(path), cache_control)
