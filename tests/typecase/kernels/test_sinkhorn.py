import numpy as np
import pytest

from typecase.kernels.sinkhorn import uniform_plan


def plain_plan(costs: np.ndarray, epsilon: float, n_rounds: int) -> np.ndarray:
    """The papers' alternating normalisation of exp(-cost / epsilon), entry by entry."""
    middle, half = (costs.max() + costs.min()) / 2, (costs.max() - costs.min()) / 2
    plan = np.exp(-(costs - middle) / half / epsilon).astype(np.float64)
    n, k = plan.shape
    for _ in range(n_rounds):
        for j in range(k):
            plan[:, j] *= n / k / plan[:, j].sum()
        for i in range(n):
            plan[i] /= plan[i].sum()
    return plan


@pytest.mark.parametrize("epsilon", [0.1, 0.5, 2.0])
def test_the_plan_is_the_alternating_normalisation(epsilon: float) -> None:
    costs = np.random.default_rng(0).uniform(0, 5, (12, 4)).astype(np.float32)
    assert uniform_plan(costs, epsilon=epsilon, n_rounds=7) == pytest.approx(
        plain_plan(costs, epsilon, 7), abs=1e-5
    )


def test_rows_and_columns_have_their_sums() -> None:
    costs = np.random.default_rng(1).uniform(0, 1, (60, 6)).astype(np.float32)
    plan = uniform_plan(costs, epsilon=0.2, n_rounds=100)
    assert plan.sum(axis=1) == pytest.approx(np.ones(60), abs=1e-5)
    assert plan.sum(axis=0) == pytest.approx(np.full(6, 10.0), abs=1e-2)


def test_rows_that_all_prefer_one_column_are_shared_out() -> None:
    costs = np.tile(np.array([[0.0, 1.0]], np.float32), (10, 1)) + np.linspace(0, 0.1, 10)[:, None]
    costs[:, 1] -= np.linspace(0, 0.5, 10)
    plan = uniform_plan(costs.astype(np.float32), epsilon=0.05, n_rounds=200)
    assert plan.argmax(axis=1).tolist() == [0] * 5 + [1] * 5


def test_equal_costs_are_shared_equally() -> None:
    plan = uniform_plan(np.full((3, 4), 7.0, np.float32), epsilon=0.01, n_rounds=3)
    assert plan == pytest.approx(np.full((3, 4), 0.25))


def test_a_tiny_epsilon_and_far_costs_stay_finite() -> None:
    costs = np.random.default_rng(2).uniform(0, 1e6, (50, 8)).astype(np.float32)
    plan = uniform_plan(costs, epsilon=1e-4, n_rounds=50)
    assert np.isfinite(plan).all()
    assert plan.sum(axis=1) == pytest.approx(np.ones(50), abs=1e-4)
