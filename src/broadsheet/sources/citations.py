"""Entries of personal libraries, whatever file they stand in, made into records."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from broadsheet.model.categories import clean_categories
from broadsheet.model.identifiers import anthology_id, arxiv_id, doi, isbn
from broadsheet.model.paper import Imprint, Record
from broadsheet.sources.clean import one_line
from broadsheet.sources.documents import with_hash
from broadsheet.sources.fields import (
    LIMITS,
    bounded_text,
    clean_keywords,
    fitting_text,
    made_id,
    page_range,
    required_title,
    web_address,
)
from broadsheet.sources.free_dates import free_date
from broadsheet.sources.names import clean_names
from broadsheet.sources.venues import venue_name

PUBLISHED_IN = ("article-journal", "paper-conference", "chapter")
_SERVER = re.compile(
    r"(?:arxiv|corr|biorxiv|medrxiv|chemrxiv|psyarxiv|ssrn|research square|openreview)\b",
    re.IGNORECASE,
)
_ARXIV = re.compile(
    r"(?:(?:arxiv|corr)(?:\.org)?(?:[ ,]+(?:e-?prints?|preprint))?[ :,]*){1,3}(?:abs/)?"
    r"([a-z-]+(?:\.[A-Za-z]{2})?/\d{7}|\d{4}\.\d{4,5})(?:v\d{1,3})?"
    r"[ ,]*(?:[\[(]([A-Za-z.-]{2,20})[\])])?[ ,.;(]*(?:(?:19|20)\d\d)?[).]*\Z",
    re.IGNORECASE,
)
_PUBMED = re.compile(r"(?:PMID:? ?|https?://pubmed\.ncbi\.nlm\.nih\.gov/)(\d{1,9})/?\Z", re.I)
_OPENREVIEW = re.compile(r"https?://openreview\.net/(?:forum|pdf)\?id=([\w-]{5,30})\Z")
_DBLP = re.compile(
    r"(?:DBLP:|https?://dblp\.(?:org|uni-trier\.de)/rec/)"
    r"((?:conf|journals|books|phd|series|reference)/[\w/-]{3,100}?)(?:\.\w+)?\Z"
)
_LICENCE = re.compile(r"licen[cs]e|creativecommons|\bCC[ -]?(?:BY|0)\b", re.IGNORECASE)
_MAIL = re.compile(r"[ ,]*(?:\([^()@]*+@[^()]*\)|<[^<>@]*+@[^<>]*>|\S+@\S+\.\w+)")
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_][A-Za-z]{2,8})*\Z")
_LANGUAGES = {
    "english": "en",
    "american": "en",
    "british": "en",
    "german": "de",
    "ngerman": "de",
    "french": "fr",
    "spanish": "es",
    "italian": "it",
    "portuguese": "pt",
    "russian": "ru",
    "chinese": "zh",
    "japanese": "ja",
    "korean": "ko",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """One entry of a library as its file says it, without the file's mark-up.

    Args:
        kind: in CSL's words (`model.paper.Imprint`).
        container: the journal, the proceedings or the book in which it stands.
        date: as people write it.
        names: every text that may name the work, as a DOI, an address, `arXiv:1706.03762 [cs]`
            or `PMID: 12`; one that names nothing is passed over.
        isbn: taken as the work's own where it is a book.
        rights: a licence or what stands in its place.
    """

    title: str = ""
    abstract: str = ""
    authors: tuple[str, ...] = ()
    kind: str = ""
    container: str = ""
    date: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    publisher: str = ""
    language: str = ""
    url: str = ""
    names: tuple[str, ...] = ()
    isbn: str = ""
    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    comment: str = ""
    rights: str = ""
    standing: str = ""


def record_of(said: Citation, *, source: str, latest: str) -> Record:
    """Return the record of an entry.

    Raises:
        SourceError: no title, a field over its bound, or a date more than a year in the future.
    """
    title = required_title(said.title)
    authors = clean_names(map(_without_mail, said.authors))
    submitted = free_date(said.date, "date", latest)
    ids = _identified((*said.names, said.url))
    kind = _kind(said, ids)
    venue = _venue(said, kind, (submitted or "")[:4])
    eprint, number = ids.first("arxiv"), ids.first("doi")
    own = [("arxiv", eprint), ("doi", number)]
    return with_hash(
        Record(
            source=source,
            source_id=number or eprint or made_id(title, authors, submitted),
            title=title,
            abstract=bounded_text(said.abstract, "abstract"),
            authors=authors,
            categories=clean_categories([*said.categories, *ids.categories]),
            submitted=submitted,
            standing=said.standing,
            venue=venue,
            comment=fitting_text(said.comment, "comments"),
            journal_ref=_unnamed_venue(said, kind, venue),
            licence=fitting_text(said.rights, "licence") if _LICENCE.search(said.rights) else "",
            url=web_address(fitting_text(said.url, "url")),
            arxiv_id=eprint,
            doi=number,
            twins=tuple(
                f"{s}:{v}" for s, v in (*ids.found, *_isbns(said, kind)) if (s, v) not in own
            ),
            keywords=clean_keywords(word.strip(" ,;*") for word in said.keywords),
            imprint=_imprint(said, kind),
        )
    )


def language_code(text: str) -> str:
    """Return the ISO 639 code of `en-US`, `eng` or `English`; "" for what is none."""
    word = text.strip().lower()
    match = _LANGUAGE.match(word)
    return _LANGUAGES.get(word) or (match[1] if match else "")


class _Ids(NamedTuple):
    """The identifiers of a work as (scheme, value), each once, and arXiv's class beside its id."""

    found: tuple[tuple[str, str], ...]
    categories: tuple[str, ...]

    def first(self, scheme: str) -> str | None:
        return next((value for said, value in self.found if said == scheme), None)


def _identified(names: Iterable[str]) -> _Ids:
    found: dict[tuple[str, str], None] = {}
    categories: list[str] = []
    for name in names:
        text = one_line(name[: LIMITS["id"] + 1])
        if not text or len(text) > LIMITS["id"]:
            continue
        stated = _ARXIV.match(text)
        if stated and stated[2]:
            categories.append(stated[2])
        # A number alone, as 1234.5678, may be anything.
        eprint = stated[1] if stated else text if "/" in text or ":" in text else ""
        for scheme, value in (
            ("arxiv", arxiv_id(eprint)),
            ("doi", doi(text)),
            ("acl", anthology_id(text) if ":" in text else None),
            ("pubmed", _group(_PUBMED, text)),
            ("openreview", _group(_OPENREVIEW, text)),
            ("dblp", _group(_DBLP, text)),
        ):
            if value and not (scheme == "doi" and arxiv_id(value)):
                found[scheme, value] = None
    return _Ids(tuple(found), tuple(categories))


def _group(pattern: re.Pattern[str], text: str) -> str | None:
    match = pattern.match(text)
    return match[1] if match else None


def _isbns(said: Citation, kind: str) -> list[tuple[str, str]]:
    if kind != "book":
        return []
    whole = isbn(said.isbn)
    numbers = [whole] if whole else [isbn(part) for part in said.isbn[:200].split()]
    return [("isbn", number) for number in dict.fromkeys(numbers) if number]


def _without_mail(name: str) -> str:
    return _MAIL.sub("", name) if "@" in name else name


def _kind(said: Citation, ids: _Ids) -> str:
    """Return the kind; what stands on a preprint server is no article of a journal."""
    if _SERVER.match(said.container.strip()) and said.kind in ("", "article-journal"):
        return "article"
    return said.kind or ("article" if ids.first("arxiv") else "")


def _venue(said: Citation, kind: str, year: str) -> str:
    if kind not in PUBLISHED_IN:
        return ""
    name = fitting_text(said.container, "venue")
    return venue_name(name, year if kind == "paper-conference" else "") if name else ""


def _unnamed_venue(said: Citation, kind: str, venue: str) -> str:
    """Return the container's name where it is too long for a venue's."""
    return "" if venue or kind not in PUBLISHED_IN else fitting_text(said.container, "journal_ref")


def _imprint(said: Citation, kind: str) -> Imprint | None:
    imprint = Imprint(
        kind=kind,
        volume=page_range(said.volume),
        issue=page_range(said.issue),
        pages=page_range(said.pages),
        publisher=_without_mail(fitting_text(said.publisher, "imprint")),
        language=language_code(said.language),
    )
    return None if imprint == Imprint() else imprint
