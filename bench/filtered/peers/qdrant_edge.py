"""Qdrant Edge: HNSW that knows the payload, 4-bit TurboQuant in memory, floats in a mapped file.

Payload indexes are declared before the graph is built, so that it gets links within each value.
"""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import qdrant_edge as qdrant
from numpy.typing import NDArray

from bench.filtered.attributes import Column
from bench.filtered.dataset import Dataset
from bench.filtered.filters import AllOf, AnyOf, Between, Filter, Not
from bench.filtered.peers.contract import Engine, Setting, blocks

_UPSERT = 5000


class QdrantEdge(Engine):
    """One segment, so that a search walks one graph."""

    note: ClassVar[str] = "HNSW m=16 ef_construct=100 with payload links, TurboQuant 4 bit"
    packages: ClassVar[tuple[str, ...]] = ("qdrant-edge-py",)
    settings: ClassVar[tuple[Setting, ...]] = (
        *(
            {"ef": ef, "oversampling": oversampling}
            for ef, oversampling in (
                (24, 2.0),
                (40, 2.0),
                (64, 2.0),
                (80, 2.0),
                (96, 2.0),
                (112, 2.0),
                (128, 2.0),
                (160, 3.0),
                (192, 4.0),
                (256, 4.0),
                (384, 4.0),
                (512, 4.0),
                (768, 4.0),
            )
        ),
        {"ef": 64, "oversampling": 4.0, "acorn": True},
    )

    def build(self, data: Dataset, folder: Path) -> None:
        shard = qdrant.EdgeShard.create(str(folder), _config(data.dim))
        for name in data.columns:
            kind = qdrant.PayloadSchemaType.Integer
            shard.update(qdrant.UpdateOperation.create_field_index(name, kind))
        for start, x in blocks(data, _UPSERT):
            payloads = _payloads(data.columns, start, len(x))
            points = [
                qdrant.Point(start + row, x[row].tolist(), payload)
                for row, payload in enumerate(payloads)
            ]
            shard.update(qdrant.UpdateOperation.upsert_points(points))
        shard.flush()
        shard.optimize()
        shard.flush()
        shard.close()

    def open(self, data: Dataset, folder: Path) -> None:
        self.shard = qdrant.EdgeShard.load(str(folder))

    def prepare(self, chosen: Filter, data: Dataset) -> Any:
        return _filter(chosen)

    def search(
        self, q: NDArray[np.float32], k: int, setting: Setting, prepared: Any
    ) -> NDArray[np.int64]:
        acorn = setting.get("acorn", False)
        params = qdrant.SearchParams(
            hnsw_ef=setting["ef"],
            quantization=qdrant.QuantizationSearchParams(
                rescore=True, oversampling=setting["oversampling"]
            ),
            acorn=qdrant.AcornSearchParams(enable=True, max_selectivity=0.6) if acorn else None,
        )
        request = qdrant.SearchRequest(
            query=qdrant.Query.Nearest(q.tolist()), limit=k, filter=prepared, params=params
        )
        return np.array([point.id for point in self.shard.search(request)], dtype=np.int64)


def _filter(chosen: Filter) -> Any:
    if isinstance(chosen, AllOf):
        return qdrant.Filter(must=[_filter(part) for part in chosen.parts])
    if isinstance(chosen, Not):
        return qdrant.Filter(must_not=[_filter(chosen.part)])
    return qdrant.Filter(must=[_condition(chosen)])


def _condition(chosen: AnyOf | Between) -> Any:
    if isinstance(chosen, AnyOf):
        codes = list(chosen.codes)
        one = qdrant.MatchValue(codes[0]) if len(codes) == 1 else qdrant.MatchAny(codes)
        return qdrant.FieldCondition(chosen.column, match=one)
    if chosen.low == chosen.high:
        return qdrant.FieldCondition(chosen.column, match=qdrant.MatchValue(chosen.low))
    between = qdrant.RangeFloat(gte=float(chosen.low), lte=float(chosen.high))
    return qdrant.FieldCondition(chosen.column, range=between)


def _config(dim: int) -> Any:
    vectors = qdrant.EdgeVectorParams(
        size=dim,
        distance=qdrant.Distance.Dot,
        memory=qdrant.Memory.Cold,
        hnsw_config=qdrant.HnswIndexConfig(
            m=16, ef_construct=100, full_scan_threshold=2000, max_indexing_threads=2
        ),
        quantization_config=qdrant.TurboQuantQuantizationConfig(
            bits=qdrant.TurboQuantBitSize.Bits4, memory=qdrant.Memory.Pinned
        ),
    )
    return qdrant.EdgeConfig(
        vectors=vectors,
        max_search_threads=1,
        wal_enabled=False,
        optimizers=qdrant.EdgeOptimizersConfig(
            indexing_threshold=10_000, default_segment_number=1, max_segment_size=100_000_000
        ),
    )


def _payloads(columns: dict[str, Column], start: int, n: int) -> list[dict[str, Any]]:
    """Return one payload a row: a number, or a list of numbers, for each column."""
    payloads: list[dict[str, Any]] = [{} for _ in range(n)]
    for name, column in columns.items():
        for row, payload in enumerate(payloads):
            payload[name] = column.value(start + row)
    return payloads
