"""The network of recurrent binarization: forward, and backward through the signs.

    z_0 = B_0(x),  b_0 = sign(z_0)
    z_j = B_j(x - R_{j-1}(b_{j-1})),  b_j = b_{j-1} + 2^-j sign(z_j),  j = 1 .. n_bits - 1

Each block, B_j and R_j, is a residual perceptron: `x S + relu(x W_1 + c_1) W_2 + c_2`. All weights
lie in one flat vector, which Adam steps and `save` writes; the blocks are views into it.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class Sizes(NamedTuple):
    """What the shapes of all weights follow from."""

    dim: int
    code_dim: int
    n_bits: int
    n_hidden: int


class Block(NamedTuple):
    """Views of one block's weights: (n_in, n_out), (n_in, n_hidden), (n_hidden,), ..."""

    skip: Array
    w_1: Array
    c_1: Array
    w_2: Array
    c_2: Array


class Blocks(NamedTuple):
    """Views of a whole vector of weights."""

    binarize: tuple[Block, ...]
    """n_bits blocks, dim to code_dim."""
    rebuild: tuple[Block, ...]
    """n_bits - 1 blocks, code_dim to dim."""

    def first(self, n_loops: int) -> "Blocks":
        """Return the blocks that make the sum up to 2^-n_loops."""
        return Blocks(self.binarize[: n_loops + 1], self.rebuild[:n_loops])


class _Pass(NamedTuple):
    x: Array
    hidden: Array
    out: Array


class Trace(NamedTuple):
    """What forward leaves for backward."""

    code: Array
    """(n, code_dim): the sum of signs weighted by 2^-j."""
    signs: tuple[Array, ...]
    """n_bits times (n, code_dim)."""
    binarize: tuple[_Pass, ...]
    rebuild: tuple[_Pass, ...]


def signs_of(z: Array) -> Array:
    """Return 1 where z is above 0, -1 elsewhere, in z's dtype."""
    return np.where(z > 0, z.dtype.type(1), z.dtype.type(-1))


def n_weights(sizes: Sizes) -> int:
    """Return the length of the vector of weights."""
    return sum(_n_block(n_in, n_out, sizes.n_hidden) for n_in, n_out in _ends(sizes))


def blocks_of(weights: Array, sizes: Sizes) -> Blocks:
    """Return the blocks as views into weights, (n_weights,)."""
    blocks, start = [], 0
    for n_in, n_out in _ends(sizes):
        stop = start + _n_block(n_in, n_out, sizes.n_hidden)
        blocks.append(_view(weights[start:stop], n_in, n_out, sizes.n_hidden))
        start = stop
    return Blocks(binarize=tuple(blocks[: sizes.n_bits]), rebuild=tuple(blocks[sizes.n_bits :]))


def forward(blocks: Blocks, x: Array, signs: Callable[[Array], Array] = signs_of) -> Trace:
    """Return the codes of x, (n, dim), and what backward needs."""
    made, kept, rebuilt, left = [], [], [], x
    code: Array = np.zeros((len(x), blocks.binarize[0].skip.shape[1]), dtype=x.dtype)
    for j, block in enumerate(blocks.binarize):
        kept.append(_forward(block, left))
        made.append(signs(kept[-1].out))
        code = code + x.dtype.type(2.0**-j) * made[-1]
        if j < len(blocks.rebuild):
            rebuilt.append(_forward(blocks.rebuild[j], code))
            left = x - rebuilt[-1].out
    return Trace(code, tuple(made), tuple(kept), tuple(rebuilt))


def backward(blocks: Blocks, trace: Trace, d_code: Array, into: Blocks) -> None:
    """Write the gradient by the weights into the views of another vector.

    The straight-through estimator: sign counts as having slope 1 where |z| <= 1, and 0 elsewhere.

    Args:
        d_code: (n, code_dim), the gradient by the code.
    """
    last = len(blocks.rebuild)
    for j in range(last, -1, -1):
        step = trace.binarize[j]
        d_z = d_code.dtype.type(2.0**-j) * d_code * (np.abs(step.out) <= 1)
        d_left = _backward(blocks.binarize[j], step, d_z, into.binarize[j])
        if j > 0:
            back = j - 1
            d_code = d_code + _backward(
                blocks.rebuild[back], trace.rebuild[back], -d_left, into.rebuild[back]
            )


def _ends(sizes: Sizes) -> list[tuple[int, int]]:
    there, back = (sizes.dim, sizes.code_dim), (sizes.code_dim, sizes.dim)
    return [there] * sizes.n_bits + [back] * (sizes.n_bits - 1)


def _n_block(n_in: int, n_out: int, n_hidden: int) -> int:
    return n_in * n_out + n_in * n_hidden + n_hidden + n_hidden * n_out + n_out


def _view(flat: Array, n_in: int, n_out: int, n_hidden: int) -> Block:
    shapes = [(n_in, n_out), (n_in, n_hidden), (n_hidden,), (n_hidden, n_out), (n_out,)]
    parts, start = [], 0
    for shape in shapes:
        stop = start + int(np.prod(shape))
        parts.append(flat[start:stop].reshape(shape))
        start = stop
    return Block(*parts)


def _forward(block: Block, x: Array) -> _Pass:
    hidden: Array = np.maximum(x @ block.w_1 + block.c_1, 0)
    return _Pass(x, hidden, x @ block.skip + hidden @ block.w_2 + block.c_2)


def _backward(block: Block, done: _Pass, d_out: Array, into: Block) -> Array:
    """Write the gradients by the block's weights; return that by its input."""
    d_hidden: Array = (d_out @ block.w_2.T) * (done.hidden > 0)
    np.matmul(done.x.T, d_out, out=into.skip)
    np.matmul(done.x.T, d_hidden, out=into.w_1)
    np.matmul(done.hidden.T, d_out, out=into.w_2)
    d_hidden.sum(axis=0, out=into.c_1)
    d_out.sum(axis=0, out=into.c_2)
    d_in: Array = d_out @ block.skip.T + d_hidden @ block.w_1.T
    return d_in
