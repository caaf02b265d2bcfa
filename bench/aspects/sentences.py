"""What heads would give on the sentences of one role, which would have to be embedded as well.

A sentence's role is told from its vector by a ridge regression on CSAbstruct. A paper's vector for
the task is then the mean of its sentences, weighted by how likely each states an objective; for
the method, a method. The heads are those over whole papers.
"""

import re
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.aspects.given import rows
from bench.aspects.measuring import Collection, Map, alike
from typecase.encoders.contract import TextEncoder
from typecase.kernels.contrast import softmax, unit_rows

Floats = NDArray[np.float32]

ROLES = ("background", "objective", "method", "result", "other")
_WANTED = {"task": ("background", "objective"), "method": ("method",), "dataset": ("result",)}
_TAUGHT = 120
_RIDGE = 3.0
_SHARPNESS = 6.0
_END = re.compile(r"(?<=[.!?]) +(?=[A-Z])")
_LEAST_WORDS, _MOST_SENTENCES = 4, 10


def by_sentences(
    found: Collection, heads: Mapping[str, Map], shared: Path, encoder: TextEncoder
) -> dict[str, dict[str, Any]]:
    """Return figures by facet: of the head over weighted sentences, alone and beside the paper."""
    weights = _learned(shared, encoder)
    pieces = [_sentences(one.text) for one in found.documents]
    x = encoder.encode([text for own in pieces for text in own])
    likely = softmax(_SHARPNESS * _scores(x, weights))
    places = np.repeat(np.arange(len(pieces)), [len(own) for own in pieces])
    figures = {}
    for facet in found.sharing:
        share = likely[:, [ROLES.index(role) for role in _WANTED[facet]]].sum(axis=1)
        weighted = np.zeros_like(found.x)
        np.add.at(weighted, places, share[:, None] * x)
        whole, part = heads[facet](found.x), heads[facet](unit_rows(weighted)[0])
        figures[facet] = {
            "sentences": alike(part, found.sharing[facet]),
            "sentences and paper": alike(unit_rows(whole + part)[0], found.sharing[facet]),
        }
    return figures


def _learned(shared: Path, encoder: TextEncoder) -> Floats:
    path = shared / "aspect_csabstruct" / "train.jsonl.gz"
    taught = list(islice(rows(path), _TAUGHT))
    x = encoder.encode([sentence for row in taught for sentence in row["sentences"]])
    y = np.eye(len(ROLES))[[ROLES.index(role) for row in taught for role in row["labels"]]]
    with_one = np.hstack([x, np.ones((len(x), 1))]).astype(np.float64)
    square = with_one.T @ with_one + _RIDGE * np.eye(with_one.shape[1])
    return np.linalg.solve(square, with_one.T @ y).astype(np.float32)


def _scores(x: Floats, weights: Floats) -> Floats:
    scores: Floats = x @ weights[:-1] + weights[-1]
    return scores


def _sentences(text: str) -> list[str]:
    found = [s for s in _END.split(" ".join(text.split())) if len(s.split()) >= _LEAST_WORDS]
    return found[:_MOST_SENTENCES] or [text]
