"""How well papers are ranked by named concepts, beside the cosine of their vectors.

Related are papers that share an author: of that, neither concepts nor categories say anything.
"""

import re
from collections import Counter
from collections.abc import Callable
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.categories.papers import Papers
from typecase.explain import ExplicitSemantics
from typecase.kernels.inner_product import unit_vectors
from typecase.metrics.ranking import mean_of_judged, ndcg, reciprocal_rank
from typecase.metrics.separation import auc

N_QUERIES = 400
MOST_PAPERS = 20
"""A name that more papers have may be of several people."""
LEAST_TITLES = 50
MOST_TITLES = 0.03
LEARNING: tuple[dict[str, Any], ...] = (
    {"n_active": 50, "shrinkage": None, "learning_rate": 0.003},
    {"n_active": 50, "shrinkage": 0.3, "learning_rate": 0.0003},
    {"n_active": 100, "shrinkage": 0.3, "learning_rate": 0.0003},
)
COMMON = {"n_steps": 300, "batch_size": 128}

_WORD = re.compile(r"[a-z][a-z-]+")
_STOP_WORDS = """a an and are as at based be between by can do does for from how in into is it its
new not of on or over that the their this to towards toward under using via we what when with
without approach method methods"""
_STOP = set(_STOP_WORDS.split())

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]
Scorer = Callable[[NDArray[np.float32], NDArray[np.float32]], Floats]


def measure(parts: dict[str, Papers], seed: int) -> dict[str, Any]:
    """Return figures on papers that were neither taught nor tuned on."""
    rng = np.random.default_rng(seed)
    taught = parts["taught"]
    words = _words(taught.titles)
    concepts = [
        row | (_phrases(title) & words)
        for row, title in zip(taught.categories, taught.titles, strict=True)
    ]
    triples = _triples(taught, rng)
    tuning = _Judge(parts["tuned"], rng)
    judge = _Judge(_together(parts["calibrated"], parts["measured"]), rng)
    mean = unit_vectors(taught.x).mean(axis=0)
    scorers: dict[str, Scorer] = {
        "cosine of the vectors": lambda a, b: unit_vectors(a) @ unit_vectors(b).T,
        "cosine after the mean": lambda a, b: (
            unit_vectors(unit_vectors(a) - mean) @ unit_vectors(unit_vectors(b) - mean).T
        ),
    }
    tried = []
    models: dict[str, ExplicitSemantics] = {}
    for settings in LEARNING:
        model = ExplicitSemantics(**COMMON, **settings).fit(taught.x, concepts, triples)
        tried.append({**settings, **tuning.figures(model.score)})
        models[str(settings)] = model
        print(f"tuned {tried[-1]}", flush=True)
    chosen = LEARNING[max(range(len(tried)), key=lambda row: tried[row]["ndcg"])]
    models = {
        "concepts, learned": models[str(chosen)],
        "concepts, not learned": ExplicitSemantics(**chosen).fit(taught.x, concepts),
        "concepts at the means of their members": ExplicitSemantics(
            **{**chosen, "shrinkage": None}
        ).fit(taught.x, concepts),
        "categories alone, learned": ExplicitSemantics(**COMMON, **chosen).fit(
            taught.x, taught.categories, triples
        ),
    }
    found = {name: judge.figures(scorer) for name, scorer in scorers.items()}
    for name, model in models.items():
        found[name] = judge.figures(model.score) | _true_names(model, judge.papers)
    for name, figures in found.items():
        print(f"{name}: {figures}", flush=True)
    return {
        "concepts": len(models["concepts, learned"].concept_names_),
        "triples": len(triples),
        "settings": {**COMMON, **chosen},
        "tried": tried,
        "tuning": {"papers": len(tuning.papers), "queries": len(tuning.queries)},
        "papers": len(judge.papers),
        "queries": len(judge.queries),
        "methods": found,
        "examples": _examples(models["concepts, learned"], judge),
    }


class _Judge:
    """Papers, and which of them share an author."""

    def __init__(self, papers: Papers, rng: np.random.Generator) -> None:
        self.papers = papers
        self.related: dict[int, set[int]] = {}
        for a, b in _pairs(papers):
            self.related.setdefault(a, set()).add(b)
            self.related.setdefault(b, set()).add(a)
        queries = np.array(sorted(self.related))
        self.queries: Ints = np.sort(rng.permutation(queries)[:N_QUERIES])

    def figures(self, scorer: Scorer) -> dict[str, float]:
        """Return means over the queries, each against all other papers."""
        scores = scorer(self.papers.x[self.queries], self.papers.x)
        found: dict[str, list[float]] = {"auc": [], "ndcg": [], "rr": [], "same_category": []}
        for query, row in zip(self.queries.tolist(), scores, strict=True):
            others = np.delete(np.arange(len(self.papers)), query)
            order = others[np.argsort(-row[others], kind="stable")].tolist()
            related = self.related[query]
            found["auc"].append(auc(row[others], np.isin(others, sorted(related))))
            found["ndcg"].append(ndcg(order[:10], dict.fromkeys(related, 1), 10))
            found["rr"].append(reciprocal_rank(order, dict.fromkeys(related, 1)))
            own = self.papers.categories[query]
            shared = [bool(own & self.papers.categories[other]) for other in order[:10]]
            found["same_category"].append(float(np.mean(shared)))
        return {name: round(mean_of_judged(values), 4) for name, values in found.items()}


def _pairs(papers: Papers) -> list[tuple[int, int]]:
    """Return pairs of papers that share an author's name, sorted."""
    of: dict[str, list[int]] = {}
    for row, authors in enumerate(papers.authors):
        for name in set(authors):
            of.setdefault(name, []).append(row)
    rows = [members for members in of.values() if len(members) <= MOST_PAPERS]
    return sorted({pair for members in rows for pair in combinations(members, 2)})


def _triples(papers: Papers, rng: np.random.Generator) -> Ints:
    """Return each pair with an unrelated paper: by halves any one, and one of a category."""
    pairs = _pairs(papers)
    names = [set(authors) for authors in papers.authors]
    of: dict[str, list[int]] = {}
    for row, categories in enumerate(papers.categories):
        for category in categories:
            of.setdefault(category, []).append(row)
    found = []
    for place, (a, b) in enumerate(pairs):
        pool = range(len(papers)) if place % 2 else of[min(papers.categories[a])]
        other = int(pool[rng.integers(len(pool))])
        if not names[a] & names[other]:
            found.append((a, b, other))
    return np.array(found, dtype=np.int64)


def _words(titles: list[str]) -> set[str]:
    """Return the words and pairs of words that are in many titles and not in too many."""
    counts = Counter(phrase for title in titles for phrase in _phrases(title))
    most = MOST_TITLES * len(titles)
    return {phrase for phrase, n in counts.items() if LEAST_TITLES <= n <= most}


def _phrases(title: str) -> set[str]:
    words = _WORD.findall(title.lower())
    single = {word for word in words if word not in _STOP and len(word) > 2}
    return single | {f"{a} {b}" for a, b in pairwise(words) if a in single and b in single}


def _true_names(model: ExplicitSemantics, papers: Papers) -> dict[str, float]:
    """Return how well a category's activation tells the papers that are filed under it."""
    numbers = [c for c, name in enumerate(model.concept_names_) if "." in name]
    active = model.encode(papers.x)
    share = np.zeros((len(papers), len(model.concept_names_)), dtype=np.float32)
    rows, places = np.nonzero(active.concepts >= 0)
    share[rows, active.concepts[rows, places]] = active.weights[rows, places]
    aucs = [
        auc(
            share[:, c],
            np.array([model.concept_names_[c] in own for own in papers.categories]),
        )
        for c in numbers
    ]
    return {"names_auc": round(mean_of_judged(aucs), 4)}


def _examples(model: ExplicitSemantics, judge: _Judge) -> list[dict[str, Any]]:
    found = []
    for query in judge.queries[:: max(1, len(judge.queries) // 4)][:4].tolist():
        scores = model.score(judge.papers.x[query][None], judge.papers.x)[0]
        scores[query] = -1
        best = int(scores.argmax())
        said = model.explain(judge.papers.x[query], judge.papers.x[best], 4)
        shares = [(name, round(share / said.score, 3)) for name, share in said.shares]
        found.append({"score": round(said.score, 4), "shares": shares})
    return found


def _together(one: Papers, other: Papers) -> Papers:
    return Papers(
        x=np.concatenate([one.x, other.x]),
        categories=one.categories + other.categories,
        authors=one.authors + other.authors,
        titles=one.titles + other.titles,
    )
