"""Evenly used words, and the joint stage, against the papers' formulas."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from typecase.base.errors import InvalidInputError
from typecase.compress.paired import Answers
from typecase.compress.ranking_batches import answering, hard_negatives, ranking_batch
from typecase.compress.repconc import RepCONC
from typecase.compress.repconc_clustering import Clustering, even_numbers
from typecase.compress.repconc_joint import Coded, JointSettings, Model, gradient
from typecase.kernels.product_words import by_words, looked_up, nearest_words, parts_for

Vectors = NDArray[np.float32]


def clustered(n: int, seed: int, dim: int = 32) -> Vectors:
    centres = np.random.default_rng(99).standard_normal((30, dim))
    rng = np.random.default_rng(seed)
    x = centres[rng.zipf(1.6, n) % 30] + 0.5 * rng.standard_normal((n, dim))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def recall(scores: NDArray[Any], exact: NDArray[Any]) -> float:
    found, wanted = (np.argsort(-s, axis=1, kind="stable")[:, :10] for s in (scores, exact))
    return float(np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, wanted, strict=True)]))


def usage(codes: NDArray[np.uint8], n_words: int) -> float:
    """Mean entropy of the words of a part over that of equal use."""
    found = []
    for part in codes.T:
        shares = np.bincount(part, minlength=n_words) / len(part)
        shares = shares[shares > 0]
        found.append(-(shares * np.log(shares)).sum() / np.log(n_words))
    return float(np.mean(found))


def test_a_batch_uses_every_word_equally() -> None:
    """Nearest words leave some nearly unused on lopsided rows; the constraint does not."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1600, 4)).astype(np.float32)
    words = (0.5 + 0.7 * rng.standard_normal((16, 4))).astype(np.float32)
    clustering = Clustering(1, 16, 1, epsilon=0.02, n_transport_rounds=500)
    counts = np.bincount(even_numbers(x, words, clustering, rng), minlength=16)
    free = np.bincount(nearest_words(x, words[None])[:, 0], minlength=16)
    assert counts.sum() == free.sum() == 1600
    assert counts.std() < 30
    assert free.std() > 2 * counts.std()


def test_learned_words_are_used_more_equally_than_those_of_k_means() -> None:
    x = clustered(4000, 0)
    free = RepCONC(n_bits=4, n_rounds=0, random_state=1).fit(x)
    even = RepCONC(n_bits=4, n_rounds=8, random_state=1).fit(x)
    found = [usage(c._numbers(x)[1], 16) for c in (free, even)]
    assert found[1] > max(found[0], 0.95)


def test_the_code_is_the_nearest_word_of_each_rotated_part() -> None:
    x = clustered(600, 0)
    codec = RepCONC(n_parts=8, n_bits=4).fit(x)
    codes = codec.encode(x[:5])
    for row, code in zip(x[:5], codes, strict=True):
        y = codec.rotation_ @ (row - codec.centers_[0])
        for part in range(8):
            distances = [np.sum((y[4 * part : 4 * part + 4] - w) ** 2) for w in codec.words_[part]]
            byte = int(code[part // 2])
            assert (byte >> 4 if part % 2 else byte & 15) == int(np.argmin(distances))


def test_the_score_is_the_product_with_what_is_decoded() -> None:
    x = clustered(600, 0)
    codec = RepCONC(n_cells=5).fit(x)
    codes = codec.encode(x[:20])
    assert codec.score(x[20:25], codes) == pytest.approx(x[20:25] @ codec.decode(codes).T, abs=1e-5)


def test_parts_gradients_and_look_ups_are_the_plain_loops() -> None:
    rng = np.random.default_rng(0)
    words = rng.standard_normal((3, 5, 2)).astype(np.float32)
    codes = rng.integers(0, 5, (7, 3)).astype(np.uint8)
    by_rows = rng.standard_normal((7, 6)).astype(np.float32)
    wanted = np.zeros_like(words)
    for row in range(7):
        for part in range(3):
            assert looked_up(codes, words)[row, 2 * part : 2 * part + 2] == pytest.approx(
                words[part, codes[row, part]]
            )
            wanted[part, codes[row, part]] += by_rows[row, 2 * part : 2 * part + 2]
    assert by_words(codes, by_rows, words) == pytest.approx(wanted, abs=1e-5)
    assert [parts_for(d, width=8) for d in (384, 64, 30, 7, 1)] == [48, 8, 3, 1, 1]


def test_the_joint_gradient_is_that_of_finite_differences() -> None:
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    x, q = rng.standard_normal((9, 6)), rng.standard_normal((4, 6))
    words = rng.standard_normal((3, 4, 2))
    numbers = rng.integers(0, 4, (9, 3)).astype(np.uint8)
    coded: Any = Coded(x, np.ones((9, 6)), numbers, turn)
    answers = Answers(q, np.array([[0, 1], [1, 5], [2, 5], [3, 8]]))
    batch = ranking_batch(answers, np.arange(4), np.array([0, 2]), rng)
    settings = JointSettings(1, 4, 2, 0.1, temperature=0.7, clustering_weight=0.3)
    weights = np.concatenate([0.1 * rng.standard_normal(36), words.ravel()])

    def value(w: NDArray[np.float64]) -> tuple[float, Any]:
        model: Any = Model(w[:36].reshape(6, 6), w[36:].reshape(3, 4, 2))
        return gradient(coded, q, batch, model, settings)

    found = value(weights)[1]
    for i in range(len(weights)):
        step = np.zeros_like(weights)
        step[i] = 1e-6
        wanted = (value(weights + step)[0] - value(weights - step)[0]) / 2e-6
        assert found[i] == pytest.approx(wanted, abs=1e-4)


def test_batches_hold_answers_and_the_hardest_rows_that_are_none() -> None:
    answers = Answers(np.ones((3, 2), np.float32), np.array([[0, 4], [0, 7], [2, 1]]))
    queries, rows = np.array([0, 2]), np.arange(9)
    assert answering(answers, queries, rows).nonzero()[1].tolist() == [4, 7, 1]
    scores = np.tile(np.arange(9.0), (2, 1)).astype(np.float32)
    hard = hard_negatives(scores, rows, answers, queries, 3)
    assert hard.tolist() == [[8, 6, 5], [8, 7, 6]]
    batch = ranking_batch(answers, queries, hard, np.random.default_rng(0))
    assert set(batch.rows.tolist()) >= {1, 5, 6, 7, 8}
    assert batch.targets.sum(axis=1) == pytest.approx(np.ones(2))
    assert batch.targets[1, batch.rows.tolist().index(1)] == 1


@pytest.mark.slow
def test_joint_learning_turns_queries_towards_their_answers() -> None:
    """Queries come from another space: what answers them is told by a fixed map."""
    rng = np.random.default_rng(0)
    x = clustered(2000, 0)
    mixing = np.linalg.qr(rng.standard_normal((32, 32)))[0].astype(np.float32)
    q = (0.5 * x + 0.5 * x @ mixing).astype(np.float32)
    pairs = np.stack([np.arange(1500)] * 2, axis=1)
    codec = RepCONC(n_steps=300, learning_rate=3e-3, n_rounds=3)
    ranks = []
    for learned in (codec.clone().fit(x), codec.fit(x, queries=q, pairs=pairs)):
        scores = learned.score(q[1500:], learned.encode(x[1500:]))
        ranks.append(float((scores > scores.diagonal()[:, None]).sum(axis=1).mean()))
    assert ranks[1] < 0.7 * ranks[0]


def test_an_inverted_file_finds_most_in_a_few_cells() -> None:
    x, q = clustered(3000, 0), clustered(50, 1)
    codec = RepCONC(n_cells=20, n_rounds=2).fit(x)
    codes = codec.encode(x)
    scores = codec.score(q, codes)
    probed = codec.nearest_cells(q, 5)
    read = (codec.cells(codes)[None, :, None] == probed[:, None, :]).any(axis=2)
    assert read.mean() < 0.6
    assert recall(np.where(read, scores, -np.inf), scores) > 0.9
    assert codec.n_bytes == 2 + 4


def test_residuals_of_cells_find_more_than_rows() -> None:
    x, q = clustered(3000, 0), clustered(50, 1)
    plain, cells = (RepCONC(n_cells=n, n_rounds=2).fit(x) for n in (0, 30))
    found = [recall(c.score(q, c.encode(x)), q @ x.T) for c in (plain, cells)]
    assert found[1] > found[0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_parts": 5}, "n_parts must divide dim 32, got 5"),
        ({"n_bits": 6}, "n_bits must be 4 or 8"),
        ({"n_cells": 1 << 17}, "n_cells must be at least 0 and at most 65536"),
        ({"epsilon": 0}, "epsilon must be above 0"),
        ({"clustering_weight": -1.0}, "clustering_weight must be above 0"),
    ],
)
def test_parameters_out_of_range_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        RepCONC(**changes).fit(clustered(20, 0))
