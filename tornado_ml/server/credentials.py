"""Where a request shows its token: a header, a subprotocol of a socket, or the cookie that a login has set."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from tornado.httputil import HTTPServerRequest

BEARER_SUBPROTOCOL = "tornado-ml.bearer."
"""Begins the subprotocol by which a browser's script, which can set no header of a socket, shows a token."""

NO_TOKEN = ""


@dataclass(frozen=True, slots=True)
class Credential:
    """A token as it was shown.

    Attributes:
        token: `NO_TOKEN` where something was shown that is none.
        is_browsers: whether it came in a way of browsers, which cannot read why a handshake is refused.
    """

    token: str
    is_browsers: bool


def find_credential(request: HTTPServerRequest) -> Credential | None:
    """What a request shows: its header, or else its subprotocol, or else its cookie; None if it has none of them.

    Only the first one counts: a second is not tried where that is not good.
    """
    if "Authorization" in request.headers:
        return Credential(_in_headers(request.headers.get_list("Authorization")), is_browsers=False)
    offered = [name.strip() for name in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
    bearers = [name.removeprefix(BEARER_SUBPROTOCOL) for name in offered if name.startswith(BEARER_SUBPROTOCOL)]
    if bearers:
        return Credential(_decoded(bearers[0]) if len(bearers) == 1 else NO_TOKEN, is_browsers=True)
    cookie = request.cookies.get(cookie_name(request.protocol))
    return Credential(cookie.value, is_browsers=True) if cookie is not None and _is_of_own_page(request) else None


def cookie_name(scheme: str) -> str:
    """The cookie of a login. With `__Host-` it cannot be set by a subdomain, nor without TLS (RFC 6265bis)."""
    return "__Host-tornado-ml-token" if scheme == "https" else "tornado-ml-token"


def _in_headers(values: list[str]) -> str:
    """The token of `Authorization: Bearer TOKEN` (RFC 6750, section 2.1)."""
    scheme, _, token = values[0].strip().partition(" ")
    return token.strip() if len(values) == 1 and scheme.lower() == "bearer" else NO_TOKEN


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):  # a UnicodeDecodeError is one
        return NO_TOKEN


def _is_of_own_page(request: HTTPServerRequest) -> bool:
    """Whether a cookie may count: a browser also sends it for pages of other ports of this host, and other subdomains.

    They are not told apart by `SameSite`. Schemes are not compared: a proxy may speak TLS in front of this service.
    """
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        return False
    origin = request.headers.get("Origin")
    return origin is None or origin.partition("://")[2].lower() == request.headers.get("Host", "").lower()
