"""The contract of every index: `fit`, `add`, `remove`, `update`, `search` under any filter.

State is one frozen snapshot that a change replaces whole: searches may run in other threads while
one thread adds or removes. Two threads must not change one index at the same time.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import check_choice, check_ids, check_k, check_vectors
from typecase.base.errors import InvalidInputError
from typecase.base.estimator import Estimator
from typecase.data.attributes import AttributeTable, Columns
from typecase.data.filters import Filter, allowed_rows
from typecase.data.rows import Rows, rows_of
from typecase.data.vector_table import VectorTable, check_norms
from typecase.kernels.inner_product import NORM_FLOOR, top_k_blocks, top_k_rows

METRICS = ("cosine", "ip")

_BLOCK_ROWS = 8192
_GATHERED_ROWS = 16384
_GATHERED_SHARE = 4

C = TypeVar("C")


class SearchResult(NamedTuple):
    """Best first; ties to the lower id; -1 and -inf where fewer than k rows may be returned."""

    ids: NDArray[np.int64]
    """(n_queries, k)."""
    scores: NDArray[np.float32]
    """(n_queries, k), higher is nearer."""


@dataclass(frozen=True, slots=True)
class Snapshot(Generic[C]):
    """The rows and what the method keeps beside them, which always belong together."""

    table: VectorTable
    codes: C


def score_rows(
    table: VectorTable, q: NDArray[np.float32], k: int, rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return ids and scores, (n_queries, k), of the best of a few rows, all of them scored."""
    x, ids = table.x.take(rows), table.ids_at(rows)
    inverse_norms = None if table.inverse_norms is None else table.inverse_norms[rows]
    found = [
        top_k_rows(x, ids, query, k, inverse_norms=inverse_norms, row_norm=table.row_norm)
        for query in q
    ]
    out_ids = np.array([ids for ids, _ in found], dtype=np.int64).reshape(len(q), k)
    out_scores = np.array([scores for _, scores in found], dtype=np.float32).reshape(len(q), k)
    return out_ids, out_scores


def search_exactly(
    table: VectorTable, q: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return ids and scores, (n_queries, k), of the best of all allowed rows; memory is bounded."""
    if allowed is not None:
        n_allowed = int(np.count_nonzero(allowed))
        if n_allowed <= min(_GATHERED_ROWS, len(allowed) // _GATHERED_SHARE):
            return score_rows(table, q, k, np.flatnonzero(allowed))
    return top_k_blocks(
        lambda: table.x.blocks(_BLOCK_ROWS),
        table.x.take,
        table.ids,
        q,
        k,
        allowed=allowed,
        inverse_norms=table.inverse_norms,
        row_norm=table.row_norm,
    )


class VectorIndex(Estimator, Generic[C]):
    """Vectors in, nearest neighbours out.

    A method writes `_encode` and `_search`, and `_extend` if it can do better than encode anew.
    """

    room: ClassVar[str] = "indexes"
    metric: str
    snapshot_: Snapshot[C]

    def fit(
        self,
        x: ArrayLike | Rows,
        ids: ArrayLike | None = None,
        attributes: Columns | None = None,
    ) -> Self:
        """Index the rows of x, (n, dim), n may be 0; what was there before is forgotten.

        x is kept, not copied, where it is float32 in C order: a memory map stays on disk. Do not
        write to it afterwards.

        Args:
            ids: (n,) unique int64 of 0 or more; None numbers the rows 0, 1, 2, ...
            attributes: n values by name, for predicates; see `typecase.data.attributes`. Rows
                that are added later must have the same; `set_attributes` makes more.

        Raises:
            InvalidInputError: x is not (n, dim), not finite or longer than 1e18, ids or
                attributes do not fit, or a parameter is out of range.
        """
        check_choice(self.metric, METRICS, name="metric")
        self._check_params()
        rows = rows_of(x)
        numbers = np.arange(len(rows), dtype=np.int64) if ids is None else ids
        numbers = check_ids(numbers, n=len(rows))
        columns = None if attributes is None else AttributeTable.of(attributes, len(rows))
        self._build(rows, numbers, columns)
        return self

    def add(self, x: ArrayLike | Rows, ids: ArrayLike, attributes: Columns | None = None) -> Self:
        """Index more rows, found from the next search on.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: as fit, or an id is there already (`update` replaces).
        """
        old = self._fitted()
        rows, numbers = self._incoming(x, ids)
        known = numbers[old.table.lookup.find(numbers) >= 0]
        if len(known):
            raise InvalidInputError(f"id {known[0]} is there already. update() replaces it.")
        self._append(old, rows, numbers, attributes)
        return self

    def remove(self, ids: ArrayLike, *, missing_ok: bool = False) -> Self:
        """Take rows out; the space goes when half of all rows are gone, or with `compact`.

        Args:
            missing_ok: pass over ids that are not there.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: ids are not unique whole numbers.
            UnknownIdError: an id is not there and missing_ok is false; then nothing is removed.
        """
        old = self._fitted()
        numbers = check_ids(ids)
        if missing_ok:
            numbers = numbers[old.table.lookup.find(numbers) >= 0]
        old.table.lookup.known(numbers)
        self.snapshot_ = Snapshot(old.table.without(numbers), old.codes)
        self._compact_if_half_gone()
        return self

    def update(
        self, x: ArrayLike | Rows, ids: ArrayLike, attributes: Columns | None = None
    ) -> Self:
        """Index rows; where an id is there already, its old row goes. It then stands last.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: as fit.
        """
        old = self._fitted()
        rows, numbers = self._incoming(x, ids)
        known = numbers[old.table.lookup.find(numbers) >= 0]
        without = Snapshot(old.table.without(known), old.codes)
        self._append(without, rows, numbers, attributes)
        self._compact_if_half_gone()
        return self

    def set_attributes(self, ids: ArrayLike, attributes: Columns) -> Self:
        """Give rows that are there other values, of some columns or of new ones.

        Vectors and other columns stay as they are; in a new column other rows have no value.

        Args:
            ids: (n,) unique.
            attributes: n values by name.

        Raises:
            NotFittedError: before fit.
            UnknownIdError: an id is not there; nothing is changed.
            InvalidInputError: ids are not unique whole numbers, or a column does not fit or is of
                another kind than before; nothing is changed.
        """
        old = self._fitted()
        table = old.table.with_attributes(check_ids(ids), attributes)
        self.snapshot_ = Snapshot(table, old.codes)
        return self

    def search(self, queries: ArrayLike, k: int, *, filter: Filter | None = None) -> SearchResult:
        """Return the k nearest rows of each query, (n_queries, dim), among those allowed.

        Args:
            k: at least 1; more than there are is padded with -1 and -inf.
            filter: None, ids, one boolean for each of `ids`, an IdMask, or a Predicate over the
                attributes; see `typecase.data.filters`.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: queries are not (n_queries, dim), not finite or longer than 1e18,
                k is below 1, or the filter does not fit.
        """
        snapshot = self._fitted()
        table = snapshot.table
        k = check_k(k)
        q = self._check_queries(queries, table.x.dim)
        if filter is None:
            allowed = table.alive
        else:
            allowed = allowed_rows(filter, table.lookup, table.attributes)
        return SearchResult(*self._search(snapshot, q, k, allowed))

    def compact(self) -> Self:
        """Free the space of removed rows. Vectors that no removed row touches are not copied."""
        table = self._fitted().table
        if (alive := table.alive) is not None:
            attributes = table.attributes
            if attributes is not None:
                attributes = attributes.take(np.flatnonzero(alive))
            self._build(table.x.kept(alive), table.lookup.live_ids(), attributes)
        return self

    @property
    def ids(self) -> NDArray[np.int64]:
        """The ids, (n,), in the order in which they were added."""
        return self._fitted().table.lookup.live_ids().copy()

    @property
    def dim(self) -> int:
        """The number of columns."""
        return self._fitted().table.x.dim

    def __len__(self) -> int:
        return len(self._fitted().table.lookup)

    def get_state(self) -> dict[str, Any]:
        """Return the table's arrays and the codes."""
        snapshot = self._fitted()
        return snapshot.table.to_arrays() | self._codes_to_state(snapshot.codes)

    def set_state(self, state: dict[str, Any]) -> None:
        """Take back what `get_state` gave."""
        table = VectorTable.from_arrays(state)
        self.snapshot_ = Snapshot(table, self._codes_from_state(state))

    def _check_params(self) -> None:
        """Raise InvalidInputError where a parameter of the method is out of range."""

    @abstractmethod
    def _encode(self, table: VectorTable) -> C:
        """Return what the method keeps beside the rows."""

    def _extend(self, codes: C, table: VectorTable, n_old: int) -> C:
        """Return the codes of table, whose first n_old rows have codes already."""
        return self._encode(table)

    @abstractmethod
    def _search(
        self,
        snapshot: Snapshot[C],
        q: NDArray[np.float32],
        k: int,
        allowed: NDArray[np.bool_] | None,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return ids and scores, (n_queries, k); q is checked, and of unit length for cosine."""

    def _codes_to_state(self, codes: C) -> dict[str, Any]:
        return {}

    @abstractmethod
    def _codes_from_state(self, state: dict[str, Any]) -> C: ...

    def _fitted(self) -> Snapshot[C]:
        if "snapshot_" not in vars(self):
            self.check_fitted()
        return self.snapshot_

    def _build(self, x: Rows, ids: NDArray[np.int64], attributes: AttributeTable | None) -> None:
        cosine = self.metric == "cosine"
        table = VectorTable.of(x, ids, cosine=cosine, attributes=attributes)
        self.snapshot_ = Snapshot(table, self._encode(table))

    def _append(
        self, old: Snapshot[C], x: Rows, ids: NDArray[np.int64], attributes: Columns | None
    ) -> None:
        table = old.table.with_rows(x, ids, attributes)
        self.snapshot_ = Snapshot(table, self._extend(old.codes, table, len(old.table)))

    def _compact_if_half_gone(self) -> None:
        if 2 * len(self) < len(self.snapshot_.table):
            self.compact()

    def _incoming(self, x: ArrayLike | Rows, ids: ArrayLike) -> tuple[Rows, NDArray[np.int64]]:
        rows = rows_of(x, dim=self.dim)
        return rows, check_ids(ids, n=len(rows))

    def _check_queries(self, queries: ArrayLike, dim: int) -> NDArray[np.float32]:
        q = check_vectors(queries, name="queries", dim=dim)
        norms = check_norms(q, name="queries")
        if self.metric == "cosine":
            q = (q / np.maximum(norms, NORM_FLOOR)[:, None]).astype(np.float32)
        return q
