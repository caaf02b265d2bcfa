"""What happened to a paper, as one line of its page says it."""

from collections.abc import Sequence

from broadsheet.model.events import Event
from broadsheet.services.fields import category_name
from broadsheet.web.places import place_name


def happening(event: Event, source: str) -> str:
    """Return the line: `Version 3`, `Cross-listed in Information Retrieval`."""
    said = event.detail
    if event.kind == "version":
        return f"Version {said.get('number', '')}".strip()
    if event.kind == "cross-listed":
        return f"Cross-listed in {', '.join(map(category_name, said.get('categories', [])))}"
    if event.kind == "published":
        return f"Published: {said.get('venue', '')}"
    if event.kind == "gone":
        return f"No longer at {place_name(source)}"
    notice = f", by the notice {said['notice']}" if "notice" in said else ""
    return {
        "new": "First listed",
        "withdrawn": f"Withdrawn{notice}",
        "retracted": f"Retracted{notice}",
        "featured": "Featured",
        "code": "Code appeared",
    }[event.kind]


def changed_words(event: Event) -> str:
    """Return what else is known of it as plain text; a diff as `[-gone-] {+come+}`."""
    said = event.detail
    parts = [_marked(said[name]) for name in ("title", "abstract") if name in said]
    return " ".join([*parts, *(str(said[name]) for name in ("doi", "address") if name in said)])


def _marked(diff: Sequence[Sequence[str]]) -> str:
    around = {"-": "[-{}-]", "+": "{{+{}+}}"}
    return " ".join(around.get(mark, "{}").format(words) for mark, words in diff)
