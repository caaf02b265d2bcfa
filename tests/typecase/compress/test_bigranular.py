"""Contrastive quantization and the dense verdict of the bi-granular paper."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from typecase.base.errors import InvalidInputError
from typecase.compress.contrastive_gradient import (
    choose,
    contrast_gradient,
    n_weights,
    through_choice,
    views,
)
from typecase.compress.contrastive_quantizer import ContrastiveQuantizer
from typecase.compress.dense_verdict import DenseVerdict, verdict_gradient
from typecase.kernels.product_words import looked_up

Vectors = NDArray[np.float32]
RNG = np.random.default_rng(0)


def clustered(n: int, seed: int, dim: int = 32) -> Vectors:
    centres = np.random.default_rng(99).standard_normal((30, dim))
    rng = np.random.default_rng(seed)
    x = centres[rng.integers(0, 30, n)] + 0.6 * rng.standard_normal((n, dim))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def differences(value: Any, at: NDArray[np.float64]) -> NDArray[np.float64]:
    found = np.zeros_like(at)
    for i in np.ndindex(at.shape):
        step = np.zeros_like(at)
        step[i] = 1e-6
        found[i] = (value(at + step) - value(at - step)) / 2e-6
    return found


def plain_shares(z: NDArray[Any], words: NDArray[Any], width: float) -> NDArray[Any]:
    """softmax_k(-|z - c_k|^2 / width), (n, n_parts, n_words), one at a time."""
    n_parts, n_words, columns = words.shape
    shares = np.zeros((len(z), n_parts, n_words))
    for row in range(len(z)):
        for part in range(n_parts):
            piece = z[row, part * columns : (part + 1) * columns]
            weights = [np.exp(-np.sum((piece - word) ** 2) / width) for word in words[part]]
            shares[row, part] = np.array(weights) / sum(weights)
    return shares


def test_words_are_chosen_by_the_papers_formula() -> None:
    z, words = RNG.standard_normal((5, 6)), RNG.standard_normal((3, 4, 2))
    choice = choose(z, words, 0.8)
    shares = plain_shares(z, words, 0.8)
    assert choice.shares.transpose(1, 0, 2) == pytest.approx(shares)
    assert np.array_equal(choice.numbers, shares.argmax(axis=2))


def test_the_way_back_is_that_of_the_soft_choice_and_the_hard_words() -> None:
    """z~ = sum_k (h_k + p_k - [p_k]) c_k with h and [p] held fast, by finite differences."""
    z, words = RNG.standard_normal((5, 6)), RNG.standard_normal((3, 4, 2))
    by_chosen = RNG.standard_normal((5, 6))
    held = plain_shares(z, words, 0.8)
    hard = np.eye(4)[held.argmax(axis=2)]

    def value(at_z: NDArray[Any], at_words: NDArray[Any]) -> float:
        shares = hard + plain_shares(at_z, at_words, 0.8) - held
        chosen = np.einsum("npk,pkw->npw", shares, at_words).reshape(5, 6)
        return float((chosen * by_chosen).sum())

    by_z, of_words = through_choice(z, words, choose(z, words, 0.8), by_chosen, 0.8)
    assert by_z == pytest.approx(differences(lambda at: value(at, words), z), abs=1e-6)
    assert of_words == pytest.approx(differences(lambda at: value(z, at), words), abs=1e-6)


def test_the_loss_is_the_contrast_of_the_coded_rows() -> None:
    dim, shape = 6, (3, 4, 2)
    weights = 0.3 * RNG.standard_normal(n_weights(dim, shape))
    model = views(weights, dim, shape)
    q, x, mean = RNG.standard_normal((4, 6)), RNG.standard_normal((7, 6)), np.full(6, 0.1)
    turn = np.linalg.qr(RNG.standard_normal((6, 6)))[0]
    targets = np.eye(4, 7)

    def loss(query_map: NDArray[Any]) -> float:
        total = 0.0
        z = (x + x @ model.row_map - mean) @ turn.T
        said = looked_up(choose(z, model.words, 0.5).numbers, model.words) @ turn + mean
        for i in range(4):
            scores = np.array([(q[i] + q[i] @ query_map) @ row / 0.7 for row in said])
            total -= np.log(np.exp(scores[i]) / np.exp(scores).sum()) / 4
        return float(total)

    found, gradient = contrast_gradient(model, q, x, targets, mean, turn, (0.7, 0.5))
    assert found == pytest.approx(loss(model.query_map))
    by_query_map = views(gradient, dim, shape).query_map
    assert by_query_map == pytest.approx(differences(loss, model.query_map), abs=1e-6)


def test_the_verdicts_gradient_is_that_of_finite_differences() -> None:
    maps = 0.2 * RNG.standard_normal((2, 4, 4))
    q, x, targets = RNG.standard_normal((3, 4)), RNG.standard_normal((5, 4)), np.eye(3, 5)
    gradient = verdict_gradient(maps, q, x, targets, 0.6)[1].reshape(2, 4, 4)
    wanted = differences(lambda at: verdict_gradient(at, q, x, targets, 0.6)[0], maps)
    assert gradient == pytest.approx(wanted, abs=1e-6)


def other_space(n: int) -> tuple[Vectors, Vectors, NDArray[np.int64]]:
    """Rows, queries that are their answers half turned, and pairs."""
    mixing = np.linalg.qr(np.random.default_rng(5).standard_normal((32, 32)))[0]
    x = clustered(n, 0)
    q = (0.5 * x + 0.5 * x @ mixing).astype(np.float32)
    return x, q, np.stack([np.arange(n)] * 2, axis=1)


def mean_rank(scores: NDArray[Any]) -> float:
    return float((scores > scores.diagonal()[:, None]).sum(axis=1).mean())


def test_codes_learned_from_pairs_bring_answers_forward() -> None:
    x, q, pairs = other_space(1800)
    codec = ContrastiveQuantizer(n_bits=4, n_steps=120, learning_rate=3e-3)
    start = codec.clone(n_steps=0).fit(x)
    codec.fit(x, queries=q[:1500], pairs=pairs[:1500])
    ranks = [mean_rank(c.score(q[1500:], c.encode(x[1500:]))) for c in (start, codec)]
    assert ranks[1] < 0.7 * ranks[0]


@pytest.mark.parametrize("sampler", ["snowball", "walk"])
def test_the_verdict_learns_to_tell_candidates_apart(sampler: str) -> None:
    x, q, pairs = other_space(1800)
    codec = DenseVerdict(sampler=sampler, n_steps=120, learning_rate=3e-3)
    start = codec.clone().fit(x)
    codec.fit(x, queries=q[:1500], pairs=pairs[:1500])
    ranks = [mean_rank(c.score(q[1500:], c.encode(x[1500:]))) for c in (start, codec)]
    assert ranks[1] < 0.7 * ranks[0]


def test_without_pairs_the_verdict_keeps_rows_as_they_are() -> None:
    x = clustered(50, 0)
    codec = DenseVerdict().fit(x)
    assert codec.decode(codec.encode(x)) == pytest.approx(x, abs=1e-3)
    assert codec.n_bytes == 64


def test_given_candidates_are_what_the_batches_hold() -> None:
    """Candidates that never hold a near row leave nothing hard: another map is learned."""
    x, q, pairs = other_space(300)
    codec = DenseVerdict(n_steps=20, learning_rate=3e-3)
    near = codec.clone().fit(x, queries=q, pairs=pairs)
    one = np.zeros((300, 3), np.int64)
    far = codec.clone().fit(x, queries=q, pairs=pairs, candidates=one)
    assert not np.array_equal(near.row_map_, far.row_map_)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"candidates": [[0]]}, "candidates need queries"),
        ({"queries": np.ones((1, 32)), "pairs": [[0, 0]], "candidates": [[50]]}, "rows below 50"),
        ({"queries": np.ones((1, 32)), "pairs": [[0, 0]], "candidates": [0]}, r"must be \(1, k\)"),
    ],
)
def test_candidates_that_are_no_rows_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        DenseVerdict().fit(clustered(50, 0), **given)


def test_an_unknown_sampler_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="sampler must be one of snowball, walk"):
        DenseVerdict(sampler="leap").fit(clustered(9, 0))
