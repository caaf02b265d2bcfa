"""Arrays in files: what NumPy reads, wherever the first row begins."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from typecase.base.files import PAGE_BYTES, read_array, write_array_blocks

ROW = np.dtype([("id", "<i8"), ("seq", "<i8"), ("hash", "u1", (16,))])


@pytest.mark.parametrize("on_page", [False, True])
@pytest.mark.parametrize(
    ("dtype", "shape"),
    [("<f4", (5, 384)), ("<f4", (0, 3)), ("u1", (1,)), (ROW, (7,)), ("<i8", (2**16, 1))],
)
def test_an_array_is_read_as_it_was_written(
    tmp_path: Path, dtype: Any, shape: tuple[int, ...], on_page: bool
) -> None:
    path = tmp_path / "a.npy"
    n_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
    array = np.random.default_rng(0).bytes(n_bytes)
    rows = np.frombuffer(array, dtype=dtype).reshape(shape)
    entry = write_array_blocks(path, rows.dtype, shape, [rows[:1], rows[1:]], on_page=on_page)
    first = path.stat().st_size - n_bytes
    assert first % 64 == 0
    assert (first == PAGE_BYTES) == on_page
    assert np.load(path).tobytes() == array
    for mmap in (False, True):
        found = read_array(tmp_path, entry, mmap=mmap)
        assert (found.dtype, found.shape, found.tobytes()) == (rows.dtype, shape, array)
