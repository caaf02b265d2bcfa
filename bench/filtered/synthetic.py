"""Made vectors that look like embeddings of papers, of any number of rows.

    python -m bench.filtered.synthetic --rows 3000000 --out DIR

40 topics and 2,000 sub-clusters, both of Zipf sizes; a sub-cluster has rank 32 with a decaying
spectrum (half of its directions are its topic's), full-rank noise lies on all, and one mean vector
is common, as transformers give it. Rows come in blocks, each from its own seed, so the first
100,000 rows of 3,000,000 are the same 100,000: one file serves every size.

Attributes: `topic`, and `r50` ... `r0_01`, which are 1 for that percentage of rows at random.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.filtered.attributes import Column, numbers, save_attributes

SEED = 7
DIM = 384
N_TOPICS, N_CLUSTERS, RANK = 40, 2000, 32
N_QUERIES = 1000
BLOCK = 100_000
SHARES = {"r50": 0.5, "r10": 0.1, "r1": 0.01, "r0_1": 0.001, "r0_01": 0.0001}
# How long topic means, cluster means, in-cluster spread, noise and the common mean are: chosen
# for a random cosine of 0.39 and 0.75 to the tenth neighbour among a million.
TOPIC, CLUSTER, SPREAD, NOISE, COMMON = 0.50, 0.22, 0.55, 0.50, 0.75


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """What all blocks share: centres (n_clusters, dim), bases (n_clusters, rank, dim), ..."""

    axes: NDArray[np.float32]
    centres: NDArray[np.float32]
    bases: NDArray[np.float32]
    topic_of: NDArray[np.int64]
    share: NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    write_synthetic(args.out, args.rows)


def write_synthetic(out: Path, n: int, *, n_queries: int = N_QUERIES, seed: int = SEED) -> None:
    """Write synthetic.npy (n, DIM), its attributes, the queries and theirs."""
    out.mkdir(parents=True, exist_ok=True)
    first, *blocks = np.random.default_rng(seed).spawn(1 + -(-n // BLOCK))
    shape = make_shape(first)
    q, topics, _ = draw(shape, n_queries, first)
    np.save(out / "synthetic_queries.npy", q)
    save_attributes(out / "synthetic_queries_attributes.npz", {"topic": _topics(topics)})
    part = out / "synthetic.npy.part"
    x = np.lib.format.open_memmap(part, mode="w+", dtype=np.float32, shape=(n, DIM))
    drawn = []
    for number, rng in enumerate(blocks):
        start = number * BLOCK
        rows, topics, chance = draw(shape, BLOCK, rng)
        x[start : start + BLOCK] = rows[: n - start]
        drawn.append((topics, chance))
    x.flush()
    save_attributes(out / "synthetic_attributes.npz", _columns(drawn, n))
    part.replace(out / "synthetic.npy")


def make_shape(rng: np.random.Generator) -> Shape:
    spectrum = _spectrum()
    axes = np.linalg.qr(rng.standard_normal((DIM, DIM)))[0].astype(np.float32)
    topic_of = np.concatenate(
        [np.arange(N_TOPICS), rng.integers(0, N_TOPICS, N_CLUSTERS - N_TOPICS)]
    )
    topics = TOPIC * (_normal(rng, N_TOPICS, DIM) * spectrum) @ axes
    centres = topics[topic_of] + CLUSTER * (_normal(rng, N_CLUSTERS, DIM) * spectrum) @ axes
    shared = _normal(rng, N_TOPICS, RANK // 2, DIM)[topic_of]
    bases = np.concatenate([shared, _normal(rng, N_CLUSTERS, RANK - RANK // 2, DIM)], axis=1)
    # The spectrum decays over the directions: which are the topic's must be left to chance.
    ranks = np.argsort(rng.random((N_CLUSTERS, RANK)), axis=1)
    bases = np.take_along_axis(bases, ranks[:, :, None], axis=1)
    bases /= np.linalg.norm(bases, axis=2, keepdims=True)
    share = rng.permutation(np.arange(1, N_CLUSTERS + 1) ** -0.6)
    return Shape(
        axes=axes,
        centres=centres.astype(np.float32),
        bases=np.ascontiguousarray(bases, dtype=np.float32),
        topic_of=topic_of,
        share=share / share.sum(),
    )


def draw(
    shape: Shape, n: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float64]]:
    """Return n rows of length 1, the topic of each, and a number in [0, 1) for each."""
    clusters = rng.choice(N_CLUSTERS, n, p=shape.share)
    order = np.argsort(clusters, kind="stable")
    bounds = np.searchsorted(clusters[order], np.arange(N_CLUSTERS + 1))
    decay = (np.arange(1, RANK + 1) ** -0.5).astype(np.float32)
    decay /= np.linalg.norm(decay)
    x = NOISE * (_normal(rng, n, DIM) * _spectrum()) @ shape.axes + COMMON * shape.axes[0]
    spread = SPREAD * rng.gamma(8, 1 / 8, (n, 1)).astype(np.float32)
    inside = _normal(rng, n, RANK) * decay * spread
    for cluster in range(N_CLUSTERS):
        here = order[bounds[cluster] : bounds[cluster + 1]]
        x[here] += shape.centres[cluster] + inside[here] @ shape.bases[cluster]
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return x, shape.topic_of[clusters], rng.random(n)


def _columns(
    drawn: list[tuple[NDArray[np.int64], NDArray[np.float64]]], n: int
) -> dict[str, Column]:
    topics = np.concatenate([topics for topics, _ in drawn])[:n]
    chance = np.concatenate([chance for _, chance in drawn])[:n]
    columns = {"topic": _topics(topics)}
    for name, share in SHARES.items():
        columns[name] = numbers((chance < share).astype(np.int64))
    return columns


def _topics(topics: NDArray[np.int64]) -> Column:
    return Column(values=topics, names=np.array([f"topic {t:02d}" for t in range(N_TOPICS)]))


def _spectrum() -> NDArray[np.float32]:
    spectrum = (np.arange(1, DIM + 1) ** -0.45).astype(np.float32)
    unit: NDArray[np.float32] = spectrum / np.linalg.norm(spectrum)
    return unit


def _normal(rng: np.random.Generator, *shape: int) -> NDArray[np.float32]:
    return rng.standard_normal(shape, dtype=np.float32)


if __name__ == "__main__":
    main()
