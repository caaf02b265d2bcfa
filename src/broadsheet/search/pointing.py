"""The parts of a search that papers are near to, as vectors, and how near papers are to all."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.errors import LibraryError, SettingsError
from broadsheet.model.identifiers import arxiv_id, doi
from broadsheet.model.language.tree import ASPECTS, Soft
from broadsheet.model.query import Filters
from broadsheet.search.analysis import Asked, encodable
from broadsheet.search.aspects import OTHERNESS, Aspects
from broadsheet.search.direction import Direction, Pull, Vector, direction
from broadsheet.search.meaning import Meaning
from broadsheet.search.scored import NOTHING, Scored
from broadsheet.search.unit import unit
from broadsheet.search.word_index import WordIndex

_FACETS = {"task": "task", "method": "method", "data": "dataset"}


@dataclass(frozen=True, slots=True)
class Pointed:
    """Where a search points to.

    Without aspects the nearness of a paper is its cosine to `q`. With them it is the weighted mean
    of the cosine to what is no aspect, and of what each aspect gives; `q` finds candidates.

    Args:
        q: (dim,), of length 1, for the index of vectors.
        plain: all that is no aspect; None for nothing. Its `q` is of no use where it only turns
            away.
        weight: how much all that is no aspect counts: the weights of what pulls there.
        wanted: the weights of all that pulls, summed up.
        aspects: the parts that are, each with its weight and the vector of what it names.
        heads: what tells aspects; None where none are asked for.
        mean: the mean vector of all papers.
    """

    q: Vector
    plain: Direction | None
    weight: float
    wanted: float
    aspects: tuple[Pull, ...]
    heads: Aspects | None
    mean: Vector

    @property
    def softs(self) -> tuple[Soft | None, ...]:
        """The parts, as `told` has them."""
        plain = () if self.plain is None else self.plain.softs
        return (*plain, *(pull.soft for pull in self.aspects))

    @property
    def typical(self) -> float:
        """The nearness that a paper has by chance."""
        return float(self._chance.sum())

    def nearness(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how near papers are, (n,), of their unit vectors, (n, dim)."""
        found = self._given(x).sum(axis=1) if self.aspects else x @ self.q
        return np.asarray(found, dtype=np.float32)

    def told(self, x: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Return how near papers are, (n,), and what each part gives above chance, (n, n_parts)."""
        given = self._given(x)
        found = given.sum(axis=1) if self.aspects else x @ self.q
        return np.asarray(found, dtype=np.float32), given - self._chance

    @property
    def _chance(self) -> NDArray[np.float64]:
        """What each part gives by chance, (n_parts,)."""
        plain = []
        if self.plain is not None:
            plain.append(self.weight * (self.plain.parts @ self.mean))
        parts = [*plain, np.array([self._chance_of(pull) for pull in self.aspects])]
        return np.asarray(np.concatenate(parts) / self.wanted, dtype=np.float64)

    def _chance_of(self, pull: Pull) -> float:
        assert self.heads is not None  # noqa: S101 (aspects are asked for)
        return max(pull.weight, 0.0) * self.heads.chance(pull.vector[None], self.mean)

    def _given(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        parts = []
        if self.plain is not None:
            parts.append(self.weight * (x.astype(np.float64) @ self.plain.parts.T))
        parts += [self._of_aspect(pull, x)[:, None] for pull in self.aspects]
        return np.asarray(np.hstack(parts) / self.wanted, dtype=np.float64)

    def _of_aspect(self, pull: Pull, x: NDArray[np.float32]) -> NDArray[np.float64]:
        assert self.heads is not None  # noqa: S101 (aspects are asked for)
        assert pull.soft is not None  # noqa: S101 (an aspect is a part)
        name = _FACETS[pull.soft.kind]
        if pull.weight > 0:
            scores = self.heads.scores(pull.vector[None], x, same=[name])
            return pull.weight * scores.astype(np.float64)
        own = self.heads.vectors(name, pull.vector[None])[0]
        cosines = (self.heads.vectors(name, x) @ own).astype(np.float64)
        return np.asarray(OTHERNESS * pull.weight * cosines)


class Pointing:
    """Makes the direction of a search.

    Args:
        words: finds papers by their ids.
        meaning: the vectors.
    """

    def __init__(self, *, words: WordIndex, meaning: Meaning) -> None:
        self.words = words
        self.meaning = meaning

    def toward(self, asked: Asked) -> Pointed | None:
        """Return where a search points to; None while there are no vectors, or for nothing.

        Raises:
            SettingsError: the model cannot be had.
            IndexBrokenError: the vectors are damaged.
        """
        mean = self.meaning.mean()
        if mean is None:
            return None
        texts = [encodable(soft.text) for soft in asked.softs if not soft.is_paper]
        if len(texts) + bool(asked.text) > 1:  # side by side; the calls below remember them
            self.meaning.queries([text for text in (asked.text, *texts) if text])
        pulls = [Pull(None, 1.0, self.meaning.query(asked.text))] if asked.text else []
        for soft in asked.softs:
            vector = self._vector(soft)
            if vector is not None:
                pulls.append(Pull(soft, soft.weight, vector))
        heads = self._heads(asked)
        aspects = [p for p in pulls if heads and p.soft and p.soft.kind in ASPECTS]
        others = [pull for pull in pulls if not any(pull is one for one in aspects)]
        plain = direction(others, mean)
        if plain is None and not aspects:
            return None
        weight = sum(pull.weight for pull in others if pull.weight > 0) or 1.0
        if heads is None or not aspects:
            assert plain is not None  # noqa: S101 (looked at above)
            return Pointed(plain.q, plain, weight, weight, (), None, mean)
        found = self._candidates_of(aspects, heads, plain, weight)
        if found is None:
            return None
        by_aspects = sum(pull.weight for pull in aspects if pull.weight > 0)
        wanted = by_aspects + (weight if plain is not None else 0.0)
        plain, weight = (plain, weight) if plain is not None else (_turning_away(others), 1.0)
        return Pointed(found, plain, weight, wanted, tuple(aspects), heads, mean)

    def scores(self, toward: Pointed, keys: NDArray[np.int64]) -> Scored:
        """Return those of some papers that have a vector, with their nearness."""
        if not len(keys):
            return NOTHING
        if not toward.aspects:
            return self.meaning.scores(toward.q, keys)
        known, x = self.meaning.vectors(keys)
        return Scored(known, toward.nearness(x))

    def missing(self, asked: Asked) -> str:
        """Return what there is to say of parts that could not be taken as they were meant."""
        for soft in asked.softs:
            if soft.is_paper and (key := key_of(self.words, soft)) is None:
                return f"No paper here has the id {soft.text}; it was left out."
            if soft.is_paper and key is not None and self.meaning.vector(key) is None:
                return f"{soft.text} is not embedded yet; it was left out."
        has_aspects = any(soft.kind in ASPECTS for soft in asked.softs)
        if has_aspects and self._heads(asked) is None:
            return "The model of this library has no aspects; the whole meaning stood for them."
        return ""

    def _heads(self, asked: Asked) -> Aspects | None:
        if not any(soft.kind in ASPECTS for soft in asked.softs):
            return None
        return heads_of(self.meaning.model())

    def _candidates_of(
        self, aspects: list[Pull], heads: Aspects, plain: Direction | None, weight: float
    ) -> Vector | None:
        """Return a vector that finds candidates: the sum of what aspects and the rest ask for."""
        parts = [] if plain is None else [np.float32(weight) * plain.q]
        for pull in aspects:
            if pull.weight > 0 and pull.soft is not None:
                name = _FACETS[pull.soft.kind]
                own = heads.query(pull.vector[None], same=[name])
                parts.append(np.float32(pull.weight) * own)
        return unit(np.sum(parts, axis=0)) if parts else None

    def _vector(self, soft: Soft) -> Vector | None:
        if not soft.is_paper:
            return self.meaning.query(encodable(soft.text))
        key = key_of(self.words, soft)
        return None if key is None else self.meaning.vector(key)


@lru_cache(maxsize=4)
def heads_of(model_id: str) -> Aspects | None:
    """Return the heads of a model's vectors; None where there are none."""
    try:
        return Aspects(model_id=model_id)
    except (SettingsError, LibraryError):
        return None


def key_of(words: WordIndex, soft: Soft) -> int | None:
    """Return the key of the paper that a part of a search names."""
    text = encodable(soft.text)
    name = arxiv_id(text) or doi(text) or text.lower()
    found = words.named([name, text.lower()], Filters())
    return int(found[0]) if len(found) else None


def _turning_away(pulls: list[Pull]) -> Direction | None:
    """Return what is only unwanted, beside aspects that are wanted, as parts that count less."""
    if not pulls:
        return None
    parts = [np.float32(OTHERNESS * pull.weight) * unit(pull.vector) for pull in pulls]
    return Direction(parts[0] * 0, tuple(pull.soft for pull in pulls), np.stack(parts))
