"""The feed of a journal: RSS, RDF or Atom, with the journals' own words (Dublin Core, PRISM)."""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from lxml import etree

from broadsheet.model.errors import InvalidValueError, RetryError, SourceError
from broadsheet.model.harvest import About, Answer, Page, Plan, Request
from broadsheet.model.identifiers import arxiv_id, doi
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Imprint, Record
from broadsheet.model.ports import Clock
from broadsheet.sources.arxiv_parts import is_announcing_feed, is_query_feed
from broadsheet.sources.documents import Item, read_document, record_or_fault, with_hash
from broadsheet.sources.feed_entries import ROOTS, entries_of, is_feed
from broadsheet.sources.fields import (
    bounded_text,
    known_ids,
    latest_day,
    partial_date,
    required_title,
    rfc_822_date,
    web_address,
)
from broadsheet.sources.names import clean_names, full_name, split_names
from broadsheet.sources.xml_answers import answered_xml, refused
from broadsheet.sources.xml_documents import parse_xml, text_of

MAX_FEED_BYTES = 20_000_000
_TOO_LARGE = f"a feed over {MAX_FEED_BYTES:,} bytes"


class Feed:
    """Reads and asks for the feeds of journals.

    Args:
        clock: the present moment, by which dates of the future are refused.
    """

    about = About(
        name="feed",
        title="A journal's feed (RSS, RDF, Atom)",
        gives="What a journal has published of late, as its own feed tells.",
        rules="As the journal says; a feed is asked for once an hour at most.",
        home="https://www.rssboard.org/rss-specification",
        interval_s=1.0,
        selects="addresses of feeds, with http:// or https://",
    )

    def __init__(self, *, clock: Clock) -> None:
        self.clock = clock

    def recognises(self, head: bytes) -> bool:
        """Whether it is a feed, and none of arXiv's."""
        return is_feed(head) and not is_query_feed(head) and not is_announcing_feed(head)

    def read(self, stream: BinaryIO, *, file: str, start: int = 0) -> Iterator[Located | Reject]:
        """Yield the entries of a saved feed."""
        return read_document(stream, file=file, start=start, parse=self._parse)

    def first(self, plan: Plan) -> Request:
        """Ask for the first feed; a feed gives what it has, whatever the plan's day and base.

        Raises:
            InvalidValueError: no address, or one that is not of http or https.
        """
        if not plan.selection:
            raise InvalidValueError("name the address of at least one feed.")
        for address in plan.selection:
            if len(address) > 2_000 or not web_address(address):
                raise InvalidValueError(f"{address[:100]!r} is no http or https address.")
        return _ask(plan.selection[0])

    def page(self, plan: Plan, request: Request, answer: Answer) -> Page:
        """Read a feed; the next one of the selection follows."""
        if len(answer.body) > MAX_FEED_BYTES:
            raise SourceError(_TOO_LARGE)
        root = answered_xml(answer, who="The feed's server", roots=ROOTS)
        if answer.status >= 400:
            raise refused(answer, who="The feed's server")
        if root.tag == "rss" and root.find("channel") is None:
            raise RetryError("The feed has no channel.")
        addresses = list(dict.fromkeys(plan.selection))
        at = addresses.index(request.url) + 1 if request.url in addresses else len(addresses)
        following = _ask(addresses[at]) if at < len(addresses) else None
        return Page(items=tuple(self._items(root)), next=following)

    def _parse(self, data: bytes) -> Iterator[Item]:
        if len(data) > MAX_FEED_BYTES:
            raise SourceError(_TOO_LARGE)
        yield from self._items(parse_xml(data))

    def _items(self, root: etree._Element) -> Iterator[Item]:
        latest = latest_day(self.clock)
        channel = root.find("{*}channel")
        journal = text_of((root if channel is None else channel).find("{*}publicationName"))
        for entry in entries_of(root):

            def record(entry: Mapping[str, Any] = entry) -> Record:
                return with_hash(_record(entry, journal, latest))

            yield record_or_fault(record, str(entry.get("title") or entry.get("link") or ""))


def _ask(address: str) -> Request:
    accept = "application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.1"
    return Request(url=address, accept=accept)


def _record(entry: Mapping[str, Any], journal: str, latest: str) -> Record:
    said = {key: value.strip() for key, value in entry.items() if isinstance(value, str)}
    names = [said.get(key, "") for key in ("prism_doi", "dc_identifier", "id", "link")]
    arxiv = next((name for name in names if "arxiv" in name.lower() and arxiv_id(name)), None)
    eprint, number = known_ids(arxiv, next(filter(None, map(doi, names)), None))
    source_id = bounded_text(number or said.get("id") or said.get("link"), "id")
    if not source_id:
        raise SourceError("no id")
    contents = entry.get("content") or [{}]
    text = said.get("summary") or contents[0].get("value", "")
    submitted, updated = _days(entry, said, latest)
    venue = said.get("prism_publicationname") or journal
    return Record(
        source="feed",
        source_id=source_id,
        title=required_title(said.get("title")),
        abstract=bounded_text(text, "abstract"),
        authors=clean_names(_names(entry)),
        submitted=submitted,
        updated=updated,
        venue=bounded_text(venue, "venue"),
        url=web_address(said.get("link")),
        arxiv_id=eprint,
        doi=number,
        imprint=_imprint(said),
    )


def _days(
    entry: Mapping[str, Any], said: Mapping[str, str], latest: str
) -> tuple[str | None, str | None]:
    """Return the days of publication and of the last change."""
    published = _day(said.get("published", ""), entry.get("published_parsed"), latest)
    changed = _day(said.get("updated", ""), entry.get("updated_parsed"), latest)
    published = published or _day(said.get("prism_publicationdate", ""), None, latest)
    # Atom's `updated` is a change; the `dc:date` of the others, here called so too, is not.
    if published is None and not entry["is_atom"]:
        return changed, None
    return published, changed if changed != published else None


def _day(text: str, parsed: Any, latest: str) -> str | None:
    """Return a day as it is written, for in UTC it may be another; None for what is no date."""
    is_iso = text[:4].isdigit()
    try:
        day = (partial_date if is_iso else rfc_822_date)(text, "a date", "9999")
    except SourceError:
        if is_iso or parsed is None:  # feedparser makes a third of March of a 31st of February
            return None
        day = "{:04d}-{:02d}-{:02d}".format(*parsed)
    return partial_date(day, "a date", latest)


def _names(entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield names out of one element each, or out of one for all: `A B, C D`, `B, A; D, C`."""
    for author in entry.get("authors", ()):
        for part in author.get("name", "").split(";"):
            names = split_names(part)
            is_turned = len(names) == part.count(",") + 1 == 2 and min(map(_n_words, names)) == 1
            yield from (full_name(*names),) if is_turned else names


def _n_words(name: str) -> int:
    return len(name.split())


def _imprint(said: Mapping[str, str]) -> Imprint | None:
    volume, issue, first, last = (
        bounded_text(said.get(f"prism_{name}"), "venue")
        for name in ("volume", "number", "startingpage", "endingpage")
    )
    pages = f"{first}-{last}" if first and last and first != last else first
    return Imprint(volume=volume, issue=issue, pages=pages) if volume or issue or pages else None
