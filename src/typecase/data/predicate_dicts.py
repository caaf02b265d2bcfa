"""Predicates from what JSON holds; `to_dict` of a predicate writes it."""

from collections.abc import Callable
from typing import Any

from typecase.base.errors import InvalidInputError
from typecase.data.predicates import MAX_DEPTH, Attribute, Predicate, all_of, any_of
from typecase.data.scalars import from_json


def predicate_from_dict(given: Any) -> Predicate:
    """Return the expression that `to_dict` gave.

    Raises:
        InvalidInputError: it is no expression, or deeper than MAX_DEPTH.
    """
    return _read(given, MAX_DEPTH)


def _read(given: Any, depth: int) -> Predicate:
    found = [key for key in _READERS if key in given] if isinstance(given, dict) else []
    if len(found) != 1 or depth == 0:
        deep = f" (or is nested more than {MAX_DEPTH} deep)" if depth == 0 else ""
        raise InvalidInputError(f"This is no predicate{deep}: {str(given)[:80]}.")
    reader, others = _READERS[found[0]]
    try:
        if not set(given) <= {found[0], *others}:
            raise KeyError("a key too many")
        return reader(given, depth - 1)
    except (KeyError, TypeError) as error:
        raise InvalidInputError(f"This is no predicate: {str(given)[:80]}.") from error


def _read_isin(given: dict[str, Any], _: int) -> Predicate:
    return Attribute(given["isin"]).isin([from_json(v) for v in _list(given["values"])])


def _read_range(given: dict[str, Any], _: int) -> Predicate:
    if ("gt" in given and "ge" in given) or ("lt" in given and "le" in given):
        raise KeyError("two bounds at one end")
    low, high = given.get("gt", given.get("ge")), given.get("lt", given.get("le"))
    ends = [None if end is None else from_json(end) for end in (low, high)]
    return Attribute(given["range"]).range(*ends, low_open="gt" in given, high_open="lt" in given)


def _read_all(given: dict[str, Any], depth: int) -> Predicate:
    return all_of([_read(part, depth) for part in _list(given["and"])])


def _read_any(given: dict[str, Any], depth: int) -> Predicate:
    return any_of([_read(part, depth) for part in _list(given["or"])])


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise TypeError("not a list")
    return list(value)


_Reader = Callable[[dict[str, Any], int], Predicate]
_READERS: dict[str, tuple[_Reader, tuple[str, ...]]] = {
    "isin": (_read_isin, ("values",)),
    "range": (_read_range, ("gt", "ge", "lt", "le")),
    "startswith": (lambda d, _: Attribute(d["startswith"]).startswith(d["prefix"]), ("prefix",)),
    "present": (lambda d, _: Attribute(d["present"]).is_present(), ()),
    "not": (lambda d, depth: ~_read(d["not"], depth), ()),
    "and": (_read_all, ()),
    "or": (_read_any, ()),
}
