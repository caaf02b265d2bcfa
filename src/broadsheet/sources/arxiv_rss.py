"""arXiv's daily feeds, RSS and Atom: what was announced today, and as what.

Only here arXiv says whether a paper is new, listed in another category too, or replaced. There is
no history; on weekends and holidays a feed is empty.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree

from broadsheet.model.categories import clean_categories
from broadsheet.model.errors import InvalidValueError, RetryError, SourceError
from broadsheet.model.harvest import About, Answer, Fault, Page, Plan, Request
from broadsheet.model.identifiers import arxiv_id
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Record, Version
from broadsheet.model.ports import Clock
from broadsheet.sources.arxiv_parts import ARXIV, ATOM, address, is_announcing_feed
from broadsheet.sources.documents import Item, read_document, record_or_fault, with_hash
from broadsheet.sources.fields import bounded_text, known_ids, latest_day, required_title
from broadsheet.sources.moments import moment_of, new_york_day
from broadsheet.sources.names import names_of_line
from broadsheet.sources.xml_answers import answered_xml, refused
from broadsheet.sources.xml_documents import parse_xml, text_of

BASE = "https://rss.arxiv.org/rss"
_DC = "{http://purl.org/dc/elements/1.1/}"
_CATEGORIES = ("category", f"{ATOM}category")
_CATEGORY = re.compile(r"[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z]+(?:-[A-Za-z]+)*)?\Z")
# In this order: of a paper that is listed twice, what it was announced as first counts.
_KINDS = ("new", "replace", "cross", "replace-cross", "")
_LEAD = re.compile(r"\s*arXiv:\S+\s+Announce Type:\s*([a-z-]+)\s+Abstract:\s*")
_VERSION = re.compile(r"v([1-9]\d{0,2})\Z")
_ERROR = "Feed error"
_MOST = 2_000  # items, after which a feed is cut


class ArxivRss:
    """Reads and asks arXiv's daily feeds.

    Args:
        clock: the present moment, by which dates of the future are refused.
    """

    about = About(
        name="arxiv_rss",
        title="arXiv (daily feeds)",
        gives="Today's announcements: which papers are new, cross-listed or replaced.",
        rules="Metadata is CC0. Changes once a day, at midnight in New York.",
        home="https://info.arxiv.org/help/rss.html",
        interval_s=3.0,
        selects="categories or archives such as cs.CL or math",
    )

    def __init__(self, *, clock: Clock) -> None:
        self.clock = clock

    def recognises(self, head: bytes) -> bool:
        """Whether it is a feed that names arXiv's feed server before its entries."""
        return is_announcing_feed(head)

    def read(self, stream: BinaryIO, *, file: str, start: int = 0) -> Iterator[Located | Reject]:
        """Yield the announcements of a saved feed."""
        return read_document(stream, file=file, start=start, parse=self._parse)

    def first(self, plan: Plan) -> Request:
        """Ask for today's announcements in all the categories at once, whatever the plan's day.

        Raises:
            InvalidValueError: no category, or what is none.
        """
        if not plan.selection:
            raise InvalidValueError("arXiv's feeds are by category: name at least one, as cs.CL.")
        for name in plan.selection:
            if not _CATEGORY.match(name):
                raise InvalidValueError(f"{name!r} is no arXiv category; they are as cs.CL.")
        names = "+".join(dict.fromkeys(plan.selection))
        return Request(url=f"{plan.base or BASE}/{names}", accept="application/rss+xml")

    def page(self, plan: Plan, request: Request, answer: Answer) -> Page:
        """Read the day's feed: one page, with nothing on it on a quiet day."""
        root = answered_xml(answer, who="arXiv", roots=("rss", f"{ATOM}feed"))
        items = tuple(self._items(root))
        if answer.status >= 400:
            raise refused(answer, who="arXiv")
        if root.tag == "rss" and root.find("channel") is None:
            raise RetryError("arXiv's feed has no channel.")
        moment = moment_of(_said(_feed_of(root), "lastBuildDate", f"{ATOM}updated"))
        return Page(items=items, moment=moment.isoformat() if moment else "")

    def _parse(self, data: bytes) -> Iterator[Item]:
        yield from self._items(parse_xml(data))

    def _items(self, root: etree._Element) -> Iterator[Item]:
        feed = _feed_of(root)
        title = _said(feed, "title", f"{ATOM}title")
        if title.startswith(_ERROR):
            why = _said(feed, "description", f"{ATOM}subtitle") or title
            raise SourceError(f"arXiv refuses: {' '.join(why.split())[:200]}")
        latest = latest_day(self.clock)
        build = _said(feed, "pubDate", "lastBuildDate", f"{ATOM}updated")
        found = []
        for entry in feed.iterchildren("item", f"{ATOM}entry"):

            def record(entry: etree._Element = entry) -> Record:
                return with_hash(_record(entry, build, latest))

            name = _said(entry, "guid", f"{ATOM}id", "link").strip()
            found.append(record_or_fault(record, name))
        yield from _each_once(found)
        if len(found) >= _MOST:
            yield Fault(reason=f"a feed is cut at {_MOST:,} items: name fewer categories")


def _feed_of(root: etree._Element) -> etree._Element:
    channel = root.find("channel")
    return root if channel is None else channel


def _said(element: etree._Element, *names: str) -> str:
    """Return the text of the first of these children that has any."""
    return next((said for name in names if (said := text_of(element.find(name)).strip())), "")


def _each_once(items: list[Item]) -> list[Item]:
    """Return items without those of papers that another item says more of."""
    best: dict[str, Record] = {}
    for item in items:
        if isinstance(item, Record):
            other = best.setdefault(item.source_id, item)
            if _KINDS.index(item.announced_as) < _KINDS.index(other.announced_as):
                best[item.source_id] = item
    kept = {id(record) for record in best.values()}
    return [item for item in items if isinstance(item, Fault) or id(item) in kept]


def _record(entry: etree._Element, build: str, latest: str) -> Record:
    name = _said(entry, "guid", f"{ATOM}id") or _said(entry, "link")
    eprint = arxiv_id(name) if name else None
    if eprint is None:
        raise SourceError("id is not an arXiv id" if name else "no id")
    text = _said(entry, "description", f"{ATOM}summary")
    lead = _LEAD.match(text)
    kind = _said(entry, f"{ARXIV}announce_type") or (lead[1] if lead else "")
    kind = kind if kind in _KINDS else ""
    said = _said(entry, "pubDate", f"{ATOM}published") or build
    day = new_york_day(said or _said(entry, f"{ATOM}updated"), "a day", latest)
    number = _VERSION.search(name)
    codes = [code.get("term") or text_of(code) for code in entry.iterchildren(*_CATEGORIES)]
    return Record(
        source="arxiv",
        source_id=eprint,
        title=required_title(_said(entry, "title", f"{ATOM}title")),
        abstract=bounded_text(text[lead.end() :] if lead else text, "abstract"),
        authors=names_of_line(_said(entry, f"{_DC}creator")),
        categories=clean_categories(code.strip() for code in codes),
        announced=day if kind == "new" else None,
        announced_as=kind,
        modified=None if kind == "new" else day,
        journal_ref=bounded_text(_said(entry, f"{ARXIV}journal_reference"), "journal_ref"),
        licence=bounded_text(_said(entry, f"{_DC}rights"), "licence"),
        url=address(eprint),
        arxiv_id=eprint,
        doi=known_ids(None, _said(entry, f"{ARXIV}DOI", f"{ARXIV}doi"))[1],
        versions=(Version(number=int(number[1])),) if number else (),
    )
