"""Searches changed by a click: a part taken off, a reason that counts more, less or against."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from broadsheet.model.language.making import MAX_WEIGHT
from broadsheet.model.language.plain import as_words
from broadsheet.model.language.plan import plan_of
from broadsheet.model.language.printing import canonical, date_text, number, written
from broadsheet.model.language.tree import (
    Field,
    Node,
    Not,
    Piece,
    Setting,
    Soft,
    Tree,
    Words,
)
from broadsheet.model.reasons import Reason
from broadsheet.model.subjects import Concept

Turn = Literal["more", "less", "not"]

_TIMES: dict[Turn, float] = {"more": 2.0, "less": 0.5}


@dataclass(frozen=True, slots=True)
class Chip:
    """A part of a search as a reader sees it, and the search without it."""

    name: str
    value: str
    rest: str


def chips(tree: Tree) -> list[Chip]:
    """Return one chip a part; none for a search of plain words alone."""
    if len(tree.pieces) == 1 and isinstance(tree.nodes[0], Words) and tree.nodes[0].weight == 1:
        return []
    return [
        Chip(*_told(node), canonical(_with(tree, tree.nodes[:at] + tree.nodes[at + 1 :])))
        for at, node in enumerate(tree.nodes)
    ]


def turned(tree: Tree, reason: Reason, turn: Turn) -> str | None:
    """Return the search in which a reason counts more, less, or against; None where it cannot."""
    if reason.kind == "word":
        return _each(tree, lambda node: _word_turned(node, reason.text, turn))
    if reason.kind == "meaning" and not reason.text:
        return _meaning_added(tree) if turn == "more" else None
    if reason.kind == "recent":
        kept = tuple(node for node in tree.nodes if node != Setting("with", "recent"))
        return canonical(_with(tree, kept)) if turn == "not" else None
    return _each(tree, lambda node: _soft_turned(node, reason, turn))


def with_concept(tree: Tree, concept: Concept, turn: Turn) -> str | None:
    """Return the search with a subject asked for (`more`) or turned away from (`not`).

    A category is a condition, a keyword a meaning. None where the search says so already, or for
    `less`, which a condition cannot say.
    """
    if turn == "less":
        return None
    if concept.kind == "category":
        asked: Node = Field("cat", (concept.name,))
        node = asked if turn == "more" else Not(asked)
    else:
        node = Soft("meaning", as_words(concept.name), weight=1.0 if turn == "more" else -1.0)
    return None if node in tree.nodes else canonical(_with(tree, (*tree.nodes, node)))


def _each(tree: Tree, change: Callable[[Node], tuple[Node, ...]]) -> str | None:
    nodes = tuple(made for node in tree.nodes for made in change(node))
    return None if nodes == tree.nodes else canonical(_with(tree, nodes))


def _with(tree: Tree, nodes: tuple[Node, ...]) -> Tree:
    return Tree(tuple(Piece(node, 0, 0) for node in nodes))


def _word_turned(node: Node, word: str, turn: Turn) -> tuple[Node, ...]:
    """Return a part with one of its words weighed anew, or left out."""
    if not isinstance(node, Words) or node.weight < 0:
        return (node,)
    if node.kind == "phrase":
        is_meant = turn != "not" and node.text == word
        return (_reweighed(node, turn) if is_meant else node,)
    words = node.text.split()
    at = next((at for at, text in enumerate(words) if _same(text, word)), None)
    if at is None:
        return (node,)
    one: Node = Words(words[at], weight=node.weight)
    one = Not(Words(words[at])) if turn == "not" else _reweighed(one, turn)
    sides = (" ".join(words[:at]), " ".join(words[at + 1 :]))
    before, after = (replace(node, text=side) if side else None for side in sides)
    return tuple(part for part in (before, one, after) if part is not None)


def _same(text: str, word: str) -> bool:
    """Whether a word of the search is, but for its signs, the one that the index has found."""
    bare = "".join(c if c.isalnum() else " " for c in text.casefold()).split()
    return word.casefold() in bare


def _soft_turned(node: Node, reason: Reason, turn: Turn) -> tuple[Node, ...]:
    if not isinstance(node, Soft) or node.kind != reason.kind or node.text != reason.text:
        return (node,)
    if turn == "not":
        return (replace(node, weight=-abs(node.weight)),) if node.weight > 0 else ()
    return (_reweighed(node, turn),)


def _reweighed(node: Node, turn: Turn) -> Node:
    assert isinstance(node, Words | Soft)  # noqa: S101 (both callers have looked)
    weight = max(-MAX_WEIGHT, min(MAX_WEIGHT, node.weight * _TIMES[turn]))
    return replace(node, weight=weight)


def _meaning_added(tree: Tree) -> str:
    more = Soft("meaning", plan_of(tree).text)
    return canonical(_with(tree, (*tree.nodes, more)))


def _told(node: Node) -> tuple[str, str]:
    """Return the name of a part and what it says."""
    if isinstance(node, Not):
        name, value = _told(node.part)
        return f"not {name}".strip(), value
    if isinstance(node, Field):
        is_date = node.name in ("year", "announced")
        values = [date_text(value) if is_date else value for value in node.values]
        return node.name, " or ".join(values)
    if isinstance(node, Setting):
        return node.name, node.value
    if isinstance(node, Soft):
        name = f"{node.kind} of" if node.is_paper and node.kind != "near" else node.kind
        heavy = "" if abs(node.weight) == 1 else f" ×{number(abs(node.weight))}"
        return ("not " if node.weight < 0 else "") + name, node.text + heavy
    if isinstance(node, Words):
        text = f"“{node.text}”" if node.kind == "phrase" else node.text
        return "", text if node.weight == 1 else f"{text} ×{number(node.weight)}"
    return "", written(node).strip("()")
