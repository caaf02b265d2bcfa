"""What the papers of a library teach about subjects: their categories and keywords.

Nothing is kept on disk: what is learned from some thousand papers takes about two seconds of a
core. It is learned beside, when it is first asked for and when the library has grown.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.ports import Reading
from broadsheet.model.subjects import Concept, ConceptKind, Filing, Likely
from broadsheet.search.meaning import Meaning
from typecase.classify import NearestLabels, PowersetConformal
from typecase.explain import ExplicitSemantics

log = logging.getLogger(__name__)

FEWEST = 200
"""Papers with subjects and vectors; from fewer nothing is learned."""
_TAUGHT = 6_000
_CALIBRATED = 300
_GROWN = 1.1
_MEMBERS = 5
_LEAST = 0.01
_CERTAINTY = 0.8
_MOST_POSSIBLE = 20
_BATCH = 500

_NEAREST = 24
_LOOKED_AT = 96
_THRESHOLD = 0.25
"""Found in docs/reference/categories.md, as are the settings of the sets."""

_Floats = NDArray[np.float32]
Filed = defaultdict[int, Filing]

_NOWHERE = Filing((), ())


@dataclass(frozen=True, slots=True)
class _Learned:
    model_id: str
    n_vectors: int
    concepts: ExplicitSemantics
    labels: tuple[str, ...]
    sets: PowersetConformal | None


class Subjects:
    """Names what a search and a paper have in common, and the categories a paper would have.

    Args:
        reading: the database.
        meaning: the vectors.
        seed: of which papers teach.
    """

    def __init__(self, *, reading: Reading, meaning: Meaning, seed: int = 0) -> None:
        self.reading = reading
        self.meaning = meaning
        self.seed = seed
        self._learned: _Learned | None = None
        self._too_few = -1

    def is_behind(self) -> bool:
        """Return whether there is more to learn from than what was learned from."""
        n = self.meaning.n_vectors()
        if n < FEWEST or n == self._too_few:
            return False
        known = self._learned
        return (
            known is None
            or known.model_id != self.meaning.model()
            or not known.n_vectors / _GROWN <= n <= known.n_vectors * _GROWN
        )

    def is_known(self) -> bool:
        """Return whether something was learned for the model whose vectors are searched."""
        return self._known() is not None

    def learn(self) -> None:
        """Learn from a sample of the papers that have vectors.

        Raises:
            IndexBrokenError, SettingsError: the vectors cannot be read.
        """
        n_vectors, model_id = self.meaning.n_vectors(), self.meaning.model()
        keys, x = self.meaning.sample(_TAUGHT + _CALIBRATED, seed=self.seed)
        filed = self._filed(keys)
        kept = [row for row, key in enumerate(keys.tolist()) if _names(filed[key])]
        keys, x = keys[kept], x[kept]
        n_out = min(_CALIBRATED, len(keys) // 4)
        names = [_names(filed[key]) for key in keys[n_out:].tolist()]
        most = max(Counter(chain.from_iterable(names)).values(), default=0)
        if len(keys) < FEWEST or most < _MEMBERS:
            self._too_few = n_vectors
            return
        concepts = ExplicitSemantics(min_members=_MEMBERS).fit(x[n_out:], names)
        calibrated = self._calibrated(keys, x, filed, n_out)
        self._learned = _Learned(model_id, n_vectors, concepts, *calibrated)
        log.info("learned subjects papers=%d concepts=%d", len(keys), len(concepts.weights_))

    def in_common(self, q: _Floats, key: int, *, k: int = 5) -> tuple[Concept, ...]:
        """Return the k subjects that connect a search most with a paper; none before `learn`.

        Shares below a hundredth are left out.

        Args:
            q: (dim,), where the search points to.
        """
        learned, x = self._known(), self.meaning.vector(key)
        if learned is None or x is None:
            return ()
        found = learned.concepts.explain(q, x, k)
        return tuple(
            Concept(kind=kind, name=name, share=share / found.score)
            for (kind, name), share in ((_parted(name), share) for name, share in found.shares)
            if share >= _LEAST * found.score
        )

    def likely(self, key: int) -> Likely | None:
        """Return the categories that a paper would have by its nearest; None before `learn`."""
        learned, x = self._known(), self.meaning.vector(key)
        if learned is None or x is None or not learned.labels:
            return None
        ((near, categories),) = self._nearest(np.array([key]), x[None])
        scores = self._scores(near, categories, x, learned.labels)
        order = np.argsort(-scores, kind="stable")
        told = [i for i in order.tolist() if scores[i] >= _THRESHOLD] or order[:1].tolist()
        if not scores[told[0]] > 0:
            return None
        return Likely(
            categories=tuple((learned.labels[i], float(scores[i])) for i in told),
            none_but=_none_but(learned, scores),
            certainty=_CERTAINTY,
        )

    def _known(self) -> _Learned | None:
        learned = self._learned
        return learned if learned and learned.model_id == self.meaning.model() else None

    def _filed(self, keys: NDArray[np.int64]) -> Filed:
        """Return what some papers are filed under; nothing where one is in no list."""
        found: Filed = defaultdict(lambda: _NOWHERE)
        for start in range(0, len(keys), _BATCH):
            found.update(self.reading.filings(keys[start : start + _BATCH].tolist()))
        return found

    def _calibrated(
        self, keys: NDArray[np.int64], x: _Floats, filed: Filed, n_out: int
    ) -> tuple[tuple[str, ...], PowersetConformal | None]:
        """Return the categories, and what tells how surely a paper has none of some.

        Args:
            n_out: as many of the first papers calibrate it; the others say which sets there are.
        """
        sets = [filed[key].categories for key in keys.tolist()]
        labels = tuple(sorted({label for one in sets for label in one}))
        rows = [row for row in range(n_out) if sets[row]]
        if not rows:
            return labels, None
        nearest = self._nearest(keys[rows], x[rows])
        scores = [
            self._scores(*near, x[row], labels) for near, row in zip(nearest, rows, strict=True)
        ]
        known = _matrix([one for one in sets[n_out:] if one], labels)
        conformal = PowersetConformal(measure="likelihood", floor=0.003, unseen=2.0, size=0.3)
        true = _matrix([sets[row] for row in rows], labels)
        return labels, conformal.fit(np.stack(scores), true, known=known)

    def _nearest(
        self, keys: NDArray[np.int64], x: _Floats
    ) -> list[tuple[NDArray[np.int64], list[tuple[str, ...]]]]:
        """Return the papers with categories that are nearest to each of some, best first."""
        found = [
            self.meaning.search(q, None, k=_LOOKED_AT, not_in=key[None]).keys
            for key, q in zip(keys, x, strict=True)
        ]
        filed = self._filed(np.unique(np.concatenate(found)))
        near = [[key for key in one.tolist() if filed[key].categories][:_NEAREST] for one in found]
        return [(np.array(one), [filed[key].categories for key in one]) for one in near]

    def _scores(
        self,
        near: NDArray[np.int64],
        categories: list[tuple[str, ...]],
        x: _Floats,
        labels: tuple[str, ...],
    ) -> _Floats:
        """Return the share of the nearest papers that has each label, (n_labels,)."""
        scores = np.zeros(len(labels), dtype=np.float32)
        if not categories:
            return scores
        _, vectors = self.meaning.vectors(near)
        vote = NearestLabels(k=_NEAREST).fit(vectors, categories)
        column = {label: i for i, label in enumerate(labels)}
        for label, share in zip(vote.label_names_, vote.predict_scores(x[None])[0], strict=True):
            if label in column:
                scores[column[label]] = share
        return scores


def _none_but(learned: _Learned, scores: _Floats) -> tuple[str, ...]:
    if learned.sets is None:
        return ()
    (found,) = learned.sets.labels_in_some(scores[None], 1 - _CERTAINTY)
    possible = np.flatnonzero(found)
    if len(possible) > _MOST_POSSIBLE:
        return ()
    order = possible[np.argsort(-scores[possible], kind="stable")]
    return tuple(learned.labels[i] for i in order)


def _names(filed: Filing) -> list[str]:
    """Return the subjects of a paper, each once; what kind each is stands before it."""
    words = {" ".join(word.lower().split()) for word in filed.keywords}
    return [*(f"category {c}" for c in filed.categories), *(f"keyword {w}" for w in words if w)]


def _parted(name: str) -> tuple[ConceptKind, str]:
    kind, _, rest = name.partition(" ")
    return ("category" if kind == "category" else "keyword"), rest


def _matrix(sets: Sequence[Sequence[str]], labels: tuple[str, ...]) -> NDArray[np.bool_]:
    column = {label: i for i, label in enumerate(labels)}
    found = np.zeros((len(sets), len(labels)), dtype=np.bool_)
    for row, names in enumerate(sets):
        found[row, [column[name] for name in names]] = True
    return found
