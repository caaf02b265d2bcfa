"""Why a paper was found: what each part of a search gave to its score."""

from dataclasses import dataclass
from typing import Literal

from broadsheet.model.subjects import Concept

ReasonKind = Literal[
    "word",
    "words",
    "neighbours",
    "rank",
    "meaning",
    "chance",
    "near",
    "task",
    "method",
    "data",
    "recent",
    "read",
    "name",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason. The shares of a hit's reasons add up to its score.

    Args:
        kind: `word` is one word of the search that the paper holds; `words` those that are not
            told apart; `neighbours` that papers like it hold them; `rank` what every paper that
            was found by its meaning alone gets for its words; `meaning` nearness to words above
            `chance`, `near` to a paper, an aspect to either; `recent` its date; `read` that a
            model read it beside the search; `name` that its id or title was typed.
        text: the word, the words or the paper's id.
        share: what it gives to the score; below 0 it counts against the paper.
        sentence: the sentence of the paper that is nearest to it, where it was looked for.
    """

    kind: ReasonKind
    text: str
    share: float
    sentence: str = ""

    def __str__(self) -> str:
        if self.kind == "meaning" and not self.text:
            return "meaning of the words"
        return f"{_SAID[self.kind]}{f' {self.text}' if self.text else ''}"


_SAID: dict[ReasonKind, str] = {
    "word": "word",
    "words": "words",
    "meaning": "meaning",
    "near": "near",
    "task": "task",
    "method": "method",
    "data": "data",
    "recent": "its date",
    "name": "named",
    "read": "read beside the search",
    "chance": "as near as any paper is",
    "neighbours": "papers like it hold the words",
    "rank": "as near as any without the words",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why a hit is there.

    Args:
        words: those of the search that it holds, as they were typed.
        nearness: its cosine to the search; None where it was not looked for.
        reasons: what makes up its score, the greatest first; empty where nothing is scored.
        concepts: the subjects that connect it most with the search, where they were looked for;
            no part of the score.
    """

    words: tuple[str, ...] = ()
    nearness: float | None = None
    reasons: tuple[Reason, ...] = ()
    concepts: tuple[Concept, ...] = ()

    def __str__(self) -> str:
        parts = [f"words: {', '.join(self.words)}"] if self.words else []
        if self.nearness is not None:
            parts.append(f"meaning: {self.nearness:.2f}")
        return " · ".join(parts) or "matches the filters"
