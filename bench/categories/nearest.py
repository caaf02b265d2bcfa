"""Micro and macro F1 of the nearest papers' categories over k, beside two baselines."""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.categories.f1 import Scores, best_threshold, figures, told
from bench.categories.papers import Papers
from typecase.classify import NearestLabels
from typecase.data.label_sets import read_label_sets
from typecase.indexes import FlatIndex
from typecase.kernels.inner_product import unit_vectors

KS = (1, 2, 4, 8, 12, 16, 24, 32, 64)
RIDGES = (0.03, 0.1, 0.3, 1.0, 10.0)
THRESHOLDS = tuple(round(0.2 + 0.02 * step, 2) for step in range(16))


class FoundOnce:
    """An index that searches exactly, and each set of queries once, for the most neighbours."""

    def __init__(self) -> None:
        self._exact = FlatIndex()
        self._found: dict[bytes, tuple[NDArray[np.int64], NDArray[np.float32]]] = {}

    def clone(self) -> "FoundOnce":
        """Return itself: what was found stays found."""
        return self

    def fit(self, x: NDArray[np.float32]) -> "FoundOnce":
        """Take the rows; others than before are refused."""
        if not self._exact.is_fitted():
            self._exact.fit(x)
        elif len(x) != len(self._exact):
            raise ValueError("these are other rows")
        return self

    def search(
        self, queries: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return ids and cosines, (n_queries, k)."""
        key = hashlib.blake2b(queries.tobytes()).digest()
        if key not in self._found:
            self._found[key] = tuple(self._exact.search(queries, max(KS)))
        ids, cosines = self._found[key]
        return ids[:, :k], cosines[:, :k]


def label_names(parts: dict[str, Papers]) -> list[str]:
    """Return all labels, sorted."""
    return sorted({c for categories in parts["taught"].categories for c in categories})


def matrix(papers: Papers, names: list[str]) -> NDArray[np.bool_]:
    """Return which paper has which label, (n, n_labels)."""
    return read_label_sets(papers.categories, name="categories", names=names).matrix()


def measure(parts: dict[str, Papers], index: FoundOnce) -> dict[str, Any]:
    """Return figures of each method, its threshold set on the papers tuned."""
    names = label_names(parts)
    taught, tuned, measured = parts["taught"], parts["tuned"], parts["measured"]
    true = {name: matrix(papers, names) for name, papers in parts.items()}

    def judged(of_tuned: Scores, of_measured: Scores) -> dict[str, Any]:
        threshold = best_threshold(of_tuned, true["tuned"])
        return {
            "threshold": round(threshold, 3),
            "tuned_micro_f1": figures(told(of_tuned, threshold), true["tuned"])["micro_f1"],
        } | figures(told(of_measured, threshold), true["measured"])

    found: dict[str, Any] = {}
    for weights in ("cosine", "equal"):
        for k in KS:
            model = NearestLabels(k=k, weights=weights, index=index)
            model.fit(taught.x, taught.categories)
            said = judged(model.predict_scores(tuned.x), model.predict_scores(measured.x))
            found[f"nearest, k={k}, {weights}"] = said
            print(f"k={k} {weights}: {said}", flush=True)
    chosen = NearestLabels(k=KS, threshold=THRESHOLDS).fit(taught.x, taught.categories)
    said = read_label_sets(chosen.predict(measured.x), name="told", names=names).matrix()
    found["nearest, by itself"] = {"k": chosen.k_, "threshold": chosen.threshold_} | figures(
        said, true["measured"]
    )
    for ridge in RIDGES:
        linear = _ridge(taught.x, true["taught"], ridge)
        found[f"ridge, {ridge:g}"] = judged(linear(tuned.x), linear(measured.x))
    counts = true["taught"].sum(axis=0)
    for n in (1, 2):
        common = np.zeros_like(true["measured"])
        common[:, np.argsort(-counts, kind="stable")[:n]] = True
        found[f"the {n} most frequent"] = figures(common, true["measured"])
    for name in list(found)[-8:]:
        print(f"{name}: {found[name]}", flush=True)
    return {
        "labels": len(names),
        "rows": {name: len(papers) for name, papers in parts.items()},
        "labels_a_row": round(float(true["measured"].sum(axis=1).mean()), 2),
        "methods": found,
    }


def _ridge(x: NDArray[np.float32], labels: NDArray[np.bool_], ridge: float) -> Any:
    """Return a function from rows to scores: one regularised regression a label, all at once."""
    mean, share = unit_vectors(x).mean(axis=0), labels.mean(axis=0)
    z = (unit_vectors(x) - mean).astype(np.float64)
    weights = np.linalg.solve(z.T @ z + ridge * np.eye(z.shape[1]), z.T @ (labels - share))
    return lambda rows: (unit_vectors(rows) - mean) @ weights + share
