"""The vectors that codecs are measured on: judged collections, and a file of paper vectors."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.quality import SETS
from broadsheet.search.trials import KeptEncoder
from typecase.base.errors import InvalidInputError
from typecase.data.judged import JudgedSet, read_judged
from typecase.metrics.ranking import ndcg

K = 10
_TRAINING_SPLIT = "train"
_QUERIES = 500

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorSet:
    """Rows, queries, the exact neighbours, and how good a ranking is."""

    name: str
    x: NDArray[np.float32]
    """(n, dim)."""
    q: NDArray[np.float32]
    """(n_queries, dim)."""
    exact: Ids
    """(n_queries, K), by float32 products."""
    judge: Callable[[Ids], float] | None
    """Gives the mean nDCG@K of rankings, (n_queries, K); None without judgements."""
    training: tuple[NDArray[np.float32], Ids] | None = None
    """Other queries, and (n_pairs, 2) of them with rows that answer them."""


def judged_sets(shared: Path, names: list[str], encoder: KeptEncoder) -> list[VectorSet]:
    """Return judged collections, with pairs of a split that is not measured where there is one."""
    return [_judged_set(shared / f"ir_{name}", SETS[name], encoder) for name in names]


def paper_set(vectors: Path, queries: Path) -> VectorSet:
    """Return the vectors of .npy files, made of unit length, and the first 500 queries."""
    x = np.load(vectors, mmap_mode="r")
    q = np.load(queries)[:_QUERIES].astype(np.float32)
    rows = _unit(np.asarray(x, dtype=np.float32))
    return _vector_set(f"papers_{len(rows)}", rows, _unit(q))


def _judged_set(folder: Path, split: str | None, encoder: KeptEncoder) -> VectorSet:
    judged = read_judged(folder, split)
    texts = [f"{text.title}\n{text.text}" for text in judged.texts]
    x = np.concatenate(list(encoder.encode_iter(texts)))
    q = encoder.encode(list(judged.queries.values()), kind="query")
    return _vector_set(judged.name, x, q, judged, _training(folder, judged, encoder))


def _training(
    folder: Path, measured: JudgedSet, encoder: KeptEncoder
) -> tuple[NDArray[np.float32], Ids] | None:
    """Return queries and pairs of the training split, unless it is what is measured."""
    if measured.split == _TRAINING_SPLIT:
        return None
    try:
        judged = read_judged(folder, _TRAINING_SPLIT)
    except InvalidInputError:
        return None
    row = {text: number for number, text in enumerate(judged.corpus_ids)}
    pairs = [
        (number, row[text])
        for number, query in enumerate(judged.queries)
        for text, grade in sorted(judged.qrels[query].items())
        if grade > 0 and text in row
    ]
    return encoder.encode(list(judged.queries.values()), kind="query"), np.array(pairs)


def _vector_set(
    name: str,
    x: NDArray[np.float32],
    q: NDArray[np.float32],
    judged: JudgedSet | None = None,
    training: tuple[NDArray[np.float32], Ids] | None = None,
) -> VectorSet:
    return VectorSet(
        name=name,
        x=x,
        q=q,
        exact=best_rows(lambda rows: q @ x[rows].T, len(x), K),
        judge=None if judged is None else lambda rows: _ndcg(judged, rows),
        training=training,
    )


def best_rows(score: Callable[[slice], NDArray[np.float32]], n: int, k: int) -> Ids:
    """Return the k rows of highest score, (n_queries, k), best first, block by block.

    Args:
        score: gives (n_queries, m) for a slice of m rows.
    """
    block = 1 << 14
    scores, rows = None, None
    for start in range(0, n, block):
        part = slice(start, min(start + block, n))
        fresh = score(part)
        numbers = np.broadcast_to(np.arange(part.start, part.stop), fresh.shape)
        if scores is not None and rows is not None:
            fresh = np.hstack([scores, fresh])
            numbers = np.hstack([rows, numbers])
        order = np.argsort(-fresh, axis=1, kind="stable")[:, :k]
        scores = np.take_along_axis(fresh, order, axis=1)
        rows = np.take_along_axis(numbers, order, axis=1)
    if rows is None:
        raise InvalidInputError("there are no rows to score.")
    return rows.astype(np.int64)


def _ndcg(judged: JudgedSet, rows: Ids) -> float:
    rankings = [[judged.corpus_ids[row] for row in ranking[:K]] for ranking in rows.tolist()]
    pairs = zip(judged.queries, rankings, strict=True)
    return float(np.nanmean([ndcg(ranking, judged.qrels[q], K) for q, ranking in pairs]))


def _unit(x: NDArray[np.float32]) -> NDArray[np.float32]:
    norms = np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
    unit: NDArray[np.float32] = (x / norms).astype(np.float32)
    return unit
