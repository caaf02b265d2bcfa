"""Titles and abstracts with TeX in them: to safe HTML, whole or as an excerpt."""

import re
from collections.abc import Sequence
from functools import lru_cache

from markupsafe import Markup, escape

from broadsheet.services.prose.pieces import Piece, about_length, read_beginning, read_prose
from broadsheet.services.prose.texmath import formula

_SAFE_URL = re.compile(r"https?://[^\s<>\"'\\]+\Z", re.IGNORECASE)
# What ends it stands first, for to look for it is quick; then what stands before it.
_SENTENCE_END = re.compile(
    r"[.?!](?=\s+[A-Z])(?<!\b[A-Z].)(?<!\.\w.)(?<!\b[Ff]ig.)(?<!\b[Ee]q.)(?<!\bal.)(?<!\bvs.)"
    r"(?<!\bcf.)"
)
_APOSTROPHE = re.compile(r"'(?<=[^\W\d_]')(?=[^\W\d_])")
_TAGS = {"em": "em", "strong": "strong", "code": "code", "sup": "sup", "sub": "sub"}


@lru_cache(maxsize=4096)
def to_html(text: str, *, links: bool = False, display: bool = False) -> Markup:
    """Return prose with TeX as HTML that is safe wherever flowing text may stand.

    Args:
        links: make links of web addresses; not inside another link.
        display: set displayed formulas on a line of their own.
    """
    return Markup(_html(read_prose(text), links, display))  # noqa: S704 every piece is escaped


@lru_cache(maxsize=8192)
def to_excerpt(text: str, n_characters: int) -> Markup:
    """Return the beginning of prose as HTML, cut after a sentence where one ends late enough.

    Else it is cut between words; never within a formula.
    """
    kept, is_ended = _cut(read_beginning(text, n_characters), n_characters)
    html = _html(kept, links=False, display=False).rstrip()
    return Markup(html if is_ended else f"{html.rstrip(' ,;:')}…")  # noqa: S704 as above


def _html(found: Sequence[Piece], links: bool, display: bool) -> str:
    return "".join(_html_of(piece, links, display) for piece in found)


def _html_of(piece: Piece, links: bool, display: bool) -> str:
    if piece.kind == "text":
        return str(escape(_APOSTROPHE.sub("’", piece.text))) + _html(piece.inner, links, display)
    if piece.kind in ("math", "display"):
        shown = formula(piece.text, display=display and piece.kind == "display")
        return shown or f'<code class="tex">{escape(piece.text)}</code>'
    if piece.kind == "raw":
        return f'<code class="tex">{escape(piece.text)}</code>'
    if piece.kind == "link":
        inside = _html(piece.inner, False, display)
        if not links or not _SAFE_URL.match(piece.text):
            return inside
        return f'<a href="{escape(piece.text)}" rel="nofollow noopener noreferrer">{inside}</a>'
    inside = _html(piece.inner, links, display)
    if piece.kind == "sc":
        return f'<span class="sc">{inside}</span>'
    return f"<{_TAGS[piece.kind]}>{inside}</{_TAGS[piece.kind]}>"


def _cut(found: Sequence[Piece], room: int) -> tuple[list[Piece], bool]:
    """The pieces that fit into so many characters, and whether the last ends as prose does."""
    kept: list[Piece] = []
    total = room
    for piece in found:
        length = about_length(piece)
        if length <= room:
            kept.append(piece)
            room -= length
            continue
        if piece.kind == "text" and not piece.inner:
            beginning, is_ended = _cut_text(piece.text, room, total)
            return [*kept, Piece("text", beginning)], is_ended
        return kept, False
    return kept, True


def _cut_text(text: str, room: int, total: int) -> tuple[str, bool]:
    """As much as fits, up to the last sentence if that leaves at least half of all."""
    fitting = text[: room + 1]
    ends = [m.end() for m in _SENTENCE_END.finditer(fitting)]
    if ends and total - room + ends[-1] >= total // 2:
        return fitting[: ends[-1]], True
    return fitting.rpartition(" ")[0], False
