"""Recurrent binarization against the paper's formulas, written as plain loops."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from typecase.base.errors import InvalidInputError
from typecase.compress import recurrent_binary_training as training
from typecase.compress.recurrent_binary import RecurrentBinary
from typecase.compress.recurrent_binary_network import (
    Sizes,
    backward,
    blocks_of,
    forward,
    n_weights,
)
from typecase.compress.recurrent_binary_training import Batch, Material, _reciprocal_ranks
from typecase.data.judged import read_judged
from typecase.encoders.onnx import OnnxEncoder
from typecase.kernels.bit_planes import unpack_planes

Vectors = NDArray[np.float32]
SMALL = {"n_hidden": 16, "batch_size": 64, "queue_size": 128}


def unit(x: Any) -> Vectors:
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def clustered(n: int, seed: int, dim: int = 32) -> Vectors:
    centres = np.random.default_rng(99).standard_normal((40, dim))
    rng = np.random.default_rng(seed)
    return unit(centres[rng.integers(0, 40, n)] + 0.7 * rng.standard_normal((n, dim)))


def nearest(scores: NDArray[Any], k: int = 10) -> NDArray[np.int64]:
    return np.argsort(-scores, axis=1, kind="stable")[:, :k]


def recall(scores: NDArray[Any], exact: NDArray[Any], k: int = 10) -> float:
    pairs = zip(nearest(scores, k), nearest(exact, k), strict=True)
    return float(np.mean([len(set(a) & set(b)) / k for a, b in pairs]))


def one_block(block: Any, x: NDArray[Any]) -> NDArray[Any]:
    hidden = [max(0.0, float(x @ w + c)) for w, c in zip(block.w_1.T, block.c_1, strict=True)]
    out = [float(x @ s + c) for s, c in zip(block.skip.T, block.c_2, strict=True)]
    return np.array(out) + np.array(hidden) @ block.w_2


def test_the_code_is_the_papers_recurrence() -> None:
    sizes = Sizes(dim=5, code_dim=7, n_bits=3, n_hidden=4)
    rng = np.random.default_rng(0)
    weights = rng.standard_normal(n_weights(sizes))
    blocks = blocks_of(weights, sizes)
    x = rng.standard_normal((6, 5))
    for row, code in zip(x, forward(blocks, x).code, strict=True):
        b = np.sign(one_block(blocks.binarize[0], row))
        for j in (1, 2):
            left = row - one_block(blocks.rebuild[j - 1], b)
            b = b + 2.0**-j * np.sign(one_block(blocks.binarize[j], left))
        assert code == pytest.approx(b)


@pytest.mark.parametrize("n_bits", [1, 2, 3])
def test_the_gradient_is_that_of_finite_differences(n_bits: int) -> None:
    """The straight-through sign has the slope of the identity cut off at -1 and 1."""
    sizes = Sizes(dim=4, code_dim=3, n_bits=n_bits, n_hidden=5)
    rng = np.random.default_rng(1)
    weights = 0.5 * rng.standard_normal(n_weights(sizes))
    x, by_code = rng.standard_normal((8, 4)), rng.standard_normal((8, 3))

    def value(w: NDArray[np.float64]) -> float:
        code = forward(blocks_of(w, sizes), x, lambda z: np.clip(z, -1, 1)).code
        return float((code * by_code).sum())

    gradient = np.zeros_like(weights)
    blocks = blocks_of(weights, sizes)
    trace = forward(blocks, x, lambda z: np.clip(z, -1, 1))
    backward(blocks, trace, by_code, blocks_of(gradient, sizes))
    step = 1e-6
    for i in range(len(weights)):
        moved = np.zeros_like(weights)
        moved[i] = step
        found = (value(weights + moved) - value(weights - moved)) / (2 * step)
        assert gradient[i] == pytest.approx(found, abs=1e-5)


@pytest.mark.parametrize("n_bits", [1, 2, 3])
def test_the_score_is_the_cosine_of_both_codes_on_a_line(n_bits: int) -> None:
    x = clustered(400, 0)
    codec = RecurrentBinary(n_bits=n_bits, n_steps=5, **SMALL).fit(x)
    codes, asked = codec.encode(x[:20]), codec.encode(x[20:25])

    def values(code: NDArray[np.uint8]) -> list[float]:
        planes = code[:-4].reshape(n_bits, 4)
        bits = np.unpackbits(planes, axis=1, bitorder="little")
        return [sum((2.0 * bits[j, i] - 1) / 2**j for j in range(n_bits)) for i in range(32)]

    scores = codec.score(x[20:25], codes)
    slope, intercept = codec.line_
    for i, query in enumerate(asked):
        for j, row in enumerate(codes):
            q, r = np.array(values(query)), np.array(values(row))
            cosine = q @ r / np.linalg.norm(q) / np.linalg.norm(r)
            assert scores[i, j] == pytest.approx(slope * cosine + intercept, abs=1e-5)


def test_codes_are_as_long_as_asked() -> None:
    x = clustered(300, 0)
    lengths = {
        (b, d, bare): RecurrentBinary(n_bits=b, code_dim=d, is_unit_length=bare, n_steps=0)
        .fit(x)
        .n_bytes
        for b, d, bare in [(1, None, False), (1, None, True), (3, 16, True), (4, 64, False)]
    }
    assert list(lengths.values()) == [8, 4, 6, 36]


def test_more_bits_find_more_neighbours() -> None:
    x, q = clustered(2000, 0), clustered(100, 1)
    found = []
    for n_bits in (1, 2, 4):
        codec = RecurrentBinary(n_bits=n_bits, n_steps=0).fit(x)
        found.append(recall(codec.score(q, codec.encode(x)), q @ x.T))
    assert found[0] + 0.1 < found[1]
    assert found[1] + 0.1 < found[2]


def test_looked_up_tables_give_the_product_with_the_decoded_direction() -> None:
    x = clustered(400, 0)
    codec = RecurrentBinary(n_bits=2, n_steps=0).fit(x)
    codes = codec.scan_encode(x[:9], np.zeros((1, 32), np.float32), np.zeros(9, np.int64))
    tables = codec.scan_tables(x[300:303])
    directions = codec.decode(codec.encode(x[:9]))
    for i in range(3):
        for row in range(9):
            total = 0.0
            for group in range(codec.n_groups):
                byte = int(codes.nibbles[row, group // 2])
                total += float(tables[i, group, byte >> 4 if group % 2 else byte & 15])
            assert total == pytest.approx(float(x[300 + i] @ directions[row]), abs=1e-4)


def test_pairs_teach_what_the_products_do_not_show() -> None:
    """What answers a query is told by 8 of 32 columns; the others are noise."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1500, 32)).astype(np.float32)
    q = rng.standard_normal((1500, 32)).astype(np.float32)
    q[:, :8] = x[:, :8] + 0.2 * rng.standard_normal((1500, 8))
    pairs = np.stack([np.arange(1000)] * 2, axis=1)
    codec = RecurrentBinary(n_steps=150, learning_rate=1e-2, **SMALL)
    ranks = []
    for learned in (codec.clone(n_steps=0).fit(x), codec.fit(x, queries=q, pairs=pairs)):
        scores = learned.score(q[1000:], learned.encode(x[1000:]))
        own = scores.diagonal()[:, None]
        ranks.append(float((scores > own).sum(axis=1).mean()))
    assert ranks[1] < 0.7 * ranks[0]


def test_weights_are_judged_by_the_rank_of_the_best_answer() -> None:
    rng = np.random.default_rng(2)
    x, q = clustered(60, 0, dim=8), clustered(9, 1, dim=8)
    pairs = np.array([[i, j] for i in range(9) for j in (3 * i, 3 * i + 1)])
    mean = x.mean(axis=0)
    material = Material(x=x, mean=mean, queries=q, pairs=pairs, old=None)
    batch = Batch(anchors=q, numbers=np.arange(9), rows=np.arange(0, 60))
    sizes = Sizes(dim=8, code_dim=16, n_bits=2, n_hidden=4)
    blocks = blocks_of(rng.standard_normal(n_weights(sizes)), sizes)
    codes = unit(forward(blocks, np.concatenate([q, x]) - mean).code)
    total = 0.0
    for i in range(9):
        scores = [float(codes[i] @ code) for code in codes[9:]]
        answers = {3 * i, 3 * i + 1}
        best = max(scores[j] for j in answers)
        before = [j for j in range(60) if j not in answers and scores[j] > best - 1e-5]
        total += 1 / (1 + len(before))
    assert _reciprocal_ranks(blocks, material, batch) == pytest.approx(total / 9, abs=0.02)


def test_codes_that_are_all_the_same_are_the_worst() -> None:
    x, q = clustered(60, 0, dim=8), clustered(9, 1, dim=8)
    pairs = np.stack([np.arange(9)] * 2, axis=1)
    material = Material(x=x, mean=x.mean(axis=0), queries=q, pairs=pairs, old=None)
    batch = Batch(anchors=q, numbers=np.arange(9), rows=np.arange(60))
    sizes = Sizes(dim=8, code_dim=16, n_bits=1, n_hidden=4)
    blocks = blocks_of(np.zeros(n_weights(sizes), dtype=np.float32), sizes)
    assert _reciprocal_ranks(blocks, material, batch) == pytest.approx(1 / 60)


def test_training_on_pairs_keeps_the_weights_that_rank_best(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A rank that is best at the start keeps what came in, however far the loss falls."""
    x, q = clustered(300, 0), clustered(300, 1)
    pairs = np.stack([np.arange(300)] * 2, axis=1)
    start = RecurrentBinary(n_steps=0, **SMALL).fit(x, queries=q, pairs=pairs).weights_
    ranks = iter([3.0 - i for i in range(100)])
    monkeypatch.setattr(training, "_reciprocal_ranks", lambda *_: next(ranks))
    codec = RecurrentBinary(n_steps=20, learning_rate=1e-2, **SMALL)
    assert np.array_equal(codec.fit(x, queries=q, pairs=pairs).weights_, start)


def versions(
    old_x: Vectors, x: Vectors, **changes: Any
) -> tuple[RecurrentBinary, RecurrentBinary, NDArray[np.uint8]]:
    settings = {"n_steps": 60, "learning_rate": 1e-3, "code_dim": 32} | SMALL | changes
    old = RecurrentBinary(**settings).fit(old_x)
    old_codes = old.encode(old_x)
    new = RecurrentBinary(random_state=7, **settings)
    return old, new.fit(x, compatible_with=old_codes), old_codes


def test_a_new_version_searches_old_codes_no_worse_than_the_old_one() -> None:
    """The old encoder gives 12 noisy columns; the new one all 32, turned."""
    rng = np.random.default_rng(3)
    true = clustered(1600, 0)
    old_x = true[:, :12] + 0.1 * rng.standard_normal((1600, 12)).astype(np.float32)
    turn = np.linalg.qr(rng.standard_normal((32, 32)))[0].astype(np.float32)
    x = true @ turn
    old, new, codes = versions(old_x[:1500], x[:1500])
    exact = true[1500:] @ true[:1500].T
    old_old = recall(old.score(old_x[1500:], codes), exact)
    new_old = recall(new.score_old(x[1500:], codes), exact)
    apart = RecurrentBinary(code_dim=32, random_state=7, n_steps=0).fit(x[:1500])
    not_compatible = recall(apart.score(x[1500:], codes), exact)
    assert new_old >= old_old
    assert not_compatible < 0.5 * old_old


def test_one_index_may_hold_codes_of_two_versions() -> None:
    """Half the rows are still coded by the old version; scores of both halves are on one scale."""
    rng = np.random.default_rng(3)
    true = clustered(1600, 0)
    old_x = true + 0.05 * rng.standard_normal((1600, 32)).astype(np.float32)
    _, new, codes = versions(old_x[:1500], true[:1500], n_bits=2)
    q, exact = true[1500:], true[1500:] @ true[:1500].T
    halves = [new.score_old(q, codes[:750]), new.score(q, new.encode(true[750:1500]))]
    both = np.concatenate(halves, axis=1)
    assert 0.35 < (nearest(both) < 750).mean() < 0.65
    assert recall(both, exact) > 0.95 * recall(new.score_old(q, codes), exact)
    for half, rows in zip(halves, (slice(750), slice(750, 1500)), strict=True):
        assert abs((half - exact[:, rows]).mean()) < 0.02


def test_old_codes_are_not_scored_without_having_been_fitted_with() -> None:
    x = clustered(30, 0)
    codec = RecurrentBinary().fit(x)
    with pytest.raises(InvalidInputError, match="compatible_with"):
        codec.score_old(x, codec.encode(x))


@pytest.mark.shared
@pytest.mark.slow
def test_versions_of_real_embeddings_are_compatible(shared_data: Path) -> None:
    """The old encoder is the first third of the columns of the new one."""
    titles = [text.title for text in read_judged(shared_data / "ir_scifact", "train").texts[:1200]]
    x = OnnxEncoder(model="bge-small-en-v1.5-int8").encode(titles)
    old_x = unit(x[:, :128])
    old, new, codes = versions(old_x[:1000], x[:1000], code_dim=128, n_steps=30)
    exact = x[1000:] @ x[:1000].T
    old_old = recall(old.score(old_x[1000:], codes), exact)
    new_old = recall(new.score_old(x[1000:], codes), exact)
    assert new_old >= old_old > 0.1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_bits": 0}, "n_bits must be at least 1"),
        ({"n_bits": 9}, "n_bits must be at least 1 and at most 8"),
        ({"temperature": 0.0}, "temperature must be above 0"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0"),
        ({"teacher_temperature": "hot"}, "teacher_temperature must be a number"),
        ({"batch_size": 1}, "batch_size must be at least 2"),
    ],
)
def test_parameters_out_of_range_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        RecurrentBinary(**changes).fit(clustered(20, 0))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"queries": np.ones((2, 32))}, "must come together"),
        ({"pairs": [[0, 0]]}, "must come together"),
        ({"queries": np.ones((2, 32)), "pairs": [[2, 0]]}, "queries below 2, got 2"),
        ({"queries": np.ones((2, 32)), "pairs": [[0, -1]]}, "rows below 20, got -1"),
        ({"queries": np.ones((2, 32)), "pairs": [[0.5, 1]]}, "whole numbers"),
        ({"queries": np.ones((2, 31)), "pairs": [[0, 1]]}, "queries must have 32 columns"),
        ({"compatible_with": np.ones((20, 9), np.uint8)}, r"must be \(20, 8\) uint8"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        RecurrentBinary().fit(clustered(20, 0), **given)


def test_planes_are_the_signs_from_the_first_on() -> None:
    x = clustered(300, 0)
    codec = RecurrentBinary(n_bits=2, n_steps=0, is_unit_length=True).fit(x)
    levels = unpack_planes(codec.encode(x), 2, 32)
    trace = forward(blocks_of(codec.weights_, Sizes(32, 32, 2, 256)), x - codec.mean_)
    assert np.array_equal(levels >> 1, trace.signs[0] > 0)
    assert np.array_equal(levels & 1, trace.signs[1] > 0)
