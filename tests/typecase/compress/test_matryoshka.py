"""Cut vectors against cosines of the cut written out."""

from pathlib import Path

import numpy as np
import pytest

from typecase.base.errors import InvalidInputError
from typecase.compress import Matryoshka, RaBitQ, ScalarQuantizer


def test_the_first_numbers_are_stretched_to_the_rows_length() -> None:
    codec = Matryoshka(n_dims=2).fit(np.ones((1, 4)))
    assert codec.decode(codec.encode([[3.0, 4.0, 0.0, 12.0]])).tolist() == [
        [float(np.float16(7.8)), float(np.float16(10.4)), 0, 0]
    ]
    assert codec.n_bytes == 4


def test_scores_are_cosines_of_the_cut_times_both_lengths() -> None:
    rng = np.random.default_rng(1)
    x, q = rng.standard_normal((20, 10)), rng.standard_normal((3, 10))
    scores = Matryoshka(n_dims=6).fit(x)
    found = scores.score(q, scores.encode(x))
    for i in range(3):
        for j in range(20):
            a, b = q[i, :6], x[j, :6]
            cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
            wanted = cosine * np.linalg.norm(q[i]) * np.linalg.norm(x[j])
            assert found[i, j] == pytest.approx(wanted, abs=0.02)


def test_a_row_with_nothing_in_its_first_numbers_is_zero() -> None:
    codec = Matryoshka(n_dims=2).fit(np.ones((1, 3)))
    assert codec.decode(codec.encode([[0.0, 0.0, 5.0]])).tolist() == [[0, 0, 0]]


def test_half_of_the_numbers_are_kept_if_nothing_is_said() -> None:
    assert Matryoshka().fit(np.ones((1, 7))).n_dims_ == 4


def test_another_codec_may_take_the_cut(tmp_path: Path) -> None:
    x = np.random.default_rng(1).standard_normal((50, 32)).astype(np.float32)
    inner = ScalarQuantizer(per="dim")
    codec = Matryoshka(n_dims=16, codec=inner).fit(x)
    assert not inner.is_fitted()
    assert codec.n_bytes == 16
    codec.save(tmp_path)
    loaded = Matryoshka.load(tmp_path)
    assert loaded.codec.per == "dim"
    assert np.array_equal(loaded.encode(x), codec.encode(x))
    assert Matryoshka(n_dims=16, codec=RaBitQ()).fit(x).n_bytes == 2 + 8


@pytest.mark.parametrize(
    ("n_dims", "message"), [(0, "at least 1"), (5, "at most 4"), (1.5, "whole")]
)
def test_a_bad_number_of_dimensions_is_refused(n_dims: object, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        Matryoshka(n_dims=n_dims).fit(np.ones((1, 4)))
