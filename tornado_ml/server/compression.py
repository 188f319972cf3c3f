"""Which requests may be answered compressed.

Only what is public is compressed, and holds no secret beside what a stranger could have put there: from the length of
such an answer the secret could be guessed (BREACH, https://breachattack.com).
"""

from __future__ import annotations

import re

_NEVER = re.compile(r"q=0(?:\.0*)?")


def accepts_gzip(accept_encoding: str) -> bool:
    """What `Accept-Encoding` says of gzip (RFC 9110, section 12.5.3)."""
    allowed = {}
    for choice in accept_encoding.lower().split(","):
        coding, _, weight = choice.partition(";")
        allowed[coding.strip()] = _NEVER.fullmatch(weight.strip()) is None
    return allowed.get("gzip", allowed.get("*", False))
