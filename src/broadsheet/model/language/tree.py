"""A search as a tree. Equal trees ask for the same; `printing.canonical` writes each in one way."""

from dataclasses import dataclass
from typing import Literal

WordKind = Literal["word", "phrase"]
SoftKind = Literal["meaning", "near", "task", "method", "data"]
ASPECTS = ("task", "method", "data")


@dataclass(frozen=True, slots=True)
class Words:
    """Words one after the other, or a phrase, whose words stand side by side.

    Args:
        text: without quotation marks; blanks are single.
        weight: how much its words count; below 0 they count against a paper.
    """

    text: str
    kind: WordKind = "word"
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Soft:
    """What a paper is more or less near to; it orders papers, and leaves none out.

    Args:
        kind: `meaning` of a text; `near` a paper; or one aspect of either.
        text: words, or the id of a paper where `is_paper`.
    """

    kind: SoftKind
    text: str
    is_paper: bool = False
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Field:
    """A condition on a field: any of the values, each in normal form.

    Args:
        name: as in `fields.FIELDS`.
        values: of dates, pairs as `2024..2025`, an open end left out.
    """

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """What is no condition but says how to answer, as `sort:newest`."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Not:
    """All but a part."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """Two or more parts together."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two or more parts."""

    parts: tuple["Node", ...]


Node = Words | Soft | Field | Setting | Not | And | Or


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the outermost AND with where it stands in the text, `at` to `until`."""

    node: Node
    at: int
    until: int


@dataclass(frozen=True, slots=True)
class Tree:
    """A whole search: its outermost parts, joined by AND. No parts is an empty search."""

    pieces: tuple[Piece, ...] = ()

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The parts without their places."""
        return tuple(piece.node for piece in self.pieces)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tree) and self.nodes == other.nodes

    def __hash__(self) -> int:
        return hash(self.nodes)
