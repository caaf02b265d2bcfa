"""What an index that scans asks of a codec: four bits at a time, looked up in tables of sixteen.

One load and one shuffle of a processor look up 32 such codes at once, whatever the codec makes of
its bits: signs of four dimensions, or one of sixteen words of a code book.
"""

from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray


class ScanCodes(NamedTuple):
    """Codes of n rows, each relative to the centre of its cell."""

    nibbles: NDArray[np.uint8]
    """(n, ceil(n_groups / 2)), two groups a byte, the lower group in the lower four bits."""
    scale: NDArray[np.float32]
    """(n,)."""
    offset: NDArray[np.float32]
    """(n,)."""
    square: NDArray[np.float32] | None = None
    """(n,), of the distance to the centre, where the codec has it."""


class ScanCodec(Protocol):
    """Rows to nibbles, queries to tables.

    With c the centre of the cell of a row x, and T the tables of a query q,
    `<q, x> ~ <q, c> + offset + scale * sum_g T[g, nibble_g]`.
    """

    @property
    def n_groups(self) -> int:
        """Nibbles a row."""

    @property
    def scan_noise(self) -> float:
        """The standard deviation of the sum's error for a query at distance 1 from the centre.

        The error of a row's score is then `scale * scan_noise * |q - c|`.
        """

    def fit(self, x: NDArray[np.float32]) -> Self:
        """Learn from a sample of rows, (n, dim)."""

    def scan_encode(
        self, x: NDArray[np.float32], centers: NDArray[np.float32], cells: NDArray[np.int64]
    ) -> ScanCodes:
        """Return the codes of x, (n, dim), whose centres are centers[cells], (n,) into (m, dim)."""

    def scan_tables(self, queries: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the tables of queries, (n_queries, dim), as (n_queries, n_groups, 16).

        They are linear in the query: of twice the query they are twice as large.
        """
