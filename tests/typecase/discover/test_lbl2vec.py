"""Lbl2Vec on documents that are plain to see, and the outlier factor against its definitions."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from typecase.base.errors import InvalidInputError, NotFittedError
from typecase.discover import Lbl2Vec
from typecase.discover.outliers import local_outlier_factors

X = np.array([[1, 0.1], [1, 0.2], [0.1, 1], [0.2, 1]], dtype=np.float32)
KEYWORDS = {"right": [[1, 0]], "up": [[0, 1], [0, 2]]}


def some_documents(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Documents around three centres, which centre each is of, and keywords near the centres."""
    rng = np.random.default_rng(seed)
    centers = rng.standard_normal((3, 12))
    of = rng.integers(0, 3, n)
    x = (centers[of] + 0.5 * rng.standard_normal((n, 12))).astype(np.float32)
    words = {f"t{t}": centers[t] + rng.standard_normal((4, 12)) for t in range(3)}
    return x, of, words


def lof_by_definition(x: np.ndarray, k: int) -> list[float]:
    """Definitions 3 to 7 of the paper, one row after the other."""
    n = len(x)
    d = [[float(np.linalg.norm(x[a] - x[b])) for b in range(n)] for a in range(n)]
    near = [
        sorted((b for b in range(n) if b != a), key=lambda b, a=a: d[a][b])[:k] for a in range(n)
    ]
    k_distance = [d[a][near[a][-1]] for a in range(n)]

    def density(a: int) -> float:
        return k / sum(max(k_distance[b], d[a][b]) for b in near[a])

    return [sum(density(b) for b in near[a]) / k / density(a) for a in range(n)]


def test_a_topic_is_the_centroid_of_the_documents_nearest_to_its_keywords() -> None:
    model = Lbl2Vec(min_docs=2, clean=False).fit(X, KEYWORDS)

    units = X / np.linalg.norm(X, axis=1, keepdims=True)
    right, up = units[:2].mean(axis=0), units[2:].mean(axis=0)
    assert model.topic_names_ == ["right", "up"]
    assert model.topics_[0] == pytest.approx(right / np.linalg.norm(right))
    assert model.topics_[1] == pytest.approx(up / np.linalg.norm(up))
    assert model.n_docs_.tolist() == [2, 2]
    assert model.predict(X) == ["right", "right", "up", "up"]


def test_a_score_is_the_cosine_with_the_topic() -> None:
    model = Lbl2Vec(min_docs=1, clean=False).fit(X, KEYWORDS)

    assert model.predict_scores([[3, 0.3], [0, -5]])[:, 0] == pytest.approx(
        [1.0, -0.1 / np.sqrt(1.01)]
    )


def test_more_documents_than_the_fewest_count_where_they_are_near_enough() -> None:
    cosines = [1 / np.sqrt(1.01), 1 / np.sqrt(1.04)]
    params = {"min_docs": 1, "clean": False}

    def n_docs(threshold: float, **more: int) -> int:
        model = Lbl2Vec(threshold=threshold, **params, **more).fit(X, {"right": [[1, 0]]})
        return int(model.n_docs_[0])

    assert n_docs(0.999) == 1
    assert n_docs(cosines[1] - 1e-6) == 2
    assert n_docs(-1.0) == 4
    assert n_docs(-1.0, max_docs=3) == 3


def test_what_stands_apart_from_the_other_candidates_is_left_out() -> None:
    rng = np.random.default_rng(0)
    group = np.array([1, 0, 0]) + 0.01 * rng.standard_normal((30, 3))
    x = np.concatenate([group, [[1, 1, 0]]])
    keywords = {"t": [[1, 0.1, 0]]}

    kept = Lbl2Vec(min_docs=31, n_neighbors=5, max_factor=3.0).fit(x, keywords)
    whole = Lbl2Vec(min_docs=31, clean=False).fit(x, keywords)

    assert (kept.n_docs_[0], whole.n_docs_[0]) == (30, 31)
    assert kept.topics_[0, 1] < whole.topics_[0, 1]


@pytest.mark.parametrize("k", [1, 4, 11])
def test_outlier_factors_are_those_of_the_definitions(k: int) -> None:
    x = np.random.default_rng(1).standard_normal((12, 3)).astype(np.float32)

    assert local_outlier_factors(x, k) == pytest.approx(lof_by_definition(x, k), rel=1e-5)


def test_rows_that_are_all_the_same_are_no_outliers() -> None:
    assert local_outlier_factors(np.ones((5, 2), dtype=np.float32), 2).tolist() == [1.0] * 5


def test_documents_are_found_by_keywords_alone() -> None:
    x, of, words = some_documents(600)

    told = Lbl2Vec(min_docs=30).fit(x, words).predict(x)

    assert np.mean([topic == f"t{t}" for topic, t in zip(told, of, strict=True)]) > 0.9


@given(st.integers(0, 20))
@settings(max_examples=15, deadline=None)
def test_a_batch_is_its_rows(seed: int) -> None:
    x, _, words = some_documents(40, seed)
    model = Lbl2Vec(min_docs=8, n_neighbors=3).fit(x, words)

    rows = np.concatenate([model.predict_scores(row[None]) for row in x])

    assert np.array_equal(model.predict_scores(x), rows)


def test_fitting_again_gives_the_same_and_leaves_the_documents_alone() -> None:
    x, _, words = some_documents(50)
    before = x.copy()
    x.flags.writeable = False

    topics = [Lbl2Vec(min_docs=9).fit(x, words).topics_ for _ in range(2)]

    assert np.array_equal(*topics)
    assert np.array_equal(x, before)


def test_what_is_loaded_says_the_same(tmp_path: Path) -> None:
    x, _, words = some_documents(50)
    model = Lbl2Vec(min_docs=9).fit(x, words)
    model.save(tmp_path / "model")

    loaded = Lbl2Vec.load(tmp_path / "model", mmap=True)

    assert np.array_equal(loaded.predict_scores(x), model.predict_scores(x))
    assert loaded.predict(x) == model.predict(x)


def test_before_fit_nothing_is_said() -> None:
    for ask in ("predict", "predict_scores"):
        with pytest.raises(NotFittedError):
            getattr(Lbl2Vec(), ask)(X)


@pytest.mark.parametrize(
    ("params", "x", "keywords", "said"),
    [
        ({"threshold": 1.5}, X, KEYWORDS, "threshold must be from -1"),
        ({"min_docs": 0}, X, KEYWORDS, "min_docs must be at least 1"),
        ({"max_docs": 99}, X, KEYWORDS, "max_docs must be at least 100"),
        ({"max_docs": 10**6}, X, KEYWORDS, "at most 5000"),
        ({"n_neighbors": 0}, X, KEYWORDS, "n_neighbors must be at least 1"),
        ({"max_factor": 0.5}, X, KEYWORDS, "max_factor must be from 1"),
        ({"max_factor": float("nan")}, X, KEYWORDS, "max_factor must be from 1"),
        ({}, X[:0], KEYWORDS, "x must have at least 1 rows"),
        ({}, X * np.nan, KEYWORDS, "x must be finite"),
        ({}, X, {}, "for one topic at least"),
        ({}, X, [[1, 0]], "vectors by topic"),
        ({}, X, {1: [[1, 0]]}, "topics by strings"),
        ({}, X, {"t": np.zeros((0, 2))}, r"keywords\['t'\] must have at least 1 rows"),
        ({}, X, {"t": [[1, 0, 0]]}, r"keywords\['t'\] must have 2 columns"),
        ({}, X, {"t": [1, 0]}, "Put one vector into a list"),
    ],
)
def test_what_breaks_a_rule_is_refused(params, x, keywords, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        Lbl2Vec(**params).fit(x, keywords)


def test_documents_of_another_width_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="2 columns"):
        Lbl2Vec(min_docs=1).fit(X, KEYWORDS).predict([[1, 2, 3]])
