"""How often the true set is among those predicted, against 1 - alpha, and how many those are."""

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.categories.nearest import FoundOnce, label_names, matrix
from bench.categories.papers import Papers
from typecase.classify import NearestLabels, PowersetConformal

ALPHAS = (0.2, 0.1, 0.05)
POWERS = (1.0, 2.0)
FLOORS = (0.001, 0.003, 0.01)
UNSEEN = (0.0, 0.5, 2.0)
SIZES = (0.0, 0.3, 1.0)
LIMIT = 2_000
K = 24
N_SPLITS = 30
N_LISTED = 200
_N_TUNED = 60
_TUNED_ALPHA = 0.2
_TUNED_LIMIT = 1_000

Scores = NDArray[np.float32]
Bools = NDArray[np.bool_]


def measure(parts: dict[str, Papers], index: FoundOnce, seed: int) -> dict[str, Any]:
    """Return coverage and sizes, of the plain measure and of the one with penalties.

    Settings are chosen on the papers tuned; coverage is over random halves of the papers that
    neither taught nor tuned anything, one half to calibrate, the other to measure.
    """
    names = label_names(parts)
    model = NearestLabels(k=K, index=index).fit(parts["taught"].x, parts["taught"].categories)
    scores = {name: model.predict_scores(parts[name].x) for name in ("tuned", "calibrated")}
    scores["measured"] = model.predict_scores(parts["measured"].x)
    true = {name: matrix(papers, names) for name, papers in parts.items()}
    known = true["taught"]
    held = np.concatenate([scores["calibrated"], scores["measured"]])
    labels = np.concatenate([true["calibrated"], true["measured"]])
    found: dict[str, Any] = {}
    for name, choices in _variants().items():
        settings, tried = _chosen(choices, scores["tuned"], true["tuned"], known)
        print(f"{name}: {settings}", flush=True)
        conformal = PowersetConformal(**settings)
        found[name] = {"settings": settings, "tried": tried, "alphas": {}}
        coverage = _coverage(conformal, held, labels, known, seed)
        conformal.fit(scores["calibrated"], true["calibrated"], known=known)
        for alpha in ALPHAS:
            said = coverage[alpha] | _sizes(
                conformal, scores["measured"][:N_LISTED], true["measured"][:N_LISTED], alpha
            )
            found[name]["alphas"][f"{1 - alpha:g}"] = said
            print(f"{name} {1 - alpha:g}: {said}", flush=True)
    return {
        "k": K,
        "labels": len(names),
        "calibrated": len(held) // 2,
        "measured": len(held) - len(held) // 2,
        "splits": N_SPLITS,
        "listed": min(N_LISTED, len(scores["measured"])),
        "limit": LIMIT,
        "known_sets": len(np.unique(known, axis=0)),
        "unseen_share": round(float(np.mean(~_is_known(true["measured"], known))), 4),
        "methods": found,
    }


def _variants() -> dict[str, list[dict[str, Any]]]:
    """Return the settings to choose from, by what is measured."""
    plain: list[dict[str, Any]] = [{"power": power} for power in POWERS]
    likely = [{"measure": "likelihood", "floor": floor} for floor in FLOORS]
    penalties = [{"unseen": u, "size": s} for u, s in itertools.product(UNSEEN, SIZES)]
    return {
        "norm": plain,
        "norm, penalties": [a | b for a, b in itertools.product(plain, penalties)],
        "likelihood": likely,
        "likelihood, penalties": [a | b for a, b in itertools.product(likely, penalties)],
    }


def _chosen(
    choices: list[dict[str, Any]], scores: Scores, true: Bools, known: Bools
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the settings with the fewest sets at 0.8: geometric mean, half calibrates."""
    half = len(scores) // 2
    tried = []
    for settings in choices:
        model = PowersetConformal(**settings)
        model.fit(scores[:half], true[:half], known=known)
        lists = model.predict_sets(scores[half : half + _N_TUNED], _TUNED_ALPHA, limit=_TUNED_LIMIT)
        size = float(np.exp(np.mean([np.log1p(len(one.sets)) for one in lists])) - 1)
        tried.append({**settings, "sets": round(size, 2)})
    best = min(range(len(choices)), key=lambda row: tried[row]["sets"])
    return choices[best], tried


def _coverage(
    conformal: PowersetConformal, scores: Scores, true: Bools, known: Bools, seed: int
) -> dict[float, dict[str, float]]:
    rng = np.random.default_rng(seed)
    covered: dict[float, list[float]] = {alpha: [] for alpha in ALPHAS}
    for _ in range(N_SPLITS):
        order = rng.permutation(len(scores))
        one, other = order[: len(order) // 2], order[len(order) // 2 :]
        conformal.fit(scores[one], true[one], known=known)
        p = conformal.p_value(scores[other], true[other])
        for alpha in ALPHAS:
            covered[alpha].append(float(np.mean(p > alpha)))
    return {
        alpha: {
            "coverage": round(float(np.mean(shares)), 4),
            "lowest": round(min(shares), 4),
            "highest": round(max(shares), 4),
        }
        for alpha, shares in covered.items()
    }


def _sizes(
    conformal: PowersetConformal, scores: Scores, true: Bools, alpha: float
) -> dict[str, float]:
    lists = conformal.predict_sets(scores, alpha, limit=LIMIT)
    n_sets = np.array([len(one.sets) for one in lists])
    sure, possible = (
        np.array([getattr(one, view)() for one in lists]) for view in ("in_all", "in_some")
    )
    whole = np.array([one.is_complete for one in lists])
    listed = [
        tuple(np.flatnonzero(row).tolist()) in set(one.sets)
        for row, one in zip(true, lists, strict=True)
    ]
    return {
        "listed_coverage": round(float(np.mean(listed)), 4),
        "mean_sets": round(float(n_sets.mean()), 1),
        "median_sets": float(np.median(n_sets)),
        "none": round(float(np.mean(n_sets == 0)), 4),
        "cut": round(float(np.mean(~whole)), 4),
        "mean_looked_at": round(float(np.mean([one.n_looked_at for one in lists])), 1),
        "sure_labels": round(float(sure.sum(axis=1).mean()), 2),
        "sure_right": round(float((sure & true).sum() / max(1, sure.sum())), 4),
        "possible_labels": round(float(possible.sum(axis=1).mean()), 1),
        "possible_recall": round(float((possible & true).sum() / max(1, true.sum())), 4),
    }


def _is_known(labels: Bools, known: Bools) -> Bools:
    there = {row.tobytes() for row in known}
    return np.array([row.tobytes() in there for row in labels])
