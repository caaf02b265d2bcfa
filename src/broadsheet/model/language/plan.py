"""What a tree asks of the indexes: what orders papers, and which condition they must meet.

Words at the top order papers and leave none out, as does all that is near; phrases, fields, what
stands behind a minus sign and what is joined by OR are conditions. A side of an OR that leaves
none out (`meaning:`) makes the whole OR none; its parts still order.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from broadsheet.model.language.tree import (
    And,
    Field,
    Node,
    Not,
    Or,
    Setting,
    Soft,
    Tree,
    Words,
)

Condition = Words | Field | Not | And | Or


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a search asks for.

    Args:
        words: what is looked for as words, weights below 0 against.
        softs: what papers are near to, or far from by a weight below 0.
        phrases: the words that must stand side by side, for the search as a whole.
        condition: what papers must meet besides; None for nothing.
        sort: `relevance` or `newest`.
        options: of `fields.OPTIONS`.
    """

    words: tuple[Words, ...] = ()
    softs: tuple[Soft, ...] = ()
    condition: Condition | None = None
    sort: str = ""
    options: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        """The words that speak for a paper, as one text."""
        return " ".join(words.text for words in self.words if words.weight > 0)

    @property
    def phrases(self) -> tuple[str, ...]:
        """What must stand side by side."""
        return tuple(w.text for w in self.words if w.kind == "phrase" and w.weight > 0)

    @property
    def is_ranked(self) -> bool:
        """Whether anything orders papers; else they are listed by date."""
        return bool(self.text or any(soft.weight > 0 for soft in self.softs))


def plan_of(tree: Tree) -> Plan:
    """Return what a tree asks for."""
    words: list[Words] = []
    softs: list[Soft] = []
    conditions: list[Condition] = []
    settings: dict[str, list[str]] = {}
    for node in tree.nodes:
        if isinstance(node, Setting):
            settings.setdefault(node.name, []).append(node.value)
            continue
        for leaf in _ordering(node):
            (words if isinstance(leaf, Words) else softs).append(leaf)  # type: ignore[arg-type]
        condition = None if isinstance(node, Words | Soft) else _condition(node)
        if condition is not None:
            conditions.append(condition)
    return Plan(
        words=tuple(words),
        softs=tuple(softs),
        condition=_all(conditions),
        sort=settings.get("sort", [""])[0],
        options=frozenset(settings.get("with", ())),
    )


def leaves(condition: Condition | None) -> Iterable[Words | Field]:
    """Yield the words and fields of a condition."""
    if condition is None:
        return
    if isinstance(condition, Words | Field):
        yield condition
    elif isinstance(condition, Not):
        yield from leaves(condition.part)  # type: ignore[arg-type]
    else:
        for part in condition.parts:
            yield from leaves(part)  # type: ignore[arg-type]


def _ordering(node: Node) -> Iterable[Words | Soft]:
    if isinstance(node, Words | Soft):
        yield node
    elif isinstance(node, And | Or):
        for part in node.parts:
            yield from _ordering(part)


def _condition(node: Node) -> Condition | None:
    """Return what of a node leaves papers out."""
    if isinstance(node, Soft | Setting) or (isinstance(node, Words) and node.weight < 0):
        return None
    if isinstance(node, Words | Field | Not):
        return node
    parts = [_condition(part) for part in node.parts]
    if isinstance(node, Or):
        return None if None in parts else Or(tuple(p for p in parts if p is not None))
    return _all([part for part in parts if part is not None])


def _all(parts: list[Condition]) -> Condition | None:
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else And(tuple(parts))
