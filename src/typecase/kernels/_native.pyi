"""What module.cpp and the bind_*.cpp beside it offer; arrays are taken as they are, never copied.

A wrong dtype or layout is a TypeError, sizes that do not fit together are a ValueError. Inputs may
be read-only; `out` and what a comment says is filled must be writable. The lock of the interpreter
is released while a call computes.
"""

from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Result = TypeVar("Result", bound=tuple[Any, ...])

def simd() -> str: ...
def simd_names() -> list[str]: ...
def use_simd(name: str) -> None: ...
def dot_u7(
    q: NDArray[np.uint8],
    rows: NDArray[np.int8],
    less: NDArray[np.int32],
    out: NDArray[np.int32],
) -> None: ...  # out = rows @ q - less; q at most 127
def dot_f32(q: NDArray[np.float32], x: NDArray[np.float32]) -> float: ...
def square_f32(x: NDArray[np.float32]) -> float: ...

class Filter:
    @property
    def n(self) -> int: ...
    @property
    def is_few(self) -> bool: ...
    @property
    def n_cells(self) -> int: ...
    @property
    def is_gathered(self) -> bool: ...
    @property
    def size_bytes(self) -> int: ...

class Scanner:
    def __init__(
        self,
        *,
        centers: NDArray[np.int8],
        unit: NDArray[np.float32],
        square: NDArray[np.float32],
        inverse_spread: NDArray[np.float32],
        start: NDArray[np.uint32],
        count: NDArray[np.uint32],
        order: NDArray[np.uint32] | None = ...,
        blocks: NDArray[np.uint8],
        tail: NDArray[np.uint8],
        tail_cell: NDArray[np.uint32],
        pieces: list[NDArray[np.float32]],
        is_mapped: list[bool] = ...,
        ids: list[NDArray[np.int64]] = ...,
        narrow_ids: NDArray[np.uint32] | None = ...,
        ring: NDArray[np.int32],
        survival: NDArray[np.float32],
        dim: int,
        n_groups: int,
        cosine: bool,
        longest: float,
        unit_length: float,
        noise: float,
    ) -> None: ...
    def allow(self, allowed: NDArray[np.uint32], few: int) -> Filter: ...
    def gather(self, filter: Filter) -> Filter: ...
    def search(
        self,
        queries: NDArray[np.float32],
        tables: NDArray[np.float32],
        filter: Filter | None,
        error: float,
        missing: float,
        first: int,
        n_threads: int,
        rows: NDArray[np.int64],
        scores: NDArray[np.float32],
        near_error: float = ...,
        near_missing: float = ...,
    ) -> list[float]: ...
    def search_range(
        self,
        query: NDArray[np.float32],
        tables: NDArray[np.float32],
        filter: Filter | None,
        error: float,
        missing: float,
        first: int,
        least: float,
        near_error: float = ...,
        near_missing: float = ...,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], list[float]]: ...

class Desk(Generic[Result]):
    def __init__(
        self,
        *,
        scanner: Scanner,
        rotation: NDArray[np.float32],
        points: NDArray[np.float32],
        signs: NDArray[np.float32],
        normalise: bool,
        result: type[Result],  # of a pair: ids and scores
    ) -> None: ...
    def answer(
        self,
        queries: object,
        k: int,
        filter: Filter | None,
        error: float,
        missing: float,
        first: int,
        near_error: float,
        near_missing: float,
        n_threads: int,
    ) -> Result | None: ...  # None where queries are unfit for it
    def keep(
        self,
        chosen: object,
        recall: float,
        filter: Filter | None,
        error: float,
        missing: float,
        first: int,
        near_error: float,
        near_missing: float,
    ) -> None: ...
    def forget(self) -> None: ...  # all that is kept
    def answer_again(
        self, queries: object, k: object, chosen: object, recall: object, n_threads: object
    ) -> Result | None: ...  # None where nothing is kept, too, or an argument is unusual

def nibble_tables(
    rotation: NDArray[np.float32],
    queries: NDArray[np.float32],
    points: NDArray[np.float32],
    signs: NDArray[np.float32],
    tables: NDArray[np.float32],
) -> None: ...  # fills tables
def nearest_members(
    x: NDArray[np.float32],
    heads: NDArray[np.int8],
    head_unit: NDArray[np.float32],
    head_half: NDArray[np.float32],
    members: NDArray[np.int8],
    unit: NDArray[np.float32],
    half: NDArray[np.float32],
    centers: NDArray[np.float32],
    start: NDArray[np.uint32],
    n_near: int,
    out: NDArray[np.int64],
) -> None: ...  # fills out
def row_squares(x: NDArray[np.float32], out: NDArray[np.float64]) -> None: ...  # fills out
def add_to_sums(
    x: NDArray[np.float32], cells: NDArray[np.int64], sums: NDArray[np.float64]
) -> None: ...  # changes sums
def turn(x: NDArray[np.float32], signs: NDArray[np.float32]) -> None: ...  # changes x
def sign_codes(
    x: NDArray[np.float32],
    centers: NDArray[np.float32],
    turned: NDArray[np.float32],
    cells: NDArray[np.int64],
    y: NDArray[np.float32],
    signs: NDArray[np.float32],
    bits: NDArray[np.uint8],
    scale: NDArray[np.float32],
    offset: NDArray[np.float32],
    square: NDArray[np.float32],
) -> None: ...  # fills bits, scale, offset and square
def put_rows(
    blocks: NDArray[np.uint8],
    nibbles: NDArray[np.uint8],
    scale: NDArray[np.float32],
    offset: NDArray[np.float32],
    places: NDArray[np.uint32],
) -> None: ...
def move_rows(
    source: NDArray[np.uint8],
    target: NDArray[np.uint8],
    source_places: NDArray[np.uint32],
    target_places: NDArray[np.uint32],
) -> None: ...
def clear_rows(blocks: NDArray[np.uint8]) -> None: ...
def block_sums(
    blocks: NDArray[np.uint8], lut: NDArray[np.uint8], out: NDArray[np.uint16]
) -> None: ...
