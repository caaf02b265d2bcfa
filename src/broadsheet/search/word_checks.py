"""Reads the checksums that tantivy keeps at the end of each of its files."""

import json
import struct
import zlib
from pathlib import Path
from typing import IO

_MAGIC = 1337
_TAIL = struct.Struct("<II")
_CHUNK_BYTES = 1 << 20


def damaged_files(folder: Path) -> list[str]:
    """Return a sentence for each file of the index that is missing or not what was written."""
    try:
        meta = json.loads((folder / "meta.json").read_bytes())
        ids = [segment["segment_id"].replace("-", "") for segment in meta["segments"]]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as e:
        return [f"{folder / 'meta.json'} cannot be read: {e}"]
    found = [f"{path} is damaged" for path in sorted(folder.iterdir()) if not _is_whole(path)]
    have = {path.stem for path in folder.iterdir()}
    return found + [f"{folder / name}.* is missing" for name in ids if name not in have]


def _is_whole(path: Path) -> bool:
    """Return whether the bytes before the footer have the checksum that it gives (CRC-32)."""
    if path.suffix not in (".fast", ".fieldnorm", ".idx", ".pos", ".store", ".term", ".del"):
        return True
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            file.seek(size - _TAIL.size)
            length, magic = _TAIL.unpack(file.read(_TAIL.size))
            file.seek(size - _TAIL.size - length)
            footer = json.loads(file.read(length))
            file.seek(0)
            crc = _crc(file, size - _TAIL.size - length)
        return bool(magic == _MAGIC and crc == footer["crc"])
    except FileNotFoundError:
        return True  # merged away meanwhile
    except (OSError, ValueError, KeyError, struct.error):
        return False


def _crc(file: IO[bytes], n_bytes: int) -> int:
    crc = 0
    while n_bytes > 0 and (chunk := file.read(min(n_bytes, _CHUNK_BYTES))):
        crc = zlib.crc32(chunk, crc)
        n_bytes -= len(chunk)
    return crc
