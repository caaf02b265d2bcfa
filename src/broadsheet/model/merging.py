"""One paper out of what several sources say of it. Pure: the store and the tests call it alike."""

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from unicodedata import combining

from broadsheet.model.dates import first_number, last_number
from broadsheet.model.identifiers import anthology_id, family_key, title_key
from broadsheet.model.paper import Imprint, Record, Version

Kind = Literal["published", "arxiv", "other", "shelf", "portal"]

# Who is asked first for each field. A field is taken from the first kind that has it.
PRECEDENCE: dict[str, tuple[Kind, ...]] = {
    "title": ("published", "arxiv", "other", "shelf", "portal"),
    "abstract": ("arxiv", "published", "other", "portal", "shelf"),
    "summary": ("shelf", "other", "published", "arxiv", "portal"),
    "authors": ("arxiv", "published", "other", "shelf", "portal"),
    "categories": ("arxiv", "other", "shelf", "published", "portal"),
    "venue": ("published", "other", "shelf", "arxiv", "portal"),
    "comment": ("arxiv", "published", "other", "shelf", "portal"),
    "journal_ref": ("arxiv", "published", "other", "shelf", "portal"),
    "licence": ("arxiv", "published", "other", "shelf", "portal"),
    "arxiv_id": ("arxiv", "published", "other", "shelf", "portal"),
    "doi": ("published", "arxiv", "other", "shelf", "portal"),
    "versions": ("arxiv", "published", "other", "shelf", "portal"),
    "code": ("arxiv", "published", "other", "shelf", "portal"),
    "keywords": ("published", "arxiv", "other", "shelf", "portal"),
    "imprint": ("published", "other", "arxiv", "shelf", "portal"),
}
STANDINGS = ("retracted", "withdrawn")
"""What weighs more comes first; any record's word counts."""
_KINDS: dict[str, Kind] = {
    "arxiv": "arxiv",
    "shelf": "shelf",
    "portal": "portal",
    # What readers keep of papers was typed by hand, or came from somewhere better.
    **dict.fromkeys(("bibtex", "ris", "csl", "zotero"), "shelf"),
}
_TEXT_COMPARED = 600
_LISTS = {"authors", "versions", "keywords"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The fields of a paper, merged from all its records."""

    title: str
    abstract: str
    summary: str
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    submitted: str | None
    updated: str | None
    announced: str | None
    venue: str
    comment: str
    journal_ref: str
    licence: str
    arxiv_id: str | None
    doi: str | None
    versions: tuple[Version, ...]
    modified: str | None = None
    featured: str | None = None
    standing: str = ""
    code: str = ""
    keywords: tuple[str, ...] = ()
    imprint: Imprint | None = None

    @property
    def day(self) -> str | None:
        """The partial date under which it is listed: announced, else submitted."""
        return self.announced or self.submitted

    @property
    def day_number(self) -> int:
        """The day as a number, 0 when there is none."""
        day = self.day
        return first_number(day) if day else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What a judge says of two records.

    Args:
        likely: from 0 to 1, that they are one paper.
        is_one: whether that is enough.
        grounds: what spoke for it and against it, for people.
    """

    likely: float
    is_one: bool
    grounds: str


def merge(records: Sequence[Record]) -> Merged:
    """Return the paper of one or more records, given oldest first.

    Of one kind's records the one updated last speaks, of equals the later one; of lists the
    longest. Dates go by meaning: the earliest submission and announcement (one that was seen
    before one that is only expected), the latest update.
    """
    if len(records) == 1:
        return _alone(records[0])
    return Merged(
        submitted=_earliest([r.submitted for r in records]),
        updated=_latest([r.updated for r in records]),
        announced=_announced(records),
        modified=_latest([r.modified for r in records]),
        featured=_earliest([r.featured for r in records]),
        standing=next((s for s in STANDINGS if any(r.standing == s for r in records)), ""),
        **{name: _choose(name, records) for name in PRECEDENCE},  # type: ignore[arg-type]
    )


def kind_of(record: Record) -> Kind:
    """Return how a record's source is trusted: a venue's own record counts as published."""
    kind = _KINDS.get(record.source)
    if kind is not None:
        return kind
    return "published" if record.venue else "other"


def first_author(authors: Sequence[str]) -> str:
    """Return the family name of the first author to compare by; empty when there is none."""
    return family_key(authors[0]) if authors else ""


def year_of(submitted: str | None, announced: str | None) -> int | None:
    """Return the year by which papers of one title are told apart."""
    day = submitted or announced
    return int(day[:4]) if day else None


def text_hash(abstract: str) -> str:
    """Return what abstracts that begin alike share, whatever their blanks and case.

    The first hundred words tell: some sources cut the rest off. Empty for none.
    """
    plain = abstract[:_TEXT_COMPARED].casefold().replace(" ", "")
    return hashlib.blake2b(plain.encode(), digest_size=8).hexdigest() if plain else ""


def public_id(merged: Merged, records: Sequence[Record]) -> str:
    """Return the id for addresses: arXiv's, else the Anthology's, else one made of the title."""
    if merged.arxiv_id:
        return merged.arxiv_id
    for record in records:
        anthology = anthology_id(record.source_id) if record.source == "acl" else None
        if anthology:
            return anthology
    key = title_key(merged.title) or merged.title
    digest = hashlib.blake2b(key.encode(), digest_size=3).hexdigest()
    return f"{slug(merged.title)}-{digest}".lstrip("-")


def slug(title: str, *, longest: int = 60) -> str:
    """Return the title's words for an address: ASCII letters and digits joined by hyphens."""
    plain = (c for c in unicodedata.normalize("NFKD", title).lower() if not combining(c))
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in plain).split()
    text = "-".join(words)
    return (
        text if len(text) <= longest else text[: longest + 1].rpartition("-")[0] or text[:longest]
    )


def _alone(record: Record) -> Merged:
    return Merged(
        title=record.title,
        abstract=record.abstract,
        summary=record.summary,
        authors=record.authors,
        categories=record.categories,
        submitted=record.submitted,
        updated=record.updated,
        announced=record.announced,
        venue=record.venue,
        comment=record.comment,
        journal_ref=record.journal_ref,
        licence=record.licence,
        arxiv_id=record.arxiv_id,
        doi=record.doi,
        versions=record.versions,
        modified=record.modified,
        featured=record.featured,
        standing=record.standing,
        code=record.code,
        keywords=record.keywords,
        imprint=record.imprint,
    )


def _choose(name: str, records: Sequence[Record]) -> object:
    order = PRECEDENCE[name]
    having = [r for r in records if getattr(r, name)]
    if not having:
        return getattr(records[0], name)
    best = min(order.index(kind_of(r)) for r in having)
    peers = [r for r in having if order.index(kind_of(r)) == best]
    newest = max(enumerate(peers), key=lambda pair: (_recency(pair[1], name), pair[0]))[1]
    return getattr(newest, name)


def _recency(record: Record, name: str) -> tuple[int, int]:
    length = len(getattr(record, name)) if name in _LISTS else 0
    day = record.updated or record.submitted
    return length, first_number(day) if day else 0


def _announced(records: Sequence[Record]) -> str | None:
    seen = [r.announced for r in records if r.announced_as != "expected"]
    return _earliest(seen) or _earliest([r.announced for r in records])


def _earliest(days: Sequence[str | None]) -> str | None:
    known = [day for day in days if day]
    return min(known, key=last_number) if known else None


def _latest(days: Sequence[str | None]) -> str | None:
    known = [day for day in days if day]
    return max(known, key=first_number) if known else None
