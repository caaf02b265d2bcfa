"""JSON as it comes from outside: one value, a list, or one value a line; and what stands in it.

The readers below never raise for what a document holds: a field of another type counts as absent.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from broadsheet.model.errors import SourceError

_decode = msgspec.json.Decoder().decode
_decode_lines = msgspec.json.Decoder().decode_lines

Object = Mapping[str, Any]


def parse_json(data: bytes) -> Any:
    """Return the value of a document, or the list of its lines' values.

    Raises:
        SourceError: invalid JSON, not UTF-8, a NUL in a text, or nested too deeply.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\0" in data or b"\\u0000" in data:
        raise SourceError("NUL in the text")
    try:
        try:
            return _decode(data)
        except msgspec.DecodeError:
            if b"\n" not in data.strip():
                raise
            return _decode_lines(data)
    except RecursionError as e:
        raise SourceError("nested too deeply") from e
    except (msgspec.MsgspecError, ValueError) as e:
        raise SourceError("invalid JSON") from e


def objects(value: Any, *keys: str) -> Iterator[Object]:
    """Yield the objects of a list, of the list under the first of the keys that has one, or the
    value itself where it is an object that has none of them.
    """
    if isinstance(value, dict):
        inner = next((value[key] for key in keys if isinstance(value.get(key), list)), None)
        value = [value] if inner is None else inner
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def text_at(row: Object, *path: str) -> str:
    """Return the text under a path of keys; a number as text; "" for anything else."""
    value: Any = row
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    if isinstance(value, str):
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value}" if is_number else ""


def number_at(row: Object, *path: str) -> int | None:
    """Return the whole number under a path of keys, None for anything else."""
    value: Any = row
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def object_at(row: Object, *path: str) -> Object:
    """Return the object under a path of keys, an empty one for anything else."""
    value: Any = row
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def list_at(row: Object, *path: str) -> Sequence[Any]:
    """Return the list under a path of keys, an empty one for anything else."""
    value: Any = row
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, list) else []


def texts_at(row: Object, *path: str) -> list[str]:
    """Return the texts of the list under a path of keys; one text counts as a list of one."""
    said = text_at(row, *path)
    return [said] if said else [item for item in list_at(row, *path) if isinstance(item, str)]
