"""What a tree asks of the indexes: what orders papers, and which condition they must meet.

Words at the top order papers and leave none out, as does all that is near; phrases, fields, what
stands behind a minus sign and what is joined by OR are conditions. A side of an OR that leaves
none out (`meaning:`) makes the whole OR none; its parts still order.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from broadsheet.model.language.fields import MARKS
from broadsheet.model.language.reading import read
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

KeysOf = Callable[[str, str], Sequence[int]]
_MARKS = frozenset(MARKS)


@dataclass(frozen=True, slots=True)
class Among:
    """Papers of these keys, as those that a reader has saved."""

    keys: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Without:
    """All papers but those that meet a condition."""

    part: "Condition"


@dataclass(frozen=True, slots=True)
class Every:
    """Papers that meet all of some conditions."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Papers that meet any of some conditions."""

    parts: tuple["Condition", ...]


Condition = Words | Field | Among | Without | Every | Either


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a search asks for.

    Args:
        words: what is looked for as words, weights below 0 against.
        either: the words of ORs, which are looked for, too.
        softs: what papers are near to, or far from by a weight below 0.
        phrases: what must stand side by side, weights aside.
        condition: what papers must meet besides; None for nothing.
        sort: `relevance` or `newest`.
        options: of `fields.OPTIONS`.
    """

    words: tuple[Words, ...] = ()
    either: tuple[Words, ...] = ()
    softs: tuple[Soft, ...] = ()
    phrases: tuple[str, ...] = ()
    condition: Condition | None = None
    sort: str = ""
    options: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        """The words that speak for a paper, as one text."""
        said = (*self.words, *self.either)
        return " ".join(words.text for words in said if words.weight > 0)

    @property
    def is_empty(self) -> bool:
        """Whether it asks for nothing: then every paper is meant."""
        return not (self.words or self.either or self.softs or self.condition)

    @property
    def is_ranked(self) -> bool:
        """Whether anything orders papers; else they are listed by date."""
        return bool(self.text or any(soft.weight > 0 for soft in self.softs))


@lru_cache(maxsize=1024)
def plan_for(text: str) -> Plan:
    """Return what a text asks for.

    Raises:
        QuerySyntaxError: it is no search.
    """
    return plan_of(read(text))


def plan_of(tree: Tree) -> Plan:
    """Return what a tree asks for."""
    words: list[Words] = []
    either: list[Words] = []
    softs: list[Soft] = []
    conditions: list[Condition] = []
    settings: dict[str, list[str]] = {}
    for node in tree.nodes:
        if isinstance(node, Setting):
            settings.setdefault(node.name, []).append(node.value)
            continue
        for leaf in _ordering(node):
            if isinstance(leaf, Soft):
                softs.append(leaf)
            else:
                (words if leaf is node else either).append(leaf)
        condition = None if isinstance(node, Words | Soft) else _condition(node)
        if condition is not None:
            conditions.append(condition)
    return Plan(
        words=tuple(words),
        either=tuple(either),
        phrases=tuple(
            n.text
            for n in tree.nodes
            if isinstance(n, Words) and n.kind == "phrase" and n.weight > 0
        ),
        softs=tuple(softs),
        condition=_every(conditions),
        sort=settings.get("sort", [""])[0],
        options=frozenset(settings.get("with", ())),
    )


def leaves(condition: Condition | None) -> Iterable[Words | Field | Among]:
    """Yield what a condition is made of."""
    if condition is None:
        return
    if isinstance(condition, Without):
        yield from leaves(condition.part)
    elif isinstance(condition, Every | Either):
        for part in condition.parts:
            yield from leaves(part)
    else:
        yield condition


def with_marks(condition: Condition, keys_of: KeysOf) -> Condition:
    """Return a condition whose fields of a reader's marks are the papers so marked.

    Args:
        keys_of: gives the keys of what a mark stands on, by the field and its value.
    """
    if isinstance(condition, Without):
        return Without(with_marks(condition.part, keys_of))
    if isinstance(condition, Every | Either):
        return type(condition)(tuple(with_marks(part, keys_of) for part in condition.parts))
    if not isinstance(condition, Field) or not is_marks(condition):
        return condition
    marks = [v for v in condition.values if condition.name == "tag" or v in MARKS]
    keys = {key for value in marks for key in keys_of(condition.name, value)}
    among = Among(tuple(sorted(keys)))
    others = tuple(v for v in condition.values if v not in marks)
    return Either((Field(condition.name, others), among)) if others else among


def is_marks(field: Field) -> bool:
    """Whether a field asks for what a reader has marked."""
    return field.name == "tag" or (field.name == "is" and not _MARKS.isdisjoint(field.values))


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
    if isinstance(node, Words | Field):
        return node
    if isinstance(node, Not):
        inner = _condition(node.part)
        return None if inner is None else Without(inner)
    parts = [_condition(part) for part in node.parts]
    if isinstance(node, Or):
        return None if None in parts else Either(tuple(p for p in parts if p is not None))
    return _every([part for part in parts if part is not None])


def _every(parts: list[Condition]) -> Condition | None:
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else Every(tuple(parts))
