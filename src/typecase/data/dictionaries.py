"""The distinct values of a column in ascending order; the place of a value is its code.

`below` is all that a comparison needs: equal to v are the codes from `below(v)` to
`below(v, inclusive=True)`, at least v the codes from `below(v)` on, and so forth.
"""

import bisect
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from typecase.data.scalars import INT64_MAX, INT64_MIN, Scalar

Codes: TypeAlias = NDArray[np.integer[Any]]

_PAST_ANY_STRING = b"\xff"


@dataclass(frozen=True, slots=True)
class IntSpan:
    """All whole numbers from base on; nothing is stored."""

    base: int
    n_values: int
    """Up to 2^64 - 1, more than a `len` may be."""

    def below(self, value: float, *, inclusive: bool = False) -> int:
        """Return how many values are less than value; inclusive: or equal."""
        count = (math.floor(value) + 1 if inclusive else math.ceil(value)) - self.base
        return min(max(count, 0), self.n_values)

    def taken(self, codes: NDArray[Any]) -> "IntSpan":
        """Return the span of some ascending codes."""
        if not len(codes):
            return IntSpan(0, 0)
        return IntSpan(self.base + int(codes[0]), int(codes[-1]) - int(codes[0]) + 1)

    def to_arrays(self) -> dict[str, Any]:
        """Return both numbers."""
        return {"base": self.base, "n_values": self.n_values}


@dataclass(frozen=True, slots=True)
class SortedInts:
    """Distinct whole numbers."""

    values: NDArray[np.int64]
    """(n_values,), ascending."""

    @property
    def n_values(self) -> int:
        """How many."""
        return len(self.values)

    def below(self, value: float, *, inclusive: bool = False) -> int:
        """Return how many values are less than value; inclusive: or equal."""
        bound = math.floor(value) + 1 if inclusive else math.ceil(value)
        if not INT64_MIN <= bound <= INT64_MAX:
            return len(self.values) if bound > 0 else 0
        return int(np.searchsorted(self.values, bound))

    def taken(self, codes: NDArray[Any]) -> "SortedInts":
        """Return the values of some ascending codes."""
        return SortedInts(self.values[codes])

    def to_arrays(self) -> dict[str, Any]:
        """Return the values."""
        return {"ints": self.values}


@dataclass(frozen=True, slots=True)
class SortedStrings:
    """Distinct strings, in the order of their code points, which is that of UTF-8."""

    text: NDArray[np.uint8]
    """(total,), all of them as UTF-8."""
    ends: NDArray[np.unsignedinteger[Any]]
    """(n_values + 1,), 0 first: where each begins and ends."""

    @classmethod
    def of(cls, values: Iterable[str]) -> Self:
        """Return the dictionary of ascending, distinct strings."""
        encoded = [value.encode() for value in values]
        ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        text = np.frombuffer(b"".join(encoded), dtype=np.uint8)
        return cls(text, ends.astype(least_dtype(int(ends[-1]))))

    @property
    def n_values(self) -> int:
        """How many."""
        return len(self.ends) - 1

    def below(self, value: Scalar, *, inclusive: bool = False) -> int:
        """Return how many values are less than value; inclusive: or equal."""
        cut = bisect.bisect_right if inclusive else bisect.bisect_left
        return cut(range(self.n_values), str(value).encode(), key=self._bytes_of)

    def span_of_prefix(self, prefix: str) -> tuple[int, int]:
        """Return the first code that starts with prefix, and the one past the last."""
        past = prefix.encode() + _PAST_ANY_STRING
        return self.below(prefix), bisect.bisect_left(
            range(self.n_values), past, key=self._bytes_of
        )

    def tolist(self) -> list[str]:
        """Return the strings."""
        text, ends = self.text.tobytes(), self.ends.tolist()
        return [text[a:b].decode() for a, b in itertools.pairwise(ends)]

    def taken(self, codes: NDArray[Any]) -> "SortedStrings":
        """Return the values of some ascending codes."""
        values = self.tolist()
        return SortedStrings.of([values[code] for code in codes.tolist()])

    def to_arrays(self) -> dict[str, Any]:
        """Return text and ends."""
        return {"text": self.text, "ends": self.ends}

    def _bytes_of(self, code: int) -> bytes:
        return self.text[int(self.ends[code]) : int(self.ends[code + 1])].tobytes()


Dictionary: TypeAlias = IntSpan | SortedInts | SortedStrings


def union(one: Dictionary, other: Dictionary) -> Dictionary:
    """Return the dictionary of the values of both, of one class; an empty one fits any."""
    if not other.n_values or not one.n_values:
        return one if one.n_values else other
    if isinstance(one, IntSpan) and isinstance(other, IntSpan):
        base = min(one.base, other.base)
        return IntSpan(base, max(one.base + one.n_values, other.base + other.n_values) - base)
    if isinstance(one, SortedInts) and isinstance(other, SortedInts):
        return SortedInts(np.union1d(one.values, other.values))
    if isinstance(one, SortedStrings) and isinstance(other, SortedStrings):
        return SortedStrings.of(sorted({*one.tolist(), *other.tolist()}))
    raise TypeError("a union of strings and numbers")


def codes_in(whole: Dictionary, part: Dictionary, codes: Codes) -> NDArray[Any]:
    """Return the codes in whole of the values that have some codes in part; whole has them all."""
    if isinstance(whole, IntSpan) and isinstance(part, IntSpan):
        return codes.astype(np.uint64) + np.uint64((part.base - whole.base) % 2**64)
    if part is whole or not part.n_values:
        return codes
    if isinstance(whole, SortedInts) and isinstance(part, SortedInts):
        return np.searchsorted(whole.values, part.values)[codes]
    if isinstance(whole, SortedStrings) and isinstance(part, SortedStrings):
        code_of = {value: code for code, value in enumerate(whole.tolist())}
        places = np.fromiter(map(code_of.__getitem__, part.tolist()), np.int64, part.n_values)
        return places[codes]
    raise TypeError("strings among numbers")


def thinned(part: Dictionary, codes: Codes) -> tuple[Dictionary, NDArray[Any]]:
    """Return the dictionary of the values that have some codes in part, and their codes there."""
    used = np.unique(codes)
    if isinstance(part, IntSpan):
        return part.taken(used), codes - used[:1]
    return part.taken(used), np.searchsorted(used, codes)


def dictionary_from(arrays: dict[str, Any]) -> Dictionary:
    """Take back what `to_arrays` of a dictionary gave."""
    if "text" in arrays:
        return SortedStrings(_plain(arrays["text"]), _plain(arrays["ends"]))
    if "ints" in arrays:
        return SortedInts(_plain(arrays["ints"]))
    return IntSpan(arrays["base"], arrays["n_values"])


def least_dtype(largest: int) -> np.dtype[np.unsignedinteger[Any]]:
    """Return the least unsigned type that holds a number."""
    return np.dtype(np.min_scalar_type(largest))


def _plain(array: NDArray[Any]) -> NDArray[Any]:
    # The memmap subclass makes every slice cost more
    return array.view(np.ndarray)
