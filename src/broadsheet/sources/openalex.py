"""OpenAlex: its lists of works, single works, and the JSON lines of its snapshot.

Fields come and go from year to year, so each is read as if it might be missing. Lists name the
first 100 authors of a work. Works are merged: the id that was asked for may come back as another.
"""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import unquote, urlencode, urlsplit

from broadsheet.model.errors import InvalidValueError, RetryError, SourceError
from broadsheet.model.harvest import About, Answer, Page, Plan, Request
from broadsheet.model.identifiers import arxiv_id
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Imprint, Record
from broadsheet.model.ports import Clock
from broadsheet.sources.documents import Item, record_or_fault, with_hash
from broadsheet.sources.fields import (
    LIMITS,
    bounded_text,
    clean_keywords,
    imprint_of,
    known_counts,
    known_ids,
    latest_day,
    partial_date,
    required_title,
    web_address,
)
from broadsheet.sources.json_answers import asked, error_in, json_answer
from broadsheet.sources.json_documents import (
    Object,
    list_at,
    number_at,
    object_at,
    objects,
    text_at,
)
from broadsheet.sources.json_files import read_json
from broadsheet.sources.markup import plain
from broadsheet.sources.names import clean_names
from broadsheet.sources.twins import twin, twins

BASE = "https://api.openalex.org"
_PER_PAGE = 100  # what old and new documentation both allow
_MOST_SOURCES = 100
_SOURCE = re.compile(r"[Ss]\d{1,12}\Z")
_FILTER = re.compile(r"[a-z_]+(?:\.[a-z_]+)*:[^,\s][^,]{0,999}\Z")
_SINGLE = re.compile(r"/works/(?!$)(?:https?://openalex\.org/)?(.*)")
_VENUES = {"journal": "article-journal", "conference": "paper-conference", "book series": "chapter"}
_KINDS = {
    "journal-article": "article-journal",
    "proceedings-article": "paper-conference",
    "posted-content": "article",
    "preprint": "article",
    "book-chapter": "chapter",
    "book": "book",
    "monograph": "book",
    "dissertation": "thesis",
    "report": "report",
}


class OpenAlex:
    """Reads and asks OpenAlex.

    Args:
        clock: the present moment, by which dates of the future are refused.
    """

    about = About(
        name="openalex",
        title="OpenAlex",
        gives="Works of all fields with venues, other versions, citations and retractions.",
        rules="Data is CC0. A free key is needed, and requests are metered in money against it.",
        home="https://developers.openalex.org/",
        interval_s=0.2,
        selects="source ids such as S4306400194, or filters such as type:preprint",
        key="query api_key",
        needs_key=True,
    )

    def __init__(self, *, clock: Clock) -> None:
        self.clock = clock

    def recognises(self, head: bytes) -> bool:
        """Whether objects bear OpenAlex's ids and the keys of its works."""
        return (
            head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"["))
            and b"//openalex.org/W" in head
            and any(key in head for key in (b'"authorships"', b'"publication_year"'))
        )

    def read(self, stream: BinaryIO, *, file: str, start: int = 0) -> Iterator[Located | Reject]:
        """Yield the works of a saved answer, or of the snapshot's lines."""
        latest = latest_day(self.clock)
        return read_json(
            stream,
            file=file,
            start=start,
            is_row=lambda row: _work_id(row) is not None,
            record=lambda row: _record(row, latest),
            items=self._items,
        )

    def first(self, plan: Plan) -> Request:
        """Ask for the first page of the works that fulfil every filter.

        Raises:
            InvalidValueError: nothing is selected, or something that is no filter.
        """
        return _ask(plan, "*")

    def page(self, plan: Plan, request: Request, answer: Answer) -> Page:
        """Read a list or a single work; a work that is not there is a page without any."""
        single = _SINGLE.search(unquote(urlsplit(request.url).path))
        if single and answer.status == 404:  # its body is HTML
            return Page(items=())
        goes_on = asked(request, "cursor") not in ("", "*")
        value = json_answer(answer, "OpenAlex", place="cursor" if goes_on else "")
        said: Object = value if isinstance(value, dict) else {}
        if single and "id" in said:
            return self._single(said, single[1])
        if not isinstance(said.get("results"), list):
            raise RetryError("OpenAlex's answer holds no works.")
        cursor = text_at(said, "meta", "next_cursor")
        return Page(
            items=tuple(self._items(said)),
            next=_ask(plan, cursor) if cursor and said["results"] else None,
            total=number_at(said, "meta", "count"),
        )

    def _single(self, row: Object, asked_id: str) -> Page:
        """Return the page of one work, which may have been merged into another."""
        latest = latest_day(self.clock)
        merged = twin("openalex", asked_id)
        item = record_or_fault(lambda: _record(row, latest, merged or ""), text_at(row, "id"))
        is_merged = isinstance(item, Record) and merged not in (None, f"openalex:{item.source_id}")
        return Page(items=(item,), gone=(asked_id.upper(),) if is_merged else ())

    def _items(self, value: Any) -> Iterator[Item]:
        if said := error_in(value):
            raise SourceError(f"an error of the server, no papers: {said}")
        latest = latest_day(self.clock)
        for row in objects(value, "results"):

            def record(row: Object = row) -> Record:
                return _record(row, latest)

            yield record_or_fault(record, text_at(row, "id"))


def _ask(plan: Plan, cursor: str) -> Request:
    words = {"filter": _filters(plan), "per_page": f"{_PER_PAGE}", "cursor": cursor}
    server = (plan.base or BASE).rstrip("/")
    # No `select`: it is refused as soon as one of its fields has gone.
    query = urlencode(words, safe=":|,*")
    return Request(url=f"{server}/works?{query}", accept="application/json")


def _filters(plan: Plan) -> str:
    """Return every filter, joined: sources as alternatives, all else as conditions."""
    sources = [name.upper() for name in plan.selection if _SOURCE.match(name)]
    found = [name for name in plan.selection if not _SOURCE.match(name)]
    if not plan.selection or len(sources) > _MOST_SOURCES:
        raise InvalidValueError("OpenAlex is asked for 1 to 100 sources, or by filters: select.")
    for name in found:
        if not _FILTER.match(name):
            raise InvalidValueError(f"{name!r} is no source as S4306400194, and no name:value.")
    if sources:
        found.append(f"primary_location.source.id:{'|'.join(sources)}")
    if plan.since is not None:
        found.append(f"from_updated_date:{plan.since.isoformat()}")
    return ",".join(found)


def _work_id(row: Object) -> str | None:
    named = twin("openalex", text_at(row, "id"))
    return named.partition(":")[2] if named else None


def _record(row: Object, latest: str, merged: str = "") -> Record:
    own = _work_id(row)
    if own is None:
        raise SourceError("no id")
    if row.get("is_paratext") is True:
        raise SourceError("paratext, no paper")
    primary = object_at(row, "primary_location")
    places = [primary, *(p for p in list_at(row, "locations") if isinstance(p, dict))]
    eprint, number = known_ids(None, text_at(row, "doi"))
    eprint = eprint or next(iter(_eprints(primary)), None)
    where = next((p for p in places if text_at(p, "source", "type") in _VENUES), {})
    changed = text_at(row, "updated_date")
    return with_hash(
        Record(
            source="openalex",
            source_id=own,
            title=required_title(plain(text_at(row, "title") or text_at(row, "display_name"))),
            abstract=bounded_text(plain(_abstract(row)), "abstract"),
            authors=clean_names(_authors(row)),
            submitted=_day(row, latest),
            modified=partial_date(changed, "updated_date", latest) if changed else None,
            standing="retracted" if row.get("is_retracted") is True else "",
            venue=bounded_text(plain(text_at(where, "source", "display_name")), "venue"),
            licence=bounded_text(_licence(row, primary), "licence"),
            url=_address(primary, number, own),
            arxiv_id=eprint,
            doi=number,
            twins=twins(_named(row, own, merged, places), arxiv=eprint, doi=number),
            keywords=clean_keywords(_keywords(row)),
            counts=known_counts(citations=number_at(row, "cited_by_count")),
            imprint=_imprint(row, where),
        )
    )


def _eprints(place: Object) -> Iterator[str]:
    for key in ("landing_page_url", "pdf_url"):
        if eprint := arxiv_id(text_at(place, key)):
            yield eprint


def _named(row: Object, own: str, merged: str, places: list[Object]) -> Iterator[tuple[str, str]]:
    """Yield everything that the work is called, the id that was asked for among it."""
    yield "openalex", own
    yield "openalex", merged.removeprefix("openalex:")
    yield "pubmed", text_at(row, "ids", "pmid")
    for place in places:
        yield from (("arxiv", eprint) for eprint in _eprints(place))
        yield from ((scheme, text_at(place, "landing_page_url")) for scheme in ("doi", "pubmed"))


def _abstract(row: Object) -> str:
    """Return the abstract out of `{word: [positions]}`: where a word is missing, the next follows.

    Raises:
        SourceError: it is longer than an abstract may be.
    """
    placed: list[tuple[int, str]] = []
    length = 0
    for word, positions in object_at(row, "abstract_inverted_index").items():
        known = [p for p in positions if type(p) is int] if isinstance(positions, list) else []
        length += (len(word) + 1) * len(known)
        if length > LIMITS["abstract"]:
            raise SourceError(f"abstract over {LIMITS['abstract']:,} characters")
        placed += [(position, word) for position in known if position >= 0]
    return " ".join(word for _, word in sorted(placed, key=lambda pair: pair[0]))


def _authors(row: Object) -> Iterator[str]:
    for entry in list_at(row, "authorships"):
        if isinstance(entry, dict):
            yield text_at(entry, "author", "display_name") or text_at(entry, "raw_author_name")


def _day(row: Object, latest: str) -> str | None:
    """Return when it was published, no more exactly than is known.

    The first of a month is also written where only the month is known, the first of January where
    only the year is.
    """
    said = text_at(row, "publication_date") or text_at(row, "publication_year")
    day = partial_date(said, "publication_date", latest) if said else ""
    if day.endswith("-01-01"):
        return day[:4]
    return (day[:7] if day.endswith("-01") else day) or None


def _licence(row: Object, primary: Object) -> str:
    return text_at(primary, "license") or text_at(row, "best_oa_location", "license")


def _address(primary: Object, number: str | None, own: str) -> str:
    if address := web_address(text_at(primary, "landing_page_url")):
        return address
    return f"https://doi.org/{number}" if number else f"https://openalex.org/{own}"


def _keywords(row: Object) -> Iterator[str]:
    for entry in list_at(row, "keywords"):
        if isinstance(entry, dict):
            yield text_at(entry, "display_name") or text_at(entry, "keyword")


def _imprint(row: Object, where: Object) -> Imprint | None:
    named = _KINDS.get(text_at(row, "type_crossref")) or _KINDS.get(text_at(row, "type"))
    first, last = (text_at(row, "biblio", key) for key in ("first_page", "last_page"))
    return imprint_of(
        kind=named or _VENUES.get(text_at(where, "source", "type"), ""),
        volume=text_at(row, "biblio", "volume"),
        issue=text_at(row, "biblio", "issue"),
        pages=first if first == last or not last else f"{first}-{last}",
        publisher=text_at(where, "source", "host_organization_name"),
        language=text_at(row, "language"),
    )
