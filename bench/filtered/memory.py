"""What a process holds in memory: its own pages, and files that it maps."""

import ctypes
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


def own_bytes() -> int:
    """Return bytes of this process that are no file's; free ones go back to the system first."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    fields = dict(line.split(":", 1) for line in lines if line.startswith("Rss"))
    return sum(int(fields[name].split()[0]) * 1024 for name in ("RssAnon", "RssShmem"))


class Mapping(NamedTuple):
    """A part of a file in this process's memory."""

    name: str
    start: int
    size: int
    access: str
    """As the kernel writes it: r-xp, rw-s, ..."""
    resident: int


def mapped_bytes(folder: Path, vectors: Path, vector_bytes: int) -> tuple[int, int]:
    """Return resident bytes of the mapped files of an index, and those of the vectors' files.

    A file of the index that has half the size of all vectors is taken for theirs.
    """
    sizes: dict[str, list[int]] = {}
    for found in mappings():
        if found.name == str(vectors.resolve()) or found.name.startswith(f"{folder.resolve()}/"):
            total = sizes.setdefault(found.name, [0, 0])
            total[0], total[1] = total[0] + found.size, total[1] + found.resident
    of_vectors = {name for name, total in sizes.items() if total[0] >= vector_bytes / 2}
    of_vectors.add(str(vectors.resolve()))
    index = sum(total[1] for name, total in sizes.items() if name not in of_vectors)
    pages = sum(total[1] for name, total in sizes.items() if name in of_vectors)
    return index, pages


def mappings() -> Iterator[Mapping]:
    """Yield the files that are mapped into this process."""
    name, access, start, size = "", "", 0, 0
    for line in Path("/proc/self/smaps").read_text("utf-8").splitlines():
        words = line.split()
        if "-" in words[0] and not words[0].endswith(":"):
            name = words[5] if len(words) > 5 else ""
            access, start = words[1], int(words[0].split("-")[0], 16)
        elif words[0] == "Size:":
            size = int(words[1]) * 1024
        elif words[0] == "Rss:" and name.startswith("/"):
            yield Mapping(name, start, size, access, int(words[1]) * 1024)
