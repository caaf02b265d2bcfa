"""The vectors, the queries, the attributes of both, and the exact answers, kept on disk."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from bench.filtered.attributes import Column, load_attributes
from bench.filtered.exact import Best, search_all
from bench.filtered.filters import Filter, Row, rows_of

K = 10
LEAST_ROWS = 100


class DataError(Exception):
    """A file is not what the bench needs; the message says which, and what is wrong."""


@dataclass(kw_only=True, slots=True)
class Dataset:
    """Vectors with attributes, and queries with theirs.

    Args:
        path: the .npy file of the vectors; its first n rows are used.
        cache: where exact answers are kept.
    """

    path: Path
    n: int
    x: NDArray[np.float32]
    queries: NDArray[np.float32]
    columns: dict[str, Column]
    query_columns: dict[str, Column]
    cache: Path
    _masks: dict[Filter, NDArray[np.bool_]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.path.stem}-{self.n}"

    @property
    def dim(self) -> int:
        return int(self.x.shape[1])

    def rows(self) -> list[Row]:
        return rows_of(self.columns, self.query_columns, len(self.queries))

    def mask(self, chosen: Filter) -> NDArray[np.bool_]:
        """Return which rows match, (n,) bool; computed once."""
        if chosen not in self._masks:
            self._masks[chosen] = chosen.mask(self.columns)
        return self._masks[chosen]

    def forget(self) -> None:
        """Free what `mask` has kept."""
        self._masks.clear()

    def truth(self, row: Row) -> NDArray[np.int64]:
        """Return the exact K best rows of each query under its filter, (n_queries, K).

        -1 pads where fewer match, and fills queries that the row has not.
        """
        self.find_truths([row])
        truth: NDArray[np.int64] = np.load(self._truth_path(row))
        return truth

    def find_truths(self, rows: Sequence[Row]) -> None:
        """Compute the exact answers that the cache has not, all in one pass over the vectors."""
        missing = [row for row in rows if not self._truth_path(row).exists()]
        if not missing:
            return
        found = [Best(k=K, asked=row.queries, masks=self._masks_of(row)) for row in missing]
        search_all(self.x, self.queries, found)
        self.cache.mkdir(parents=True, exist_ok=True)
        for row, best in zip(missing, found, strict=True):
            truth = np.full((len(self.queries), K), -1, dtype=np.int64)
            truth[row.queries] = best.ids
            np.save(self._truth_path(row), truth)

    def _masks_of(self, row: Row) -> list[NDArray[np.bool_] | None]:
        filters = [row.filters[query] for query in row.queries]
        return [None if chosen is None else self.mask(chosen) for chosen in filters]

    def _truth_path(self, row: Row) -> Path:
        filters = repr([row.filters[q] for q in row.queries]).encode()
        key = hashlib.sha256(filters + self.queries.tobytes()).hexdigest()[:16]
        return self.cache / f"{self.name}-truth-{key}.npy"


def open_dataset(
    vectors: Path, attributes: Path, *, n: int | None = None, cache: Path | None = None
) -> Dataset:
    """Open X.npy with its attributes; the queries lie beside it as X_queries.npy.

    Without such a file, the last 1,000 rows (a tenth at most) are held out as queries.

    Raises:
        DataError: a file is missing or is not what it should be; the message says what to do.
    """
    x = _vectors(vectors)
    everything = _attributes(attributes, len(x))
    beside = vectors.with_name(f"{vectors.stem}_queries.npy")
    if beside.exists():
        queries = np.array(_vectors(beside, dim=x.shape[1]))
        of_queries = _of_queries(beside, len(queries), everything)
        n = min(n or len(x), len(x))
    else:
        n_held = min(1000, len(x) // 10)
        n = min(n or len(x), len(x) - n_held)
        queries = np.array(x[len(x) - n_held :])
        of_queries = {name: column.tail(n_held) for name, column in everything.items()}
    if n < LEAST_ROWS:
        raise DataError(f"{vectors} leaves {n} rows to search; at least {LEAST_ROWS} are needed.")
    return Dataset(
        path=vectors,
        n=n,
        x=x[:n],
        queries=queries,
        columns={name: column.head(n) for name, column in everything.items()},
        query_columns=of_queries,
        cache=cache or vectors.parent / "cache",
    )


def _vectors(path: Path, dim: int | None = None) -> NDArray[np.float32]:
    """Return a mapped file of unit vectors, of which some are looked at."""
    try:
        x = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise DataError(f"There is no file {path}.") from None
    except (ValueError, OSError, EOFError) as error:
        raise DataError(f"{path} is no .npy file of vectors: {error}") from error
    if not isinstance(x, np.ndarray) or x.ndim != 2 or x.dtype != np.float32:
        what = f"{x.dtype} {x.shape}" if isinstance(x, np.ndarray) else "an .npz archive"
        raise DataError(f"{path} must hold a float32 array (rows, dim) as .npy, got {what}.")
    if not x.flags.c_contiguous:
        raise DataError(f"{path} must be in C order: np.save it from np.ascontiguousarray(x).")
    if dim not in (None, x.shape[1]):
        raise DataError(f"{path} has {x.shape[1]} dimensions, the vectors beside it {dim}.")
    norms = np.linalg.norm(x[:: max(1, len(x) // 1000)], axis=1)
    if not (np.abs(norms - 1) < 1e-2).all():  # NaN fails, too
        worst = norms[np.argmax(np.abs(norms - 1))]
        raise DataError(f"{path} must hold vectors of length 1, found one of {worst:.3g}.")
    return x


def _attributes(path: Path, n: int) -> dict[str, Column]:
    try:
        columns = load_attributes(path)
    except FileNotFoundError:
        raise DataError(f"There is no file {path}.") from None
    except (ValueError, OSError, BadZipFile, IndexError) as error:
        raise DataError(f"{path} is no .npz file of attributes: {error}") from error
    for name, column in columns.items():
        if len(column) != n:
            raise DataError(f"{path}: {name} has {len(column)} rows, but there are {n} vectors.")
        top = int(column.values.max(initial=-1))
        if column.names is not None and top >= len(column.names):
            raise DataError(f"{path}: {name} has the code {top}, but {len(column.names)} names.")
    return columns


def _of_queries(beside: Path, n: int, columns: dict[str, Column]) -> dict[str, Column]:
    """Return the queries' attributes; without any, no row asks for a query's own value."""
    path = beside.with_name(f"{beside.stem}_attributes.npz")
    found = _attributes(path, n) if path.exists() else {}
    for name, column in found.items():
        known = columns.get(name)
        if known is None:
            raise DataError(f"{path}: the queries have {name}, which the vectors have not.")
        if (known.names is None, known.offsets is None) != (
            column.names is None,
            column.offsets is None,
        ):
            raise DataError(f"{path}: {name} is of another kind than the vectors' {name}.")
    return found
