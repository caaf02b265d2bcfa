"""Axes, and turns against a plain loop of what rotations.py says a round is."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from typecase.kernels.rotations import principal_axes, turn_matrix, turn_signs, turned


def plain_turn(x: NDArray[np.float32], signs: NDArray[np.int8]) -> list[float]:
    """One row, a number at a time."""
    y, dim = x.astype(float).tolist(), len(x)
    width = 2 ** int(math.log2(dim))
    for number, flips in enumerate(signs.tolist()):
        y = [a * b for a, b in zip(y, flips, strict=True)]
        first = dim - width if number % 2 else 0
        window = y[first : first + width]
        for i in range(width):
            sums = ((-1) ** (i & j).bit_count() * window[j] for j in range(width))
            y[first + i] = sum(sums) / math.sqrt(width)
        if width < dim:
            half, before = dim // 2, list(y)
            for i in range(half):
                y[i] = (before[i] + before[dim - half + i]) / math.sqrt(2)
                y[dim - half + i] = (before[i] - before[dim - half + i]) / math.sqrt(2)
    return y


@pytest.mark.parametrize("dim", [1, 2, 3, 16, 24, 65, 96])
def test_a_turn_is_its_rounds(engine: str, dim: int) -> None:
    rng = np.random.default_rng(dim)
    x, signs = rng.standard_normal((3, dim)).astype(np.float32), turn_signs(dim, rng)
    found = turned(x, signs)
    for row, y in zip(x, found, strict=True):
        assert y == pytest.approx(plain_turn(row, signs), abs=1e-5)


@pytest.mark.parametrize("dim", [64, 100, 384])
def test_a_turn_keeps_lengths_and_is_its_matrix(engine: str, dim: int) -> None:
    rng = np.random.default_rng(dim)
    x, signs = rng.standard_normal((9, dim)).astype(np.float32), turn_signs(dim, rng)
    matrix = turn_matrix(signs)
    assert matrix @ matrix.T == pytest.approx(np.eye(dim), abs=1e-5)
    assert turned(x, signs) == pytest.approx(x @ matrix.T, abs=1e-4)


@pytest.mark.parametrize("dim", [64, 100, 384, 385, 768])
def test_every_engine_turns_alike_to_the_last_bit(
    engine: str, dim: int, seen: dict[int, NDArray[np.float32]]
) -> None:
    rng = np.random.default_rng(dim)
    found = turned(rng.standard_normal((5, dim)).astype(np.float32), turn_signs(dim, rng))
    assert np.array_equal(found, seen.setdefault(dim, found))


@pytest.fixture(scope="module")
def seen() -> dict[int, NDArray[np.float32]]:
    """What the first engine found."""
    return {}


def test_a_turn_leaves_what_it_is_given() -> None:
    x = np.ones((2, 64), dtype=np.float32)
    x.flags.writeable = False
    turned(x, turn_signs(64, np.random.default_rng(0)))
    assert (x == 1).all()


def test_axes_are_those_of_the_singular_values() -> None:
    rng = np.random.default_rng(1)
    x = (rng.standard_normal((6000, 6)) * [1, 9, 3, 7, 2, 5] + 4).astype(np.float32)
    axes = principal_axes(x, 3)
    found = ((x - x.mean(axis=0)) @ axes.T).std(axis=0)
    singular = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)[:3]
    assert found == pytest.approx(singular / np.sqrt(6000), rel=1e-3)
    assert axes @ axes.T == pytest.approx(np.eye(3), abs=1e-5)
    assert np.abs(axes).argmax(axis=1).tolist() == [1, 3, 5]
    assert (axes.max(axis=1) > 0.9).all()


def test_equal_rows_still_have_axes() -> None:
    axes = principal_axes(np.ones((5, 3), np.float32), 2)
    assert axes @ axes.T == pytest.approx(np.eye(2), abs=1e-6)
