"""Stories: a paper's headline, names, text and small print, with what its reader can do to it.

A page has fifty of them, and macros of a template took most of the time that a page takes: so
stories alone are written here, as text. Whatever comes from outside is escaped where it stands.
"""

from collections.abc import Iterator
from functools import lru_cache

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from broadsheet.model.marks import Mark
from broadsheet.model.paper import Author, Paper
from broadsheet.services.fields import category_name
from broadsheet.services.prose.plain import to_plain
from broadsheet.web.addresses import (
    author_address,
    category_address,
    paper_address,
    tag_address,
)
from broadsheet.web.dateline import plain_date
from broadsheet.web.mine import Personal
from broadsheet.web.textex import to_excerpt, to_html

_DOT = ' <span class="dot" aria-hidden="true">·</span> '
_UP, _DOWN = "M6 1 11 9H1Z", "M6 9 1 1H11Z"


@pass_context
def story(
    context: Context,
    paper: Paper,
    *,
    level: int = 3,
    kind: str = "",
    room: int = 280,
    most: int = 4,
    category: str = "",
    day: str = "",
    why: str = "",
    more: str = "",
) -> Markup:
    """Return a paper as a story for the reader of a page.

    Args:
        context: of the page; its `mine` is what it holds for its reader.
        level: of the headline.
        kind: a class beside `story`.
        room: for how many letters of text; 0 for none.
        most: how many authors are named.
        category, day: what the page is about already, and the story need not say.
        why: why it stands here.
        more: what follows; Markup stays as it is.
    """
    mine: Personal | None = context.get("mine")
    own = f' id="p-{escape(paper.id)}"' if mine and mine.has(paper) else ""
    address = mine.address(paper) if mine else paper_address(paper)
    link = f'<a href="{escape(address)}">{to_html(paper.title)}</a>'
    parts = [
        f'<article class="{f"story {kind}" if kind else "story"}" data-item{own}>\n'
        f'<h{level} class="headline">{link}</h{level}>\n'
    ]
    if paper.authors:
        parts.append(f'<p class="byline">{byline(paper.authors, most)}</p>\n')
    if paper.text and room:
        parts.append(f'<p class="text">{to_excerpt(paper.text, room)}</p>\n')
    if small := facts(paper, category, day):
        parts.append(f'<p class="facts">{small}</p>\n')
    if why:
        parts.append(f'<p class="why">{escape(why)}</p>\n')
    if more:
        parts.append(f"{escape(more)}\n")
    parts.append(controls(context, paper))
    parts.append("</article>\n")
    return Markup("".join(parts))  # noqa: S704 every part is escaped


@pass_context
def controls(context: Context, paper: Paper) -> Markup:
    """Return what the reader of a page can do to a paper: vote, save, tag, hide."""
    mine: Personal | None = context.get("mine")
    if mine is None or not mine.has(paper):
        return Markup()
    lines = _lines_of(paper, mine, mine.mark(paper))
    return Markup("\n".join(lines))  # noqa: S704 every part is escaped


@lru_cache(maxsize=8192)
def byline(authors: tuple[Author, ...], most: int = 4) -> Markup:
    """Return authors as links; where there are many more than `most`, how many are left out."""
    shown = authors if len(authors) <= most + 1 else authors[:most]
    names = [_author(author) for author in shown]
    n_more = len(authors) - len(shown)
    ending = f" and {n_more:,} more" if n_more else ""
    if not n_more and len(names) > 1:
        ending = f" and {names.pop()}"
    return Markup(", ".join(names) + ending)  # noqa: S704 every name is escaped


def facts(paper: Paper, category: str = "", day: str = "") -> str:
    """Return category, venue and day of a paper as HTML, but for those that the page is about."""
    said = []
    if paper.primary and paper.primary != category:
        said.append(_category(paper.primary))
    if paper.venue:
        said.append(_venue(paper.venue))
    if paper.day and paper.day != day:
        said.append(f'<time datetime="{escape(paper.day)}">{plain_date(paper.day)}</time>')
    return _DOT.join(said)


def _lines_of(paper: Paper, mine: Personal, mark: Mark) -> Iterator[str]:
    id, tags = str(escape(paper.id)), [str(escape(tag)) for tag in mark.tags]
    yield f'<div class="line" data-paper="{id}">'
    yield _vote(id, "up", _UP, "Vote up", is_pressed=mark.vote > 0)
    yield _vote(id, "down", _DOWN, "Vote down", is_pressed=mark.vote < 0)
    yield _does("unsave" if mark.saved else "save", id, "save", "Saved" if mark.saved else "Save")
    if mark.read:
        yield "<span>Read</span>"
    if mark.note:
        yield f'<a href="{escape(paper_address(paper))}#note">Note</a>'
    for tag, said in zip(mark.tags, tags, strict=True):
        yield f'<a class="tag" href="{escape(tag_address(tag))}">{said}</a>'
    yield '<details>\n<summary>More</summary>\n<div class="more">'
    if mark.read:
        yield _does("unread", id, "read", "Mark as unread")
    else:
        yield _does("read", id, "read", "Mark as read")
    if mark.never:
        yield _does("again", id, "never", "Show again")
    else:
        yield _does("never", id, "never", "Never again")
    for said in tags:
        act = f'name="do" value="untag {id} {said}"'
        yield f'<button form="marking" {act}>Take off “{said}”</button>'
    yield '<form class="tagging" method="post" action="/mark" data-mark>'
    yield f'<input type="hidden" name="back" value="{escape(mine.back)}">'
    yield f'<input type="hidden" name="do" value="tag {id}">'
    yield (
        '<input name="tag" aria-label="Tag" placeholder="tag" maxlength="30" size="10"'
        ' autocomplete="off" required>'
    )
    yield "<button>Tag</button>\n</form>\n</div>\n</details>\n</div>\n"


def _does(word: str, id: str, key: str, said: str) -> str:
    act = f'name="do" value="{word} {id}" data-key="{key}"'
    return f'<button form="marking" {act}>{said}</button>'


def _vote(id: str, word: str, shape: str, said: str, *, is_pressed: bool) -> str:
    act = f'name="do" value="{"unvote" if is_pressed else word} {id}" data-key="{word}"'
    pressed = f'aria-pressed="{"true" if is_pressed else "false"}"'
    sign = f'<svg viewBox="0 0 12 10" aria-hidden="true"><path d="{shape}"/></svg>'
    return (
        f'<button form="marking" {act} class="sign" {pressed} title="{said}">{sign}'
        f'<span class="unseen">{said}</span></button>'
    )


def _author(author: Author) -> str:
    name = escape(author.name)
    return f'<a href="{author_address(author.key)}">{name}</a>' if author.key else str(name)


@lru_cache(maxsize=1024)
def _category(code: str) -> str:
    link = f'<a href="{escape(category_address(code))}">{escape(category_name(code))}</a>'
    return f"<span>{link}</span>"


@lru_cache(maxsize=1024)
def _venue(venue: str) -> str:
    return f"<span>{escape(to_plain(venue))}</span>"
