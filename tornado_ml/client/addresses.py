"""Where a service is: the address of its page and that of its socket, whichever of them was given."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

DEFAULT_PAGE_URL = "http://127.0.0.1:8765"
DEFAULT_SOCKET_URL = "ws://127.0.0.1:8765/ws"

_PAGE_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_SOCKET_SCHEMES = {"http": "ws", "https": "wss"}


def page_url(url: str) -> str:
    """The address of the page, without a slash at its end.

    Raises:
        ValueError: `url` is no address.
    """
    try:
        parts = urlsplit(url)
        scheme = _PAGE_SCHEMES[parts.scheme]
        if not parts.hostname or parts.port == 0:
            raise ValueError
    except (KeyError, ValueError):
        raise ValueError(
            f"{url!r} is no address of a service; one looks like {DEFAULT_PAGE_URL} or {DEFAULT_SOCKET_URL}"
        ) from None
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/").removesuffix("/ws").rstrip("/"), "", ""))


def socket_url(url: str) -> str:
    """The address of the socket.

    Raises:
        ValueError: `url` is no address.
    """
    scheme, rest = page_url(url).split(":", 1)
    return f"{_SOCKET_SCHEMES[scheme]}:{rest}/ws"
