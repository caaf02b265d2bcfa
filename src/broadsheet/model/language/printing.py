"""Tree to text, in one way: reading it again gives the same tree."""

import re

from broadsheet.model.language.tree import (
    And,
    Field,
    Node,
    Not,
    Setting,
    Soft,
    Tree,
    Words,
)

_SIMPLE = re.compile(r"[^\s()\"^,]+")


def canonical(tree: Tree) -> str:
    """Return the text of a tree."""
    return " ".join(written(node) for node in tree.nodes)


def written(node: Node) -> str:
    """Return the text of a node as a part of an AND."""
    if isinstance(node, Words):
        return _words(node)
    if isinstance(node, Soft):
        return _soft(node)
    if isinstance(node, Setting):
        return f"{node.name}:{node.value}"
    if isinstance(node, Field):
        return field_text(node)
    if isinstance(node, Not):
        inner = written(node.part)
        needs = isinstance(node.part, And | Not) or (
            isinstance(node.part, Words) and node.part.kind == "word" and " " in node.part.text
        )
        return f"-({inner})" if needs else f"-{inner}"
    if isinstance(node, And):
        return " ".join(written(part) for part in node.parts)
    return f"({' OR '.join(_side(part) for part in node.parts)})"


def field_text(field: Field) -> str:
    """Return the text of a condition on a field."""
    values = [date_text(v) if field.name in ("year", "announced") else v for v in field.values]
    if len(values) == 1:
        return f"{field.name}:{quoted(values[0])}"
    if all(_SIMPLE.fullmatch(value) for value in values):
        return f"{field.name}:{','.join(values)}"
    return f"({' OR '.join(f'{field.name}:{quoted(value)}' for value in values)})"


def date_text(span: str) -> str:
    """Return a span of dates as it is typed: `2024`, `>=2024`, `<=2024-05` or `2023..2024`."""
    first, _, last = span.partition("..")
    if first == last:
        return first
    if not last:
        return f">={first}"
    if not first:
        return f"<={last}"
    return span


def quoted(value: str) -> str:
    """Return a value, in quotation marks where it needs them."""
    return value if _SIMPLE.fullmatch(value) else f'"{value}"'


def number(weight: float) -> str:
    """Return a weight without needless digits."""
    return f"{weight:.9f}".rstrip("0").rstrip(".")


def _side(node: Node) -> str:
    if isinstance(node, Field) and len(node.values) > 1:
        text = field_text(node)
        return text[1:-1] if text.startswith("(") else text
    return written(node)


def _words(node: Words) -> str:
    text = f'"{node.text}"' if node.kind == "phrase" else node.text
    if node.weight == 1:
        return text
    is_many = node.kind == "word" and " " in node.text
    return f"({text})^{number(node.weight)}" if is_many else f"{text}^{number(node.weight)}"


def _soft(node: Soft) -> str:
    minus = "-" if node.weight < 0 else ""
    weight = abs(node.weight)
    behind = "" if weight == 1 else f"^{number(weight)}"
    if node.kind == "near" or not node.is_paper:
        return f"{minus}{node.kind}:{_aspect_text(node)}{behind}"
    return f"{minus}{node.kind}:near:{node.text}{behind}"


def _aspect_text(node: Soft) -> str:
    return f'"{node.text}"' if node.text.startswith("near:") else quoted(node.text)
