"""How vectors become activations of concepts, and how that is learned from related pairs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from typecase.kernels.adam import best_of_descent
from typecase.kernels.contrast import through_unit_rows, unit_rows
from typecase.kernels.ranking import kth_largest

_HELD_OUT = 10
_MOST_HELD_OUT = 500

_Floats = NDArray[np.float32]
_Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """How long and how hard to learn; see `ExplicitSemantics`."""

    n_active: int
    n_steps: int
    batch_size: int
    learning_rate: float
    temperature: float
    anchor: float


def strongest(activations: _Floats, n_active: int) -> NDArray[np.bool_]:
    """Return which activations of each row are above 0 and among its n_active largest.

    Of equal ones the lower number counts.
    """
    kept = activations > 0
    if activations.shape[1] > n_active:
        kept &= activations >= kth_largest(activations, n_active)[:, None]
        for row in np.flatnonzero(kept.sum(axis=1) > n_active):
            equal = np.flatnonzero(kept[row])
            order = np.argsort(-activations[row, equal], kind="stable")
            kept[row, equal[order[n_active:]]] = False
    return kept


def learn(
    weights: _Floats,
    bias: _Floats,
    x: _Floats,
    triples: _Ints,
    lesson: Lesson,
    rng: np.random.Generator,
) -> None:
    """Move weights and bias, in place, so that related rows score above unrelated ones.

    The loss of a triple is log(1 + exp((s(row, unrelated) - s(row, related)) / temperature)); to
    the mean over a batch comes `anchor` times the mean squared move of a concept's vector. A
    tenth of the triples, 500 at most, is held out, and what does best on it is kept; that may be
    the start.

    Args:
        weights: (n_concepts, dim), overwritten.
        bias: (n_concepts,), overwritten.
        x: (n, dim), as the weights are applied to.
        triples: (n_triples, 3) rows of x: one, one related to it, one that is not.
    """
    order = rng.permutation(len(triples))
    n_out = min(_MOST_HELD_OUT, -(-len(triples) // _HELD_OUT)) if len(triples) > 1 else 0
    out, taught = triples[order[:n_out]], triples[order[n_out:]]
    start = weights.copy()
    flat = np.concatenate([weights.ravel(), bias])
    view = flat[: weights.size].reshape(weights.shape), flat[weights.size :]

    def gradient() -> _Floats:
        batch = taught[rng.integers(0, len(taught), min(lesson.batch_size, len(taught)))]
        _, by_weights, by_bias = loss_and_gradients(*view, x, batch, lesson)
        by_weights += np.float32(2 * lesson.anchor / len(start)) * (view[0] - start)
        return np.concatenate([by_weights.ravel(), by_bias])

    def check() -> float:
        judged = out if len(out) else taught
        return loss_and_gradients(*view, x, judged, lesson)[0]

    best_of_descent(
        flat, gradient, check, n_steps=lesson.n_steps, learning_rate=lesson.learning_rate
    )
    weights[...], bias[...] = view


def loss_and_gradients(
    weights: _Floats, bias: _Floats, x: _Floats, triples: _Ints, lesson: Lesson
) -> tuple[float, _Floats, _Floats]:
    """Return the mean loss of triples, without the anchor, and its gradient by weights and bias."""
    rows = x[triples.T.ravel()]
    raw = rows @ weights.T + bias
    kept = strongest(raw, lesson.n_active)
    codes, lengths = unit_rows(np.where(kept, raw, np.float32(0)))
    one, related, unrelated = codes.reshape(3, len(triples), -1)
    apart = np.vecdot(one, unrelated) - np.vecdot(one, related)
    wrong = apart / np.float32(lesson.temperature)
    loss = float(np.logaddexp(0, wrong).mean(dtype=np.float64))
    pull = _sigmoid(wrong)[:, None] / np.float32(lesson.temperature * len(triples))
    by_codes = np.concatenate([pull * (unrelated - related), -pull * one, pull * one])
    by_raw = np.where(kept, through_unit_rows(codes, lengths, by_codes), np.float32(0))
    return loss, by_raw.T @ rows, by_raw.sum(axis=0)


def _sigmoid(x: _Floats) -> _Floats:
    share: _Floats = np.exp(-np.logaddexp(np.float32(0), -x))
    return share
