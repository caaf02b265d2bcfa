"""A two-grain index that lives in a folder: rows in a vector store, codes attached to them.

The rows are the truth, durable when a change returns. Codes are derived: they are attached now and
then, and what came since is encoded anew at opening, or everything where they are lost.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from typecase.base.errors import (
    CorruptFileError,
    InvalidInputError,
    StorageError,
    TypecaseError,
)
from typecase.base.estimator import Estimator
from typecase.base.registry import get
from typecase.data.cell_codes import CellCodes
from typecase.data.rows import Rows
from typecase.data.store_writer import Derived, MakeDerived
from typecase.data.vector_store import VectorStore
from typecase.data.vector_table import VectorTable
from typecase.indexes.two_grain_build import TwoGrainCodes
from typecase.indexes.two_grain_outlook import Outlook

log = logging.getLogger(__name__)

_NAME = "two_grain"
_UNATTACHED_ROWS = 20_000
_LARGEST_NARROW = 2**32 - 1
_COPIED = ("tail", "tail_cell")  # at each change, into new files with right checksums

NONSENSE = (ArithmeticError, LookupError, TypeError, ValueError)
"""What reading a damaged array may raise. Large files are compared with checksums only on demand,
so that opening millions of rows is quick."""


class Found(NamedTuple):
    """Codes that were attached."""

    codes: TwoGrainCodes
    metric: str
    n_rows: int
    """Rows that they hold."""


class IndexFolder:
    """The store of an index, and the codes beside its rows."""

    def __init__(self, folder: str | Path, *, write: bool, dim: int | None) -> None:
        """Open a store; see `VectorStore.open` for what it raises."""
        self.store = VectorStore.open(folder, write=write, dim=dim)
        self.is_writable = write
        self._n_attached = 0
        self._attached = TwoGrainCodes(None, None)

    def found(self) -> Found | None:
        """Return the attached codes; None where there are none that can be read."""
        try:
            attached = self.store.attached(_NAME, verify=_COPIED)
        except CorruptFileError as error:
            log.warning("codes are made anew folder=%s error=%s", self.store.folder, error)
            return None
        if attached is None:
            return None
        n_rows = self.store.n_rows_at(attached.seq)
        try:
            metric, codes = _from_arrays(attached.arrays)
        except TypecaseError:
            raise
        except NONSENSE as error:
            log.warning("codes are made anew folder=%s error=%s", self.store.folder, error)
            return None
        if codes.cells is None or codes.cells.n_rows != n_rows:
            return None
        self._n_attached, self._attached = n_rows, codes
        return Found(codes, metric, n_rows)

    @contextmanager
    def naming_damage(self) -> Iterator[None]:
        """Where what the block reads makes no sense, name the file that was changed.

        Raises:
            CorruptFileError: in place of an error that a changed file explains.
        """
        try:
            yield
        except NONSENSE as error:  # a CorruptFileError is a ValueError
            if isinstance(error, CorruptFileError) or not isinstance(error, TypecaseError):
                self.store.verify()
            raise

    def is_damaged(self) -> bool:
        """Return whether a file of the attached codes was changed, after reading them all."""
        try:
            if (attached := self.store.attached(_NAME)) is not None:
                self.store.attached(_NAME, verify=attached.arrays)
        except CorruptFileError as error:
            log.warning("codes are made anew folder=%s error=%s", self.store.folder, error)
            return True
        return False

    def table(self, metric: str) -> VectorTable:
        """Return the rows as they are now."""
        try:
            return self.store.table(cosine=metric == "cosine")
        except InvalidInputError:  # a row is longer than any that was added
            self.store.verify()
            raise

    def attach(self, codes: TwoGrainCodes, metric: str, *, always: bool = False) -> None:
        """Attach codes when enough has changed since the last time, or always.

        Where the disk refuses, the rows are there all the same: the next time tries again, and an
        opener encodes them anew.
        """
        cells, last = codes.cells, self._attached
        if not self.is_writable or cells is None:
            return
        if cells is last.cells and codes.outlook is last.outlook:
            return
        moved = last.cells is None or cells.blocks is not last.cells.blocks
        if always or moved or cells.n_rows >= self._n_attached + _UNATTACHED_ROWS:
            try:
                self.store.attach(_NAME, _to_arrays(codes, metric), self.store.seq)
            except StorageError as error:
                log.warning("could not keep codes folder=%s error=%s", self.store.folder, error)
                return
            self._n_attached, self._attached = cells.n_rows, codes

    def compact(self, codes: TwoGrainCodes, metric: str, alive: NDArray[np.bool_] | None) -> None:
        """Write the live rows in the order of their cells, their codes beside them."""
        if codes.cells is None:
            self.store.compact()
            return
        order, attach = _by_cells(codes.cells.settled(alive), codes.outlook, metric)
        self.store.compact(order=order, attach=attach)

    def fill(self, table: VectorTable, codes: TwoGrainCodes, metric: str) -> None:
        """Write the first rows in the order of their cells, their codes beside them."""
        rows = table.ids, table.x
        if codes.cells is None:
            self.store.fill(*rows, attributes=table.attributes)
            return
        order, attach = _by_cells(codes.cells, codes.outlook, metric)
        self.store.fill(*rows, attributes=table.attributes, order=order, attach=attach)

    def close(self) -> None:
        """Free the writer's place."""
        self.is_writable = False
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _by_cells(
    cells: CellCodes, outlook: Outlook | None, metric: str
) -> tuple[NDArray[np.int64], MakeDerived]:
    """Return the order of the rows by their cells, and what makes the codes of them so."""
    order = np.arange(cells.n_rows) if cells.order is None else cells.order.astype(np.int64)

    def derived(ids: NDArray[np.int64], rows: Rows) -> Derived:
        fits = ids.max(initial=0) <= _LARGEST_NARROW  # none is below 0
        narrow = ids.astype(np.uint32) if fits else None
        new = TwoGrainCodes(replace(cells, order=None, narrow_ids=narrow), outlook)
        return {_NAME: _to_arrays(new, metric)}

    return order, derived


def _to_arrays(codes: TwoGrainCodes, metric: str) -> dict[str, Any]:
    """Return codes, their codec among them, as arrays by name."""
    if codes.cells is None or codes.outlook is None:
        raise InvalidInputError("There are no codes to attach.")
    codec = codes.cells.codec
    if not isinstance(codec, Estimator):
        raise InvalidInputError(f"A {type(codec).__name__} cannot be written; it is no Estimator.")
    state = codec.get_state()
    numbers = {name: value for name, value in state.items() if not isinstance(value, np.ndarray)}
    header = {
        "metric": metric,
        "room": codec.room,
        "codec": type(codec).__name__,
        "params": codec.get_params(),
        "numbers": numbers,
    }
    text = json.dumps(header, default=_plain).encode()
    arrays: dict[str, Any] = {"header": np.frombuffer(text, dtype=np.uint8)}
    for name, value in (codes.cells.to_arrays() | codes.outlook.to_arrays()).items():
        arrays[name.rstrip("_")] = np.asarray(value) if np.isscalar(value) else value
    arrays |= {f"codec_{n.rstrip('_')}": v for n, v in state.items() if n not in numbers}
    return arrays


def _from_arrays(arrays: Mapping[str, Any]) -> tuple[str, TwoGrainCodes]:
    header = json.loads(np.asarray(arrays["header"]).tobytes())
    codec = get(header["room"], header["codec"])(**header["params"])
    state = {f"{n[6:]}_": a for n, a in arrays.items() if n.startswith("codec_")}
    codec.set_state(state | header["numbers"])
    named = {f"{n}_": a for n, a in arrays.items()}
    codes = TwoGrainCodes(CellCodes.from_arrays(named, codec), Outlook.from_arrays(named))
    return header["metric"], codes


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise InvalidInputError(f"A codec with a {type(value).__name__} cannot be written.")
