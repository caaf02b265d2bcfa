"""SpecializedEmbeddings: its loss against plain loops, what it learns, and what it refuses."""

import math
from pathlib import Path

import numpy as np
import pytest

from typecase.base.errors import InvalidInputError, NotFittedError
from typecase.spaces import SpecializedEmbeddings
from typecase.spaces.shared_labels import SharedLabels
from typecase.spaces.specialized import Batch, batch_of, hard_negatives, head_gradient

LABELS = [["a", "b"], ["a"], ["b", "c"], [], ["c"], ["alone"]]


def two_aspects(n: int = 240, seed: int = 0) -> tuple[np.ndarray, list[list[str]], list[list[str]]]:
    """Rows that are the sum of a strong topic and a weak method, each one of six."""
    rng = np.random.default_rng(seed)
    topics, methods = rng.standard_normal((2, 6, 32))
    topic, method = rng.integers(0, 6, (2, n))
    x = 2.0 * topics[topic] + 0.5 * methods[method] + 0.2 * rng.standard_normal((n, 32))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return x.astype(np.float32), [[f"t{k}"] for k in topic], [[f"m{k}"] for k in method]


def share_of_near(vectors: np.ndarray, labels: list[list[str]], k: int = 5) -> float:
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -np.inf)
    near = np.argsort(-scores, axis=1)[:, :k]
    return float(np.mean([labels[i] == labels[j] for i, of in enumerate(near) for j in of]))


def plain_loss(weights: np.ndarray, x: np.ndarray, batch: Batch, temperature: float) -> float:
    total = 0.0
    for i, row in enumerate(batch.asking):
        z = x[row] @ weights
        scores = []
        for j, other in enumerate(batch.answers):
            y = x[other] @ weights
            cosine = float(z @ y) / math.sqrt(float(z @ z) * float(y @ y))
            scores.append(-math.inf if batch.targets[i, j] < 0 else cosine / temperature)
        norm = math.log(sum(math.exp(score) for score in scores))
        for j, score in enumerate(scores):
            if batch.targets[i, j] > 0:
                total -= float(batch.targets[i, j]) * (score - norm)
    return total / len(batch.asking)


def small() -> tuple[np.ndarray, np.ndarray, Batch]:
    rng = np.random.default_rng(1)
    x, weights = rng.standard_normal((6, 5)), rng.standard_normal((5, 3))
    shared = SharedLabels(LABELS)
    return x, weights, batch_of(np.array([0, 2]), np.array([0, 1, 2, 4, 5]), shared)


def test_rows_share_by_the_rarity_of_their_labels() -> None:
    shared = SharedLabels(LABELS)
    each = math.log(1 + 6 / 2)
    found = shared.shared(np.array([0, 3]), np.array([0, 1, 2, 5]))
    assert np.allclose(found, [[2 * each, each, each, 0], [0, 0, 0, 0]], atol=1e-6)
    assert shared.labelled().tolist() == [0, 1, 2, 4]


def test_a_rare_label_counts_more() -> None:
    weights = SharedLabels([["x", "y"], ["x", "y"], ["x"], ["x"]]).weights
    assert np.allclose(weights, [math.log(2), math.log(3)], atol=1e-6)


def test_a_partner_shares_a_label_and_is_another() -> None:
    shared, rng = SharedLabels(LABELS), np.random.default_rng(0)
    rows = np.repeat([0, 4, 2], 50)
    found = shared.partners(rows, rng).reshape(3, 50)
    assert [set(of.tolist()) for of in found] == [{1, 2}, {2}, {0, 4}]


def test_targets_are_shares_and_leave_the_row_itself_out() -> None:
    _, _, batch = small()
    assert np.allclose(batch.targets, [[-1, 0.5, 0.5, 0, 0], [0.5, 0, -1, 0.5, 0]], atol=1e-6)


def test_the_loss_is_that_of_a_plain_loop() -> None:
    x, weights, batch = small()
    loss, _ = head_gradient(weights, x, batch, 0.3)
    assert loss == pytest.approx(plain_loss(weights, x, batch, 0.3), rel=1e-6)


def test_the_gradient_is_that_of_small_steps() -> None:
    x, weights, batch = small()
    _, gradient = head_gradient(weights, x, batch, 0.3)
    for place in np.ndindex(weights.shape):
        step = np.zeros_like(weights)
        step[place] = 1e-6
        up, down = (plain_loss(weights + s, x, batch, 0.3) for s in (step, -step))
        assert gradient[place] == pytest.approx((up - down) / 2e-6, abs=1e-5)


def test_hard_negatives_are_near_and_share_nothing() -> None:
    x = np.array([[1, 0], [1, 0.1], [1, 0.2], [-1, 0.1]], dtype=np.float32)
    shared = SharedLabels([["a"], ["a", "b"], ["b"], ["b"]])
    found = hard_negatives(x, shared, np.arange(4), 1)
    assert found[0].tolist() == [2]
    assert found[2].tolist() == [0]
    assert found[1].tolist() == [1]  # shares with all: it stands for itself


@pytest.mark.parametrize("n_hard", [0, 5])
def test_each_head_finds_its_own_aspect(n_hard: int) -> None:
    x, topics, methods = two_aspects()
    model = SpecializedEmbeddings(n_dims=16, n_steps=200, n_hard=n_hard, learning_rate=0.01)
    by_method = model.fit(x[:160], methods[:160]).transform(x[160:])
    by_topic = model.clone().fit(x[:160], topics[:160]).transform(x[160:])
    assert share_of_near(x[160:], methods[160:]) < 0.6
    assert share_of_near(by_method, methods[160:]) > 0.9
    assert share_of_near(by_topic, topics[160:]) > 0.95
    assert share_of_near(by_topic, methods[160:]) < 0.4


def test_a_query_carried_back_orders_as_the_cosine_does() -> None:
    x, _, methods = two_aspects()
    model = SpecializedEmbeddings(n_dims=8, n_steps=20).fit(x, methods)
    y = model.transform(x[:1])
    products = (x - model.mean_) @ model.carried_back(y)[0]
    assert np.allclose(products / model.lengths(x), model.transform(x) @ y[0], atol=1e-4)


def test_the_same_seed_gives_the_same_head() -> None:
    x, _, methods = two_aspects()
    one, other = (
        SpecializedEmbeddings(n_dims=8, n_steps=20, n_hard=2, random_state=3).fit(x, methods)
        for _ in range(2)
    )
    assert np.array_equal(one.weights_, other.weights_)
    changed = one.clone(random_state=4).fit(x, methods)
    assert not np.array_equal(one.weights_, changed.weights_)


def test_it_is_the_same_after_saving(tmp_path: Path) -> None:
    x, _, methods = two_aspects()
    model = SpecializedEmbeddings(n_dims=8, n_steps=10).fit(x, methods)
    model.save(tmp_path / "head")
    loaded = SpecializedEmbeddings.load(tmp_path / "head")
    assert np.array_equal(loaded.transform(x), model.transform(x))
    assert np.allclose(np.linalg.norm(loaded.transform(x), axis=1), 1, atol=1e-5)


def test_callers_arrays_stay_as_they_are() -> None:
    x, _, methods = two_aspects()
    before = x.copy()
    x.flags.writeable = False
    SpecializedEmbeddings(n_dims=4, n_steps=2).fit(x, methods).transform(x)
    assert np.array_equal(x, before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_dims": 0}, "n_dims"),
        ({"n_dims": 33}, "n_dims"),
        ({"n_steps": -1}, "n_steps"),
        ({"batch_size": 1}, "batch_size"),
        ({"n_hard": -1}, "n_hard"),
        ({"temperature": 0.0}, "temperature"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"random_state": -1}, "random_state"),
    ],
)
def test_parameters_out_of_range_are_refused(arguments: dict[str, float], message: str) -> None:
    x, _, methods = two_aspects(n=60)
    given = {"n_dims": 8} | arguments
    with pytest.raises(InvalidInputError, match=message):
        SpecializedEmbeddings(**given).fit(x, methods)


def test_bad_rows_and_labels_are_refused() -> None:
    x, _, methods = two_aspects(n=60)
    model = SpecializedEmbeddings(n_dims=8)
    with pytest.raises(InvalidInputError, match="one collection a row: 60, got 59"):
        model.fit(x, methods[:-1])
    with pytest.raises(InvalidInputError, match="labels of row 0"):
        model.fit(x, ["a"] * 60)
    with pytest.raises(InvalidInputError, match="at least 8 rows, got 0"):
        model.fit(x, [[str(row)] for row in range(60)])
    with pytest.raises(InvalidInputError, match="finite"):
        model.fit(np.full((60, 32), np.nan), methods)
    with pytest.raises(NotFittedError):
        model.transform(x)
    model.clone(n_steps=0).fit(x, methods)
    with pytest.raises(InvalidInputError, match="32 columns"):
        model.clone(n_steps=0).fit(x, methods).transform(x[:, :5])
    with pytest.raises(InvalidInputError, match="8 columns"):
        model.clone(n_steps=0).fit(x, methods).carried_back(x)
