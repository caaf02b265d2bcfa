"""The native rescorer that engines with codes alone are given; compiled at first use."""

import ctypes
import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SOURCE = Path(__file__).with_name("rescore.cpp")
FLAGS = ("-O3", "-march=native", "-ffast-math", "-shared", "-fPIC", "-std=c++17")


class Rescorer:
    """Exact scores of candidate rows, read from the mapped file of vectors.

    Args:
        x: (n, dim) float32, C order, usually a memory map.
    """

    def __init__(self, x: NDArray[np.float32]) -> None:
        self._x, self._at = x, x.ctypes.data
        self._call = compiled(SOURCE).rescore
        self._call.restype = ctypes.c_size_t
        pointer, size = ctypes.c_void_p, ctypes.c_size_t
        self._call.argtypes = [pointer, size, pointer, pointer, size, size, pointer]

    def best(self, q: NDArray[np.float32], ids: NDArray[np.int64], k: int) -> NDArray[np.int64]:
        """Return the ids of the k best among ids, (m,) int64; -1 is skipped."""
        out = np.empty(k, dtype=np.int64)
        dim, n = self._x.shape[1], len(ids)
        found = self._call(self._at, dim, q.ctypes.data, ids.ctypes.data, n, k, out.ctypes.data)
        return out[:found]


def compiled(source: Path) -> ctypes.CDLL:
    """Return the library of a C++ file, compiled once for each version of the file."""
    key = hashlib.sha256(source.read_bytes() + repr(FLAGS).encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir()) / f"bench-{source.stem}-{key}.so"
    if not path.exists():
        compiler = shutil.which("c++") or "g++"
        part = path.with_suffix(".part")
        subprocess.run([compiler, *FLAGS, str(source), "-o", str(part)], check=True)
        part.replace(path)
    return ctypes.CDLL(str(path))
