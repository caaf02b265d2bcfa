"""Adam on one flat vector of weights: a step, its rate, and a whole descent."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_BETA_1 = 0.9
_BETA_2 = 0.999
_EPSILON = 1e-8
_N_CHECKS = 10


def adam_step(
    weights: NDArray[np.float32],
    gradient: NDArray[np.float32],
    moments: NDArray[np.float32],
    *,
    step: int,
    learning_rate: float,
) -> None:
    """Move the weights against the gradient, in place.

    Args:
        weights: (n,), overwritten.
        gradient: (n,).
        moments: (2, n), zeros before the first step, overwritten.
        step: 1 for the first one.

    Source:
        Kingma, Ba, "Adam: A method for stochastic optimization", ICLR 2015, algorithm 1, with its
        defaults for beta_1, beta_2 and epsilon.
    """
    first, second = moments
    first += np.float32(1 - _BETA_1) * (gradient - first)
    second += np.float32(1 - _BETA_2) * (gradient * gradient - second)
    scale = np.sqrt(second / np.float32(1 - _BETA_2**step))
    scale += np.float32(_EPSILON)
    weights -= np.float32(learning_rate / (1 - _BETA_1**step)) * (first / scale)


def cosine_rate(step: int, n_steps: int, peak: float) -> float:
    """Return the learning rate of a step: up to the peak in a twentieth, then half a cosine to 0.

    Source:
        Loshchilov, Hutter, "SGDR: Stochastic gradient descent with warm restarts", ICLR 2017,
        equation 5, one cycle. Differs: it starts with a linear rise.
    """
    rise = min(1.0, step / max(1.0, n_steps / 20))
    return float(peak * rise * 0.5 * (1 + np.cos(np.pi * (step - 1) / n_steps)))


def best_of_descent(
    weights: NDArray[np.float32],
    gradient: Callable[[], NDArray[np.float32]],
    check: Callable[[], float],
    *,
    n_steps: int,
    learning_rate: float,
) -> None:
    """Take n_steps of Adam in place, and leave the weights at what had the lowest check.

    That may be the start. The check is asked for about ten times, at the start and at the end.

    Args:
        weights: (n,), overwritten; gradient and check look at it.
        gradient: the gradient, (n,), of a new batch's loss.
    """
    moments = np.zeros((2, len(weights)), dtype=np.float32)
    best, lowest = weights.copy(), check()
    for step in range(1, n_steps + 1):
        rate = cosine_rate(step, n_steps, learning_rate)
        adam_step(weights, gradient(), moments, step=step, learning_rate=rate)
        if (step % max(1, n_steps // _N_CHECKS) == 0 or step == n_steps) and (
            found := check()
        ) < lowest:
            best, lowest = weights.copy(), found
    weights[...] = best
