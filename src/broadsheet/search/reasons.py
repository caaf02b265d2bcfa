"""Why papers are found: the parts of a search, each with what it gives to a paper's score."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.errors import IndexBrokenError, LibraryError, SettingsError
from broadsheet.model.reasons import Reason, ReasonKind, Why
from broadsheet.search.analysis import Asked
from broadsheet.search.candidates import CHANCE, LENT, NEAR, READ, RECENT, WORDS, Candidates
from broadsheet.search.meaning import Meaning
from broadsheet.search.pointing import Pointed
from broadsheet.search.scored import Scored
from broadsheet.search.word_clauses import MOST_BITS
from broadsheet.search.word_index import WordIndex

_NOTHING = 1e-9
_WHOLE: dict[ReasonKind, int] = {
    "neighbours": LENT,
    "chance": CHANCE,
    "recent": RECENT,
    "read": READ,
}
"""The parts of a score that are told as one reason."""


class Given(NamedTuple):
    """What a part of a search gives to a score, in units of its own."""

    kind: ReasonKind
    text: str
    share: float


class Explaining:
    """Tells the reasons of hits.

    The words' part of a score is shared out as BM25 shares it among words; the part of meaning
    as the cosine above chance is the sum of what each part of the search gives to it. What is
    left is said to be what it is, so that reasons always add up to the score.

    Args:
        words: the index of words.
        meaning: the vectors.
    """

    def __init__(self, *, words: WordIndex, meaning: Meaning) -> None:
        self.words = words
        self.meaning = meaning

    def why(self, asked: Asked, page: Candidates, toward: Pointed | None) -> list[Why]:
        """Return why each paper of a page is there.

        Args:
            toward: where the search points to; None where meaning had no part.
        """
        words = self._words(asked, page.keys)
        near = self._near(page, toward)
        return [
            _why(page.at(slice(row, row + 1)), words[row], near.get(key), asked.text)
            for row, key in enumerate(page.keys.tolist())
        ]

    def _words(self, asked: Asked, keys: NDArray[np.int64]) -> list[list[Given]]:
        """Return what each word gives to the BM25 of each of some papers, zeros left out."""
        shares = self.words.term_scores(asked, keys)
        names: list[tuple[ReasonKind, str]]
        names = [("word", word.typed) for word in asked.words[:MOST_BITS]]
        found: list[list[Given]] = [_given(names, row) for row in shares]
        if len(asked.words) > MOST_BITS:
            all_words = _by_key(self.words.scores(asked, keys))
            for row, key in enumerate(keys.tolist()):
                found[row] += _given([("words", "")], [all_words.get(key, 0) - shares[row].sum()])
        if asked.against:
            against = _by_key(self.words.scores(asked.only_against(), keys))
            text = " ".join(word.typed for word in asked.against)
            for row, key in enumerate(keys.tolist()):
                found[row] += _given([("words", text)], [-against.get(key, 0.0)])
        return found

    def _near(
        self, page: Candidates, toward: Pointed | None
    ) -> dict[int, tuple[float, list[Given]]]:
        """Return the cosine of each paper that has a vector, and what each part gives to it."""
        if toward is None:
            return {}
        try:
            keys, x = self.meaning.vectors(page.keys)
        except (IndexBrokenError, SettingsError, LibraryError):
            return {}
        if not len(keys):
            return {}
        cosines, shares = toward.told(x)
        names: list[tuple[ReasonKind, str]]
        names = [("meaning", "") if s is None else (s.kind, s.text) for s in toward.softs]
        return {
            key: (float(cosine), _given(names, row))
            for key, cosine, row in zip(keys.tolist(), cosines, shares, strict=True)
        }


def _why(
    hit: Candidates, words: list[Given], near: tuple[float, list[Given]] | None, text: str
) -> Why:
    reasons = _shared(float(hit.parts[0, WORDS]), words, "rank")
    reasons += _shared(float(hit.parts[0, NEAR]), [] if near is None else near[1], "meaning")
    for kind, column in _WHOLE.items():
        reasons += _whole(kind, "", float(hit.parts[0, column]))
    reasons += _whole("name", text, float(hit.scores[0]) - sum(r.share for r in reasons))
    return Why(
        words=tuple(given.text for given in words if given.kind == "word"),
        nearness=None if near is None else near[0],
        reasons=tuple(sorted(reasons, key=lambda reason: -abs(reason.share))),
    )


def _given(names: Sequence[tuple[ReasonKind, str]], shares: Iterable[float]) -> list[Given]:
    found = zip(names, shares, strict=True)
    return [Given(kind, text, float(s)) for (kind, text), s in found if abs(s) > _NOTHING]


def _shared(part: float, given: list[Given], otherwise: ReasonKind) -> list[Reason]:
    """Return a part of a score, shared out as what was given to it."""
    total = sum(one.share for one in given)
    if abs(total) <= _NOTHING:
        return _whole(otherwise, "", part)
    return [r for one in given for r in _whole(one.kind, one.text, part * one.share / total)]


def _whole(kind: ReasonKind, text: str, share: float) -> list[Reason]:
    return [Reason(kind=kind, text=text, share=share)] if abs(share) > _NOTHING else []


def _by_key(scored: Scored) -> dict[int, float]:
    return dict(zip(scored.keys.tolist(), scored.scores.tolist(), strict=True))
