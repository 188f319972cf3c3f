"""How a browser logs in: with a token, for which it gets a cookie that no script can read.

What the page may know, who has logged in, is in a second cookie.
"""

from __future__ import annotations

from urllib.parse import quote

from marshmallow import ValidationError

from tornado_ml.errors import BadEnvelope, NotFound
from tornado_ml.protocol import documents, routes
from tornado_ml.protocol.payloads import Document
from tornado_ml.server.base import DocumentHandler, Login
from tornado_ml.server.credentials import cookie_name

NAME_COOKIE = "tornado-ml-name"
REMEMBERED_S = 30 * 24 * 3600
MAX_BODY_BYTES = 16 * 1024


class LoginHandler(DocumentHandler):
    login: Login = "ignored"
    max_body_bytes = MAX_BODY_BYTES

    async def post(self) -> None:
        self.query(routes.LOGIN)
        if not self.shared.access.is_on:
            raise NotFound("Nobody needs to log in here.")
        body = self._body_document()
        caller = await self.shared.access.identify(body["token"], self.caller.address)
        max_age_s = REMEMBERED_S if body.get("remember") else None
        self._set(cookie_name(self.request.protocol), body["token"], max_age_s, is_secret=True)
        self._set(NAME_COOKIE, quote(caller.identity.name), max_age_s)
        self.write_document({"name": caller.identity.name, "scopes": sorted(caller.identity.scopes)})

    def _body_document(self) -> Document:
        """Raises BadFrame or BadEnvelope; neither repeats what was sent."""
        try:
            document: Document = documents.LoginBody().load(self.json_body(max_depth=4))
        except ValidationError as error:
            raise BadEnvelope('The body must look like {"token": "…", "remember": false}.') from error
        return document

    def _set(self, name: str, value: str, max_age_s: int | None, *, is_secret: bool = False) -> None:
        self.set_cookie(
            name,
            value,
            path="/",
            max_age=max_age_s,
            httponly=is_secret,
            secure=self.request.protocol == "https",
            samesite="Strict",
        )


class LogoutHandler(DocumentHandler):
    login: Login = "ignored"

    def post(self) -> None:
        self.query(routes.LOGOUT)
        for name in (cookie_name(self.request.protocol), NAME_COOKIE):
            self.clear_cookie(name, path="/", secure=self.request.protocol == "https", samesite="Strict")
        self.write_document({})
