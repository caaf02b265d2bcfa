"""One pass over the values of a column, from a comparison to a bitmap."""

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from typecase.data import bitmaps
from typecase.data.attribute_spans import Span, as_number
from typecase.data.bitmaps import Bitmap
from typecase.data.predicates import Isin, Leaf, Prefix, Present

Hits: TypeAlias = NDArray[np.bool_]
Test: TypeAlias = Callable[[NDArray[Any]], Hits]
"""Some values of a column in, which of them match out."""

_BLOCK_ROWS = 1 << 18
_MANY_SPANS = 16
_LARGEST_TABLE = 1 << 24


def scan(values: NDArray[Any], test: Test) -> Bitmap:
    """Return where a test is true, in one pass that stays in the processor's cache."""
    words = bitmaps.zeros(len(values))
    out = bitmaps.as_bytes(words)
    for start in range(0, len(values), _BLOCK_ROWS):
        packed = np.packbits(test(values[start : start + _BLOCK_ROWS]), bitorder="little")
        out[start // 8 : start // 8 + len(packed)] = packed
    return words


def span_test(spans: list[Span], dtype: np.dtype[Any]) -> Test:
    """Return the test whether a code lies in one of some spans."""
    if len(spans) <= _MANY_SPANS:
        return _any_of([_one_span(low, high, dtype) for low, high in spans])
    if spans[-1][1] <= _LARGEST_TABLE:
        table = np.zeros(spans[-1][1] + 1, dtype=bool)
        for low, high in spans:
            table[low:high] = True
        return lambda block: table.take(block, mode="clip")
    lows, highs = np.array(spans, dtype=dtype).T

    def search(block: NDArray[Any]) -> Hits:
        place = np.searchsorted(lows, block, side="right") - 1
        hits: Hits = (place >= 0) & (block < highs[place])
        return hits

    return search


def _one_span(low: int, high: int, dtype: np.dtype[Any]) -> Test:
    first, reach = dtype.type(low), dtype.type(high - 1 - low)
    if reach == 0:
        return lambda block: block == first
    if first == 0:
        return lambda block: block <= reach
    # Below first it wraps around to large numbers: one comparison instead of two
    return lambda block: block - first <= reach


def _any_of(tests: Sequence[Test]) -> Test:
    def test(block: NDArray[Any]) -> Hits:
        hits = tests[0](block)
        for other in tests[1:]:
            hits |= other(block)
        return hits

    return test


def float_test(leaf: Leaf) -> Test:
    """Return the test whether a float matches; NaN, which stands for no value, never does."""
    if isinstance(leaf, Present):
        return lambda block: ~np.isnan(block)
    if isinstance(leaf, Prefix):
        raise TypeError("a prefix of numbers")
    if isinstance(leaf, Isin):
        wanted = [float(v) for v in map(as_number, leaf.values) if float(v) == v]
        if len(wanted) > _MANY_SPANS:
            return lambda block: np.isin(block, wanted)
        return _any_of([_equals(v) for v in wanted] or [lambda block: np.zeros(len(block), bool)])
    low = -math.inf if leaf.low is None else _lower(as_number(leaf.low), leaf.low_open)
    high = math.inf if leaf.high is None else -_lower(-as_number(leaf.high), leaf.high_open)
    return lambda block: (block >= low) & (block <= high)


def _equals(value: float) -> Test:
    return lambda block: block == value


def _lower(bound: float, is_open: bool) -> float:
    """Return the least float that is at least a number, above it if is_open."""
    near = float(bound)
    return math.nextafter(near, math.inf) if near < bound or (is_open and near == bound) else near
