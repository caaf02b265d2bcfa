"""AUC a topic of Lbl2Vec and of the plain cosine to the keywords, on news and on the arXiv."""

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.categories.papers import Papers
from broadsheet.search.trials.kept_encoder import KeptEncoder
from typecase.discover import Lbl2Vec
from typecase.metrics.separation import auc

NEWS = {
    "names": {
        "World": ["world"],
        "Sports": ["sports"],
        "Business": ["business"],
        "Sci/Tech": ["science", "technology"],
    },
    "a few words": {
        "World": ["world", "politics", "government", "war", "election"],
        "Sports": ["sports", "football", "match", "championship", "olympics"],
        "Business": ["business", "company", "market", "stocks", "economy"],
        "Sci/Tech": ["science", "technology", "software", "internet", "space"],
    },
}
ARCHIVES = {
    "cs": ["computer science"],
    "math": ["mathematics"],
    "physics": ["physics"],
    "stat": ["statistics"],
    "eess": ["electrical engineering", "systems science"],
    "cond-mat": ["condensed matter"],
    "q-bio": ["quantitative biology"],
    "nlin": ["nonlinear sciences"],
    "quant-ph": ["quantum physics"],
    "q-fin": ["quantitative finance"],
    "math-ph": ["mathematical physics"],
    "astro-ph": ["astrophysics"],
    "hep-th": ["high energy physics theory"],
    "econ": ["economics"],
    "hep-ph": ["high energy physics phenomenology"],
    "hep-ex": ["high energy physics experiment"],
    "gr-qc": ["general relativity", "quantum cosmology"],
}
N_NEWS = 2000
VARIANTS: dict[str, dict[str, Any]] = {
    "Lbl2Vec": {},
    "without cleaning": {"clean": False},
    "30 documents": {"min_docs": 30},
    "300 documents": {"min_docs": 300},
}

Floats = NDArray[np.float32]


def measure(parts: dict[str, Papers], shared: Path, encoder: KeptEncoder, seed: int) -> Any:
    """Return AUCs by set. Nothing is tuned: settings are the defaults, others are shown beside."""
    x, labels = _news(shared, encoder, seed)
    found = {}
    for name, keywords in NEWS.items():
        belongs = {topic: labels == number for number, topic in enumerate(keywords, start=1)}
        found[f"news, {name}"] = _aucs(x, x, keywords, belongs, encoder)
    taught, measured = parts["taught"], parts["measured"]
    archives = [{c.split(".")[0] for c in categories} for categories in measured.categories]
    of = {topic: np.array([topic in row for row in archives]) for topic in ARCHIVES}
    there = {topic: words for topic, words in ARCHIVES.items() if of[topic].sum() >= 5}
    found["arXiv"] = _aucs(taught.x, measured.x, there, of, encoder)
    return found


def _aucs(
    taught: Floats,
    measured: Floats,
    words: dict[str, list[str]],
    belongs: dict[str, NDArray[np.bool_]],
    encoder: KeptEncoder,
) -> dict[str, Any]:
    keywords = {topic: encoder.encode(texts) for topic, texts in words.items()}
    scores = {"cosine to the keywords": _plain(measured, list(keywords.values()))}
    for name, settings in VARIANTS.items():
        scores[name] = Lbl2Vec(**settings).fit(taught, keywords).predict_scores(measured)
    methods = {}
    for name, of_method in scores.items():
        each = {
            topic: round(auc(of_method[:, column], belongs[topic]), 4)
            for column, topic in enumerate(words)
        }
        methods[name] = {"topics": each, "mean": round(float(np.mean(list(each.values()))), 4)}
        print(f"{name}: {methods[name]}", flush=True)
    return {
        "keywords": words,
        "documents": len(taught),
        "measured": len(measured),
        "belong": {topic: int(belongs[topic].sum()) for topic in words},
        "methods": methods,
    }


def _plain(x: Floats, keywords: list[Floats]) -> Floats:
    means = np.stack([vectors.mean(axis=0) for vectors in keywords])
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    scores: Floats = unit @ (means / np.linalg.norm(means, axis=1, keepdims=True)).T
    return scores


def _news(shared: Path, encoder: KeptEncoder, seed: int) -> tuple[Floats, NDArray[np.int64]]:
    path = shared / "text_agnews" / "agnews_test_7600.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        items = [json.loads(line) for line in lines]
    rows = np.sort(np.random.default_rng(seed).permutation(len(items))[:N_NEWS])
    texts = [f"{items[row]['title']}\n{items[row]['text']}" for row in rows]
    parts = list(encoder.encode_iter(texts, batch_size=100))
    return np.concatenate(parts), np.array([int(items[row]["label"]) for row in rows])
