"""LanceDB: IVF_RQ (one-bit RaBitQ) on disk, rows refined exactly, filters by scalar indexes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import lancedb
import numpy as np
import pyarrow as pa
from lancedb.index import IvfRq
from numpy.typing import NDArray

from bench.filtered.attributes import Column
from bench.filtered.dataset import Dataset
from bench.filtered.filters import AllOf, Between, Filter, Not
from bench.filtered.peers.contract import Engine, Setting, blocks

_BITMAP_LABELS = 1000  # more different values than this are kept in a tree


class Lance(Engine):
    """The filter goes before the search; that is LanceDB's default."""

    note: ClassVar[str] = "IVF_RQ, 512 or 1,024 cells, on disk with refine, scalar indexes"
    packages: ClassVar[tuple[str, ...]] = ("lancedb", "pyarrow")
    settings: ClassVar[tuple[Setting, ...]] = tuple(
        {"nprobes": nprobes, "refine": refine}
        for nprobes, refine in (
            (16, 5),
            (16, 10),
            (32, 10),
            (32, 20),
            (64, 20),
            (128, 40),
            (512, 40),
        )
    )

    def build(self, data: Dataset, folder: Path) -> None:
        schema = _schema(data)
        table = lancedb.connect(str(folder)).create_table(
            "rows", data=pa.RecordBatchReader.from_batches(schema, _batches(data, schema))
        )
        cells = 512 if data.n < 500_000 else 1024
        table.create_index("vector", config=IvfRq(distance_type="l2", num_partitions=cells))
        for name, column in data.columns.items():
            table.create_scalar_index(name, index_type=_index_type(column))

    def open(self, data: Dataset, folder: Path) -> None:
        self.table = lancedb.connect(str(folder)).open_table("rows")

    def prepare(self, chosen: Filter, data: Dataset) -> Any:
        return _condition(chosen, data.columns)

    def search(
        self, q: NDArray[np.float32], k: int, setting: Setting, prepared: Any
    ) -> NDArray[np.int64]:
        query = self.table.search(q, vector_column_name="vector").distance_type("l2")
        query = query.nprobes(setting["nprobes"]).refine_factor(setting["refine"])
        query = query.limit(k).select(["id"])
        if prepared:
            query = query.where(prepared, prefilter=True)
        return query.to_arrow()["id"].to_numpy()


def _condition(chosen: Filter, columns: dict[str, Column]) -> str:
    if isinstance(chosen, AllOf):
        return " AND ".join(f"({_condition(part, columns)})" for part in chosen.parts)
    if isinstance(chosen, Not):
        return f"NOT ({_condition(chosen.part, columns)})"
    if isinstance(chosen, Between):
        if chosen.low == chosen.high:
            return f"{chosen.column} = {chosen.low}"
        return f"{chosen.column} >= {chosen.low} AND {chosen.column} <= {chosen.high}"
    codes = ", ".join(map(str, chosen.codes))
    if columns[chosen.column].offsets is not None:
        return f"array_has_any({chosen.column}, [{codes}])"
    return f"{chosen.column} IN ({codes})"


def _schema(data: Dataset) -> Any:
    fields = [("vector", pa.list_(pa.float32(), data.dim)), ("id", pa.int64())]
    for name, column in data.columns.items():
        fields.append((name, pa.int64() if column.offsets is None else pa.list_(pa.int64())))
    return pa.schema(fields)


def _batches(data: Dataset, schema: Any) -> Iterator[Any]:
    for start, x in blocks(data):
        stop = start + len(x)
        arrays = [
            pa.FixedSizeListArray.from_arrays(pa.array(x.ravel()), data.dim),
            pa.array(np.arange(start, stop)),
        ]
        arrays += [_array(column, start, stop) for column in data.columns.values()]
        yield pa.record_batch(arrays, schema=schema)


def _array(column: Column, start: int, stop: int) -> Any:
    if column.offsets is None:
        return pa.array(column.values[start:stop])
    offsets = column.offsets[start : stop + 1]
    flat = pa.array(column.values[offsets[0] : offsets[-1]])
    return pa.ListArray.from_arrays(pa.array((offsets - offsets[0]).astype(np.int32)), flat)


def _index_type(column: Column) -> str:
    if column.offsets is not None:
        return "LABEL_LIST"
    n_values = int(column.values.max()) + 1 if column.names is None else len(column.names)
    return "BITMAP" if n_values < _BITMAP_LABELS else "BTREE"
