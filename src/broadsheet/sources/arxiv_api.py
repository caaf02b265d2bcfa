"""arXiv's query API: single papers by their ids, or what a search finds, as an Atom feed.

Ids that do not exist are left out of an answer without a word; an error is a feed with one entry
that is no paper, whatever its HTTP status; and a page is sometimes empty by mistake.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import BinaryIO
from urllib.parse import parse_qsl, urlencode, urlsplit

from lxml import etree

from broadsheet.model.announcing import listing_day
from broadsheet.model.categories import clean_categories
from broadsheet.model.errors import InvalidValueError, RetryError, SourceError
from broadsheet.model.harvest import About, Answer, Fault, Page, Plan, Request
from broadsheet.model.identifiers import arxiv_id
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Record, Version
from broadsheet.model.ports import Clock
from broadsheet.sources.arxiv_parts import ARXIV, ATOM, address, is_query_feed
from broadsheet.sources.documents import Item, read_document, record_or_fault, with_hash
from broadsheet.sources.fields import (
    bounded_text,
    known_ids,
    latest_day,
    partial_date,
    required_title,
)
from broadsheet.sources.moments import moment_of
from broadsheet.sources.names import clean_names
from broadsheet.sources.xml_answers import answered_xml, refused
from broadsheet.sources.xml_documents import Children, children_of, parse_xml, text_in, text_of

BASE = "https://export.arxiv.org/api/query"
_TOTAL = "{http://a9.com/-/spec/opensearch/1.1/}totalResults"
_PAGE = 100  # papers a request, of either kind
_MOST = 30_000  # that the server gives of one search
_LONGEST_SEARCH = 2_000
_ERROR = re.compile(r"https?://arxiv\.org/api/errors")
_LIKE_AN_ID = re.compile(r"\d+\.\d+(?:v\d+)?\Z")
_VERSION = re.compile(r"v([1-9]\d{0,2})\Z")


class ArxivApi:
    """Reads and asks arXiv's query API.

    Args:
        clock: the present moment, by which dates of the future are refused.
    """

    about = About(
        name="arxiv_api",
        title="arXiv (query API)",
        gives="Single arXiv papers by id, or the papers that a search finds, newest first.",
        rules="Metadata is CC0. One request in three seconds over all your machines.",
        home="https://info.arxiv.org/help/api/user-manual.html",
        interval_s=3.0,
        selects='arXiv ids, or one search such as cat:cs.CL AND abs:"retrieval"',
    )

    def __init__(self, *, clock: Clock) -> None:
        self.clock = clock

    def recognises(self, head: bytes) -> bool:
        """Whether it is an answer of the query API, which names itself before its entries."""
        return is_query_feed(head)

    def read(self, stream: BinaryIO, *, file: str, start: int = 0) -> Iterator[Located | Reject]:
        """Yield the papers of a saved answer."""
        return read_document(stream, file=file, start=start, parse=self._parse)

    def first(self, plan: Plan) -> Request:
        """Ask for the first papers; of a search those submitted since a day, where one is given.

        Raises:
            InvalidValueError: neither arXiv ids nor one search.
        """
        if ids := _ids(plan)[:_PAGE]:
            return _ask_ids(plan, ids)
        if len(plan.selection) != 1 or not plan.selection[0].strip():
            raise InvalidValueError("arXiv's API is asked for arXiv ids, or for one search.")
        if _LIKE_AN_ID.match(plan.selection[0].strip()):
            raise InvalidValueError(f"{plan.selection[0]!r} is not an arXiv id.")
        if len(plan.selection[0]) > _LONGEST_SEARCH:
            raise InvalidValueError(f"a search has at most {_LONGEST_SEARCH:,} characters.")
        return _ask_search(plan, 0)

    def page(self, plan: Plan, request: Request, answer: Answer) -> Page:
        """Read a page of papers; ids that do not exist are not among them."""
        root = answered_xml(answer, who="arXiv", roots=(f"{ATOM}feed",))
        items: list[Item] = list(self._items(root))
        if answer.status >= 400:
            raise refused(answer, who="arXiv")
        total = _number(text_of(root.find(_TOTAL)))
        if total is None:
            raise RetryError("arXiv's answer does not say how many results there are.")
        asked = dict(parse_qsl(urlsplit(request.url).query))
        start = _number(asked.get("start", "")) or 0
        if not items and start < total:
            raise RetryError("arXiv's page is empty before the last result.")
        start += len(items)
        following = None
        if "id_list" in asked:
            following = _next_ids(plan, asked["id_list"])
        elif start < min(total, _MOST):
            following = _ask_search(plan, start)
        elif start < total:
            items.append(Fault(reason=f"over {_MOST:,} results: search for less at a time"))
        moment = moment_of(text_of(root.find(f"{ATOM}updated")))
        said = moment.isoformat() if moment else ""
        return Page(items=tuple(items), next=following, moment=said, total=total)

    def _parse(self, data: bytes) -> Iterator[Item]:
        yield from self._items(parse_xml(data))

    def _items(self, root: etree._Element) -> Iterator[Item]:
        latest = latest_day(self.clock)
        for entry in root.iterchildren(f"{ATOM}entry"):
            children = children_of(entry)
            name = text_in(children, f"{ATOM}id").strip()
            if _ERROR.match(name):
                said = " ".join(text_in(children, f"{ATOM}summary").split())
                raise SourceError(f"arXiv refuses: {said[:200] or name[:200]}")
            yield record_or_fault(partial(_record, children, name, latest), name)


def _ids(plan: Plan) -> list[str]:
    """Return the ids of a selection of nothing else, each once and without its version."""
    found = [arxiv_id(name) for name in plan.selection]
    return list(dict.fromkeys(name for name in found if name)) if all(found) else []


def _ask_ids(plan: Plan, ids: list[str]) -> Request:
    # Without `max_results` the server gives ten, however many ids it is asked for.
    return _ask(plan, {"id_list": ",".join(ids), "max_results": len(ids)})


def _ask_search(plan: Plan, start: int) -> Request:
    search = plan.selection[0].strip()
    if ":" not in search:  # bare words are joined by OR, and not all of them are searched for
        search = 'all:"' + search.replace('"', " ") + '"'
    if plan.since is not None:
        until = plan.now.strftime("%Y%m%d%H%M")
        search = f"({search}) AND submittedDate:[{plan.since:%Y%m%d}0000 TO {until}]"
    order = {"sortBy": "submittedDate", "sortOrder": "descending"}
    words = {"search_query": search, "start": start, "max_results": _PAGE}
    return _ask(plan, {**words, **order})


def _ask(plan: Plan, words: Mapping[str, object]) -> Request:
    return Request(url=f"{plan.base or BASE}?{urlencode(words)}", accept="application/atom+xml")


def _next_ids(plan: Plan, asked: str) -> Request | None:
    """Return the question for the ids that follow those asked for."""
    ids = _ids(plan)
    last = asked.rpartition(",")[2]
    rest = ids[ids.index(last) + 1 :][:_PAGE] if last in ids else []
    return _ask_ids(plan, rest) if rest else None


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _record(entry: Children, name: str, latest: str) -> Record:
    eprint = arxiv_id(name) if name else None
    if eprint is None:
        raise SourceError("id is not an arXiv id" if name else "no id")
    published = text_in(entry, f"{ATOM}published").strip()
    submitted = partial_date(published, "published", latest) if published else None
    versions, updated = _versions(entry, name, submitted, latest)
    moment = moment_of(published) if ":" in published else None
    codes = [*entry.get(f"{ARXIV}primary_category", ()), *entry.get(f"{ATOM}category", ())]
    names = [name for author in entry.get(f"{ATOM}author", ()) for name in author]
    return with_hash(
        Record(
            source="arxiv",
            source_id=eprint,
            title=required_title(text_in(entry, f"{ATOM}title")),
            abstract=bounded_text(text_in(entry, f"{ATOM}summary"), "abstract"),
            authors=clean_names([text_of(name) for name in names if name.tag == f"{ATOM}name"]),
            categories=clean_categories([code.get("term", "") for code in codes]),
            submitted=submitted,
            updated=updated,
            announced=listing_day(moment).isoformat() if moment else None,
            announced_as="expected" if moment else "",
            comment=bounded_text(text_in(entry, f"{ARXIV}comment"), "comments"),
            journal_ref=bounded_text(text_in(entry, f"{ARXIV}journal_ref"), "journal_ref"),
            url=address(eprint),
            arxiv_id=eprint,
            doi=known_ids(None, text_in(entry, f"{ARXIV}doi"))[1],
            versions=versions,
        )
    )


def _versions(
    entry: Children, name: str, submitted: str | None, latest: str
) -> tuple[tuple[Version, ...], str | None]:
    """Return the first and the present version, and the day of the latter where it is another."""
    said = text_in(entry, f"{ATOM}updated").strip()
    changed = partial_date(said, "updated", latest) if said else None
    found = _VERSION.search(name)
    if found is None:
        return (), changed if changed != submitted else None
    first, number = Version(number=1, date=submitted), int(found[1])
    if number == 1:
        return (first,), None
    return (first, Version(number=number, date=changed)), changed
