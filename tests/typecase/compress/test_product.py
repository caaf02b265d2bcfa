"""Product quantization against plain loops over parts and words."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from typecase.base.errors import InvalidInputError
from typecase.compress import ProductQuantizer

DIM = 24


def data(n: int, seed: int = 0, dim: int = DIM) -> NDArray[np.float32]:
    rng = np.random.default_rng(1000 + seed)
    centres = np.random.default_rng(7).standard_normal((12, dim))
    x = centres[rng.integers(0, 12, n)] + 0.4 * rng.standard_normal((n, dim)) + 0.5
    return x.astype(np.float32)


def plain_code(codec: ProductQuantizer, row: NDArray[np.float32]) -> list[int]:
    """The number of the nearest word of each part of a row about the mean."""
    n_parts, _, width = codec.words_.shape
    numbers = []
    for part in range(n_parts):
        piece = (row - codec.center_)[part * width : (part + 1) * width].astype(np.float64)
        distances = [float(((piece - word) ** 2).sum()) for word in codec.words_[part]]
        numbers.append(distances.index(min(distances)))
    return numbers


def test_eight_bits_are_a_byte_a_part() -> None:
    x = data(600)
    codec = ProductQuantizer(n_parts=6, n_bits=8).fit(x)
    codes = codec.encode(x[:20])
    assert codec.words_.shape == (6, 256, 4)
    assert codec.n_bytes == 6
    for row in range(20):
        assert codes[row].tolist() == plain_code(codec, x[row])


def test_four_bits_are_two_parts_a_byte() -> None:
    x = data(600)
    codec = ProductQuantizer(n_parts=3, n_bits=4).fit(x)
    codes = codec.encode(x[:20])
    assert codec.n_bytes == 2
    for row in range(20):
        a, b, c = plain_code(codec, x[row])
        assert codes[row].tolist() == [a | b << 4, c]


@pytest.mark.parametrize("n_bits", [4, 8])
def test_scores_are_the_asymmetric_ones_of_the_paper(n_bits: int) -> None:
    x, q = data(500), data(3, seed=1)
    codec = ProductQuantizer(n_parts=8, n_bits=n_bits).fit(x)
    scores = codec.score(q, codec.encode(x[:10]))
    for i, j in itertools.product(range(3), range(10)):
        total = float(q[i] @ codec.center_)
        for part, number in enumerate(plain_code(codec, x[j])):
            total += float(q[i, 3 * part : 3 * part + 3] @ codec.words_[part, number])
        assert scores[i, j] == pytest.approx(total, abs=1e-4)


def test_words_are_means_of_what_they_stand_for() -> None:
    x = data(800)  # fewer than 64 a word: all of them are used
    codec = ProductQuantizer(n_parts=4, n_rounds=200).fit(x)
    codes = np.array([plain_code(codec, row) for row in x])
    parts = (x - codec.center_).reshape(800, 4, 6)
    for part, number in itertools.product(range(4), range(16)):
        mine = parts[codes[:, part] == number, part]
        assert codec.words_[part, number] == pytest.approx(mine.mean(axis=0), abs=1e-4)


def test_more_words_have_smaller_errors() -> None:
    x = data(5000)
    errors = []
    for params in ({"n_parts": 3}, {"n_parts": 6}, {"n_parts": 6, "n_bits": 8}, {"n_parts": 24}):
        codec = ProductQuantizer(**params).fit(x)
        errors.append(float(((codec.decode(codec.encode(x)) - x) ** 2).mean()))
    assert (np.diff(errors) < 0).all()


def test_a_dim_that_parts_do_not_divide_has_a_shorter_last_part() -> None:
    x = data(300, dim=10)
    codec = ProductQuantizer().fit(x)
    assert codec.words_.shape == (3, 16, 4)
    assert not codec.words_[2, :, 2:].any()
    assert codec.decode(codec.encode(x)).shape == (300, 10)
    assert codec.scan_tables(x[:1])[0, 2] == pytest.approx(
        [x[0, 8:] @ word[:2] for word in codec.words_[2]], abs=1e-5
    )


def test_scan_codes_stretch_residuals_to_the_samples_length() -> None:
    x, centers = data(40, seed=2), data(3, seed=3)
    cells = np.arange(40) % 3
    codec = ProductQuantizer().fit(data(500) - data(500).mean(axis=0))
    codes = codec.scan_encode(x, centers, cells)
    q = data(1, seed=4)[0]
    tables = codec.scan_tables(q[None])[0]
    for row in range(40):
        r = (x[row] - centers[cells[row]]).astype(np.float64)
        stretched = r * codec.length_ / np.linalg.norm(r)
        numbers = plain_code(codec, (stretched + codec.center_).astype(np.float32))
        words = np.concatenate([codec.words_[p, k] for p, k in enumerate(numbers)])
        scale = (r @ r) / (words @ r)
        found = codes.offset[row] + codes.scale[row] * sum(
            float(tables[p, k]) for p, k in enumerate(numbers)
        )
        c = centers[cells[row]]
        assert found == pytest.approx(c @ r + scale * ((q - c) @ words), rel=1e-3, abs=1e-3)
        packed = [a | b << 4 for a, b in zip(numbers[::2], numbers[1::2], strict=True)]
        assert codes.nibbles[row].tolist() == packed


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_bits": 5}, "n_bits must be 4 or 8, got 5"),
        ({"n_bits": 4.0}, "n_bits must be 4 or 8"),
        ({"n_parts": 5}, "n_parts must divide dim 24, got 5"),
        ({"n_parts": 48}, "n_parts must divide dim 24"),
        ({"n_parts": 0}, "n_parts must be at least 1"),
        ({"n_rounds": 0}, "n_rounds must be at least 1"),
    ],
)
def test_bad_parameters_are_refused(params: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        ProductQuantizer(**params).fit(data(50))


def test_eight_bits_do_not_scan() -> None:
    codec = ProductQuantizer(n_parts=2, n_bits=8).fit(data(50))
    with pytest.raises(InvalidInputError, match="A scan needs n_bits=4, got 8"):
        codec.scan_tables(data(1))
