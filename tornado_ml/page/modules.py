"""What an ES module of the page imports and exports, and what is left of it without these statements."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from string import ascii_lowercase

from tornado_ml.page.scanner import Token, Unjoinable, tokens

_NAME = r"[\w$]+"
_NAMES = rf"\{{ (?P<names>(?:{_NAME}(?: as {_NAME})?(?: , | (?=\}})))*)\}}"
_IMPORT = re.compile(rf"import (?:(?:{_NAMES}|\* as (?P<all>{_NAME})|(?P<default>{_NAME})) from )?(?P<quoted>\S+) ;")
_EXPORT_NAMES = re.compile(rf"export {_NAMES}(?: from (?P<quoted>\S+))? ;")
_EXPORT_DECLARED = re.compile(rf"export (?:async )?(?:function(?: \*)?|class) (?P<name>{_NAME}) ")
_EXPORT_VARIABLE = re.compile(rf"export (?:const|let|var) (?P<name>{_NAME}) [=;] ")
_EXPORT_ALL = re.compile(r"export \* from (?P<quoted>\S+) ;")
_LONGEST = 200
"""Words and signs of the longest import or export statement."""


@dataclass(frozen=True, slots=True)
class Import:
    """One static import; `export … from` is one too, whose names no code of the module sees."""

    target: str
    """The path of the module, from the top of the page's files."""
    names: dict[str, str] = field(default_factory=dict)
    """Its name here -> its name there."""
    namespace: str | None = None
    """What the whole module is called here."""


@dataclass(slots=True)
class Module:
    path: str
    imports: list[Import] = field(default_factory=list)
    exports: dict[str, str] = field(default_factory=dict)
    """Its name for others -> its name here."""
    passed_on: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Its name for others -> the module that it comes from, and its name there."""
    passed_on_whole: list[str] = field(default_factory=list)
    """The modules of which it passes on everything."""
    lazy: dict[int, str] = field(default_factory=dict)
    """The modules that `import("…")` names, by the place of the text in `pieces`."""
    pieces: list[str] = field(default_factory=list)

    def body(self, specifier: Callable[[str], str]) -> str:
        """The code without its static imports and exports; `specifier` says how a lazily loaded module is named."""
        return "".join(
            f'"{specifier(self.lazy[place])}"' if place in self.lazy else piece
            for place, piece in enumerate(self.pieces)
        )


def parse(path: str, source: str) -> Module:
    """The module at `path`, which is counted from the top of the page's files.

    Comments and white space are left out of it, and private names made short; the rest stays as it is.

    Raises:
        Unjoinable: it says something that cannot be joined, or not be understood by the little that is looked at.
    """
    try:
        return _Parser(path, list(tokens(source))).parse()
    except Unjoinable as error:
        raise Unjoinable(f"{path}: {error}") from None


class _Parser:
    def __init__(self, path: str, found: list[Token]) -> None:
        self._module = Module(path)
        self._tokens = found
        self._code = [place for place, token in enumerate(found) if token.is_code]
        self._dropped: set[int] = set()
        self._lazy: dict[int, str] = {}
        self._private: dict[str, str] = {}
        """What a private name is called in the joined module."""

    def parse(self) -> Module:
        depth, index = 0, 0
        while index < len(self._code):
            token = self._tokens[self._code[index]]
            follower = self._text(index + 1)
            if token.kind == "sign" or token.kind == "template":
                depth += _deeper(token)
            elif token.kind == "word" and self._text(index - 1) != ".":
                if token.text == "import" and follower == "(":
                    self._take_lazy(index)
                elif token.text == "import" and follower == ".":
                    raise Unjoinable("import.meta would be another in a joined module")
                elif depth == 0 and token.text == "import":
                    index = self._take_import(index)
                    continue
                elif depth == 0 and token.text == "export":
                    index = self._take_export(index)
                    continue
                elif depth == 0 and token.text == "await":
                    raise Unjoinable("a joined module cannot wait: await stands at its top level")
            index += 1
        self._collect()
        return self._module

    def _text(self, index: int) -> str:
        return self._tokens[self._code[index]].text if 0 <= index < len(self._code) else ""

    def _statement(self, index: int) -> str:
        """The code from here on, one blank between each two tokens."""
        return " ".join(self._tokens[place].text for place in self._code[index : index + _LONGEST]) + " "

    def _drop(self, index: int, statement: str) -> int:
        """Leave these tokens out; returns the index of the one after them."""
        end = index + len(statement.split())
        self._dropped.update(self._code[index:end])
        return end

    def _take_import(self, index: int) -> int:
        match = _IMPORT.match(self._statement(index))
        if match is None:
            raise Unjoinable(f"this import is not of the kinds that are joined: {self._statement(index)[:60]}")
        names = _renamed(match["names"] or "")
        if match["default"]:
            names = {match["default"]: "default"}
        self._module.imports.append(Import(self._resolved(match["quoted"]), names, match["all"]))
        return self._drop(index, match[0])

    def _take_export(self, index: int) -> int:
        statement = self._statement(index)
        if match := _EXPORT_NAMES.match(statement):
            names = _renamed(match["names"])
            if match["quoted"] is None:
                self._module.exports |= names
            else:
                target = self._resolved(match["quoted"])
                self._module.imports.append(Import(target))
                self._module.passed_on |= {name: (target, there) for name, there in names.items()}
            return self._drop(index, match[0])
        if match := _EXPORT_ALL.match(statement):
            target = self._resolved(match["quoted"])
            self._module.imports.append(Import(target))
            self._module.passed_on_whole.append(target)
            return self._drop(index, match[0])
        match = _EXPORT_DECLARED.match(statement) or _EXPORT_VARIABLE.match(statement)
        if match is None:
            raise Unjoinable(f"this export is not of the kinds that are joined: {statement[:60]}")
        if match.re is _EXPORT_VARIABLE:
            self._check_single(index)
        self._module.exports[match["name"]] = match["name"]
        return self._drop(index, "export")

    def _check_single(self, index: int) -> None:
        """Raises Unjoinable if `export const` declares more than one name, or does not end with a semicolon."""
        depth = 0
        for place in self._code[index:]:
            depth += _deeper(self._tokens[place])
            if depth == 0 and self._tokens[place].text in {",", ";"}:
                if self._tokens[place].text == ";":
                    return
                break
        raise Unjoinable(f"export one name at a time, and end with a semicolon: {self._statement(index)[:60]}")

    def _take_lazy(self, index: int) -> None:
        name = self._tokens[self._code[index + 2]]
        if name.kind == "string" and name.text[1] in "./" and self._text(index + 3) == ")":
            self._lazy[self._code[index + 2]] = self._resolved(name.text)

    def _resolved(self, quoted: str) -> str:
        specifier = quoted[1:-1]
        if quoted[0] not in "\"'" or "\\" in quoted or not specifier.startswith(("./", "../", "/")):
            raise Unjoinable(f"{quoted} is not the path of a module")
        folder = posixpath.dirname(f"/{self._module.path}")
        return posixpath.normpath(posixpath.join(folder, specifier)).lstrip("/")

    def _collect(self) -> None:
        """Gather what is left; and of what stands between two tokens only what is needed."""
        pieces = self._module.pieces
        before: Token | None = None
        between = ""
        for place, token in enumerate(self._tokens):
            if not token.is_code or place in self._dropped:
                between += token.text if place not in self._dropped else ""
                continue
            if between and before is not None:
                pieces.append(_separator(before, token, between))
            before, between = token, ""
            if place in self._lazy:
                self._module.lazy[len(pieces)] = self._lazy[place]
            pieces.append(self._shortened(token))

    def _shortened(self, token: Token) -> str:
        """A private name, which only its class can say (ECMA-262, section 15.7.1), as one of few letters."""
        if not token.text.startswith("#"):
            return token.text
        return self._private.setdefault(token.text, f"#{_letters(len(self._private))}")


def _letters(number: int) -> str:
    """a, b, … z, ba, bb, …"""
    rest, last = divmod(number, len(ascii_lowercase))
    return (_letters(rest) if rest else "") + ascii_lowercase[last]


def _separator(before: Token, after: Token, between: str) -> str:
    """A line end where it may end a statement (ECMA-262, section 12.10), a blank where two tokens would become one."""
    if "\n" in between:
        return "" if before.text in {";", ",", "{", "(", "["} or after.text in {",", "}", ")", "]"} else "\n"
    edge = before.text[-1] + after.text[0]
    would_merge = edge in {"++", "--", "//"} or (after.text == "." and before.text[0].isdecimal())
    return " " if would_merge or (before.kind in {"word", "regex"} and after.kind == "word") else ""


def _deeper(token: Token) -> int:
    if token.kind == "template":
        return token.text.endswith("${") - token.text.startswith("}")
    return token.kind == "sign" and (token.text in "([{") - (token.text in ")]}")


def _renamed(names: str) -> dict[str, str]:
    """`a, b as c` as {"a": "a", "c": "b"}."""
    pairs = [name.strip().partition(" as ") for name in names.split(",") if name.strip()]
    return {new or old: old for old, _, new in pairs}
