"""A few bits a dimension of the randomly rotated residual, and unbiased estimates of products."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from typecase.base.checks import RandomState, check_count, check_rng, check_vectors
from typecase.base.errors import InvalidInputError
from typecase.compress.contract import Codec
from typecase.data.scan_codes import ScanCodes
from typecase.kernels.bit_planes import pack_planes, unpack_planes
from typecase.kernels.grid_angles import levels_of, nearest_odd_grid, points_of
from typecase.kernels.nibble_tables import nibble_tables
from typecase.kernels.nibbles import pack_nibbles
from typecase.kernels.rotations import (
    LEAST_TURNED_DIM,
    as_flips,
    principal_axes,
    turn_matrix,
    turn_signs,
    turned,
)
from typecase.kernels.sign_bits import random_rotation
from typecase.kernels.sign_codes import sign_codes

_FACTORS = 8  # bytes: scale and offset, float32
_TURNED_ROWS = 2048  # in one product: fewer, and BLAS's threads wait for each other
_ROWS_AT_ONCE = 128  # their residuals, centres and signs stay in the second cache
_SAMPLE_ROWS = 1024
_SAMPLE_QUERIES = 256

_SCAN_BITS = (1, 2, 4)  # that divide a nibble

Floats = NDArray[np.float32]


class RaBitQ(Codec):
    """Bits of the rotated residual, and two numbers a row that make its estimates unbiased.

    With r = x - c, P the rotation and u the odd grid point nearest to P r in angle (the signs, for
    one bit), `<q - c, r>` is estimated by `a <P (q - c), u>`, a = |r|^2 / <u, P r>. P being
    random, the error has mean 0 and is at most `e sqrt(1 - p^2) / p |r| |q - c| / sqrt(dim - 1)`
    except with a probability that falls as exp(-e^2 / 2); p is the cosine of u and P r. A code is
    u, a and one more number, by which the part of r along c is exact, so that for `score` |q - c|
    may be read as the length of q across c.

    With 1, 2 or 4 bits it serves an index that scans (`typecase.data.scan_codes.ScanCodec`). With
    one, bit b of nibble g is dimension 4 g + b, set where it is not negative; with two, dimension
    2 g is the lower half of nibble g. The scale is a, the offset what no query changes,
    <c, r> - a <P c, u>. Of vectors whose strength lies in few directions, 2 bits of half the
    dimensions tell more than one bit of each.

    Args:
        n_bits: bits a dimension, 1 to 8.
        n_dims: keep only the n_dims strongest principal directions of the sample, and rotate
            those; None keeps all.
        center: (dim,), what `encode` takes residuals from; None is the mean of the sample.
        random_state: seed or Generator of the rotation.

    Source:
        Gao, Long, "RaBitQ: quantizing high-dimensional vectors with a theoretical error bound for
        approximate nearest neighbor search", SIGMOD 2024: one bit, estimator, bound.
        Gao et al., "Practical and asymptotically optimal quantization of high-dimensional vectors
        in Euclidean space for approximate nearest neighbor search", SIGMOD 2025: more bits.
        Differs: estimates products, not distances; the rotation of 64 dimensions and more is a
        turn (`typecase.kernels.rotations`), not uniform among all; the query stays float32; the
        grid point of more bits is sought at 2 n_bits stretches of a row, not at every one where it
        changes. n_dims is ours: with r' what is kept of r, a = |r| |r'| / <u, P r'>. That is the
        geometric mean of what is right for a query that shares nothing of what is dropped, and all
        of it.

    Attributes:
        center_: (dim,) float32.
        rotation_: (n_dims, dim) float32, orthonormal rows.
        signs_: (n_rounds, dim) int8, of the turn that `rotation_` is; no rows where it is none.
        noise_: the standard deviation of a product's error over scale |q - c|.
    """

    center_: Floats
    rotation_: Floats
    signs_: NDArray[np.int8] = np.empty((0, 0), dtype=np.int8)  # of codecs of before there were any
    noise_: float

    def __init__(
        self,
        *,
        n_bits: int = 1,
        n_dims: int | None = None,
        center: ArrayLike | None = None,
        random_state: RandomState = 0,
    ) -> None:
        self.n_bits = n_bits
        self.n_dims = n_dims
        self.center = center
        self.random_state = random_state

    @property
    def n_bytes(self) -> int:
        """n_bits planes of a bit a kept dimension; scale and offset, float32 each."""
        self.check_fitted()
        return self.n_bits * -(-len(self.rotation_) // 8) + _FACTORS

    def score_noise(self, queries: ArrayLike, codes: ArrayLike) -> Floats:
        """Return the standard deviations, (n_queries, n), of the errors of `score`.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: as score.
        """
        q = self._check_rows(queries, name="queries")
        _, scale, _ = self._parts(self._check_codes(codes))
        axis = self._axis()
        reach: Floats = np.linalg.norm(q - np.outer(q @ axis, axis), axis=1).astype(np.float32)
        return np.outer(reach * np.float32(self.noise_), scale)

    @property
    def n_groups(self) -> int:
        """Nibbles a row, for an index that scans."""
        self._check_scans()
        return -(-len(self.rotation_) * self.n_bits // 4)

    @property
    def scan_noise(self) -> float:
        """The standard deviation of an error over scale |q - c|, for an index that scans."""
        self._check_scans()
        return self.noise_

    def scan_encode(self, x: Floats, centers: Floats, cells: NDArray[np.int64]) -> ScanCodes:
        """Return the codes of x, (n, dim), relative to centers[cells]; arrays are not checked.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: n_bits is not 1, 2 or 4.
        """
        self._check_scans()
        if self.n_bits == 1:
            return ScanCodes(*sign_codes(x, centers, cells, self.rotation_, self._turn_signs()))
        nibbles = np.empty((len(x), -(-self.n_groups // 2)), dtype=np.uint8)
        scale, offset, square = np.empty((3, len(x)), np.float32)
        turned_centers = self._turned(centers)
        for first in range(0, len(x), _TURNED_ROWS):
            of = cells[first : first + _TURNED_ROWS]
            r: Floats = x[first : first + _TURNED_ROWS] - centers[of]
            y = self._turned(r)
            for start in range(0, len(r), _ROWS_AT_ONCE):
                here = slice(start, start + _ROWS_AT_ONCE)
                rows = slice(first + start, first + min(start + _ROWS_AT_ONCE, len(r)))
                u = nearest_odd_grid(y[here], self.n_bits)
                nibbles[rows] = _nibbles(u, self.n_bits)
                scale[rows], square[rows] = (
                    _scales(r[here], y[here], u),
                    np.vecdot(r[here], r[here]),
                )
                across = scale[rows] * np.vecdot(turned_centers[of[here]], u)
                offset[rows] = np.vecdot(centers[of[here]], r[here]) - across
        return ScanCodes(nibbles, scale, offset, square)

    def scan_tables(self, queries: Floats) -> Floats:
        """Return the tables, (n_queries, n_groups, 16); queries are not checked.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: n_bits is not 1, 2 or 4.
        """
        rotation, points, _ = self.scan_axes()
        return nibble_tables(rotation, queries, points, self._turn_signs())

    def scan_axes(self) -> tuple[Floats, Floats, Floats]:
        """Return what tables are made of, for an index that makes them itself.

        The rotation, (n_dims, dim), what each nibble stands for on the m dimensions of a group,
        (m, 16), see `typecase.kernels.nibble_tables`, and the signs of the turn that the rotation
        is, (n_rounds, dim), no rows where it is none.

        Raises:
            NotFittedError, InvalidInputError: as scan_tables.
        """
        self._check_scans()
        flips = as_flips(self._turn_signs(), self.rotation_.shape[1])
        return self.rotation_, _NIBBLE_POINTS[self.n_bits], flips

    def _check_params(self) -> None:
        check_count(self.n_bits, name="n_bits", maximum=8)
        check_rng(self.random_state)
        if self.n_dims is not None:
            check_count(self.n_dims, name="n_dims")

    def _check_dim(self, dim: int) -> None:
        if self.n_dims is not None:
            check_count(self.n_dims, name="n_dims", maximum=dim)
        if self.center is not None:
            check_vectors(np.asarray(self.center)[None], name="center", dim=dim)

    def _check_scans(self) -> None:
        self.check_fitted()
        if self.n_bits not in _SCAN_BITS:
            raise InvalidInputError(f"A scan needs n_bits of 1, 2 or 4, got {self.n_bits}.")

    def _learn(self, x: Floats) -> None:
        rng = check_rng(self.random_state)
        mean = x.mean(axis=0, dtype=np.float64) if self.center is None else self.center
        self.center_ = np.array(mean, dtype=np.float32)
        n_dims = x.shape[1] if self.n_dims is None else self.n_dims
        self.signs_ = np.empty((0, x.shape[1]), dtype=np.int8)
        if n_dims >= LEAST_TURNED_DIM:
            signs = turn_signs(n_dims, rng)
            self.rotation_ = turn_matrix(signs)
            if n_dims == x.shape[1]:
                self.signs_ = signs
        else:
            self.rotation_ = random_rotation(n_dims, rng)
        if n_dims < x.shape[1]:
            self.rotation_ = self.rotation_ @ principal_axes(x, n_dims)
        self.noise_ = self._noise(x, rng)

    def _turn_signs(self) -> NDArray[np.int8] | None:
        return self.signs_ if len(self.signs_) else None

    def _turned(self, x: Floats) -> Floats:
        y: Floats = turned(x, self.signs_) if len(self.signs_) else x @ self.rotation_.T
        return y

    def _noise(self, x: Floats, rng: np.random.Generator) -> float:
        """Return the deviation of what `a <P q, u>` says of <q, r>, for q of length 1 and a of 1.

        Nothing dropped: normal numbers are what a random rotation makes of any r. Else it is
        measured between rows of the sample.
        """
        n_dims, dim = self.rotation_.shape
        if n_dims < dim and (found := self._measured_noise(x, rng)) > 0:
            return found
        y = rng.standard_normal((_SAMPLE_ROWS, n_dims), dtype=np.float32)
        u = nearest_odd_grid(y, self.n_bits)
        across = np.vecdot(u, u) - np.vecdot(u, y) ** 2 / np.vecdot(y, y)
        return float(np.sqrt(np.maximum(across, 0).mean() / max(1, n_dims - 1)))

    def _measured_noise(self, x: Floats, rng: np.random.Generator) -> float:
        r: Floats = x[rng.permutation(len(x))[:_SAMPLE_ROWS]] - self.center_
        y = self._turned(r)
        u = nearest_odd_grid(y, self.n_bits)
        scale = _scales(r, y, u)
        reach = np.outer(np.linalg.norm(r[:_SAMPLE_QUERIES], axis=1), scale)
        known = reach > 0
        error = scale * (y[:_SAMPLE_QUERIES] @ u.T) - r[:_SAMPLE_QUERIES] @ r.T
        error = error[known] / reach[known]
        return float(np.sqrt(np.square(error, dtype=np.float64).mean())) if len(error) else 0.0

    def _encode(self, x: Floats) -> NDArray[np.uint8]:
        """Return planes, scale, and what the estimate lacks along the axis of the centre."""
        axis = self._axis()
        r: Floats = x - self.center_
        y = self._turned(r)
        u = nearest_odd_grid(y, self.n_bits)
        factors = np.empty((len(x), 2), dtype="<f4")
        factors[:, 0] = _scales(r, y, u)
        factors[:, 1] = np.vecdot(r, axis) - factors[:, 0] * np.vecdot(u, self.rotation_ @ axis)
        return np.hstack(
            [pack_planes(levels_of(u, self.n_bits), self.n_bits), factors.view(np.uint8)]
        )

    def _parts(self, codes: NDArray[np.uint8]) -> tuple[Floats, Floats, Floats]:
        """Return u, (n, n_dims), scale and offset of codes."""
        planes = np.ascontiguousarray(codes[:, :-_FACTORS])
        levels = unpack_planes(planes, self.n_bits, len(self.rotation_))
        factors = np.ascontiguousarray(codes[:, -_FACTORS:]).view("<f4").astype(np.float32)
        return points_of(levels, self.n_bits), factors[:, 0], factors[:, 1]

    def _axis(self) -> Floats:
        """Return the direction of the centre; 0 where it has none."""
        length = float(np.linalg.norm(self.center_))
        axis: Floats = self.center_ / np.float32(max(length, 1e-12))
        return axis

    def _decode(self, codes: NDArray[np.uint8]) -> Floats:
        u, scale, offset = self._parts(codes)
        u *= scale[:, None]
        x: Floats = u @ self.rotation_
        x += self.center_ + np.outer(offset, self._axis())
        return x

    def _score(self, q: Floats, codes: NDArray[np.uint8]) -> Floats:
        u, scale, offset = self._parts(codes)
        scores: Floats = self._turned(q) @ u.T
        scores *= scale
        scores += np.outer(q @ self._axis(), offset)
        scores += (q @ self.center_)[:, None]
        return scores


def _scales(r: Floats, y: Floats, u: Floats) -> Floats:
    """Return |r| |y| / <u, y> of each row: of residuals, what is kept of them, grid points."""
    lengths = np.sqrt(np.vecdot(r, r)) * np.sqrt(np.vecdot(y, y))
    along = np.vecdot(u, y)
    scale: Floats = np.divide(lengths, along, out=np.zeros_like(along), where=along > 0)
    return scale


def _nibbles(u: Floats, n_bits: int) -> NDArray[np.uint8]:
    """Return points, (n, n_dims), as nibbles, two a byte; what is left of the last is 0."""
    if n_bits == 1:
        return np.packbits(u > 0, axis=1, bitorder="little")
    levels = levels_of(u, n_bits)
    if n_bits == 2:
        low = levels[:, ::2].copy()
        low[:, : u.shape[1] // 2] |= levels[:, 1::2] << np.uint8(2)
        levels = low
    return pack_nibbles(levels)


def _nibble_points(n_bits: int) -> Floats:
    """Return the points of each dimension in a nibble, (4 / n_bits, 16), for its 16 values."""
    shifts = np.arange(0, 4, n_bits, dtype=np.uint8)[:, None]
    levels = np.arange(16, dtype=np.uint8) >> shifts & np.uint8(2**n_bits - 1)
    return points_of(levels, n_bits)


_NIBBLE_POINTS = {n_bits: _nibble_points(n_bits) for n_bits in _SCAN_BITS}
