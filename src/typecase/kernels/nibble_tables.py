"""Tables of sixteen for codes whose nibbles stand for a few rotated dimensions each."""

import numpy as np
from numpy.typing import NDArray

from typecase.kernels import native
from typecase.kernels.rotations import as_flips, turned

if native.AVAILABLE:
    from typecase.kernels import _native


def nibble_tables(
    rotation: NDArray[np.float32],
    queries: NDArray[np.float32],
    points: NDArray[np.float32],
    signs: NDArray[np.int8] | None = None,
) -> NDArray[np.float32]:
    """Return for each query, group and nibble the product of the query's part and the point.

    Args:
        rotation: (n_axes, dim).
        queries: (n_queries, dim).
        points: (m, 16), what each nibble stands for on the m axes of a group; group g is axes
            m g to m g + m - 1.
        signs: (n_rounds, dim), of a turn that is this rotation; None where it is none.

    Returns:
        (n_queries, ceil(n_axes / m), 16).
    """
    m = len(points)
    n_groups = -(-len(rotation) // m)
    tables = np.empty((len(queries), n_groups, 16), dtype=np.float32)
    if native.AVAILABLE:
        rows, q = np.ascontiguousarray(rotation), np.ascontiguousarray(queries)
        flips = as_flips(signs, q.shape[1])
        _native.nibble_tables(rows, q, np.ascontiguousarray(points), flips, tables)
        return tables
    y = np.zeros((len(queries), n_groups * m), dtype=np.float32)
    if signs is not None:
        y[:, : len(rotation)] = turned(queries, signs)
    else:  # dot products one by one: a batch is its rows, and BLAS wakes no threads
        np.vecdot(rotation, queries[:, None], out=y[:, : len(rotation)])
    return np.matmul(y.reshape(len(y), n_groups, m), points, out=tables)
