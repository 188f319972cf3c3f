"""How an answer may be compressed.

Only what is public is compressed, and holds no secret beside what a stranger could have put there: from the length of
such an answer the secret could be guessed (BREACH, https://breachattack.com).
"""

from __future__ import annotations

import functools
import gzip
import re
from collections.abc import Callable, Iterable, Mapping

import brotli

_NEVER = re.compile(r"q=0(?:\.0*)?")


COMPRESSIONS: Mapping[str, Callable[[bytes], bytes]] = {
    "br": functools.partial(brotli.compress, mode=brotli.MODE_TEXT, quality=5),
    "gzip": functools.partial(gzip.compress, compresslevel=6, mtime=0),
}
"""For what is made anew for each request, the best first: some milliseconds for 100 kB."""


def best_coding(accept_encoding: str, known: Iterable[str]) -> str | None:
    """The first of the codings that `Accept-Encoding` allows (RFC 9110, section 12.5.3)."""
    allowed = {}
    for choice in accept_encoding.lower().split(","):
        coding, _, weight = choice.partition(";")
        allowed[coding.strip()] = _NEVER.fullmatch(weight.strip()) is None
    return next((coding for coding in known if allowed.get(coding, allowed.get("*", False))), None)
