"""One JSON object a line, decoded into the types that a format expects."""

import hashlib
import re
from typing import Generic, TypeVar

import msgspec

from broadsheet.model.errors import SourceError

_Row = TypeVar("_Row")
_WHERE = re.compile(r"at `\$\.([a-z_-]{1,40})")


class RowDecoder(Generic[_Row]):
    """Decodes lines into rows of one type; what does not fit is refused with a plain reason.

    Args:
        row: a msgspec.Struct; keys that it does not have are passed over.
    """

    def __init__(self, *, row: type[_Row]) -> None:
        self._decoder = msgspec.json.Decoder(row)

    def decode(self, data: bytes) -> _Row:
        """Return the row of one line.

        Raises:
            SourceError: not UTF-8, a NUL, invalid JSON, not an object, or a wrong type.
        """
        if b"\0" in data or b"\\u0000" in data:
            raise SourceError("NUL in the text")
        try:
            if not data.isascii():
                data.decode()
            return self._decoder.decode(data)
        except UnicodeDecodeError as e:
            raise SourceError("not UTF-8") from e
        except msgspec.ValidationError as e:
            raise SourceError(_wrong_type(str(e))) from e
        except RecursionError as e:
            raise SourceError("nested too deeply") from e
        except (msgspec.MsgspecError, ValueError) as e:
            raise SourceError("invalid JSON") from e


def hash_of(data: bytes) -> str:
    """Return the digest by which a changed record is told from an unchanged one."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _wrong_type(message: str) -> str:
    where = _WHERE.search(message)
    if where is None:
        return "not an object"
    return f"wrong type in {where[1]}"
