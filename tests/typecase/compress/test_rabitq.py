"""RaBitQ against plain loops of the papers' formulas, and its errors against their bound."""

import itertools
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from typecase.base.errors import InvalidInputError
from typecase.compress import RaBitQ
from typecase.kernels.grid_angles import nearest_odd_grid
from typecase.kernels.sign_bits import random_rotation

DIM = 96


def data(n: int, dim: int = DIM, seed: int = 0) -> NDArray[np.float32]:
    """Rows of decaying spectrum around a mean that is not 0, of unit length."""
    rng = np.random.default_rng(1000 + seed)  # not the rotation's own numbers
    x = rng.standard_normal((n, dim)) / np.sqrt(1 + np.arange(dim)) + 0.1
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def plain_estimate(
    codec: RaBitQ, x: NDArray[np.float32], q: NDArray[np.float32], c: NDArray[np.float32]
) -> float:
    """<q, c> + <c, r> + <q - c, r>, the last estimated as the paper does, one dimension a time."""
    rotation = codec.rotation_.astype(np.float64)
    r = x.astype(np.float64) - c
    length = math.sqrt(sum(v * v for v in r))
    unit = [sum(p * v for p, v in zip(row, r / length, strict=True)) for row in rotation]
    code = [1 / math.sqrt(DIM) if v >= 0 else -1 / math.sqrt(DIM) for v in unit]
    cosine = sum(a * b for a, b in zip(code, unit, strict=True))
    turned = [sum(p * v for p, v in zip(row, q - c, strict=True)) for row in rotation]
    estimate = length * sum(a * b for a, b in zip(code, turned, strict=True)) / cosine
    return float(q @ c + c @ r + estimate)


def test_scan_codes_give_the_estimate_of_the_paper() -> None:
    x, q = data(6), data(3, seed=1)
    centers = data(2, seed=2)
    cells = np.array([0, 1, 1, 0, 1, 0])
    codec = RaBitQ().fit(data(50))
    codes, tables = codec.scan_encode(x, centers, cells), codec.scan_tables(q)
    for i, j in itertools.product(range(3), range(6)):
        total = 0.0
        for group in range(codec.n_groups):
            byte = int(codes.nibbles[j, group // 2])
            total += float(tables[i, group, byte >> 4 if group % 2 else byte & 15])
        found = q[i] @ centers[cells[j]] + codes.offset[j] + codes.scale[j] * total
        assert found == pytest.approx(
            plain_estimate(codec, x[j], q[i], centers[cells[j]]), abs=1e-5
        )


def test_a_nibble_holds_the_signs_of_four_dimensions() -> None:
    codec = RaBitQ().fit(data(9))
    x = data(4, seed=3)
    codes = codec.scan_encode(x, np.zeros((1, DIM), np.float32), np.zeros(4, np.int64))
    turned = x @ codec.rotation_.T
    for row, byte, bit in itertools.product(range(4), range(DIM // 8), range(8)):
        assert (codes.nibbles[row, byte] >> bit & 1) == (turned[row, 8 * byte + bit] >= 0)


def test_a_table_holds_the_sums_of_four_signed_numbers() -> None:
    codec = RaBitQ().fit(data(9))
    q = data(1, seed=4)
    tables, turned = codec.scan_tables(q), codec.rotation_ @ q[0]
    for group, nibble in itertools.product(range(DIM // 4), range(16)):
        signed = [(1 if nibble >> b & 1 else -1) * turned[4 * group + b] for b in range(4)]
        assert tables[0, group, nibble] == pytest.approx(sum(signed), abs=1e-6)


@pytest.mark.parametrize("n_bits", [1, 2, 4])
@pytest.mark.parametrize("dim", [1, 3, 7, 13, 16])
def test_sums_are_products_with_the_grid_point(dim: int, n_bits: int) -> None:
    x = data(20, dim)
    codec = RaBitQ(n_bits=n_bits).fit(x)
    codes = codec.scan_encode(x, np.zeros((1, dim), np.float32), np.zeros(20, np.int64))
    tables = codec.scan_tables(x[:1])[0]
    packed = np.stack([codes.nibbles & 15, codes.nibbles >> 4], axis=2).reshape(20, -1)
    total = tables[np.arange(codec.n_groups), packed[:, : codec.n_groups]].sum(axis=1)
    u = nearest_odd_grid(x @ codec.rotation_.T, n_bits)
    assert total == pytest.approx(u @ (codec.rotation_ @ x[0]), abs=1e-4)


def test_two_bits_are_two_dimensions_a_nibble() -> None:
    codec = RaBitQ(n_bits=2).fit(data(9))
    x = data(4, seed=3)
    codes = codec.scan_encode(x, np.zeros((1, DIM), np.float32), np.zeros(4, np.int64))
    u = nearest_odd_grid(x @ codec.rotation_.T, 2)
    assert set(u.ravel().tolist()) == {-3, -1, 1, 3}
    for row, group in itertools.product(range(4), range(DIM // 2)):
        byte = int(codes.nibbles[row, group // 2])
        nibble = byte >> 4 if group % 2 else byte & 15
        assert 2 * (nibble & 3) - 3 == u[row, 2 * group]
        assert 2 * (nibble >> 2) - 3 == u[row, 2 * group + 1]


@pytest.mark.parametrize("n_bits", [1, 3, 8])
def test_scores_are_unbiased_over_rotations(n_bits: int) -> None:
    x, q = data(30), data(10, seed=1)
    exact = q @ x.T
    errors = []
    for seed in range(40):
        codec = RaBitQ(n_bits=n_bits, random_state=seed).fit(x)
        errors.append(codec.score(q, codec.encode(x)) - exact)
    mean, deviation = np.mean(errors, axis=0), np.std(errors, axis=0)
    standard_error = deviation / np.sqrt(40)
    assert abs((mean / standard_error).mean()) < 0.3
    assert (np.abs(mean) < 4 * standard_error).mean() > 0.98


@pytest.mark.parametrize("n_bits", [1, 2, 4, 8])
def test_errors_keep_the_bound_of_the_paper(n_bits: int) -> None:
    x, q = data(400), data(50, seed=1)
    codec = RaBitQ(n_bits=n_bits).fit(x)
    error = np.abs(codec.score(q, codec.encode(x)) - q @ x.T)

    r = x - codec.center_
    y = r @ codec.rotation_.T
    u = nearest_odd_grid(y, n_bits)
    p = (u * y).sum(axis=1) / np.linalg.norm(u, axis=1) / np.linalg.norm(y, axis=1)
    unit = np.linalg.norm(r, axis=1) * np.sqrt(1 - p**2) / p / np.sqrt(DIM - 1)
    bound = np.linalg.norm(q - codec.center_, axis=1)[:, None] * unit
    assert (error > 1.9 * bound).mean() < 0.06  # of normal errors 5.7 % would be
    assert (error > 3 * bound).mean() < 0.004  # and 0.3 %


@pytest.mark.parametrize("n_bits", [1, 2, 4, 8])
@pytest.mark.parametrize("n_dims", [None, 40])
def test_the_noise_is_that_of_the_errors(n_bits: int, n_dims: int | None) -> None:
    x, q = data(500), data(50, seed=1)
    codec = RaBitQ(n_bits=n_bits, n_dims=n_dims).fit(x)
    codes = codec.encode(x)
    error = (codec.score(q, codes) - q @ x.T) / codec.score_noise(q, codes)
    assert 0.75 < np.sqrt((error**2).mean()) < 1.25


@pytest.mark.parametrize("dim", [64, 100, 384])
def test_the_noise_holds_for_rows_along_the_axes(dim: int) -> None:
    # a turn that mixed too little would leave such rows with few large numbers
    rng = np.random.default_rng(dim)
    x, q = np.eye(dim, dtype=np.float32), rng.standard_normal((60, dim)).astype(np.float32)
    spread = []
    for seed in range(5):
        codec = RaBitQ(center=np.zeros(dim), random_state=seed).fit(x)
        codes = codec.encode(x)
        spread.append(((codec.score(q, codes) - q @ x.T) / codec.score_noise(q, codes)).std())
    assert 0.95 < np.mean(spread) < 1.05


def test_a_codec_of_before_there_were_turns_works_as_it_did() -> None:
    x, q, center = data(60), data(3, seed=1), np.zeros((1, DIM), np.float32)
    rotation = random_rotation(DIM, np.random.default_rng(5))
    old = RaBitQ()
    state = {"dim_": DIM, "center_": x.mean(axis=0), "rotation_": rotation, "noise_": 0.06}
    old.set_state(state)
    codes = old.scan_encode(x, center, np.zeros(60, np.int64))
    assert np.array_equal(
        np.unpackbits(codes.nibbles, axis=1, bitorder="little"), x @ rotation.T >= 0
    )
    signed = (rotation @ q.T).T.reshape(3, DIM // 4, 4)
    assert old.scan_tables(q)[:, :, 15] == pytest.approx(signed.sum(axis=2), abs=1e-6)
    assert old.score(q, old.encode(x)) == pytest.approx(q @ old.decode(old.encode(x)).T, abs=1e-5)


def test_few_dimensions_are_rotated_as_any_others_might_be() -> None:
    assert RaBitQ().fit(data(9, 63)).signs_.shape == (0, 63)
    assert RaBitQ().fit(data(9, 64)).signs_.shape[1] == 64


def test_more_bits_have_smaller_errors() -> None:
    x, q = data(300), data(20, seed=1)
    spread = []
    for n_bits in range(1, 9):
        codec = RaBitQ(n_bits=n_bits).fit(x)
        spread.append(float((codec.score(q, codec.encode(x)) - q @ x.T).std()))
    assert (np.diff(spread) < 0).all()
    assert spread[-1] < spread[0] / 60  # the error halves with each bit


def best_cosine(y: NDArray[np.float64], n_bits: int) -> float:
    """Over every stretch at which a number's level changes, as the paper's algorithm tries them."""
    half = 2 ** (n_bits - 1)
    turns = sorted({k / abs(v) for v in y for k in range(1, half)} | {1e-9})
    best = -1.0
    for turn in turns:
        level = np.minimum(np.floor(np.abs(y) * turn * (1 + 1e-12)), half - 1)
        u = np.sign(y) * (2 * level + 1)
        best = max(best, float(u @ y / np.linalg.norm(u) / np.linalg.norm(y)))
    return best


@pytest.mark.parametrize("n_bits", [2, 3, 4, 6])
def test_the_grid_point_is_nearly_the_best_of_all(n_bits: int) -> None:
    y = np.random.default_rng(n_bits).standard_normal((12, 64)).astype(np.float32)
    u = nearest_odd_grid(y, n_bits)
    wide, point = y.astype(np.float64), u.astype(np.float64)
    found = (point * wide).sum(axis=1)
    found /= np.linalg.norm(point, axis=1) * np.linalg.norm(wide, axis=1)
    best = np.array([best_cosine(row, n_bits) for row in wide])
    assert (found <= best + 1e-7).all()
    assert (1 - found).mean() < 1.15 * (1 - best).mean()


def test_one_bit_is_the_first_plane_of_more() -> None:
    x = data(40)
    one, four = RaBitQ().fit(x).encode(x), RaBitQ(n_bits=4).fit(x).encode(x)
    assert np.array_equal(one[:, : DIM // 8], four[:, : DIM // 8])
    assert (one.shape[1], four.shape[1]) == (DIM // 8 + 8, 4 * DIM // 8 + 8)


def test_scores_are_products_with_the_decoded_rows() -> None:
    x, q = data(200), data(7, seed=1)
    for codec in (RaBitQ(), RaBitQ(n_bits=3), RaBitQ(n_dims=24)):
        codes = codec.fit(x).encode(x)
        assert codec.score(q, codes) == pytest.approx(q @ codec.decode(codes).T, abs=1e-5)


def test_the_part_along_the_centre_is_exact() -> None:
    x = data(200)
    for codec in (RaBitQ(), RaBitQ(n_dims=24)):
        decoded = codec.fit(x).decode(codec.encode(x))
        assert decoded @ codec.center_ == pytest.approx(x @ codec.center_, abs=1e-5)


def test_a_centre_that_is_handed_in_is_used() -> None:
    x, center = data(50), np.linspace(-1, 1, DIM)
    codec = RaBitQ(center=center).fit(x)
    assert codec.center_ == pytest.approx(center)
    assert codec.decode(codec.encode(center[None])) == pytest.approx(center[None], abs=1e-6)


def test_kept_directions_are_the_strongest() -> None:
    x = data(3000)
    codec = RaBitQ(n_dims=24).fit(x)
    assert codec.n_bytes == 3 + 8
    r = x - x.mean(axis=0)
    kept = ((r @ codec.rotation_.T) ** 2).sum()
    assert kept == pytest.approx((np.linalg.svd(r, compute_uv=False)[:24] ** 2).sum(), rel=1e-3)
    assert codec.rotation_ @ codec.rotation_.T == pytest.approx(np.eye(24), abs=1e-5)


def test_kept_directions_find_more_than_random_ones() -> None:
    x, q = data(3000), data(40, seed=1)
    near = np.argsort(-(q @ x.T), axis=1)[:, :10]

    def recall(codec: RaBitQ, rows: NDArray[np.float32], queries: NDArray[np.float32]) -> float:
        scores = codec.fit(rows).score(queries, codec.encode(rows))
        found = np.argsort(-scores, axis=1)[:, :30]
        return float(np.mean([len(set(a) & set(b)) for a, b in zip(found, near, strict=True)]))

    columns = np.random.default_rng(0).permutation(DIM)[:48]
    assert recall(RaBitQ(n_dims=48), x, q) > 1 + recall(RaBitQ(), x[:, columns], q[:, columns])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_bits": 0}, "n_bits must be at least 1"),
        ({"n_bits": 9}, "at most 8"),
        ({"n_bits": 1.0}, "whole number"),
        ({"n_dims": 0}, "n_dims must be at least 1"),
        ({"n_dims": DIM + 1}, "at most 96"),
        ({"center": np.zeros(DIM - 1)}, "center must have 96 columns, got 95"),
        ({"center": np.full(DIM, np.nan)}, "center must be finite"),
        ({"random_state": -1}, "random_state"),
    ],
)
def test_bad_parameters_are_refused(params: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        RaBitQ(**params).fit(data(5))


def test_bits_that_fill_no_nibble_do_not_scan() -> None:
    codec = RaBitQ(n_bits=3).fit(data(5))
    with pytest.raises(InvalidInputError, match="A scan needs n_bits of 1, 2 or 4, got 3"):
        codec.scan_tables(data(1))
