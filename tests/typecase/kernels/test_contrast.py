import numpy as np
import pytest

from typecase.kernels.adam import adam_step, cosine_rate
from typecase.kernels.contrast import cross_entropy, softmax, through_unit_rows, unit_rows

RNG = np.random.default_rng(0)


def test_cross_entropy_is_the_plain_formula() -> None:
    scores, targets = RNG.standard_normal((3, 4)), softmax(RNG.standard_normal((3, 4)))
    total = 0.0
    for row, target in zip(scores, targets, strict=True):
        for score, share in zip(row, target, strict=True):
            total -= share * np.log(np.exp(score) / np.exp(row).sum()) / 3
    assert cross_entropy(scores, targets)[0] == pytest.approx(total)


def test_gradients_are_those_of_finite_differences() -> None:
    x, targets = RNG.standard_normal((3, 4)), np.eye(3, 4)

    def value(at: np.ndarray) -> float:
        return cross_entropy(unit_rows(at)[0], targets)[0]

    unit, lengths = unit_rows(x)
    gradient = through_unit_rows(unit, lengths, cross_entropy(unit, targets)[1])
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = 1e-6
        assert gradient[i] == pytest.approx((value(x + step) - value(x - step)) / 2e-6, abs=1e-7)


def test_a_candidate_that_is_shut_out_has_no_part() -> None:
    scores = np.array([[1.0, 2.0, -np.inf]])
    loss, gradient = cross_entropy(scores, np.array([[1.0, 0.0, 0.0]]))
    assert loss == pytest.approx(cross_entropy(scores[:, :2], np.array([[1.0, 0.0]]))[0])
    assert gradient[0, 2] == 0
    assert softmax(scores)[0, 2] == 0


def test_large_scores_do_not_overflow() -> None:
    loss, gradient = cross_entropy(np.array([[1e4, -1e4]]), np.array([[1.0, 0.0]]))
    assert loss == pytest.approx(0)
    assert np.isfinite(gradient).all()


def test_adam_is_the_papers_algorithm() -> None:
    weights, moments = np.array([1.0, -2.0], np.float32), np.zeros((2, 2), np.float32)
    plain, m, v = np.array([1.0, -2.0]), np.zeros(2), np.zeros(2)
    for step in range(1, 20):
        g = 2 * plain
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        plain = plain - 0.1 * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
        adam_step(weights, 2 * weights, moments, step=step, learning_rate=0.1)
        assert weights == pytest.approx(plain, abs=1e-4)


def test_the_rate_rises_then_falls_to_nothing() -> None:
    rates = [cosine_rate(step, 100, 2.0) for step in range(1, 102)]
    assert int(np.argmax(rates)) + 1 == 5
    assert max(rates) == pytest.approx(2.0, rel=0.01)
    assert rates[-1] == pytest.approx(0)
