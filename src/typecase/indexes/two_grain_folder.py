"""A two-grain index that lives in a folder: rows in a vector store, codes attached to them.

The rows are the truth, durable when a change returns. Codes are derived: they are attached now and
then, and what came since is encoded anew at opening, or everything where they are lost.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from typecase.base.errors import CorruptFileError, InvalidInputError
from typecase.base.estimator import Estimator
from typecase.base.registry import get
from typecase.data.cell_codes import CellCodes
from typecase.data.rows import Rows
from typecase.data.vector_store import VectorStore
from typecase.data.vector_table import VectorTable
from typecase.indexes.two_grain_build import TwoGrainCodes
from typecase.indexes.two_grain_outlook import Outlook
from typecase.kernels.scan_blocks import NO_ROW, row_numbers

log = logging.getLogger(__name__)

_NAME = "two_grain"
_UNATTACHED_ROWS = 20_000
_LARGEST_NARROW = 2**32 - 1


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
        self._attached: CellCodes | None = None

    def found(self) -> Found | None:
        """Return the attached codes; None where there are none that can be read."""
        try:
            attached = self.store.attached(_NAME)
        except CorruptFileError as error:
            log.warning("codes are made anew folder=%s error=%s", self.store.folder, error)
            return None
        if attached is None:
            return None
        n_rows = self.store.n_rows_at(attached.seq)
        metric, codes = _from_arrays(attached.arrays)
        if codes.cells is None or codes.cells.n_rows != n_rows:
            return None
        self._n_attached, self._attached = n_rows, codes.cells
        return Found(codes, metric, n_rows)

    def table(self, metric: str) -> VectorTable:
        """Return the rows as they are now."""
        return self.store.table(cosine=metric == "cosine")

    def attach(self, codes: TwoGrainCodes, metric: str, *, always: bool = False) -> None:
        """Attach codes when enough has changed since the last time, or always."""
        cells = codes.cells
        if not self.is_writable or cells is None or cells is self._attached:
            return
        moved = self._attached is None or cells.blocks is not self._attached.blocks
        if always or moved or cells.n_rows >= self._n_attached + _UNATTACHED_ROWS:
            self.store.attach(_NAME, _to_arrays(codes, metric), self.store.seq)
            self._n_attached, self._attached = cells.n_rows, cells

    def compact(self, codes: TwoGrainCodes, metric: str, alive: NDArray[np.bool_] | None) -> None:
        """Write the live rows in the order of their cells, their codes beside them."""
        if codes.cells is None:
            self.store.compact()
            return
        cells = codes.cells.settled(alive)
        numbers = row_numbers(cells.blocks)
        filled = numbers != NO_ROW
        order = numbers[filled].astype(np.int64)
        numbers[filled] = np.arange(len(order), dtype=np.uint32)

        def derived(ids: NDArray[np.int64], rows: Rows) -> Mapping[str, Mapping[str, Any]]:
            fits = ids.max(initial=0) <= _LARGEST_NARROW  # none is below 0
            narrow = ids.astype(np.uint32) if fits else None
            new = TwoGrainCodes(replace(cells, narrow_ids=narrow), codes.outlook)
            return {_NAME: _to_arrays(new, metric)}

        self.store.compact(order=order, attach=derived)

    def close(self) -> None:
        """Free the writer's place."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


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
