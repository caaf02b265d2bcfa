"""The bitmaps of predicates that were asked for last, shared by threads."""

import threading
from collections import OrderedDict
from collections.abc import Collection

from typecase.data.bitmaps import Bitmap
from typecase.data.predicates import Leaf, Predicate

Evaluated = tuple[int, Bitmap]
"""How many rows were looked at, and their bitmap."""


class BitmapCache:
    """At most so many bitmaps; the one unused for longest goes first.

    Rows are only ever appended, so a bitmap of the first rows stays true and can be extended.

    Args:
        size: how many are kept. One takes an eighth of a byte a row.
    """

    def __init__(self, *, size: int) -> None:
        self.size = size
        self._lock = threading.Lock()
        self._bitmaps: OrderedDict[Predicate, Evaluated] = OrderedDict()

    def get(self, predicate: Predicate) -> Evaluated | None:
        """Return what is known of a predicate."""
        with self._lock:
            if predicate in self._bitmaps:
                self._bitmaps.move_to_end(predicate)
            return self._bitmaps.get(predicate)

    def put(self, predicate: Predicate, n_rows: int, bitmap: Bitmap) -> Bitmap:
        """Keep a bitmap, from now on read-only, and return it."""
        bitmap.flags.writeable = False
        with self._lock:
            self._bitmaps[predicate] = (n_rows, bitmap)
            self._bitmaps.move_to_end(predicate)
            while len(self._bitmaps) > self.size:
                self._bitmaps.popitem(last=False)
        return bitmap

    def copy(self) -> "BitmapCache":
        """Return a cache of its own with the same bitmaps, for rows appended behind these."""
        other = BitmapCache(size=self.size)
        with self._lock:
            other._bitmaps.update(self._bitmaps)
        return other

    def without(self, attributes: Collection[str]) -> "BitmapCache":
        """Return such a copy for rows in which some attributes have other values.

        Of what is joined from comparisons nothing is kept: joining them again costs little.
        """
        other = self.copy()
        if attributes:
            for predicate in list(other._bitmaps):
                if not isinstance(predicate, Leaf) or predicate.attribute in attributes:
                    del other._bitmaps[predicate]
        return other
