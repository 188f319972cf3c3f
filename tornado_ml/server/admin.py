"""Loading and unloading models while the service runs, for who may."""

from __future__ import annotations

from abc import abstractmethod

from tornado_ml.errors import Forbidden, ModelLoadError, ModelNotReady, ShuttingDown
from tornado_ml.protocol import documents, routes
from tornado_ml.protocol.payloads import Document
from tornado_ml.protocol.routes import Route
from tornado_ml.server.base import DocumentHandler
from tornado_ml.server.guard import is_loopback


def is_operator(handler: DocumentHandler) -> bool:
    """Whether who asks has the right to all of the service: by a token, or else by being on the same machine."""
    if handler.shared.access.is_on:
        return handler.caller.identity.may("admin")
    headers = handler.request.headers
    # A proxy on the same machine hands on the requests of others, and so does a page of another site.
    is_proxied = any(name in headers for name in ("Forwarded", "X-Forwarded-For", "Via"))
    is_foreign = "Origin" in headers and handler.shared.guard.is_allowed_origin(headers["Origin"])
    return not is_proxied and not is_foreign and is_loopback(str(handler.request.remote_ip))


class AdminHandler(DocumentHandler):
    """Does something to a model, and answers with what the list says of it then."""

    route: Route

    async def post(self, qualified_name: str) -> None:
        self.query(self.route)
        self._check_right(qualified_name)
        if self.shared.service.is_draining:
            raise ShuttingDown
        try:
            document = await self.act(qualified_name)
        except ModelLoadError as error:
            raise ModelNotReady(str(error)) from error
        self.write_document(document)

    @abstractmethod
    async def act(self, qualified_name: str) -> Document:
        """Raises ModelNotFound or ModelLoadError."""

    def entry(self, qualified_name: str) -> Document:
        return documents.model_document(self.shared.manager.versions(qualified_name))

    def _check_right(self, qualified_name: str) -> None:
        if self.shared.access.is_on:
            self.caller.require("admin", qualified_name)
            return
        if "Origin" in self.request.headers or not is_operator(self):
            raise Forbidden(
                "Where nobody is asked for a token, models are loaded and unloaded by programs on the same machine"
                " alone, as with: tornado-ml reload MODEL."
            )


class LoadHandler(AdminHandler):
    route = routes.LOAD

    async def act(self, qualified_name: str) -> Document:
        await self.shared.shelf.load(qualified_name)
        return self.entry(qualified_name)


class UnloadHandler(AdminHandler):
    route = routes.UNLOAD

    async def act(self, qualified_name: str) -> Document:
        versions = self.shared.manager.versions(qualified_name)
        await self.shared.shelf.unload(qualified_name)
        return documents.model_document(versions)


class ReloadHandler(AdminHandler):
    route = routes.RELOAD

    async def act(self, qualified_name: str) -> Document:
        await self.shared.shelf.reload(qualified_name)
        return self.entry(qualified_name)
