"""A list as Markdown that is read as it stands: few marks, short beginnings, paths as links.

No text of a paper can make markup: it stands in one line, and every sign that could begin an
element of CommonMark, raw HTML above all, has a backslash before it.
"""

import re
from collections.abc import Iterator

from broadsheet.model.paper import Paper
from broadsheet.services.prose.plain import to_plain
from broadsheet.web.addresses import paper_address
from broadsheet.web.dateline import plain_date
from broadsheet.web.faces.feed import Entry, Feed, fit
from broadsheet.web.files import paper_files
from broadsheet.web.happenings import happening

# Within a word an underscore is a letter: addresses and names of files stay as they are.
_MARKS = re.compile(r"[\\`*\[\]<>~|]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")
# What makes a block of a line: headings, lists, rules, underlines of headings.
_OPENING = re.compile(r"\A(?:\d{1,9}(?=[.)](?:\s|\Z))|(?=[#+=-]))")
_N_NAMES = 3
_ROOM = 300


def to_markdown(feed: Feed) -> bytes:
    """Return the page: of one paper all that is known, of a list the beginning of each."""
    paper = feed.listing.paper
    lines = _one(paper, feed) if paper else _list(feed)
    return "\n".join((*lines, "")).encode("utf-8", "replace")


def escaped(text: str) -> str:
    """Return plain text as Markdown that shows it, in one line."""
    return _OPENING.sub(r"\g<0>\\", _MARKS.sub(r"\\\g<0>", fit(text)))


def _list(feed: Feed) -> Iterator[str]:
    yield f"# {escaped(feed.title)}"
    yield ""
    yield escaped(feed.description)
    yield _where(feed)
    for entry in feed.entries:
        yield ""
        yield from _entry(entry)
    if feed.next:
        yield ""
        yield f"More: {feed.next}"


def _where(feed: Feed) -> str:
    pages = feed.listing.n_pages
    page = f"Page {feed.listing.page} of {pages}. " if pages > 1 else ""
    return f"{page}Paths lead on from {feed.base}"


def _entry(entry: Entry) -> Iterator[str]:
    yield f"## {escaped(entry.title)}"
    yield ""
    yield " · ".join(_facts(entry))
    if entry.note:
        yield f"({escaped(entry.note)})"
    if entry.text:
        yield ""
        yield escaped(_beginning(entry.text))


def _facts(entry: Entry) -> Iterator[str]:
    """The address first: it is what a reader goes on with."""
    yield f"{entry.address}.md"
    names = [escaped(name) for name, _ in entry.authors[:_N_NAMES]]
    more = len(entry.authors) - len(names)
    if names:
        yield ", ".join(names) + (f" and {more} more" if more else "")
    if entry.categories:
        yield escaped(" ".join(code for code, _ in entry.categories))
    paper = entry.paper
    if paper and paper.venue:
        yield escaped(to_plain(paper.venue))
    if paper and paper.day:
        yield paper.day
    if paper and paper.standing:
        yield f"**{paper.standing}**"


def _beginning(text: str) -> str:
    return text if len(text) <= _ROOM else f"{text[:_ROOM].rpartition(' ')[0]}…"


def _one(paper: Paper, feed: Feed) -> Iterator[str]:
    yield f"# {escaped(to_plain(paper.title)) or paper.id}"
    yield ""
    if paper.authors:
        yield f"{escaped(', '.join(author.name for author in paper.authors))}  "
    yield from (f"{name}: {value}  " for name, value in _record(paper) if value)
    yield f"Page: {feed.base}{paper_address(paper)}  "
    yield "Files: " + " ".join(address for _, address in paper_files(paper))
    for part in paper.text.split("\n\n"):
        if said := escaped(to_plain(part)):
            yield ""
            yield said
    if feed.listing.events:
        yield ""
        yield "## History"
        yield ""
        for told in feed.listing.events:
            line = escaped(happening(told.event, told.source))
            yield f"- {told.event.at or told.seen_at[:10]} {line}"


def _record(paper: Paper) -> Iterator[tuple[str, str]]:
    yield "Standing", f"**{paper.standing}**" if paper.standing else ""
    yield "Listed", plain_date(paper.day)
    yield "Updated", plain_date(paper.updated) if paper.updated != paper.submitted else ""
    yield "Categories", escaped(" ".join(paper.categories))
    yield "Venue", escaped(to_plain(paper.venue))
    yield "Journal", escaped(to_plain(paper.journal_ref))
    yield "arXiv", escaped(paper.arxiv_id or "")
    yield "DOI", escaped(paper.doi or "")
    yield "Code", escaped(paper.code)
    yield "Comment", escaped(to_plain(paper.comment))
