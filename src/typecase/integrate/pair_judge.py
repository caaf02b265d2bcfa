"""A small network over a pair's features, trained with adversarial examples."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from typecase.kernels.adam import adam_step

_Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """One hidden layer of rectified units, one output.

    Args:
        mean, scale: (n_features,), by which features are standardised.
        weights: (n_hidden * (n_features + 2) + 1,), all in one.
    """

    mean: _Floats
    scale: _Floats
    n_hidden: int
    weights: _Floats

    def likely(self, x: _Floats) -> _Floats:
        """Return how likely pairs are of one thing, (n,), for features (n, n_features)."""
        _, logits = _forward((x - self.mean) / self.scale, self.weights, self.n_hidden)
        return _sigmoid(logits)


def train(
    x: _Floats,
    same: NDArray[np.bool_],
    *,
    n_hidden: int,
    n_steps: int,
    batch_size: int,
    learning_rate: float,
    adversarial: float,
    rng: np.random.Generator,
) -> Network:
    """Return the network that tells pairs of one thing from others.

    Each step takes one pair of one thing to three others: most candidates are others. Then the
    same pairs moved against the network: by `adversarial` standard deviations along the sign of
    the loss's gradient.

    Args:
        x: (n, n_features).
        same: (n,), both kinds must be there.

    Source:
        Goodfellow, Shlens, Szegedy, "Explaining and harnessing adversarial examples", ICLR 2015,
        the fast gradient sign method, for the adversarial half.
    """
    mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), np.float32(1e-3))
    z = ((x - mean) / scale).astype(np.float32)
    rows = np.flatnonzero(same), np.flatnonzero(~same)
    weights = _start(z.shape[1], n_hidden, rng)
    moments = np.zeros((2, len(weights)), dtype=np.float32)
    for step in range(1, n_steps + 1):
        counts = batch_size // 4, batch_size - batch_size // 4
        chosen = np.concatenate([rng.choice(r, n) for r, n in zip(rows, counts, strict=True)])
        target = same[chosen].astype(np.float32)
        batch = z[chosen]
        gradient, by_input = _gradients(batch, target, weights, n_hidden)
        if adversarial:
            moved = batch + np.float32(adversarial) * np.sign(by_input)
            other, _ = _gradients(moved, target, weights, n_hidden)
            gradient = (gradient + other) * np.float32(0.5)
        adam_step(weights, gradient, moments, step=step, learning_rate=learning_rate)
    return Network(mean=mean, scale=scale, n_hidden=n_hidden, weights=weights)


def _start(n_features: int, n_hidden: int, rng: np.random.Generator) -> _Floats:
    first = rng.standard_normal((n_features, n_hidden)) * np.sqrt(2 / n_features)
    second = rng.standard_normal(n_hidden) * np.sqrt(1 / n_hidden)
    parts = [first.ravel(), np.zeros(n_hidden), second, np.zeros(1)]
    return np.concatenate(parts).astype(np.float32)


def _split(
    weights: _Floats, n_features: int, n_hidden: int
) -> tuple[_Floats, _Floats, _Floats, _Floats]:
    end = n_features * n_hidden
    return (
        weights[:end].reshape(n_features, n_hidden),
        weights[end : end + n_hidden],
        weights[end + n_hidden : end + 2 * n_hidden],
        weights[-1:],
    )


def _forward(z: _Floats, weights: _Floats, n_hidden: int) -> tuple[_Floats, _Floats]:
    first, bias, second, shift = _split(weights, z.shape[1], n_hidden)
    hidden = np.maximum(z @ first + bias, 0)
    return hidden, hidden @ second + shift


def _gradients(
    z: _Floats, target: _Floats, weights: _Floats, n_hidden: int
) -> tuple[_Floats, _Floats]:
    """Return the gradient of the mean log loss by the weights, and by the input."""
    first, _, second, _ = _split(weights, z.shape[1], n_hidden)
    hidden, logits = _forward(z, weights, n_hidden)
    wrong = (_sigmoid(logits) - target) / len(z)
    back = np.outer(wrong, second) * (hidden > 0)
    parts = [(z.T @ back).ravel(), back.sum(axis=0), hidden.T @ wrong, wrong.sum(keepdims=True)]
    return np.concatenate(parts).astype(np.float32), (back @ first.T).astype(np.float32)


def _sigmoid(x: _Floats) -> _Floats:
    likely = 1 / (1 + np.exp(-np.clip(x, -30, 30)))
    return np.asarray(likely, dtype=np.float32)
