"""The choice by counting against a full sort."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from typecase.kernels.candidates import FAR, nearest_rows


@given(st.lists(st.integers(0, 12), max_size=80), st.integers(1, 90))
def test_it_is_a_sort_with_all_ties_of_the_last(values: list[int], n_wanted: int) -> None:
    distances = np.array(values, dtype=np.uint16)
    last = sorted(values)[min(n_wanted, len(values)) - 1] if values else 0
    expected = [row for row, value in enumerate(values) if value <= last]
    if len(expected) <= 4 * n_wanted:
        assert nearest_rows(distances, n_wanted).tolist() == expected


def test_many_rows_with_a_wide_spread() -> None:
    distances = np.random.default_rng(0).integers(0, 5000, 50_000).astype(np.uint16)
    rows = nearest_rows(distances, 700)
    last = np.sort(distances)[699]
    assert rows.tolist() == np.flatnonzero(distances <= last).tolist()


def test_far_rows_are_never_chosen() -> None:
    distances = np.array([5, FAR, 1, FAR], dtype=np.uint16)
    assert nearest_rows(distances, 4).tolist() == [0, 2]
    assert nearest_rows(np.full(5, FAR), 2).tolist() == []


def test_too_many_ties_are_cut_at_the_highest_rows() -> None:
    distances = np.zeros(1000, dtype=np.uint16)
    distances[:3] = 1
    assert nearest_rows(distances, 10).tolist() == list(range(3, 13))
