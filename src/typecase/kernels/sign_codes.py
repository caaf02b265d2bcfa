"""Codes of one bit a dimension of turned residuals, a row at a time in native code."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from typecase.kernels import native
from typecase.kernels.rotations import as_flips, turned

if native.AVAILABLE:
    from typecase.kernels import _native

_ROWS_AT_ONCE = 2048  # in one product: fewer, and BLAS's threads wait for each other
_BLOCK_ROWS = 128  # their residuals, centres and signs stay in the second cache

Floats = NDArray[np.float32]


class SignCodes(NamedTuple):
    """What n rows are coded as; see `typecase.compress.rabitq.RaBitQ`."""

    bits: NDArray[np.uint8]
    """(n, ceil(n_axes / 8)), little bit order, set where the turned residual is not negative."""
    scale: Floats
    """(n,)."""
    offset: Floats
    """(n,)."""
    square: Floats
    """(n,), of the residual's length."""


def sign_codes(
    x: Floats,
    centers: Floats,
    cells: NDArray[np.int64],
    rotation: Floats,
    signs: NDArray[np.int8] | None = None,
) -> SignCodes:
    """Return the codes of x, (n, dim), relative to centers[cells].

    Args:
        centers: (m, dim).
        cells: (n,), each below m.
        rotation: (n_axes, dim), orthonormal rows.
        signs: (n_rounds, dim), of a turn that is this rotation; None where it is none.
    """
    n, n_axes = len(x), len(rotation)
    out = SignCodes(
        np.empty((n, -(-n_axes // 8)), dtype=np.uint8),
        *(np.empty(n, dtype=np.float32) for _ in range(3)),
    )
    turned_centers = _turn(centers, rotation, signs)
    step = _ROWS_AT_ONCE if native.AVAILABLE else _BLOCK_ROWS
    for first in range(0, n, step):
        part = slice(first, first + step)
        here = SignCodes(out.bits[part], out.scale[part], out.offset[part], out.square[part])
        code = _code_native if native.AVAILABLE else _code
        code(x[part], centers, turned_centers, cells[part], rotation, signs, here)
    return out


def _code_native(
    x: Floats,
    centers: Floats,
    turned_centers: Floats,
    cells: NDArray[np.int64],
    rotation: Floats,
    signs: NDArray[np.int8] | None,
    out: SignCodes,
) -> None:
    if signs is None:
        r: Floats = x - centers[cells]
        y = _turn(r, rotation, signs)
    else:
        y = np.empty((0, 0), dtype=np.float32)
    _native.sign_codes(
        np.ascontiguousarray(x),
        np.ascontiguousarray(centers),
        turned_centers,
        np.ascontiguousarray(cells),
        y,
        as_flips(signs, x.shape[1]),
        *out,
    )


def _code(
    x: Floats,
    centers: Floats,
    turned_centers: Floats,
    cells: NDArray[np.int64],
    rotation: Floats,
    signs: NDArray[np.int8] | None,
    out: SignCodes,
) -> None:
    r: Floats = x - centers[cells]
    y = _turn(r, rotation, signs)
    u = np.where(y >= 0, np.float32(1), np.float32(-1))
    out.bits[:] = np.packbits(u > 0, axis=1, bitorder="little")
    out.square[:] = np.vecdot(r, r)
    along = np.vecdot(u, y)
    lengths = np.sqrt(out.square) * np.sqrt(np.vecdot(y, y))
    out.scale[:] = np.divide(lengths, along, out=np.zeros_like(along), where=along > 0)
    out.offset[:] = np.vecdot(centers[cells], r) - out.scale * np.vecdot(turned_centers[cells], u)


def _turn(x: Floats, rotation: Floats, signs: NDArray[np.int8] | None) -> Floats:
    y: Floats = x @ rotation.T if signs is None else turned(x, signs)
    return y
