"""Semantic Scholar: its Graph API, its recommendations, and the lines of its papers dataset.

Only the fields that were asked for come back. The dataset writes its keys in small letters, so
keys are compared in small letters everywhere.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, urlencode, urlsplit

from broadsheet.model.errors import InvalidValueError, RetryError, SourceError
from broadsheet.model.harvest import About, Answer, Page, Plan, Request
from broadsheet.model.identifiers import arxiv_id, doi
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Imprint, Record
from broadsheet.model.ports import Clock
from broadsheet.sources.documents import Item, record_or_fault, with_hash
from broadsheet.sources.fields import (
    bounded_text,
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
    texts_at,
)
from broadsheet.sources.json_files import read_json
from broadsheet.sources.names import clean_names
from broadsheet.sources.twins import twin, twins
from broadsheet.sources.venues import is_preprint_server

BASE = "https://api.semanticscholar.org/graph/v1"
_FIELDS = (
    "title,abstract,authors,year,publicationDate,venue,publicationTypes,journal,externalIds,"
    "corpusId,url,openAccessPdf,citationCount,influentialCitationCount"
)
_BATCH = 500
_SEARCH_ENDS = 1_000
_SHA = re.compile(r"(?:.*/)?([0-9a-f]{40})\Z", re.IGNORECASE | re.DOTALL)
_NAMED_ID = re.compile(r"(corpusid|acl|pmid|pmcid|mag|dblp|url):(\S+)\Z", re.IGNORECASE)
_NOTHING = re.compile(r"paper with id|title match not found|no valid paper ids", re.IGNORECASE)
_KEYS = (b'"externalIds"', b'"authorId"', b'"title"', b'"citedPaper"', b'"citingPaper"')
_KINDS = {
    "conference": "paper-conference",
    "journalarticle": "article-journal",
    "booksection": "chapter",
    "book": "book",
}
_SCHEMES = {"acl": "acl", "pubmed": "pubmed", "dblp": "dblp", "doi": "doi", "arxiv": "arxiv"}


class SemanticScholar:
    """Reads and asks Semantic Scholar.

    Args:
        clock: the present moment, by which dates of the future are refused.
    """

    about = About(
        name="semantic_scholar",
        title="Semantic Scholar",
        gives="Papers with other identifiers, one-line summaries and citation counts.",
        rules="ODC-BY: name Semantic Scholar where its data is shown. One request a second.",
        home="https://api.semanticscholar.org/api-docs/",
        interval_s=1.0,
        selects="one search, or ids such as ARXIV:2301.00001, DOI:10.1000/x, CorpusId:13756489",
        key="header x-api-key",
    )

    def __init__(self, *, clock: Clock) -> None:
        self.clock = clock

    def recognises(self, head: bytes) -> bool:
        """Whether objects bear the keys of papers, or of lists of dataset files."""
        if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
            return False
        is_graph = b'"paperId"' in head and any(key in head for key in _KEYS)
        is_dataset = b'"corpusid"' in head and b'"title"' in head
        return is_graph or is_dataset or b'"update_files"' in head

    def read(self, stream: BinaryIO, *, file: str, start: int = 0) -> Iterator[Located | Reject]:
        """Yield the papers of a saved answer, or of the lines of the papers dataset."""
        latest = latest_day(self.clock)
        return read_json(
            stream,
            file=file,
            start=start,
            is_row=lambda row: "corpusid" in row or "paperId" in row,
            record=lambda row: _record(row, latest),
            items=self._items,
        )

    def first(self, plan: Plan) -> Request:
        """Ask for the papers of these ids, or for the first page of a search from a day on.

        Ids are looked up whatever their day.

        Raises:
            InvalidValueError: nothing is selected, several searches, or searches beside ids.
        """
        ids = _asked_ids(plan)
        if ids:
            return _batch(plan, ids[:_BATCH])
        if len(plan.selection) != 1 or not plan.selection[0].strip():
            raise InvalidValueError("Semantic Scholar is asked by one search or by ids: select.")
        words = {"query": plan.selection[0], "fields": _FIELDS}
        if plan.since is not None:
            words["publicationDateOrYear"] = f"{plan.since.isoformat()}:"
        return _get(f"{_server(plan)}/paper/search/bulk?{urlencode(words, safe=',:')}")

    def page(self, plan: Plan, request: Request, answer: Answer) -> Page:
        """Read a paper, a batch, a search, a list of citations or of recommendations."""
        try:
            place = "token" if asked(request, "token") else ""
            value = json_answer(answer, "Semantic Scholar", place=place)
        except RetryError:
            raise
        except SourceError as e:
            if not _NOTHING.search(str(e)):
                raise
            value = []  # none of what was asked for is known
        if not _holds_papers(value):
            raise RetryError("Semantic Scholar's answer holds no papers.")
        said: Object = value if isinstance(value, dict) else {}
        return Page(
            items=tuple(self._items(value)),
            next=_following(plan, request, said),
            total=number_at(said, "total"),
        )

    def _items(self, value: Any) -> Iterator[Item]:
        if said := error_in(value):
            raise SourceError(f"an error of the server, no papers: {said}")
        if isinstance(value, dict) and ("diffs" in value or "update_files" in value):
            raise SourceError("a list of dataset files to be downloaded, no papers")
        latest = latest_day(self.clock)
        for row in _papers(value):

            def record(row: Object = row) -> Record:
                return _record(row, latest)

            yield record_or_fault(record, text_at(row, "paperId") or text_at(row, "title"))


def _server(plan: Plan) -> str:
    return (plan.base or BASE).rstrip("/")


def _get(url: str) -> Request:
    return Request(url=url, accept="application/json")


def _asked_ids(plan: Plan) -> list[str]:
    """Return the ids of a selection, each once; none where it is a search.

    Raises:
        InvalidValueError: some are ids and some are not: one bad id spoils a whole request.
    """
    ids = [_asked_id(text.strip()) for text in plan.selection]
    known = [found for found in ids if found]
    if known and len(known) < len(ids):
        wrong = plan.selection[ids.index(None)]
        raise InvalidValueError(f"{wrong!r} is no id as ARXIV:2301.00001 or DOI:10.1000/x.")
    return list(dict.fromkeys(known))


def _asked_id(text: str) -> str | None:
    """Return an id as Semantic Scholar wants it named, None for what is no id."""
    if eprint := arxiv_id(text):
        return f"ARXIV:{eprint}"
    if number := doi(text):
        return f"DOI:{number}"
    named = _NAMED_ID.match(text)
    if named is None:
        return text.lower() if len(text) == 40 and _SHA.match(text) else None
    scheme = "CorpusId" if named[1].lower() == "corpusid" else named[1].upper()
    return f"{scheme}:{named[2]}"


def _batch(plan: Plan, ids: Sequence[str]) -> Request:
    return Request(
        url=f"{_server(plan)}/paper/batch?fields={_FIELDS},tldr",  # searches know no tldr
        body=json.dumps({"ids": list(ids)}),
        accept="application/json",
    )


def _following(plan: Plan, request: Request, said: Object) -> Request | None:
    """Return the next batch, or the next page of a list, or None."""
    if request.body:
        ids = _asked_ids(plan)
        starts = range(0, len(ids), _BATCH)
        # A request says which ids it asks for, not where they stand.
        at = next((s for s in starts if json.dumps(ids[s]) in request.body), len(ids)) + _BATCH
        return _batch(plan, ids[at : at + _BATCH]) if at < len(ids) else None
    if not said.get("data"):
        return None
    if token := text_at(said, "token"):
        return _get(_with(request.url, "token", token))
    offset = number_at(said, "next")
    ends = urlsplit(request.url).path.endswith("/paper/search") and (offset or 0) >= _SEARCH_ENDS
    if offset is None or offset <= (number_at(said, "offset") or 0) or ends:
        return None
    return _get(_with(request.url, "offset", f"{offset}"))


def _with(url: str, name: str, value: str) -> str:
    """Return an address with one value of its query changed."""
    parts = urlsplit(url)
    words = {**dict(parse_qsl(parts.query)), name: value}
    return parts._replace(query=urlencode(words, safe=",:")).geturl()


def _holds_papers(value: Any) -> bool:
    if isinstance(value, dict):
        named = ("data", "recommendedPapers", "paperId", "corpusid", "diffs", "update_files")
        return any(key in value for key in named)
    return isinstance(value, list)


def _papers(value: Any) -> Iterator[Object]:
    """Yield the papers of any answer: rows of citations hold them a level deeper, or null."""
    for row in objects(value, "data", "recommendedPapers"):
        inner = next((row[key] for key in ("citedPaper", "citingPaper") if key in row), row)
        if isinstance(inner, dict):
            yield inner


def _record(said: Object, latest: str) -> Record:
    row = _small(said)
    names = _small(object_at(row, "externalids"))
    corpus = text_at(row, "corpusid") or text_at(names, "corpusid")
    own = _SHA.match(text_at(row, "paperid")) or _SHA.match(text_at(row, "url"))
    if own is None and twin("s2", corpus) is None:
        raise SourceError("no id")
    source_id = own[1].lower() if own else f"CorpusId:{corpus}"
    eprint, number = known_ids(None, text_at(names, "doi"))
    eprint = arxiv_id(text_at(names, "arxiv")) or eprint
    named = [("s2", corpus), *((_SCHEMES[k], text_at(names, k)) for k in names if k in _SCHEMES)]
    venue = bounded_text(text_at(row, "venue"), "venue")
    venue = "" if is_preprint_server(venue) else venue
    return with_hash(
        Record(
            source="semantic_scholar",
            source_id=source_id,
            title=required_title(text_at(row, "title")),
            abstract=bounded_text(text_at(row, "abstract"), "abstract"),
            summary=bounded_text(text_at(row, "tldr", "text"), "summary"),
            authors=clean_names(
                text_at(author, "name")
                for author in list_at(row, "authors")
                if isinstance(author, dict)
            ),
            submitted=_day(row, latest),
            venue=venue,
            licence=bounded_text(text_at(row, "openaccesspdf", "license"), "licence"),
            url=web_address(text_at(row, "url"))
            or f"https://www.semanticscholar.org/paper/{source_id}",
            arxiv_id=eprint,
            doi=number,
            twins=twins(named, arxiv=eprint, doi=number),
            counts=known_counts(
                citations=number_at(row, "citationcount"),
                influential_citations=number_at(row, "influentialcitationcount"),
            ),
            imprint=_imprint(row, is_published=bool(venue)),
        )
    )


def _small(row: Object) -> Object:
    return {key.lower(): value for key, value in row.items()}


def _day(row: Object, latest: str) -> str | None:
    if said := text_at(row, "publicationdate"):
        return partial_date(said, "publicationDate", latest)
    year = number_at(row, "year")
    return partial_date(f"{year}", "year", latest) if year else None


def _imprint(row: Object, *, is_published: bool) -> Imprint | None:
    """Return how it was published; preprints, too, are called journal articles there."""
    types = {text.lower() for text in texts_at(row, "publicationtypes")}
    kind = next((kind for name, kind in _KINDS.items() if name in types), "")
    return imprint_of(
        kind=kind if is_published else "",
        volume=text_at(row, "journal", "volume"),
        pages=text_at(row, "journal", "pages"),
    )
