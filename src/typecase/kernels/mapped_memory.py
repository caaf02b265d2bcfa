"""Arrays that are mapped from files, and what to tell the system about how they will be read."""

import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray


def is_mapped(array: NDArray[Any]) -> bool:
    """Return whether an array, or what it is a view of, is mapped from a file."""
    return _map_of(array) is not None


def expect_random_reads(array: NDArray[Any]) -> None:
    """Tell the system that rows far apart will be read, so that it reads no more than those.

    Nothing happens where the array is not mapped or the system takes no such advice.
    """
    _advise(array, "MADV_RANDOM")


def expect_all_read(array: NDArray[Any]) -> None:
    """Have the system read all of an array soon, while we go on."""
    _advise(array, "MADV_WILLNEED")


def _advise(array: NDArray[Any], advice: str) -> None:
    mapped, number = _map_of(array), getattr(mmap, advice, None)
    if mapped is not None and number is not None:
        mapped.madvise(number)


def _map_of(array: NDArray[Any]) -> mmap.mmap | None:
    owner: Any = array
    while isinstance(owner, np.ndarray):
        owner = owner.base
    return owner if isinstance(owner, mmap.mmap) else None
