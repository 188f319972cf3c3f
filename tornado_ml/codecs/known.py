"""The codecs that one service speaks: its own, and those that plugins bring."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from tornado_ml.codecs.base import Codec
from tornado_ml.codecs.json import JSONCodec
from tornado_ml.codecs.msgpack import MessagePackCodec
from tornado_ml.errors import PluginError

OWN_CODECS: tuple[Codec, ...] = (JSONCodec(), MessagePackCodec())
"""The first is spoken with a client that offers no subprotocol."""

RESERVED_PREFIX = "tornado-ml."
"""What the subprotocols of plugins may not start with: a later version may need the name."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2


class Codecs:
    """The codecs of one service, by subprotocol."""

    def __init__(self) -> None:
        self._of_plugins: dict[str, Sequence[Codec]] = {}

    def __iter__(self) -> Iterator[Codec]:
        yield from OWN_CODECS
        for brought in self._of_plugins.values():
            yield from brought

    @property
    def subprotocols(self) -> list[str]:
        return [codec.subprotocol for codec in self]

    def select(self, offered: Sequence[str]) -> Codec | None:
        """The codec of the first subprotocol in the client's order that is spoken here; the first of all for none."""
        if not offered:
            return OWN_CODECS[0]
        known = {codec.subprotocol: codec for codec in self}
        return next((known[name] for name in offered if name in known), None)

    def set(self, plugin_key: str, codecs: Iterable[object]) -> None:
        """Speak what a plugin brings, in place of what it brought before.

        Raises:
            PluginError: as `checked`, or another plugin has brought the subprotocol; what it brought before has gone.
        """
        self.remove(plugin_key)
        brought = checked(codecs)
        for codec in brought:
            if codec.subprotocol in self.subprotocols:
                raise PluginError(f"The codec {_shown(codec)} has a subprotocol that another plugin has brought.")
        if brought:
            self._of_plugins[plugin_key] = brought

    def remove(self, plugin_key: str) -> None:
        """Speak no more what a plugin brought; connections that speak it go on."""
        self._of_plugins.pop(plugin_key, None)


def checked(codecs: Iterable[object]) -> list[Codec]:
    """What a plugin's `register_codecs` returned.

    Raises:
        PluginError: one is no codec, or its subprotocol cannot be one, or stands here twice.
    """
    known: dict[str, Codec] = {}
    for codec in codecs:
        if not isinstance(codec, Codec):
            raise PluginError(f"register_codecs returned {codec!r:.120}; it must return instances of tornado_ml.Codec.")
        name = getattr(codec, "subprotocol", None)
        if not isinstance(name, str) or _TOKEN.fullmatch(name) is None:
            raise PluginError(
                f"The codec {type(codec).__qualname__} has the subprotocol {name!r:.120}; it must be a token of"
                " letters, digits and the like, without spaces or commas (RFC 9110, section 5.6.2)."
            )
        if name.startswith(RESERVED_PREFIX):
            raise PluginError(f"The codec {_shown(codec)} has a subprotocol that starts with {RESERVED_PREFIX!r}.")
        if name in known:
            raise PluginError(f"The codec {_shown(codec)} has a subprotocol that {_shown(known[name])} has too.")
        if not isinstance(getattr(codec, "is_binary", None), bool):
            raise PluginError(f"The codec {_shown(codec)} does not say whether it is_binary: True or False.")
        known[name] = codec
    return list(known.values())


def _shown(codec: Codec) -> str:
    return f"{type(codec).__qualname__} ({codec.subprotocol})"
