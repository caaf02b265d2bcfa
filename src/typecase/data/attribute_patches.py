"""Values of one column that were set later for some rows: they win over what its pieces say."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from typecase.data.attribute_columns import AttributeColumn
from typecase.data.attribute_pieces import column_from, column_to_arrays, joined_columns
from typecase.data.bitmaps import WORD_BITS, Bitmap, unpack
from typecase.data.predicates import Leaf


@dataclass(frozen=True, slots=True)
class Patch:
    """Immutable."""

    rows: NDArray[np.int64]
    """(m,), ascending, unique."""
    column: AttributeColumn
    """The m values."""

    @classmethod
    def of(
        cls, rows: NDArray[np.int64], column: AttributeColumn, before: "Patch | None" = None
    ) -> Self:
        """Return the patch of values in some rows, each at most once, over an older one."""
        if before is not None:
            column = joined_columns(column, before.column)
            rows = np.concatenate([rows, before.rows])
        unique, first = np.unique(rows, return_index=True)  # the newer value stands first
        return cls(unique, column.take(first))

    def __len__(self) -> int:
        return len(self.rows)

    def write(self, leaf: Leaf, out: Bitmap) -> None:
        """Let the bits of these rows say whether their values match."""
        words, bits = self.rows // WORD_BITS, np.uint32(1) << (self.rows % WORD_BITS).astype("u4")
        hits = unpack(self.column.match(leaf, 0), len(self))
        np.bitwise_and.at(out, words, ~bits)
        np.bitwise_or.at(out, words[hits], bits[hits])

    def laid_over(self, column: AttributeColumn, first: int) -> AttributeColumn:
        """Return the column of rows first, first + 1, ... with these values in it."""
        low, high = np.searchsorted(self.rows, [first, first + len(column)]).tolist()
        if low == high:
            return column
        order = np.arange(len(column))
        order[self.rows[low:high] - first] = len(column) + np.arange(high - low)
        return joined_columns(column, self.column.take(np.arange(low, high))).take(order)

    def to_arrays(self) -> list[dict[str, Any]]:
        """Return arrays and plain values by name, of the rows and of the column."""
        return [{"rows": self.rows}, column_to_arrays(self.column)]

    @classmethod
    def from_arrays(cls, parts: list[dict[str, Any]]) -> Self:
        """Take back what `to_arrays` gave."""
        return cls(parts[0]["rows"], column_from(parts[1]))
