"""What every codec promises. A codec joins by its line in `compress/__init__.pyi`."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from typecase.base.errors import CorruptFileError, InvalidInputError, NotFittedError
from typecase.compress.contract import Codec

DIM = 64
N = 600
MakeCodec = type[Codec]


def clustered(n: int, dim: int = DIM, seed: int = 0) -> NDArray[np.float32]:
    """Unit vectors around 20 centres."""
    centres = np.random.default_rng(99).standard_normal((20, dim))
    rng = np.random.default_rng(seed)
    x = centres[rng.integers(0, 20, n)] + 0.6 * rng.standard_normal((n, dim))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


X = clustered(N)
Q = clustered(5, seed=1)
_fitted: dict[type[Codec], Codec] = {}


@pytest.fixture
def codec(make_codec: MakeCodec) -> Codec:
    """One with the defaults, fitted on X once."""
    if make_codec not in _fitted:
        _fitted[make_codec] = make_codec().fit(X)
    return _fitted[make_codec]


def test_fit_returns_self_and_knows_its_columns(make_codec: MakeCodec) -> None:
    codec = make_codec()
    assert codec.fit(X) is codec
    assert codec.dim == DIM


def test_codes_are_bytes_of_one_length(codec: Codec) -> None:
    codes = codec.encode(X)
    assert (codes.shape, codes.dtype) == ((N, codec.n_bytes), np.uint8)


def test_a_code_is_shorter_than_its_row(codec: Codec) -> None:
    assert 0 < codec.n_bytes < 4 * DIM


def test_decoded_rows_are_like_the_rows(codec: Codec) -> None:
    decoded = codec.decode(codec.encode(X))
    assert (decoded.shape, decoded.dtype) == ((N, DIM), np.float32)
    cosines = (decoded * X).sum(axis=1) / np.maximum(np.linalg.norm(decoded, axis=1), 1e-12)
    assert cosines.mean() > 0.6


def test_scores_are_like_the_inner_products(codec: Codec) -> None:
    scores = codec.score(Q, codec.encode(X))
    assert (scores.shape, scores.dtype) == ((5, N), np.float32)
    for found, exact in zip(scores, Q @ X.T, strict=True):
        assert np.corrcoef(found, exact)[0, 1] > 0.8


def test_rows_that_fit_never_saw_are_encoded_as_well(codec: Codec) -> None:
    fresh = clustered(N, seed=2)
    scores = codec.score(Q, codec.encode(fresh))
    assert np.corrcoef(scores.ravel(), (Q @ fresh.T).ravel())[0, 1] > 0.8


def test_a_batch_is_its_rows(codec: Codec) -> None:
    batch = codec.encode(X[:40])
    rows = np.concatenate([codec.encode(X[i : i + 1]) for i in range(40)])
    assert codec.decode(batch) == pytest.approx(codec.decode(rows), abs=1e-3)
    assert (batch != rows).mean() < 0.1  # sums round otherwise in a batch
    alone = np.concatenate([codec.score(Q[i : i + 1], batch) for i in range(5)])
    assert codec.score(Q, batch) == pytest.approx(alone, abs=1e-5)


def test_many_rows_are_encoded_in_blocks(codec: Codec) -> None:
    x = np.tile(X, (15, 1))
    codes = codec.encode(x)
    assert codec.decode(codes[-N:]) == pytest.approx(codec.decode(codes[:N]), abs=1e-3)
    assert codec.decode(codes)[8000:8050] == pytest.approx(codec.decode(codes[8000:8050]), abs=1e-5)
    assert codec.score(Q, codes)[:, 8000:8050] == pytest.approx(
        codec.score(Q, codes[8000:8050]), abs=1e-5
    )


def test_no_rows_have_no_codes(codec: Codec) -> None:
    codes = codec.encode(np.empty((0, DIM)))
    assert codes.shape == (0, codec.n_bytes)
    assert codec.decode(codes).shape == (0, DIM)
    assert codec.score(Q, codes).shape == (5, 0)
    assert codec.score(np.empty((0, DIM)), codec.encode(X)).shape == (0, N)


@pytest.mark.parametrize("dim", [1, 2, 5, 17])
def test_any_number_of_columns_will_do(make_codec: MakeCodec, dim: int) -> None:
    x = clustered(60, dim)
    codec = make_codec().fit(x)
    codes = codec.encode(x)
    assert codes.shape == (60, codec.n_bytes)
    assert np.isfinite(codec.decode(codes)).all()
    assert np.isfinite(codec.score(x[:3], codes)).all()


def test_the_order_of_rows_changes_no_code(codec: Codec) -> None:
    order = np.random.default_rng(3).permutation(N)
    straight, shuffled = codec.encode(X), codec.encode(X[order])
    assert codec.decode(shuffled) == pytest.approx(codec.decode(straight)[order], abs=1e-3)


def test_equal_rows_have_equal_codes(codec: Codec) -> None:
    codes = codec.encode(np.repeat(X[:3], 50, axis=0)).reshape(3, 50, -1)
    assert (codes == codes[:, :1]).mean() > 0.99


def test_zero_vectors_have_a_code(codec: Codec) -> None:
    zeros = np.zeros((2, DIM))
    assert np.isfinite(codec.decode(codec.encode(zeros))).all()
    assert codec.score(zeros, codec.encode(X)) == pytest.approx(np.zeros((2, N)), abs=1e-6)


def test_a_sample_of_one_row_or_of_equal_rows_is_enough(make_codec: MakeCodec) -> None:
    for sample in (X[:1], np.repeat(X[:1], 30, axis=0), np.zeros((3, DIM))):
        codec = make_codec().fit(sample)
        codes = codec.encode(np.concatenate([sample, X[:9]]))
        assert np.isfinite(codec.decode(codes)).all()
        assert np.isfinite(codec.score(Q, codes)).all()


@pytest.mark.parametrize("length", [1e-30, 1e-6, 1e6, 9e17])
def test_any_length_that_is_allowed_gives_finite_scores(codec: Codec, length: float) -> None:
    rows = X[:4] * np.float32(length)
    codes = codec.encode(rows)
    assert np.isfinite(codec.decode(codes)).all()
    assert np.isfinite(codec.score(Q, codes)).all()


@pytest.mark.parametrize("length", [1e-3, 1e3])
def test_a_sample_of_any_length_is_learned_from(make_codec: MakeCodec, length: float) -> None:
    x = X * np.float32(length)
    codec = make_codec().fit(x)
    scores = codec.score(Q, codec.encode(x)) / np.float32(length)
    assert np.corrcoef(scores.ravel(), (Q @ X.T).ravel())[0, 1] > 0.8


@pytest.mark.parametrize(
    "bad",
    [
        np.full((2, DIM), np.nan),
        np.full((2, DIM), np.inf),
        np.ones(DIM),
        np.ones((2, 0)),
        np.full((2, DIM), 1e30),
        [["a"] * DIM],
        np.ones((2, DIM), complex),
    ],
    ids=["nan", "inf", "one vector", "no columns", "too long", "words", "complex"],
)
def test_bad_vectors_are_refused_everywhere(make_codec: MakeCodec, codec: Codec, bad: Any) -> None:
    with pytest.raises(InvalidInputError):
        make_codec().fit(bad)
    with pytest.raises(InvalidInputError):
        codec.encode(bad)
    with pytest.raises(InvalidInputError):
        codec.score(bad, codec.encode(X[:1]))


def test_an_empty_sample_is_refused(make_codec: MakeCodec) -> None:
    with pytest.raises(InvalidInputError, match="x must have at least 1 rows, got 0"):
        make_codec().fit(np.empty((0, DIM)))


def test_a_wrong_dim_is_refused(codec: Codec) -> None:
    with pytest.raises(InvalidInputError, match="x must have 64 columns, got 63"):
        codec.encode(X[:, 1:])
    with pytest.raises(InvalidInputError, match="queries must have 64 columns, got 63"):
        codec.score(Q[:, 1:], codec.encode(X[:1]))


def test_codes_of_another_shape_or_dtype_are_refused(codec: Codec) -> None:
    codes = codec.encode(X[:3])
    for bad in (codes[:, 1:], codes[0], codes.astype(np.int64), codes.astype(np.float32)):
        for call in (lambda c: codec.decode(c), lambda c: codec.score(Q, c)):
            with pytest.raises(InvalidInputError, match="codes must be"):
                call(bad)


def test_before_fit_everything_says_so(make_codec: MakeCodec) -> None:
    codec = make_codec()
    for call in (
        lambda: codec.encode(X),
        lambda: codec.decode(np.zeros((1, 8), np.uint8)),
        lambda: codec.score(Q, np.zeros((1, 8), np.uint8)),
        lambda: codec.n_bytes,
        lambda: codec.dim,
    ):
        with pytest.raises(NotFittedError, match="Call fit"):
            call()


def test_inputs_are_not_written(make_codec: MakeCodec) -> None:
    x, q = X.copy(), Q.copy()
    codec = make_codec().fit(x)
    codes = codec.encode(x)
    before = codes.copy()
    codec.decode(codes)
    codec.score(q, codes)
    assert np.array_equal(x, X)
    assert np.array_equal(q, Q)
    assert np.array_equal(codes, before)


def test_read_only_memory_maps_work(make_codec: MakeCodec, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    x = np.load(tmp_path / "x.npy", mmap_mode="r")
    codec = make_codec().fit(x)
    codes = codec.encode(x)
    codes.setflags(write=False)
    assert np.array_equal(codec.encode(X), codes)
    assert np.array_equal(codec.decode(codes), codec.decode(codes.copy()))
    assert np.array_equal(codec.score(Q, codes), codec.score(Q, codes.copy()))


@pytest.mark.slow
def test_any_layout_and_float_gives_the_same_codes(make_codec: MakeCodec) -> None:
    wanted = make_codec().fit(X).encode(X)
    wide = np.zeros((N, 2 * DIM), dtype=np.float32)
    wide[:, ::2] = X
    for x in (wide[:, ::2], np.asfortranarray(X), X.astype(np.float64), X.tolist()):
        codec = make_codec().fit(x)
        assert np.array_equal(codec.encode(x), wanted)
        spread = np.zeros((N, 2 * codec.n_bytes), dtype=np.uint8)
        spread[:, ::2] = wanted
        assert np.array_equal(codec.decode(spread[:, ::2]), codec.decode(wanted))


def test_the_same_seed_gives_the_same_codes_bit_for_bit(make_codec: MakeCodec) -> None:
    first, second = (make_codec().fit(X) for _ in range(2))
    codes = first.encode(X)
    assert np.array_equal(codes, second.encode(X))
    assert first.score(Q, codes).tobytes() == second.score(Q, codes).tobytes()


def test_fitting_anew_forgets_what_was_learned(make_codec: MakeCodec) -> None:
    other = clustered(N, dim=32, seed=5)
    codec = make_codec().fit(X).fit(other)
    assert np.array_equal(codec.encode(other), make_codec().fit(other).encode(other))


@pytest.mark.parametrize("mmap", [False, True])
def test_save_then_load_gives_the_same_codes(
    make_codec: MakeCodec, codec: Codec, tmp_path: Path, mmap: bool
) -> None:
    codec.save(tmp_path)
    loaded = make_codec.load(tmp_path, mmap=mmap)
    assert loaded.get_params() == codec.get_params()
    assert loaded.n_bytes == codec.n_bytes
    codes = codec.encode(X)
    assert np.array_equal(loaded.encode(X), codes)
    assert loaded.decode(codes).tobytes() == codec.decode(codes).tobytes()
    assert loaded.score(Q, codes).tobytes() == codec.score(Q, codes).tobytes()


def test_a_flipped_byte_of_any_file_is_found_and_named(
    make_codec: MakeCodec, codec: Codec, tmp_path: Path
) -> None:
    codec.save(tmp_path)
    for path in sorted(tmp_path.glob("[!.]*")):
        content = path.read_bytes()
        broken = bytearray(content)
        broken[len(content) // 2] ^= 4
        path.write_bytes(broken)
        with pytest.raises(CorruptFileError, match=path.name):
            make_codec.load(tmp_path)
        path.write_bytes(content)
    assert make_codec.load(tmp_path).dim == DIM


def test_any_bytes_decode_without_a_crash(codec: Codec) -> None:
    codes = np.random.default_rng(0).integers(0, 256, (50, codec.n_bytes)).astype(np.uint8)
    with np.errstate(all="ignore"):
        assert codec.decode(codes).shape == (50, DIM)
        assert codec.score(Q, codes).shape == (5, 50)
