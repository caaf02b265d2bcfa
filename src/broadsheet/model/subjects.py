"""What papers are about, by the names that the papers of the library carry."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

ConceptKind = Literal["category", "keyword"]


class Filing(NamedTuple):
    """What a paper is filed under."""

    categories: tuple[str, ...]
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """A subject that a search and a paper have in common.

    Args:
        kind: whether papers carry it as a category or as a keyword.
        name: the category's code, or the keyword in small letters.
        share: of all that they have in common, from 0 to 1.
    """

    kind: ConceptKind
    name: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Likely:
    """The categories that a paper would have, which came with none.

    Args:
        categories: those of its nearest papers, each with the share of them that has it, the
            largest first.
        none_but: with a chance of `certainty` it has no category beside these; empty where
            nothing can be said that surely, or where they are too many to help.
        certainty: between 0 and 1.
    """

    categories: tuple[tuple[str, float], ...]
    none_but: tuple[str, ...]
    certainty: float
