"""DirectionRemoval against plain loops, its laws, and what it refuses."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from typecase.base.errors import InvalidInputError, NotFittedError
from typecase.spaces import DirectionRemoval
from typecase.spaces.projection import leading_directions, without


def rows(n: int, dim: int = 6, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, dim)).astype(np.float32)


def plainly_without(x: np.ndarray, directions: list[list[float]], strength: float) -> np.ndarray:
    """One row after another, one direction after another, at length 1."""
    out = []
    for row in x.tolist():
        rest = list(row)
        for direction in directions:
            along = sum(a * b for a, b in zip(row, direction, strict=True))
            rest = [r - strength * along * d for r, d in zip(rest, direction, strict=True)]
        length = math.sqrt(sum(r * r for r in rest))
        out.append([r / length for r in rest])
    return np.array(out, dtype=np.float32)


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0, 1.5])
def test_it_is_the_papers_formula(strength: float) -> None:
    unwanted = np.array([[3, 0, 0, 0, 0, 0], [0, 0, 2, 0, 0, 0]], dtype=np.float32)
    x = rows(5)
    found = DirectionRemoval(strength=strength, share=1.0).fit(unwanted).transform(x)
    axes = np.eye(6)[[0, 2]].tolist()
    assert np.allclose(found, plainly_without(x, axes, strength), atol=1e-5)


def test_nothing_of_what_is_unwanted_is_left() -> None:
    unwanted = rows(3, seed=1)
    found = DirectionRemoval(share=1.0).fit(unwanted).transform(rows(20))
    assert np.abs(found @ unwanted.T).max() < 1e-5


def test_what_both_share_stays() -> None:
    shared = np.array([1, 0, 0, 0, 0, 0], dtype=np.float32)
    unwanted = np.array([[1, 1, 0, 0, 0, 0]], dtype=np.float32)
    model = DirectionRemoval().fit(unwanted, wanted=[shared])
    assert np.allclose(model.transform([shared]), [shared], atol=1e-6)
    assert np.allclose(np.abs(model.directions_), [[0, 1, 0, 0, 0, 0]], atol=1e-6)


def test_unwanted_that_is_wanted_too_removes_nothing() -> None:
    x = rows(4)
    model = DirectionRemoval(share=1.0).fit(x[:1], wanted=x[:2])
    assert model.directions_.shape == (0, 6)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    assert np.allclose(model.transform(x), unit, atol=1e-6)


def test_a_row_of_nothing_else_becomes_zero() -> None:
    one = np.array([[0, 4, 0]], dtype=np.float32)
    assert np.abs(DirectionRemoval().fit(one).transform(one)).max() < 1e-6


def test_few_directions_hold_the_share_that_is_asked_for() -> None:
    x = np.diag([3.0, 1.0, 0.1]).astype(np.float32)
    assert len(leading_directions(x, share=0.85)) == 1
    assert len(leading_directions(x, share=0.95)) == 2
    assert len(leading_directions(x, share=1.0)) == 3
    assert len(DirectionRemoval(n_directions=1, share=1.0).fit(x).directions_) == 1


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 5))
def test_removing_twice_is_removing_once(seed: int, n: int) -> None:
    directions = leading_directions(rows(n, seed=seed), share=1.0)
    once = without(rows(7, seed=seed + 1), directions)
    assert np.allclose(without(once, directions), once, atol=1e-4)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000))
def test_a_batch_is_its_rows(seed: int) -> None:
    model = DirectionRemoval().fit(rows(2, seed=seed))
    x = rows(4, seed=seed + 1)
    one_by_one = np.concatenate([model.transform(x[i : i + 1]) for i in range(4)])
    assert np.allclose(model.transform(x), one_by_one, atol=1e-6)


def test_it_is_the_same_after_saving(tmp_path: Path) -> None:
    model = DirectionRemoval(strength=0.7).fit(rows(3), wanted=rows(1, seed=5))
    model.save(tmp_path / "m")
    x = rows(5, seed=2)
    assert np.array_equal(DirectionRemoval.load(tmp_path / "m").transform(x), model.transform(x))


def test_callers_arrays_stay_as_they_are() -> None:
    x = rows(3)
    before = x.copy()
    x.flags.writeable = False
    DirectionRemoval().fit(x, wanted=x[:1]).transform(x)
    assert np.array_equal(x, before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"strength": -0.1}, "strength"),
        ({"strength": float("nan")}, "strength"),
        ({"share": 0.0}, "share"),
        ({"n_directions": 0}, "n_directions"),
    ],
)
def test_parameters_out_of_range_are_refused(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        DirectionRemoval(**arguments).fit(rows(2))


def test_bad_vectors_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="at least 1 rows"):
        DirectionRemoval().fit(np.zeros((0, 3)))
    with pytest.raises(InvalidInputError, match="wanted must have 6 columns"):
        DirectionRemoval().fit(rows(2), wanted=rows(1, dim=4))
    with pytest.raises(InvalidInputError, match="finite"):
        DirectionRemoval().fit([[math.nan, 1.0]])
    with pytest.raises(NotFittedError):
        DirectionRemoval().transform(rows(1))
    with pytest.raises(InvalidInputError, match="6 columns"):
        DirectionRemoval().fit(rows(2)).transform(rows(2, dim=5))
