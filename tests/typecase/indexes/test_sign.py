"""The two stages of SignIndex against a plain loop, and what it keeps in memory."""

import threading

import numpy as np
import pytest

from typecase.base.errors import InvalidInputError
from typecase.indexes import FlatIndex, SignIndex

DIM = 64


def data(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((30, DIM)) + 1
    x = centres[rng.integers(0, 30, n)] + 0.5 * rng.standard_normal((n, DIM))
    return x.astype(np.float32)


def test_candidates_are_those_of_the_smallest_hamming_distances() -> None:
    x, query = data(3000), data(1, seed=9)[0]
    index = SignIndex(n_candidates=50).fit(x)
    codes = index.snapshot_.codes

    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    bits = (unit - unit.mean(axis=0)) @ codes.rotation.T > 0
    query_bits = (query / np.linalg.norm(query) - codes.mean) @ codes.rotation.T > 0
    distances = (bits != query_bits).sum(axis=1)
    last = np.sort(distances)[99]  # 10 k is more than 50
    candidates = np.flatnonzero(distances <= last)
    scores = unit[candidates] @ (query / np.linalg.norm(query))
    expected = candidates[np.argsort(-scores)][:10]

    found = index.search(query[None], 10)
    assert found.ids[0].tolist() == expected.tolist()
    assert found.scores[0] == pytest.approx(np.sort(scores)[::-1][:10], abs=1e-6)


def test_scores_are_those_of_the_exact_search() -> None:
    x = data(5000)
    q = x[:5] + 0.2 * data(5, seed=2)
    exact, found = FlatIndex().fit(x).search(q, 10), SignIndex().fit(x).search(q, 10)
    same = exact.ids == found.ids
    assert same.mean() > 0.9
    assert np.array_equal(exact.scores[same], found.scores[same])


def test_few_allowed_rows_are_scored_exactly() -> None:
    x, q = data(5000), data(5, seed=2)
    allowed = np.arange(0, 5000, 3)
    exact = FlatIndex().fit(x).search(q, 10, filter=allowed)
    found = SignIndex(n_candidates=900).fit(x).search(q, 10, filter=allowed)
    assert np.array_equal(exact.ids, found.ids)
    assert np.array_equal(exact.scores, found.scores)


def test_one_bit_a_dimension_is_kept() -> None:
    index = SignIndex().fit(data(5000))
    assert sum(block.nbytes for block in index.snapshot_.codes.blocks) == 5000 * DIM // 8


def test_the_mean_follows_while_the_index_is_small() -> None:
    x = data(5000)
    index = SignIndex().fit(x[:2], [0, 1])
    for start in range(2, 5000, 600):
        index.add(x[start : start + 600], np.arange(start, min(start + 600, 5000)))
    assert index.snapshot_.codes.n_in_mean >= 2500
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    n = index.snapshot_.codes.n_in_mean
    assert np.allclose(index.snapshot_.codes.mean, unit[:n].mean(axis=0), atol=1e-5)


@pytest.mark.parametrize("n_candidates", [0, -1, 2.5])
def test_a_bad_number_of_candidates_is_refused(n_candidates: object) -> None:
    with pytest.raises(InvalidInputError, match="n_candidates"):
        SignIndex(n_candidates=n_candidates).fit(data(5))


def test_searches_go_on_while_rows_come_and_go() -> None:
    x = data(9000)
    index = SignIndex(n_candidates=100).fit(x[:3000])
    wrong: list[object] = []
    done = threading.Event()

    def search() -> None:
        while not done.is_set():
            ids, scores = index.search(x[:3], 1)
            if ids.tolist() != [[0], [1], [2]] or not (scores > 0.999).all():
                wrong.append((ids, scores))

    threads = [threading.Thread(target=search) for _ in range(2)]
    for thread in threads:
        thread.start()
    for start in range(3000, 9000, 500):
        index.add(x[start : start + 500], np.arange(start, start + 500))
        index.remove(np.arange(start, start + 250))
    index.remove(np.arange(500, 3000))
    index.compact()
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
