import numpy as np
import pytest

from typecase.kernels.rotations import principal_axes


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
