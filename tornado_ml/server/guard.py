"""Who may talk to the service at all, judged by the Host and Origin headers, for the socket and REST alike.

A page of any site can send a browser's requests here. Its Origin tells them apart, unless its name has been made to
resolve to this machine (DNS rebinding); then the Host does. Tornado alone compares the two with each other, and so
lets `Host: evil.com` with `Origin: http://evil.com` in.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

_HOST = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[^\s:/?#@\[\]]+))(?::(?P<port>[0-9]{1,5}))?", re.ASCII)
_ORIGIN = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://" + _HOST.pattern, re.ASCII)
_DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_PORT = 65535

Origin = tuple[str, str, int | None]
"""Scheme, host and port, in lower case, the scheme's default port filled in."""


class Guard:
    """Judges requests.

    Args:
        allowed_hosts: names this service is reached by, besides loopback addresses and `localhost`.
        allowed_origins: `scheme://host[:port]` of other sites whose pages may use it.
    """

    def __init__(self, allowed_hosts: Iterable[str] = (), allowed_origins: Iterable[str] = ()) -> None:
        self._hosts = {"localhost", *map(_normal, allowed_hosts)}
        self._origins = {_parse_origin(origin) for origin in allowed_origins}

    def refusal(self, scheme: str, host: str, origin: str | None) -> str | None:
        """Why a request is refused, or None if it is let in. `origin` is None where a program sent none."""
        match = _HOST.fullmatch(host)
        name = _normal(match["v6"] or match["name"]) if match else ""
        if match is None or not (name in self._hosts or is_loopback(name)):
            return f"The host {host[:100]!r} is not served here. Its operator can add it to server.allowed_hosts."
        if origin is None or self.is_allowed_origin(origin):
            return None
        port = int(match["port"]) if match["port"] else _DEFAULT_PORTS.get(scheme)
        if _parse_origin(origin) == (scheme, name, port):
            return None
        if _parse_origin(origin) is None:
            return f"Pages of the origin {origin[:100]!r} may not use this service."
        return f"Pages of {origin[:100]!r} may not use this service. Its operator can add it to server.allowed_origins."

    def is_allowed_origin(self, origin: str) -> bool:
        """Whether the settings allow this origin, be it the service's own or not."""
        parsed = _parse_origin(origin)
        return parsed is not None and parsed in self._origins


def _normal(host: str) -> str:
    """Lower case; an IP address in its shortest form."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host.lower()


def is_loopback(name: str) -> bool:
    """Whether this is a loopback address, written as numbers."""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _parse_origin(origin: str) -> Origin | None:
    """None for what names no host: `null`, or anything that is no serialised origin (RFC 6454, section 6.2)."""
    match = _ORIGIN.fullmatch(origin)
    if match is None:
        return None
    scheme = match["scheme"].lower()
    port = int(match["port"]) if match["port"] else _DEFAULT_PORTS.get(scheme)
    return None if port is not None and port > MAX_PORT else (scheme, _normal(match["v6"] or match["name"]), port)
