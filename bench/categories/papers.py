"""The arXiv papers that have vectors: their categories, authors and titles, in fixed parts."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.filtered.papers import CHUNK, N_QUERIES, SEED, read_papers

PARTS = {"taught": 0.7, "tuned": 0.1, "calibrated": 0.1, "measured": 0.1}
LEAST = 30
"""A category that fewer papers of those taught have is no label."""

_CATEGORY = re.compile(r"[a-z][a-z-]*(\.[A-Za-z-]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """Papers with their vectors."""

    x: NDArray[np.float32]
    """(n, dim)."""
    categories: list[set[str]]
    authors: list[list[str]]
    titles: list[str]

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: NDArray[np.int64]) -> "Papers":
        """Return those rows."""
        return Papers(
            x=self.x[rows],
            categories=[self.categories[row] for row in rows],
            authors=[self.authors[row] for row in rows],
            titles=[self.titles[row] for row in rows],
        )


def arxiv_papers(shared: Path, vectors: Path, most: int) -> Papers:
    """Return the arXiv papers with a category among the first so many that have a vector.

    Args:
        vectors: a folder of .npy files as `bench.filtered.papers` writes them, without a gap.
    """
    papers = read_papers(shared)
    base = np.random.default_rng(SEED).permutation(len(papers))[N_QUERIES:]
    chunks = [np.load(path) for path in sorted(vectors.glob("*.npy"))[: most // CHUNK]]
    x = np.concatenate(chunks).astype(np.float32)
    here = [papers[row] for row in base[: len(x)]]
    found = [
        {c for c in p["categories"] if _CATEGORY.fullmatch(c)} if p["source"] == "arxiv" else set()
        for p in here
    ]
    rows = np.array([row for row, categories in enumerate(found) if categories])
    return Papers(
        x=x[rows],
        categories=[found[row] for row in rows],
        authors=[here[row]["authors"] for row in rows],
        titles=[here[row]["title"] for row in rows],
    )


def in_parts(papers: Papers, seed: int) -> dict[str, Papers]:
    """Return random parts by name, each with the labels that are common among those taught."""
    order = np.random.default_rng(seed).permutation(len(papers))
    ends = np.cumsum([round(share * len(papers)) for share in PARTS.values()])
    rows = dict(zip(PARTS, np.split(order, ends[:-1]), strict=True))
    counts = Counter(c for row in rows["taught"] for c in papers.categories[row])
    labels = {category for category, n in counts.items() if n >= LEAST}
    return {name: _with_labels(papers.take(part), labels) for name, part in rows.items()}


def _with_labels(papers: Papers, labels: set[str]) -> Papers:
    kept = [categories & labels for categories in papers.categories]
    rows = np.array([row for row, categories in enumerate(kept) if categories])
    return Papers(
        x=papers.x[rows],
        categories=[kept[row] for row in rows],
        authors=[papers.authors[row] for row in rows],
        titles=[papers.titles[row] for row in rows],
    )
