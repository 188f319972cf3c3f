"""Joins ES modules: all that the page needs at once into one, and each part that it loads later into one more.

Each module becomes a function that is called once, in the order in which a browser would run the modules, and returns
what the module exports, as it is by then. A module that several of the joined files need is in one of them, and the
others import it from there: so there is one instance of it in the page.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping

from tornado_ml.page.modules import Import, Module, parse
from tornado_ml.page.scanner import Unjoinable

VENDORED = "vendor/"
"""Where modules are that are not ours to write. One that is loaded later and cannot be joined is left as it is."""


def join(read: Callable[[str], str], entry: str) -> dict[str, str]:
    """The joined files by their paths: `entry`, what is loaded later, and what several of these share.

    They are meant to be served at the paths of the modules whose names they have, below a folder of their own.

    Args:
        read: gives the source of the module at a path; raises KeyError if there is none.
        entry: the path of the module that the page loads.

    Raises:
        Unjoinable: a module says something that cannot be joined.
    """
    modules = _Graph(read)
    first = modules.closure(entry)
    # A module that is loaded later may load others in its turn.
    later: dict[str, list[str]] = {}
    pending = list(modules.lazy_of(first))
    while pending:
        path = pending.pop()
        if path not in later and modules.can_join(path):
            later[path] = [found for found in modules.closure(path) if found not in first]
            pending += modules.lazy_of(later[path])
    homes = dict.fromkeys(first, entry) | _homes(later)
    joined = {
        path: _File(path, modules, homes, is_part=path in later)
        for path in dict.fromkeys([entry, *later, *homes.values()])
    }
    return {path: file.text() for path, file in joined.items()}


def _homes(later: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """The file each module is in: its own if one part alone needs it, else one that just the same parts share."""
    users: dict[str, list[str]] = {}
    for entry in sorted(later):
        for path in later[entry]:
            users.setdefault(path, []).append(entry)
    shared = sorted({tuple(entries) for entries in users.values() if len(entries) > 1})
    names = {entries: f"js/shared-{number}.js" for number, entries in enumerate(shared, start=1)}
    return {path: names.get(tuple(entries), entries[0]) for path, entries in users.items()}


class _Graph:
    """Modules, each read once."""

    def __init__(self, read: Callable[[str], str]) -> None:
        self._read = read
        self._modules: dict[str, Module] = {}
        self._closures: dict[str, list[str]] = {}

    def __getitem__(self, path: str) -> Module:
        if path not in self._modules:
            try:
                source = self._read(path)
            except KeyError:
                raise Unjoinable(f"{path} is imported, and is not there") from None
            self._modules[path] = parse(path, source)
        return self._modules[path]

    def closure(self, path: str, above: tuple[str, ...] = ()) -> list[str]:
        """The modules that it needs, itself last, in the order in which they run."""
        if path in above:
            raise Unjoinable(f"modules import each other in a circle: {' -> '.join((*above, path))}")
        if path not in self._closures:
            before = [needed for found in self[path].imports for needed in self.closure(found.target, (*above, path))]
            self._closures[path] = list(dict.fromkeys([*before, path]))
        return self._closures[path]

    def lazy_of(self, paths: Iterable[str]) -> Iterator[str]:
        for path in paths:
            yield from self[path].lazy.values()

    def can_join(self, path: str) -> bool:
        try:
            return bool(self.closure(path))
        except Unjoinable:
            if path.startswith(VENDORED):
                return False
            raise

    def exports(self, path: str) -> list[str]:
        """The names that others can import."""
        module = self[path]
        whole = [name for target in module.passed_on_whole for name in self.exports(target) if name != "default"]
        return list(dict.fromkeys([*module.exports, *module.passed_on, *whole]))

    def check_exported(self, path: str, names: Iterable[str]) -> None:
        """Raises Unjoinable if a module does not export one of these names."""
        for name in names:
            if name not in self.exports(path):
                raise Unjoinable(f"{path} does not export {name}")


class _File:
    """One joined file."""

    def __init__(self, path: str, modules: _Graph, homes: Mapping[str, str], *, is_part: bool) -> None:
        self._path = path
        self._is_part = is_part
        self._modules = modules
        self._homes = homes
        self._numbers = {found: number for number, found in enumerate(homes)}
        self._foreign: dict[str, None] = {}
        """The modules of other files that are used here, in the order in which they were met."""

    def text(self) -> str:
        mine = [found for found, home in self._homes.items() if home == self._path]
        bodies = [self._called(self._modules[found]) for found in mine]
        if self._is_part:
            bodies += self._exports(self._modules[self._path])
        else:  # others take from here what they need too
            bodies.append(f"export {{ {', '.join(self._name(found) for found in mine)} }};")
        return "\n".join([*self._imports(), *bodies, ""])

    def _name(self, path: str) -> str:
        """What the exports of a module are called here, and in all other files."""
        if self._homes[path] != self._path:
            self._foreign[path] = None
        return f"${self._numbers[path]}"

    def _called(self, module: Module) -> str:
        lines = [line for found in module.imports for line in self._bindings(found)]
        for target, there in module.passed_on.values():
            self._modules.check_exported(target, [there])
        exports = [f"...{self._name(target)}" for target in module.passed_on_whole]
        exports += [_pair(name, here) for name, here in module.exports.items()]
        exports += [f"{name}: {self._name(target)}.{there}" for name, (target, there) in module.passed_on.items()]
        lines += [module.body(self._specifier), f"return {{ {', '.join(exports)} }};"]
        return "\n".join([f"const {self._name(module.path)} = (() => {{", *lines, "})();"])

    def _bindings(self, found: Import) -> Iterator[str]:
        self._modules.check_exported(found.target, found.names.values())
        source = self._name(found.target)
        if found.names:
            yield f"const {{ {', '.join(_pair(there, here) for here, there in found.names.items())} }} = {source};"
        if found.namespace is not None:
            yield f"const {found.namespace} = {source};"

    def _exports(self, module: Module) -> Iterator[str]:
        """The exports of the module that has this file's name, for whoever imports the file."""
        names = self._modules.exports(module.path)
        if names:
            yield f"const {{ {', '.join(f'{name}: $_{name}' for name in names)} }} = {self._name(module.path)};"
            yield f"export {{ {', '.join(f'$_{name} as {name}' for name in names)} }};"

    def _imports(self) -> Iterator[str]:
        files: dict[str, list[str]] = {}
        for path in self._foreign:
            files.setdefault(self._homes[path], []).append(self._name(path))
        for file, names in files.items():
            yield f'import {{ {", ".join(names)} }} from "{self._specifier(file)}";'

    def _specifier(self, path: str) -> str:
        relative = posixpath.relpath(path, posixpath.dirname(self._path))
        return relative if relative.startswith(".") else f"./{relative}"


def _pair(key: str, value: str) -> str:
    return key if key == value else f"{key}: {value}"
