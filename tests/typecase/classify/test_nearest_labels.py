"""NearestLabels on rows whose neighbours are plain to see, and against a loop."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from typecase.base.errors import InvalidInputError, NotFittedError
from typecase.classify import NearestLabels
from typecase.indexes import FlatIndex

X = np.array([[1, 0], [0.8, 0.6], [0, 1], [-1, 0]], dtype=np.float32)
LABELS = [{"a"}, {"a", "b"}, {"b"}, {"c"}]


def some_rows(n: int, seed: int = 0) -> tuple[np.ndarray, list[set[str]]]:
    """Rows around six centres; a row has the labels of its two nearest centres."""
    rng = np.random.default_rng(seed)
    centers = rng.standard_normal((6, 8))
    x = (centers[rng.integers(0, 6, n)] + rng.standard_normal((n, 8))).astype(np.float32)
    near = np.argsort(-(x @ centers.T), axis=1)[:, :2]
    return x, [{f"l{number}" for number in row} for row in near]


def by_loops(model: NearestLabels, x: np.ndarray, labels: list[set[str]], query: np.ndarray):
    """The formula, for one query: the share of the k nearest rows, weighted by cosine."""
    cosines = [
        float(row @ query / np.linalg.norm(row) / np.linalg.norm(query))
        for row in x.astype(np.float64)
    ]
    nearest = sorted(range(len(x)), key=lambda row: (-cosines[row], row))[: model.k_]
    weights = {row: max(0.0, cosines[row]) for row in nearest}
    if model.weights == "equal" or not any(weights.values()):
        weights = dict.fromkeys(nearest, 1.0)
    total = sum(weights.values())
    return [
        sum(weights[row] for row in nearest if name in labels[row]) / total
        for name in model.label_names_
    ]


def test_a_label_has_the_share_of_the_neighbours_that_have_it() -> None:
    model = NearestLabels(k=2, weights="equal").fit(X, LABELS)

    assert model.label_names_ == ["a", "b", "c"]
    assert model.predict_scores([[1, 0.1]]).tolist() == [[1.0, 0.5, 0.0]]
    assert model.predict([[1, 0.1]]) == [("a", "b")]


def test_near_neighbours_count_by_their_cosine() -> None:
    scores = NearestLabels(k=2).fit(X, LABELS).predict_scores([[1, 0]])

    assert scores[0] == pytest.approx([1.0, 0.8 / 1.8, 0.0])


def test_where_all_cosines_are_negative_all_count_alike() -> None:
    model = NearestLabels(k=2).fit([[-1, 0.1], [-1, -0.1]], [["a"], ["b"]])

    assert model.predict_scores([[1, 0]]).tolist() == [[0.5, 0.5]]


def test_the_best_label_is_told_even_below_the_threshold() -> None:
    model = NearestLabels(k=3, weights="equal", threshold=0.9).fit(X, LABELS)

    assert model.predict([[-0.1, 1]]) == [("b",)]


def test_so_many_labels_are_told_if_asked() -> None:
    model = NearestLabels(k=2, n_labels=1).fit(X, LABELS)

    assert model.predict([[1, 0.1], [-1, 0.1]]) == [("a",), ("c",)]


def test_a_row_whose_neighbours_have_no_label_gets_none() -> None:
    model = NearestLabels(k=1).fit(X, [[], [], ["b"], []])

    assert model.predict([[1, 0]]) == [()]


def test_more_neighbours_than_rows_are_all_rows() -> None:
    model = NearestLabels(k=9, weights="equal").fit(X, LABELS)

    assert model.predict_scores([[0, 1]]).tolist() == [[0.5, 0.5, 0.25]]


@pytest.mark.parametrize("weights", ["cosine", "equal"])
@pytest.mark.parametrize("k", [1, 5, 8])
def test_scores_are_those_of_the_formula(k: int, weights: str) -> None:
    x, labels = some_rows(60)
    model = NearestLabels(k=k, weights=weights).fit(x, labels)
    queries = some_rows(10, seed=1)[0]

    for query, scores in zip(queries, model.predict_scores(queries), strict=True):
        assert scores == pytest.approx(by_loops(model, x, labels, query), abs=1e-6)


@given(st.integers(1, 12), st.integers(0, 5))
@settings(max_examples=25, deadline=None)
def test_a_batch_is_its_rows(k: int, seed: int) -> None:
    model = NearestLabels(k=k).fit(*some_rows(40))
    queries = some_rows(7, seed=seed)[0]

    whole = model.predict_scores(queries)

    assert np.array_equal(whole, np.concatenate([model.predict_scores(q[None]) for q in queries]))
    assert model.predict(queries) == [model.predict(q[None])[0] for q in queries]


def test_k_and_threshold_are_those_that_do_best_on_rows_held_out() -> None:
    x, labels = some_rows(400)
    labels = [one if row % 5 else {"l0"} for row, one in enumerate(labels)]  # every fifth is wrong

    model = NearestLabels(k=(1, 15), threshold=(0.01, 0.4)).fit(x, labels)

    assert (model.k_, model.threshold_) == (15, 0.4)
    again = NearestLabels(k=(1, 15), threshold=(0.01, 0.4)).fit(x, labels)
    assert (again.k_, again.threshold_) == (model.k_, model.threshold_)


def test_an_index_that_is_handed_in_finds_the_same_neighbours() -> None:
    x, labels = some_rows(80)
    queries = some_rows(9, seed=3)[0]
    index = FlatIndex()

    model = NearestLabels(index=index).fit(x, labels)

    assert not index.is_fitted()
    exact = NearestLabels().fit(x, labels)
    assert np.array_equal(model.neighbours(queries)[0], exact.neighbours(queries)[0])
    assert model.predict_scores(queries) == pytest.approx(exact.predict_scores(queries), abs=1e-6)


@pytest.mark.parametrize("index", [None, FlatIndex()])
def test_what_is_loaded_says_the_same(tmp_path: Path, index: FlatIndex | None) -> None:
    x, labels = some_rows(50)
    model = NearestLabels(k=(3, 5), index=index).fit(x, labels)
    model.save(tmp_path / "model")

    loaded = NearestLabels.load(tmp_path / "model", mmap=True)

    assert np.array_equal(loaded.predict_scores(x), model.predict_scores(x))
    assert loaded.predict(x) == model.predict(x)


def test_the_callers_rows_stay_as_they_are() -> None:
    x, labels = some_rows(10)
    before = x.copy()
    x.flags.writeable = False

    NearestLabels().fit(x, labels).predict(x)

    assert np.array_equal(x, before)


def test_before_fit_nothing_is_said() -> None:
    for ask in ("predict", "predict_scores", "neighbours"):
        with pytest.raises(NotFittedError):
            getattr(NearestLabels(), ask)(X)


@pytest.mark.parametrize(
    ("params", "x", "labels", "said"),
    [
        ({"k": 0}, X, LABELS, "k must be at least 1"),
        ({"k": ()}, X, LABELS, "k must not be empty"),
        ({"weights": "far"}, X, LABELS, "weights must be one of"),
        ({"threshold": 1.5}, X, LABELS, "threshold must be a number from 0 to 1"),
        ({"threshold": "a"}, X, LABELS, "threshold must be a number"),
        ({"n_labels": 0}, X, LABELS, "n_labels must be at least 1"),
        ({"held_out": 1.0}, X, LABELS, "held_out must be between 0 and 1"),
        ({"k": (1, 2)}, X[:1], LABELS[:1], "at least 2 rows"),
        ({}, X[:0], [], "at least 1 rows"),
        ({}, X, LABELS[:3], "4 rows, 3 sets"),
        ({}, X, ["a", "b", "c", "d"], "got one string"),
        ({}, X, [[], [], [], []], "at least one label"),
        ({}, [[np.nan, 1]], [["a"]], "finite"),
        ({}, [1.0, 2.0], [["a"]], r"x must be \(n, dim\)"),
    ],
)
def test_what_breaks_a_rule_is_refused(params, x, labels, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        NearestLabels(**params).fit(x, labels)


def test_queries_of_another_width_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="2 columns"):
        NearestLabels().fit(X, LABELS).predict([[1, 2, 3]])
