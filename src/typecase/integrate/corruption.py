"""Records spoiled on purpose, as sources spoil them: what stays one thing although it differs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from typecase.integrate.contract import Kind, Record

Corruption = Callable[[dict[str, Any], np.random.Generator], dict[str, Any]]
"""Takes a copy of a record that it may change, and returns it."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SUBTITLE = (":", " - ", "–", "?")


def corrupted(
    record: Record,
    fields: Mapping[str, Kind],
    rng: np.random.Generator,
    *,
    more: Sequence[Corruption] = (),
) -> dict[str, Any]:
    """Return a spoiled copy of a record: from none to four faults, one in three fields dropped."""
    copy = dict(record)
    names = list(fields)
    for _ in range(int(rng.integers(0, 5))):
        name = names[int(rng.integers(len(names)))]
        value = copy.get(name)
        if value in (None, "", [], ()):
            continue
        copy[name] = _SPOIL[fields[name]](value, rng)
    for one in more:
        if rng.random() < 0.5:
            copy = one(copy, rng)
    dropped = [name for name in names[1:] if rng.random() < 1 / 3]
    return {name: (None if name in dropped else copy.get(name)) for name in names}


def _text(value: str, rng: np.random.Generator) -> str:
    kind = int(rng.integers(6))
    words = value.split()
    if kind == 0:
        return _typos(value, rng)
    if kind == 1 and len(words) > 3:
        del words[int(rng.integers(len(words)))]
        return " ".join(words)
    if kind == 2:
        return value.upper() if rng.random() < 0.5 else value.lower()
    if kind == 3:
        mark = next((m for m in _SUBTITLE if m in value), None)
        return (value.split(mark)[0] if mark else value) or value
    if kind == 4 and len(words) > 8:
        return " ".join(words[: max(4, int(len(words) * rng.uniform(0.4, 1.0)))])
    return value.replace("-", " ") if rng.random() < 0.5 else value.replace(" ", "  ")


def _typos(value: str, rng: np.random.Generator) -> str:
    letters = list(value)
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(len(letters)))
        kind = int(rng.integers(3))
        if kind == 0:
            letters[at] = _LETTERS[int(rng.integers(26))]
        elif kind == 1 and len(letters) > 4:
            del letters[at]
        elif at + 1 < len(letters):
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
    return "".join(letters)


def _names(value: Sequence[str], rng: np.random.Generator) -> list[str]:
    names, kind = list(value), int(rng.integers(5))
    if kind == 0:
        return [_abbreviated(name) for name in names]
    if kind == 1:
        return [_turned(name) for name in names]
    if kind == 2 and len(names) > 1:
        return names[: max(1, int(rng.integers(1, len(names))))]
    if kind == 3:
        at = int(rng.integers(len(names)))
        names[at] = _typos(names[at], rng) or names[at]
        return names
    if len(names) > 2:
        at = int(rng.integers(1, len(names) - 1))
        names[at], names[at + 1] = names[at + 1], names[at]
    return names


def _abbreviated(name: str) -> str:
    words = name.split()
    return " ".join([f"{word[0]}." for word in words[:-1]] + words[-1:])


def _turned(name: str) -> str:
    words = name.split()
    return f"{words[-1]}, {' '.join(words[:-1])}" if len(words) > 1 else name


def _number(value: float, rng: np.random.Generator) -> float:
    return value + int(rng.integers(-1, 2))


_SPOIL: Mapping[Kind, Callable[[Any, np.random.Generator], Any]] = {
    "text": _text,
    "names": _names,
    "number": _number,
}
