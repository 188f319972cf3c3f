"""The kinds of values that a setting can have: each judges a value, and says what it wants in its place.

They are marshmallow fields that coerce nothing: "5" is no number, true is no number, 1.0 is no whole number.
"""

from __future__ import annotations

import json
import re
import sys
from abc import abstractmethod
from collections.abc import Hashable, Iterable, Mapping
from ipaddress import IPv6Address, ip_network
from pathlib import Path
from typing import Any, TypeVar

from marshmallow import ValidationError, fields

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class Kind(fields.Field[T]):
    """A kind of value; `wants` completes the sentence "It must be …"."""

    def __init__(self, wants: str) -> None:
        super().__init__(error_messages={"null": f"must be {wants}, got None"})
        self.wants = wants

    @abstractmethod
    def accept(self, value: Any) -> T | None:
        """The value as the service uses it; None refuses it."""

    def build(self, accepted: T) -> Any:
        """What `Settings` holds, from what was accepted and merged."""
        return accepted

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> T:
        accepted = self.accept(value)
        if accepted is None:
            raise ValidationError(f"must be {self.wants}, got {shown(value)}")
        return accepted


class Flag(Kind[bool]):
    def __init__(self) -> None:
        super().__init__("true or false")

    def accept(self, value: Any) -> bool | None:
        return value if isinstance(value, bool) else None


class Whole(Kind[int]):
    def __init__(self, least: int, most: int | None = None) -> None:
        super().__init__(f"a whole number, {least} or more" if most is None else f"a whole number, {least} to {most}")
        self.least, self.most = least, most

    def accept(self, value: Any) -> int | None:
        fits = type(value) is int and value >= self.least and (self.most is None or value <= self.most)
        return value if fits else None


class Number(Kind[float]):
    def __init__(self, *, zero: bool, of: str = "") -> None:
        super().__init__(f"a finite number{of}, " + ("0 or more" if zero else "more than 0"))
        self.zero = zero

    def accept(self, value: Any) -> float | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        # Also refuses NaN, which is neither less nor more, and integers that no float can hold.
        return float(value) if 0 < value <= sys.float_info.max or (value == 0 and self.zero) else None


class Seconds(Number):
    def __init__(self, *, zero: bool) -> None:
        super().__init__(zero=zero, of=" of seconds")


class Text(Kind[str]):
    def __init__(self, wants: str = "a string that is not empty") -> None:
        super().__init__(wants)

    def accept(self, value: Any) -> str | None:
        return value if isinstance(value, str) and value else None


class OneOf(Kind[str]):
    def __init__(self, *choices: str) -> None:
        super().__init__(" or ".join(f'"{choice}"' for choice in choices))
        self.choices = choices

    def accept(self, value: Any) -> str | None:
        return value if value in self.choices else None


class HostName(Text):
    """A host name or an IP address, in lower case; an IPv6 address without brackets, in its shortest form."""

    _NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")

    def __init__(self) -> None:
        super().__init__("a host name or an IP address, without scheme and port")

    def accept(self, value: Any) -> str | None:
        if not isinstance(value, str) or not value.isascii():
            return None
        if self._NAME.fullmatch(value.lower()):
            return value.lower()
        try:
            return str(IPv6Address(value[1:-1] if value.startswith("[") and value.endswith("]") else value))
        except ValueError:
            return None


class Origin(Text):
    """An origin as browsers send it (RFC 6454, section 6.2): in lower case, without the scheme's own port."""

    _ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://([a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?")
    _OWN_PORTS = ("http", 80), ("https", 443)

    def __init__(self) -> None:
        super().__init__("scheme://host or scheme://host:port, with nothing behind it")

    def accept(self, value: Any) -> str | None:
        match = self._ORIGIN.fullmatch(value.lower()) if isinstance(value, str) and value.isascii() else None
        if match is None:
            return None
        scheme, host, port = match[1], HostName().accept(match[2]), match[3] and int(match[3])
        if host is None or (port and port > 65535):
            return None
        origin = f"{scheme}://[{host}]" if ":" in host else f"{scheme}://{host}"
        return origin if port is None or (scheme, port) in self._OWN_PORTS else f"{origin}:{port}"


class Network(Text):
    """The addresses of a network, or one address, in the shortest form; or what comes by a Unix socket."""

    UNIX = "unix"

    def __init__(self) -> None:
        super().__init__(f'an IP address, a network like 10.0.0.0/8, or "{self.UNIX}"')

    def accept(self, value: Any) -> str | None:
        if not isinstance(value, str) or value == self.UNIX:
            return value if value == self.UNIX else None
        try:
            return str(ip_network(value))
        except ValueError:
            return None


class Folder(Kind[Path]):
    """A path, with `~` and `~user` replaced; whoever knows what a relative one counts from makes it absolute."""

    def __init__(self) -> None:
        super().__init__("the path of a folder (`~` is your home directory)")

    def accept(self, value: Any) -> Path | None:
        if not isinstance(value, str) or not value or "\0" in value:
            return None
        try:
            # Not always: Path("./~") is Path("~").
            return Path(value).expanduser() if value.startswith("~") else Path(value)
        except RuntimeError:  # there is no such user, or no home directory
            return None


class OptionalFile(Kind[Any]):
    """The path of a file, as `Folder` takes it; "" becomes None, when a later layer can no longer say otherwise."""

    def __init__(self) -> None:
        super().__init__('the path of a file (`~` is your home directory), or "" for none')
        self._path = Folder()

    def accept(self, value: Any) -> Path | str | None:
        return "" if value == "" else self._path.accept(value)

    def build(self, accepted: Path | str | None) -> Path | None:
        return accepted if isinstance(accepted, Path) else None


class OptionalUrl(Kind[str]):
    """The address of a service over HTTP, or nothing."""

    def __init__(self) -> None:
        super().__init__('an address that begins with http:// or https://, or "" for none')

    def accept(self, value: Any) -> str | None:
        is_one = isinstance(value, str) and re.fullmatch(r"(https?://[^\s/?#]+[^\s]*)?", value)
        return value if is_one else None


class ListOf(Kind[tuple[T, ...]]):
    def __init__(self, entry: Kind[T], wants: str) -> None:
        super().__init__(wants)
        self.entry = entry

    def accept(self, value: Any) -> tuple[T, ...] | None:
        return tuple(each(self.entry, enumerate(value)).values()) if isinstance(value, list | tuple) else None


def each(kind: Kind[T], items: Iterable[tuple[K, Any]]) -> dict[K, T]:
    """Every value as `kind` accepts it, under its key.

    Raises:
        ValidationError: with the faults of all the values that `kind` refuses, by key.
    """
    good: dict[K, Any] = {}
    faults: dict[K, Any] = {}
    for key, value in items:
        try:
            good[key] = kind.deserialize(value)
        except ValidationError as error:
            good[key] = error.valid_data
            faults[key] = error.messages
    if faults:
        # marshmallow's annotations know only string keys; its code passes any on.
        raise ValidationError(faults, valid_data=good)  # type: ignore[arg-type]
    return good


def shown(value: object) -> str:
    """What stands in the place of a value, in words, on one line."""
    match value:
        case bool():
            return f"the boolean {str(value).lower()}"
        case int() if abs(value) >= 2**63:  # Python may refuse to write out a longer one
            return "a very large number"
        case int() | float():
            return f"the number {value}"
        case str():
            return "the string " + json.dumps(value if len(value) <= 80 else value[:80] + "…", ensure_ascii=False)
        case list() | tuple():
            return "a list"
        case Mapping():
            return "a table"
    return f"a {type(value).__name__}"
