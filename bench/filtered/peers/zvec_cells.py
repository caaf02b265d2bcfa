"""zvec: IVF with 5-bit RaBitQ codes and its refiner, inverted indexes over the attributes."""

import tempfile
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import zvec
from numpy.typing import NDArray

from bench.filtered.attributes import Column
from bench.filtered.dataset import Dataset
from bench.filtered.filters import AllOf, Between, Filter, Not
from bench.filtered.peers.contract import Engine, Setting, blocks

_INSERT = 1000


class Zvec(Engine):
    """One collection; ids are strings there."""

    note: ClassVar[str] = "IVF1024 RaBitQ 5 bits with refiner, inverted indexes"
    packages: ClassVar[tuple[str, ...]] = ("zvec",)
    settings: ClassVar[tuple[Setting, ...]] = tuple(
        {"nprobe": nprobe, "scale": scale}
        for nprobe, scale in (
            (8, 2.0),
            (8, 4.0),
            (12, 4.0),
            (16, 4.0),
            (24, 4.0),
            (32, 4.0),
            (64, 4.0),
            (128, 8.0),
            (512, 8.0),
        )
    )

    def build(self, data: Dataset, folder: Path) -> None:
        _start()
        collection = zvec.create_and_open(str(folder / "rows"), _schema(data))
        for start, x in blocks(data, _INSERT):
            docs = []
            for row in range(len(x)):
                fields = {name: c.value(start + row) for name, c in data.columns.items()}
                docs.append(zvec.Doc(id=str(start + row), vectors={"v": x[row]}, fields=fields))
            collection.insert(docs)
        collection.flush()
        collection.optimize(zvec.OptimizeOption(concurrency=2))
        collection.flush()

    def open(self, data: Dataset, folder: Path) -> None:
        _start()
        option = zvec.CollectionOption(read_only=True)
        self.collection = zvec.open(str(folder / "rows"), option)

    def prepare(self, chosen: Filter, data: Dataset) -> Any:
        return _condition(chosen, data.columns)

    def search(
        self, q: NDArray[np.float32], k: int, setting: Setting, prepared: Any
    ) -> NDArray[np.int64]:
        param = zvec.IvfRabitqQueryParam(
            nprobe=setting["nprobe"], is_using_refiner=True, scale_factor=setting["scale"]
        )
        query = zvec.Query("v", vector=q, param=param)
        found = self.collection.query(query, topk=k, filter=prepared, output_fields=[])
        return np.array([int(doc.id) for doc in found], dtype=np.int64)


def _condition(chosen: Filter, columns: dict[str, Column]) -> str:
    if isinstance(chosen, AllOf):
        return " and ".join(f"({_condition(part, columns)})" for part in chosen.parts)
    if isinstance(chosen, Not):
        return _negation(chosen.part, columns)
    name = chosen.column
    if isinstance(chosen, Between):
        if chosen.low == chosen.high:
            return f"{name} = {chosen.low}"
        return f"{name} >= {chosen.low} and {name} <= {chosen.high}"
    codes = ", ".join(map(str, chosen.codes))
    is_set = columns[name].offsets is not None
    return f"{name} contain_any ({codes})" if is_set else f"{name} in ({codes})"


def _negation(chosen: Filter, columns: dict[str, Column]) -> str:
    """Return the opposite; the language has a "not" of words, none of expressions."""
    if isinstance(chosen, Not):
        return _condition(chosen.part, columns)
    if isinstance(chosen, AllOf):
        return " or ".join(f"({_negation(part, columns)})" for part in chosen.parts)
    name = chosen.column
    if isinstance(chosen, Between):
        return f"{name} < {chosen.low} or {name} > {chosen.high}"
    codes = ", ".join(map(str, chosen.codes))
    is_set = columns[name].offsets is not None
    return f"{name} not contain_any ({codes})" if is_set else f"{name} not in ({codes})"


def _start() -> None:
    folder = Path(tempfile.gettempdir()) / "bench-zvec-logs"
    zvec.init(query_threads=1, optimize_threads=2, log_dir=str(folder))


def _schema(data: Dataset) -> Any:
    param = zvec.IvfRabitqIndexParam(metric_type=zvec.MetricType.IP, nlist=1024, total_bits=5)
    vector = zvec.VectorSchema("v", zvec.DataType.VECTOR_FP32, data.dim, index_param=param)
    fields = [_field(name, column) for name, column in data.columns.items()]
    return zvec.CollectionSchema("rows", fields=fields, vectors=vector)


def _field(name: str, column: Column) -> Any:
    kind = zvec.DataType.INT64 if column.offsets is None else zvec.DataType.ARRAY_INT64
    inverted = zvec.InvertIndexParam(True)
    return zvec.FieldSchema(name, kind, nullable=False, index_param=inverted)
