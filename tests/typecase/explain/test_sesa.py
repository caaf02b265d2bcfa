"""ExplicitSemantics on rows whose concepts are plain to see, and its gradient against steps."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from typecase.base.errors import InvalidInputError, NotFittedError
from typecase.explain import ExplicitSemantics
from typecase.explain.sesa_training import Lesson, loss_and_gradients, strongest

X = np.array([[1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0]], dtype=np.float32)
CONCEPTS = [{"east"}, {"north"}, {"west"}, {"south"}]


def some_rows(n: int, seed: int = 0) -> tuple[np.ndarray, list[set[str]], np.ndarray]:
    """Rows that are sums of two of eight directions, these as concepts, and triples.

    Related are rows that share an even direction: the odd ones mean nothing to whoever judges.
    """
    rng = np.random.default_rng(seed)
    directions = np.random.default_rng(99).standard_normal((8, 10))
    of = np.stack([rng.permutation(8)[:2] for _ in range(n)])
    x = directions[of].sum(axis=1) + 0.3 * rng.standard_normal((n, 10))
    even = [{int(c) for c in row if c % 2 == 0} for row in of]
    triples = [
        (a, b, int(c))
        for a, b in itertools.permutations(range(n), 2)
        if even[a] & even[b] and not even[a] & even[c := int(rng.integers(n))]
    ]
    return (
        x.astype(np.float32),
        [{f"c{c}" for c in row} for row in of],
        np.array(triples, dtype=np.int64).reshape(-1, 3),
    )


def share_in_order(model: ExplicitSemantics, x: np.ndarray, triples: np.ndarray) -> float:
    scores = model.score(x, x)
    one, related, unrelated = triples.T
    return float(np.mean(scores[one, related] > scores[one, unrelated]))


def test_concepts_stand_at_their_members_and_rows_between_them() -> None:
    model = ExplicitSemantics(min_members=1).fit(X, CONCEPTS)

    active = model.encode([[1, 0, 0], [3, 4, 0]])

    names = [[model.concept_names_[c] for c in row if c >= 0] for row in active.concepts]
    assert names == [["east"], ["north", "east"]]
    assert active.weights[0].tolist() == [1, 0, 0, 0]
    assert active.weights[1] == pytest.approx([0.8, 0.6, 0, 0], abs=1e-6)


def test_a_score_is_what_the_concepts_give() -> None:
    model = ExplicitSemantics(min_members=1).fit(X, CONCEPTS)

    said = model.explain([3, 4, 0], [4, 3, 0])

    assert said.score == pytest.approx(0.96, abs=1e-5)
    assert [name for name, _ in said.shares] == ["east", "north"]
    assert [share for _, share in said.shares] == pytest.approx([0.48, 0.48], abs=1e-5)
    assert said.rest == 0
    assert model.explain([1, 0, 0], [-1, 0, 0]) == (0, [], 0)


def test_only_the_strongest_concepts_are_kept() -> None:
    raw = np.array([[0.5, -1, 0.7, 0.5], [-1, -2, 0, -3]], dtype=np.float32)

    assert strongest(raw, 2).tolist() == [[True, False, True, False], [False] * 4]
    assert strongest(raw, 9).tolist() == [[True, False, True, True], [False] * 4]


def test_concepts_of_few_rows_are_left_out() -> None:
    x, concepts, _ = some_rows(50)
    concepts[0] = concepts[0] | {"rare"}

    model = ExplicitSemantics(min_members=2).fit(x, concepts)

    assert model.concept_names_ == [f"c{c}" for c in range(8)]


@given(st.integers(0, 30), st.integers(1, 9), st.integers(1, 8))
@settings(max_examples=40, deadline=None)
def test_shares_and_rest_add_up_to_the_score_bit_for_bit(seed: int, k: int, n_active: int) -> None:
    x, concepts, _ = some_rows(30, seed)
    model = ExplicitSemantics(min_members=1, n_active=n_active).fit(x, concepts)
    scores = model.score(x[:4], x)

    for a, b in itertools.product(range(4), range(30)):
        said = model.explain(x[a], x[b], k)
        parts = [share for _, share in said.shares]
        assert said.score == scores[a, b] == sum(parts) + said.rest == said.rest + sum(parts[::-1])
        assert said.rest >= 0
        assert parts == sorted(parts, reverse=True)
        assert len(parts) <= k


def test_a_score_is_the_loop_over_concepts() -> None:
    x, concepts, _ = some_rows(20)
    model = ExplicitSemantics(min_members=1, n_active=3, shrinkage=None).fit(x, concepts)
    z = x / np.linalg.norm(x, axis=1, keepdims=True)
    z = z - z.mean(axis=0)
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    codes = []
    for row in z:
        means = [z[[c in s for s in concepts]].mean(axis=0) for c in model.concept_names_]
        raw = [max(0.0, float(row @ m / np.linalg.norm(m))) for m in means]
        raw = [a if a in sorted(raw)[-3:] else 0.0 for a in raw]
        codes.append(np.array(raw) / np.linalg.norm(raw))

    assert model.score(x, x) == pytest.approx(np.array(codes) @ np.array(codes).T, abs=1e-4)


def test_concepts_start_at_their_discriminants() -> None:
    x, concepts, _ = some_rows(60)
    means = ExplicitSemantics(min_members=1, shrinkage=None).fit(x, concepts)
    model = ExplicitSemantics(min_members=1, shrinkage=0.5).fit(x, concepts)
    z = x / np.linalg.norm(x, axis=1, keepdims=True)
    z = z - z.mean(axis=0)
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    covariance = z.T @ z / len(z)
    shrunk = covariance + 0.5 * np.trace(covariance) / 10 * np.eye(10)

    for mean, found in zip(means.weights_, model.weights_, strict=True):
        expected = np.linalg.inv(shrunk) @ mean
        assert found == pytest.approx(expected / np.linalg.norm(expected), abs=1e-4)


def test_what_is_learned_from_pairs_ranks_better_what_was_not_seen() -> None:
    x, concepts, triples = some_rows(80)
    other, _, judged = some_rows(60, seed=1)
    plain = ExplicitSemantics(min_members=1).fit(x, concepts)

    model = ExplicitSemantics(min_members=1, n_steps=200, learning_rate=0.01, anchor=0.0)
    model.fit(x, concepts, triples)

    assert share_in_order(model, other, judged) > share_in_order(plain, other, judged) + 0.05


def test_the_anchor_holds_concepts_to_their_members() -> None:
    x, concepts, triples = some_rows(60)
    plain = ExplicitSemantics(min_members=1).fit(x, concepts)

    def moved(anchor: float) -> float:
        model = ExplicitSemantics(min_members=1, n_steps=100, anchor=anchor)
        return float(np.abs(model.fit(x, concepts, triples).weights_ - plain.weights_).mean())

    assert moved(100.0) < moved(0.0) / 2


def test_gradients_are_those_of_small_steps() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((12, 5))
    weights, bias = rng.standard_normal((7, 5)), rng.standard_normal(7)
    triples = rng.integers(0, 12, (9, 3))
    lesson = Lesson(
        n_active=4, n_steps=1, batch_size=9, learning_rate=0.1, temperature=0.2, anchor=0
    )

    def loss() -> float:
        return loss_and_gradients(weights, bias, x, triples, lesson)[0]

    _, by_weights, by_bias = loss_and_gradients(weights, bias, x, triples, lesson)
    for values, gradient in ((weights, by_weights), (bias, by_bias)):
        for place in np.ndindex(values.shape):
            before = values[place]
            values[place] = before + 1e-6
            up = loss()
            values[place] = before - 1e-6
            down = loss()
            values[place] = before
            assert gradient[place] == pytest.approx((up - down) / 2e-6, rel=1e-3, abs=1e-6)


@given(st.integers(0, 30))
@settings(max_examples=20, deadline=None)
def test_a_batch_is_its_rows(seed: int) -> None:
    x, concepts, _ = some_rows(25, seed)
    model = ExplicitSemantics(min_members=1, n_active=3).fit(x, concepts)

    whole = model.encode(x)

    single = [model.encode(row[None]) for row in x]
    assert np.array_equal(whole.concepts, np.concatenate([one.concepts for one in single]))
    assert np.array_equal(whole.weights, np.concatenate([one.weights for one in single]))


def test_the_same_seed_learns_the_same_and_leaves_the_rows_alone() -> None:
    x, concepts, triples = some_rows(30)
    before = x.copy()
    x.flags.writeable = False

    models = [
        ExplicitSemantics(min_members=1, n_steps=20, random_state=seed).fit(x, concepts, triples)
        for seed in (3, 3, 4)
    ]

    assert np.array_equal(models[0].weights_, models[1].weights_)
    assert not np.array_equal(models[0].weights_, models[2].weights_)
    assert np.array_equal(x, before)


def test_what_is_loaded_says_the_same(tmp_path: Path) -> None:
    x, concepts, triples = some_rows(30)
    model = ExplicitSemantics(min_members=1, n_steps=10).fit(x, concepts, triples)
    model.save(tmp_path / "model")

    loaded = ExplicitSemantics.load(tmp_path / "model", mmap=True)

    assert np.array_equal(loaded.score(x, x), model.score(x, x))
    assert loaded.explain(x[0], x[1]) == model.explain(x[0], x[1])


def test_no_rows_have_no_concepts() -> None:
    model = ExplicitSemantics(min_members=1).fit(X, CONCEPTS)

    assert model.encode(np.zeros((0, 3))).concepts.shape == (0, 4)
    assert model.score(X, np.zeros((0, 3))).shape == (4, 0)


def test_before_fit_nothing_is_said() -> None:
    model = ExplicitSemantics()
    for ask in (
        lambda: model.encode(X),
        lambda: model.score(X, X),
        lambda: model.explain(X[0], X[1]),
    ):
        with pytest.raises(NotFittedError):
            ask()


@pytest.mark.parametrize(
    ("params", "x", "concepts", "pairs", "said"),
    [
        ({"n_active": 0}, X, CONCEPTS, None, "n_active must be at least 1"),
        ({"min_members": 0}, X, CONCEPTS, None, "min_members must be at least 1"),
        ({"n_steps": 0}, X, CONCEPTS, None, "n_steps must be at least 1"),
        ({"batch_size": 0}, X, CONCEPTS, None, "batch_size must be at least 1"),
        ({"learning_rate": 0}, X, CONCEPTS, None, "learning_rate must be a number above 0"),
        ({"temperature": float("nan")}, X, CONCEPTS, None, "temperature must be a number above 0"),
        ({"shrinkage": 0}, X, CONCEPTS, None, "shrinkage must be a number above 0"),
        ({"anchor": -1}, X, CONCEPTS, None, "anchor must be"),
        ({}, X, CONCEPTS, None, "one at least with 5 rows"),
        ({}, X[:0], [], None, "x must have at least 1 rows"),
        ({}, X * np.nan, CONCEPTS, None, "x must be finite"),
        ({}, X, CONCEPTS[:2], None, "4 rows, 2 sets"),
        ({}, X, ["a"] * 4, None, "got one string"),
        ({}, X, CONCEPTS, [[0, 1]], r"pairs must be \(n, 3\)"),
        ({}, X, CONCEPTS, [[0, 1, 4]], "pairs must name rows from 0 to 3"),
        ({}, X, CONCEPTS, [[0.0, 1.0, 2.0]], r"pairs must be \(n, 3\) whole"),
    ],
)
def test_what_breaks_a_rule_is_refused(params, x, concepts, pairs, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        ExplicitSemantics(**params).fit(x, concepts, pairs)


def test_what_cannot_be_compared_is_refused() -> None:
    model = ExplicitSemantics(min_members=1).fit(X, CONCEPTS)

    with pytest.raises(InvalidInputError, match="3 columns"):
        model.score(X, [[1, 2]])
    with pytest.raises(InvalidInputError, match="a must be one vector"):
        model.explain(X, X[0])
    with pytest.raises(InvalidInputError, match="k must be at least 1"):
        model.explain(X[0], X[1], 0)
