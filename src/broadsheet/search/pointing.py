"""The parts of a search that papers are near to, as vectors."""

import numpy as np

from broadsheet.model.identifiers import arxiv_id, doi
from broadsheet.model.language.tree import Soft
from broadsheet.model.query import Filters
from broadsheet.search.analysis import Asked
from broadsheet.search.direction import Direction, Pull, direction
from broadsheet.search.meaning import Meaning
from broadsheet.search.word_index import WordIndex


class Pointing:
    """Makes the direction of a search.

    Args:
        words: finds papers by their ids.
        meaning: the vectors.
    """

    def __init__(self, *, words: WordIndex, meaning: Meaning) -> None:
        self.words = words
        self.meaning = meaning

    def toward(self, asked: Asked) -> Direction | None:
        """Return where a search points to; None while there are no vectors, or for nothing.

        Raises:
            SettingsError: the model cannot be had.
            IndexBrokenError: the vectors are damaged.
        """
        mean = self.meaning.mean()
        if mean is None:
            return None
        pulls = [Pull(None, 1.0, self.meaning.query(asked.text))] if asked.text else []
        for soft in asked.softs:
            vector = self._vector(soft)
            if vector is not None:
                pulls.append(Pull(soft, soft.weight, vector))
        return direction(pulls, mean)

    def missing(self, asked: Asked) -> str:
        """Return what there is to say of papers that are named and not here, or have no vector."""
        for soft in asked.softs:
            if not soft.is_paper:
                continue
            key = key_of(self.words, soft)
            if key is None:
                return f"No paper here has the id {soft.text}; it was left out."
            if self.meaning.vector(key) is None:
                return f"{soft.text} is not embedded yet; it was left out."
        return ""

    def _vector(self, soft: Soft) -> np.ndarray[tuple[int], np.dtype[np.float32]] | None:
        if not soft.is_paper:
            return self.meaning.query(soft.text)
        key = key_of(self.words, soft)
        return None if key is None else self.meaning.vector(key)


def key_of(words: WordIndex, soft: Soft) -> int | None:
    """Return the key of the paper that a part of a search names."""
    name = arxiv_id(soft.text) or doi(soft.text) or soft.text.lower()
    found = words.named([name, soft.text.lower()], Filters())
    return int(found[0]) if len(found) else None
