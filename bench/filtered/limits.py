"""The machine's limits, against which the rows of the duel are set.

    python -m bench.filtered.limits --file X.npy

Memory is streamed and gathered by one core; the disk is read past the page cache, so a file of
some gigabytes is wanted.
"""

import argparse
import ctypes
import json
import os
from pathlib import Path
from typing import Any

from bench.filtered.rescorer import compiled
from bench.record import write_result

SOURCE = Path(__file__).with_name("limits.cpp")
STREAMED = 2**30
ROW_BYTES = {"codes of 64 bytes": 64, "rows of 384 bytes": 384, "rows of 1,536 bytes": 1536}
DEPTHS = (1, 4, 16, 64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--file", type=Path, required=True, help="a large file, for the disk")
    parser.add_argument("--name", default="filtered_limits", help="of the result file")
    args = parser.parse_args()
    figures = measure(args.file)
    print(json.dumps(figures, indent=2))
    write_result(args.name, figures, seed=1, packages=[])


def measure(file: Path, *, streamed: int = STREAMED, disk_s: float = 1.0) -> dict[str, Any]:
    """Return bytes a second streamed, rows a second gathered, disk reads a second by depth."""
    library, size = _library(), ctypes.c_size_t
    gathered = {
        name: round(library.gather(size(streamed), size(row), size(200_000), size(5)))
        for name, row in ROW_BYTES.items()
    }
    reads = {str(depth): disk_reads(file, depth, disk_s) for depth in DEPTHS}
    return {
        "stream_bytes_per_s": round(library.stream(size(streamed), size(5))),
        "gathered_rows_per_s": gathered,
        "disk_reads_of_4_kb_per_s_by_depth": reads,
        "load": round(os.getloadavg()[0], 1),
    }


def disk_reads(file: Path, depth: int, seconds: float) -> int:
    """Return reads of 4 KB a second at random places of a file, so many in flight; -1 if none."""
    asked = str(file).encode(), ctypes.c_size_t(depth), ctypes.c_double(seconds)
    return round(_library().disk(*asked))


def _library() -> ctypes.CDLL:
    library = compiled(SOURCE)
    for name in ("stream", "gather", "disk"):
        getattr(library, name).restype = ctypes.c_double
    return library


if __name__ == "__main__":
    main()
