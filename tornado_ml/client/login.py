"""How a client shows its token."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"[!-~]+")


def login_headers(token: str | None) -> dict[str, str]:
    """The headers that show a token; none for None.

    Raises:
        ValueError: it is none. The text does not repeat it.
    """
    if token is None:
        return {}
    if _TOKEN.fullmatch(token) is None:
        raise ValueError("the token has characters that no token has, such as a line break or a blank")
    return {"Authorization": f"Bearer {token}"}
