"""Nodes from what the parser has found, with every rule that a grammar cannot say."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NoReturn

from lark import Token, Transformer, v_args

from broadsheet.model.errors import InvalidValueError, QuerySyntaxError
from broadsheet.model.language.fields import MARKS, FieldSpec, field_named, nearest_field
from broadsheet.model.language.tree import (
    ASPECTS,
    And,
    Field,
    Node,
    Not,
    Or,
    Piece,
    Setting,
    Soft,
    Tree,
    Words,
)

MAX_WEIGHT = 100.0
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(\.[0-9]{1,9})?")
_REPEATED = ("with",)

Pieces = tuple[Piece, ...]


def place(token: Token) -> tuple[int, int]:
    """Return where a token stands."""
    at = token.start_pos or 0
    return at, token.end_pos or at


def wrong(message: str, at: int, until: int | None = None) -> NoReturn:
    """Refuse a text for what stands at a place of it."""
    raise QuerySyntaxError(message, at=at, until=at + 1 if until is None else until)


@v_args(inline=True)
class Maker(Transformer[Token, Tree]):
    """Makes nodes as the parser goes; no tree is walked, so that no depth can hurt."""

    def start(self, pieces: Pieces = ()) -> Tree:
        seen = set()
        for piece in pieces:
            if isinstance(piece.node, Setting) and piece.node.name not in _REPEATED:
                if piece.node.name in seen:
                    wrong(f"{piece.node.name}: is said twice.", piece.at, piece.until)
                seen.add(piece.node.name)
        return Tree(pieces)

    def any(self, *sides: Pieces) -> Pieces:
        if len(sides) == 1:
            return sides[0]
        for piece in (piece for side in sides for piece in side):
            _refuse_setting(piece)
        nodes = (_and(piece.node for piece in side) for side in sides)
        return (Piece(_or(nodes), sides[0][0].at, sides[-1][-1].until),)

    def all(self, *items: Piece) -> Pieces:
        flat = [piece for item in items for piece in _flat(item)]
        return tuple(_merged(flat))

    def item(self, *parts: Token | Piece) -> Piece:
        negation, piece, weight = None, None, None
        for part in parts:
            if isinstance(part, Piece):
                piece = part
            elif part.type == "NOT":
                negation = part
            elif part.type == "WEIGHT":
                weight = part
            else:
                piece = Piece(_words(part), *place(part))
        assert piece is not None  # noqa: S101 (the grammar has one)
        if weight is not None:
            node = _weighed(piece.node, _weight(weight), weight)
            piece = Piece(node, piece.at, place(weight)[1])
        if negation is not None:
            piece = Piece(_negated(piece), place(negation)[0], piece.until)
        return piece

    def field(self, name: Token, value: Token | None = None) -> Piece:
        until = place(value if value is not None else name)[1]
        return Piece(_field(name, value), place(name)[0], until)

    def group(self, opened: Token, pieces: Pieces, closed: Token) -> Piece:
        for piece in pieces:
            _refuse_setting(piece)
        node = _and(piece.node for piece in pieces)
        return Piece(node, place(opened)[0], place(closed)[1])


def _refuse_setting(piece: Piece) -> None:
    if isinstance(piece.node, Setting):
        wrong(f"{piece.node.name}: stands by itself, outside of OR and (…).", piece.at, piece.until)


def _words(token: Token) -> Words:
    if token.type != "PHRASE":
        return Words(" ".join(token.split()))
    text = " ".join(token[1:-1].split())
    if not text:
        wrong("There is nothing between these quotation marks.", *place(token))
    return Words(text, "phrase")


def _flat(piece: Piece) -> Iterable[Piece]:
    if not isinstance(piece.node, And):
        return (piece,)
    return (Piece(part, piece.at, piece.until) for part in piece.node.parts)


def _merged(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces, plain words that stand side by side as one."""
    found: list[Piece] = []
    for piece in pieces:
        if found and _is_plain(piece.node) and _is_plain(found[-1].node):
            before = found.pop()
            text = f"{before.node.text} {piece.node.text}"  # type: ignore[union-attr]
            piece = Piece(Words(text), before.at, piece.until)
        found.append(piece)
    return found


def _is_plain(node: Node) -> bool:
    return isinstance(node, Words) and node.kind == "word" and node.weight == 1


def _and(nodes: Iterable[Node]) -> Node:
    flat = [part for node in nodes for part in (node.parts if isinstance(node, And) else (node,))]
    parts = tuple(piece.node for piece in _merged([Piece(node, 0, 0) for node in flat]))
    return parts[0] if len(parts) == 1 else And(parts)


def _or(nodes: Iterable[Node]) -> Node:
    """Return any of some nodes, values of one field as one node."""
    flat = [part for node in nodes for part in (node.parts if isinstance(node, Or) else (node,))]
    parts: list[Node] = []
    at: dict[str, int] = {}
    for part in flat:
        if isinstance(part, Field) and part.name in at:
            parts[at[part.name]] = _joined(parts[at[part.name]], part)
            continue
        if isinstance(part, Field):
            at[part.name] = len(parts)
        parts.append(part)
    return parts[0] if len(parts) == 1 else Or(tuple(parts))


def _joined(one: Node, other: Field) -> Field:
    assert isinstance(one, Field)  # noqa: S101 (kept by its name)
    return Field(one.name, tuple(dict.fromkeys((*one.values, *other.values))))


def _weight(token: Token) -> float:
    text = token[1:]
    if not _NUMBER.fullmatch(text) or not 0 < abs(float(text)) <= MAX_WEIGHT:
        wrong(
            f"A weight is a number up to {MAX_WEIGHT:.0f}, as ^2 or ^-0.5; quotation marks keep "
            "a ^ that is none.",
            *place(token),
        )
    return float(text)


def _weighed(node: Node, weight: float, token: Token) -> Node:
    if isinstance(node, Words | Soft):
        total = node.weight * weight
        if abs(total) > MAX_WEIGHT:
            wrong(f"This weighs more than {MAX_WEIGHT:.0f}.", *place(token))
        return replace(node, weight=total)
    if isinstance(node, And):
        return And(tuple(_weighed(part, weight, token) for part in node.parts))
    if isinstance(node, Or):
        return Or(tuple(_weighed(part, weight, token) for part in node.parts))
    wrong("A condition is met or not; it has no weight.", *place(token))


def _negated(piece: Piece) -> Node:
    node = piece.node
    if isinstance(node, Words | Soft) and node.weight < 0:
        wrong("A minus sign or a weight below 0, not both.", piece.at, piece.until)
    if isinstance(node, Soft):
        return replace(node, weight=-node.weight)
    if isinstance(node, Words) and node.weight != 1:
        wrong("What is left out has no weight.", piece.at, piece.until)
    if isinstance(node, Setting):
        wrong(f"{node.name}: cannot be left out; take it away.", piece.at, piece.until)
    if _has_soft(node):
        wrong("Put the minus sign before each part in these parentheses.", piece.at, piece.until)
    return Not(node)


def _has_soft(node: Node) -> bool:
    if isinstance(node, And | Or):
        return any(_has_soft(part) for part in node.parts)
    return isinstance(node, Soft) or (isinstance(node, Words) and node.weight != 1)


def _field(name: Token, value: Token | None) -> Node:
    said = name[:-1]
    if said.casefold() == "saved":
        return Field("is", ("saved",))
    spec = field_named(said)
    if spec is None:
        _unknown(name, said)
    if value is None:
        wrong(f"There is nothing behind {spec.name}:.", *place(name))
    is_quoted = value.type == "PHRASE"
    text = str(value[1:-1] if is_quoted else value)
    if spec.name == "author" and said.casefold() == "by" and text.casefold() == "me":
        return Field("is", MARKS)
    if spec.role == "soft":
        return _soft(spec, text, value)
    texts = [text] if is_quoted else [part for part in text.split(",") if part.strip()]
    values = tuple(dict.fromkeys(_normal(spec, part, value) for part in texts))
    if not values:
        wrong(f"There is nothing behind {spec.name}:.", *place(value))
    if spec.role == "setting":
        if len(values) > 1:
            wrong(f"{spec.name}: takes one value.", *place(value))
        return Setting(spec.name, values[0])
    return Field(spec.name, values)


def _soft(spec: FieldSpec, text: str, value: Token) -> Soft:
    is_paper = spec.name == "near"
    if spec.name in ASPECTS and value.type != "PHRASE" and text.startswith("near:"):
        is_paper, text = True, text.removeprefix("near:")
    return Soft(spec.name, _normal(spec, text, value), is_paper)  # type: ignore[arg-type]


def _normal(spec: FieldSpec, text: str, value: Token) -> str:
    try:
        return spec.normal(text)
    except InvalidValueError as e:
        wrong(f"{spec.name}: {e}", *place(value))


def _unknown(name: Token, said: str) -> NoReturn:
    near = nearest_field(said)
    hint = f"did you mean {near}: ?" if near else "put quotation marks around it to look for it."
    wrong(f"There is no field {said[:40]}: – {hint}", *place(name))
