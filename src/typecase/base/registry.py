"""The registry: a room's `__init__.pyi` lists its methods, and nothing else does.

One line such as `from .flat import FlatIndex as FlatIndex` gives the import (on first use), the
look-up by name ("flat", the file), completion, types and a place in the contract tests.
Other distributions join through the entry point group `typecase.<room>`.
"""

import difflib
import functools
import importlib
import sys
from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from typing import Any, NamedTuple

from typecase.base.errors import UnknownNameError

_ROOT = "typecase"


class Entry(NamedTuple):
    """One method of a room: its short name, its module and its class."""

    name: str
    module: str
    attribute: str


def rooms() -> list[str]:
    """Return the names of the rooms that hold methods, sorted."""
    folders = (folder for folder in files(_ROOT).iterdir() if folder.is_dir())
    return sorted(f.name for f in folders if f.joinpath("__init__.pyi").is_file())


def names(room: str) -> list[str]:
    """Return the short names of a room's methods, sorted, third parties included.

    Raises:
        UnknownNameError: there is no such room.
    """
    return sorted({entry.name for entry in entries(room)} | {e.name for e in _third_parties(room)})


def get(room: str, name: str) -> type[Any]:
    """Return the class of a method, by its short name ("flat") or its class name ("FlatIndex").

    Our own methods win over third parties of the same name.

    Raises:
        UnknownNameError: there is no such room, or no such method; the message gives the nearest.
    """
    for entry in entries(room):
        if name in (entry.name, entry.attribute):
            own: type[Any] = _load(entry)
            return own
    for point in _third_parties(room):
        if name in (point.name, point.attr):
            foreign: type[Any] = point.load()
            return foreign
    raise UnknownNameError(unknown_name(f"method in {room}", name, names(room)))


def entries(room: str) -> tuple[Entry, ...]:
    """Return our own methods of a room, in the order of its `__init__.pyi`."""
    if room not in rooms():
        raise UnknownNameError(unknown_name("room", room, rooms()))
    return _read_stub(f"{_ROOT}.{room}").entries


def lazy_room(
    package: str,
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return `__getattr__`, `__dir__` and `__all__` for a room's `__init__.py`.

    Args:
        package: the room's `__name__`; its `__init__.pyi` is read once.
    """
    stub = _read_stub(package)
    sys.modules[package].__doc__ = stub.docstring
    table = {entry.attribute: entry for entry in stub.entries}

    def get_attribute(attribute: str) -> Any:
        if attribute not in table:
            raise UnknownNameError(unknown_name(f"name in {package}", attribute, table))
        value = _load(table[attribute])
        setattr(sys.modules[package], attribute, value)
        return value

    def list_attributes() -> list[str]:
        return sorted(table)

    return get_attribute, list_attributes, sorted(table)


class _Stub(NamedTuple):
    docstring: str | None
    entries: tuple[Entry, ...]


@functools.cache
def _read_stub(package: str) -> _Stub:
    import ast  # only needed here, and importing it costs more than the rest of this file

    tree = ast.parse(files(package).joinpath("__init__.pyi").read_text(encoding="utf-8"))
    found = [
        Entry(name=node.module, module=f"{package}.{node.module}", attribute=alias.name)
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module
        for alias in node.names
    ]
    return _Stub(ast.get_docstring(tree), tuple(found))


def _third_parties(room: str) -> Iterable[EntryPoint]:
    return entry_points(group=f"{_ROOT}.{room}")


def _load(entry: Entry) -> Any:
    return getattr(importlib.import_module(entry.module), entry.attribute)


def unknown_name(kind: str, name: str, known: Iterable[str]) -> str:
    """Return the sentence for a name that is not there: the nearest one, and all of them."""
    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"No {kind} is called {name!r}.{hint} Known: {', '.join(known) or 'none'}."
