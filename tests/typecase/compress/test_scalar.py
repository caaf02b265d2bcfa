"""Steps of one byte against numbers worked out by hand."""

import numpy as np
import pytest

from typecase.base.errors import InvalidInputError
from typecase.compress import ScalarQuantizer


def test_a_rows_largest_number_is_127_steps() -> None:
    codec = ScalarQuantizer().fit([[0.0, 0.0, 0.0]])
    codes = codec.encode([[254.0, -127.0, 2.9], [0.0, 0.0, 0.0]])
    assert codes[0, :3].view(np.int8).tolist() == [127, -64, 1]  # halves go to the even one
    assert codes[0, 3:].view("<f4").tolist() == [2.0]
    assert codec.decode(codes).tolist() == [[254, -128, 2], [0, 0, 0]]


def test_a_dimensions_range_is_256_steps() -> None:
    codec = ScalarQuantizer(per="dim").fit([[0.0, -1.0], [255.0, 1.0]])
    codes = codec.encode([[3.4, -1.0], [300.0, 1.0], [-5.0, 0.5]])
    assert codes.tolist() == [[3, 0], [255, 255], [0, 191]]
    assert codec.decode(codes)[:, 0].tolist() == [3, 255, 0]
    assert codec.decode(codes)[2, 1] == pytest.approx(-1 + 191 * 2 / 255)


def test_errors_are_at_most_half_a_step() -> None:
    x = np.random.default_rng(1).standard_normal((300, 20)).astype(np.float32)
    by_row, by_dim = ScalarQuantizer().fit(x), ScalarQuantizer(per="dim").fit(x)
    error = np.abs(by_row.decode(by_row.encode(x)) - x)
    assert (error <= np.abs(x).max(axis=1, keepdims=True) / 254 * 1.001).all()
    error = np.abs(by_dim.decode(by_dim.encode(x)) - x)
    assert (error <= np.ptp(x, axis=0) / 510 * 1.001).all()


def test_a_constant_dimension_stays_what_it_is() -> None:
    codec = ScalarQuantizer(per="dim").fit([[2.5, 0.0], [2.5, 1.0]])
    assert codec.decode(codec.encode([[2.5, 0.0], [9.0, 1.0]])).tolist() == [[2.5, 0], [2.5, 1]]


def test_sizes_count_the_scale() -> None:
    x = np.ones((2, 10))
    assert ScalarQuantizer().fit(x).n_bytes == 14
    assert ScalarQuantizer(per="dim").fit(x).n_bytes == 10


def test_an_unknown_choice_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="per must be one of row, dim, got 'table'"):
        ScalarQuantizer(per="table").fit(np.ones((1, 2)))
