"""The small print under a headline: who wrote it, and where and when it appeared.

A page has fifty of each, and most stand on other pages, too: these are made in Python and kept,
where a template would make them anew each time.
"""

from functools import lru_cache

from markupsafe import Markup, escape

from broadsheet.model.paper import Author, Paper
from broadsheet.services.fields import category_name
from broadsheet.services.prose.plain import to_plain
from broadsheet.web.addresses import author_address, category_address
from broadsheet.web.dateline import plain_date

_DOT = Markup(' <span class="dot" aria-hidden="true">·</span> ')


@lru_cache(maxsize=8192)
def byline(authors: tuple[Author, ...], most: int = 4) -> Markup:
    """Return authors as links; where there are many more than `most`, how many are left out."""
    shown = authors if len(authors) <= most + 1 else authors[:most]
    names = [_author(author) for author in shown]
    if len(shown) < len(authors):
        return Markup(", ").join(names) + f" and {len(authors) - len(shown):,} more"
    if len(names) < 2:
        return Markup("").join(names)
    return Markup(", ").join(names[:-1]) + Markup(" and ") + names[-1]


def facts(paper: Paper, category: str = "", day: str = "") -> Markup:
    """Return category, venue and day of a paper, but for those that the page is about."""
    said = []
    if paper.primary and paper.primary != category:
        said.append(_category(paper.primary))
    if paper.venue:
        said.append(_venue(paper.venue))
    if paper.day and paper.day != day:
        said.append(_day(paper.day))
    return _DOT.join(said)


def _author(author: Author) -> Markup:
    if not author.key:
        return escape(author.name)
    # Said as one text: `Markup.format` takes ten times as long.
    link = f'<a href="{author_address(author.key)}">{escape(author.name)}</a>'
    return Markup(link)  # noqa: S704 an address is quoted, a name escaped


@lru_cache(maxsize=1024)
def _category(code: str) -> Markup:
    link = Markup('<span><a href="{}">{}</a></span>')
    return link.format(category_address(code), category_name(code))


@lru_cache(maxsize=1024)
def _venue(venue: str) -> Markup:
    return Markup("<span>{}</span>").format(to_plain(venue))


@lru_cache(maxsize=1024)
def _day(day: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(day, plain_date(day))
