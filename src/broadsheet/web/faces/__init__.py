"""The faces of a list beside HTML: each is one file, and one line here."""

from collections.abc import Callable
from dataclasses import dataclass

from broadsheet.web.faces.atom import to_atom
from broadsheet.web.faces.feed import Feed
from broadsheet.web.faces.json_feed import to_json_feed
from broadsheet.web.faces.markdown import to_markdown


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One form in which programs read what people read.

    Args:
        name: as people call it.
        ending: what stands behind the page's address.
        media_type: as servers call it.
        render: makes the bytes.
    """

    name: str
    ending: str
    media_type: str
    render: Callable[[Feed], bytes]


ATOM = Face(
    name="Atom", ending="atom", media_type="application/atom+xml; charset=utf-8", render=to_atom
)
JSON = Face(name="JSON", ending="json", media_type="application/feed+json", render=to_json_feed)
MARKDOWN = Face(name="Markdown", ending="md", media_type="text/markdown", render=to_markdown)
FACES = (ATOM, JSON, MARKDOWN)
