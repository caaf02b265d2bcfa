"""What a codec promises to an index that scans: see `typecase.data.scan_codes`."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from typecase.base.errors import NotFittedError
from typecase.data.scan_codes import ScanCodec, ScanCodes

DIM = 64
N = 2000
N_CELLS = 20
MakeCodec = type[Any]


def rows(n: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Rows around 20 centres, and their cells."""
    rng = np.random.default_rng(seed)
    cells = rng.integers(0, N_CELLS, n)
    x = CENTERS[cells] + 0.6 * rng.standard_normal((n, DIM)) / np.sqrt(DIM)
    return x.astype(np.float32), cells


CENTERS = np.random.default_rng(99).standard_normal((N_CELLS, DIM)).astype(np.float32) / 8
X, CELLS = rows(N, 0)
Q, _ = rows(40, 1)
_fitted: dict[type[Any], ScanCodec] = {}


@pytest.fixture
def codec(make_scan_codec: MakeCodec) -> ScanCodec:
    """One with the defaults, fitted once on what is left of X within its cells."""
    if make_scan_codec not in _fitted:
        _fitted[make_scan_codec] = make_scan_codec().fit(X - CENTERS[CELLS])
    return _fitted[make_scan_codec]


def sums(codec: ScanCodec, codes: ScanCodes, q: NDArray[np.float32]) -> NDArray[np.float64]:
    """The sums of the looked-up entries, (n_queries, n), one group at a time."""
    tables = codec.scan_tables(q).astype(np.float64)
    total = np.zeros((len(q), len(codes.nibbles)))
    for group in range(codec.n_groups):
        packed = codes.nibbles[:, group // 2]
        nibble = packed >> 4 if group % 2 else packed & 15
        total += tables[:, group, nibble]
    return total


def estimates(codec: ScanCodec, codes: ScanCodes, q: NDArray[np.float32]) -> NDArray[np.float64]:
    return (q @ CENTERS.T)[:, CELLS] + codes.offset + codes.scale * sums(codec, codes, q)


def arrays(codes: ScanCodes) -> list[NDArray[Any]]:
    """Return what a codec gives; not every one has the squares."""
    return [array for array in codes if array is not None]


def test_codes_and_tables_have_shape_and_dtype(codec: ScanCodec) -> None:
    codes, tables = codec.scan_encode(X, CENTERS, CELLS), codec.scan_tables(Q)
    assert codes.nibbles.shape == (N, -(-codec.n_groups // 2))
    assert codes.nibbles.dtype == np.uint8
    for factor in (codes.scale, codes.offset):
        assert (factor.shape, factor.dtype) == ((N,), np.float32)
        assert np.isfinite(factor).all()
    assert (tables.shape, tables.dtype) == ((40, codec.n_groups, 16), np.float32)


def test_the_sums_estimate_the_products(codec: ScanCodec) -> None:
    found, exact = estimates(codec, codec.scan_encode(X, CENTERS, CELLS), Q), Q @ X.T
    within = exact - (Q @ CENTERS.T)[:, CELLS]
    assert np.corrcoef((found - exact + within).ravel(), within.ravel())[0, 1] > 0.6
    assert abs((found - exact).mean()) < 0.1 * within.std()


def test_errors_have_the_deviation_that_is_told(codec: ScanCodec) -> None:
    codes = codec.scan_encode(X, CENTERS, CELLS)
    error = estimates(codec, codes, Q) - Q @ X.T
    reach = np.linalg.norm(Q[:, None] - CENTERS, axis=2)[:, CELLS]
    told = codes.scale * codec.scan_noise * reach
    assert 0.7 < (error / told).std() < 1.4
    assert (np.abs(error) > 4 * told).mean() < 0.01


def test_a_row_is_encoded_alone_as_among_others(codec: ScanCodec) -> None:
    codes = codec.scan_encode(X, CENTERS, CELLS)
    found = estimates(codec, codes, Q)[:, 1500:1530]
    few = codec.scan_encode(X[1500:1530], CENTERS[CELLS[1500:1530]], np.arange(30))
    again = (Q @ CENTERS.T)[:, CELLS[1500:1530]] + few.offset + few.scale * sums(codec, few, Q)
    assert again == pytest.approx(found, abs=1e-3)


def test_a_batch_of_tables_is_its_rows_bit_for_bit(codec: ScanCodec) -> None:
    tables = codec.scan_tables(Q)
    for i in range(0, 40, 7):
        assert codec.scan_tables(Q[i : i + 1]).tobytes() == tables[i : i + 1].tobytes()


def test_a_row_at_its_centre_is_exact(codec: ScanCodec) -> None:
    codes = codec.scan_encode(CENTERS, CENTERS, np.arange(N_CELLS))
    found = (Q @ CENTERS.T) + codes.offset + codes.scale * sums(codec, codes, Q)
    assert found == pytest.approx(Q @ CENTERS.T, abs=1e-5)


def test_no_rows_have_no_codes(codec: ScanCodec) -> None:
    codes = codec.scan_encode(X[:0], CENTERS, CELLS[:0])
    assert codes.nibbles.shape == (0, -(-codec.n_groups // 2))
    assert codes.scale.shape == codes.offset.shape == (0,)
    assert codec.scan_tables(Q[:0]).shape == (0, codec.n_groups, 16)


@pytest.mark.parametrize("length", [1e-30, 1e-6, 1e6, 1e17])
def test_residuals_of_any_length_have_finite_factors(codec: ScanCodec, length: float) -> None:
    x = X[:50] * np.float32(length)
    for factor in arrays(codec.scan_encode(x, CENTERS, CELLS[:50]))[1:]:
        assert np.isfinite(factor).all()


@pytest.mark.parametrize("dim", [1, 2, 5, 17])
def test_any_number_of_columns_will_do(make_scan_codec: MakeCodec, dim: int) -> None:
    x = np.random.default_rng(2).standard_normal((80, dim)).astype(np.float32)
    codec = make_scan_codec().fit(x)
    codes = codec.scan_encode(x, x[:4] / 2, np.arange(80) % 4)
    assert codes.nibbles.shape == (80, -(-codec.n_groups // 2))
    assert np.isfinite(sums(codec, codes, x[:3])).all()
    assert np.isfinite(codes.scale).all()
    assert codec.scan_noise >= 0


def test_inputs_are_not_written(codec: ScanCodec) -> None:
    given = [X.copy(), CENTERS.copy(), CELLS.copy(), Q.copy()]
    for array in given:
        array.setflags(write=False)
    codec.scan_encode(*given[:3])
    codec.scan_tables(given[3])
    assert np.array_equal(given[0], X)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_codes(make_scan_codec: MakeCodec) -> None:
    first, second = (make_scan_codec().fit(X).scan_encode(X, CENTERS, CELLS) for _ in range(2))
    for one, other in zip(arrays(first), arrays(second), strict=True):
        assert one.tobytes() == other.tobytes()


def test_save_then_load_scans_alike(make_scan_codec: MakeCodec, codec: Any, tmp_path: Path) -> None:
    codec.save(tmp_path)
    loaded = make_scan_codec.load(tmp_path, mmap=True)
    assert loaded.scan_noise == codec.scan_noise
    assert loaded.scan_tables(Q).tobytes() == codec.scan_tables(Q).tobytes()
    wanted = codec.scan_encode(X, CENTERS, CELLS)
    found = loaded.scan_encode(X, CENTERS, CELLS)
    for one, other in zip(arrays(found), arrays(wanted), strict=True):
        assert one.tobytes() == other.tobytes()


def test_before_fit_scanning_says_so(make_scan_codec: MakeCodec) -> None:
    codec = make_scan_codec()
    for call in (
        lambda: codec.n_groups,
        lambda: codec.scan_noise,
        lambda: codec.scan_encode(X, CENTERS, CELLS),
        lambda: codec.scan_tables(Q),
    ):
        with pytest.raises(NotFittedError, match="Call fit"):
            call()
