"""A paper, and what its sources say of it."""

from dataclasses import dataclass

import msgspec

from broadsheet.model.flags import flags_of


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """One name on a paper. Equal keys are shown as one person: names are all that is known."""

    name: str
    key: str


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A numbered version and the partial date on which it was submitted."""

    number: int
    date: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint:
    """How a paper was published, as a citation names it.

    Args:
        kind: the type in CSL's words: `article` (a preprint), `article-journal`,
            `paper-conference`, `chapter`, `book`, `thesis`, `report`; empty when unknown.
        pages: first and last page joined by a hyphen, or an article number.
        language: an ISO 639 code; empty when unknown.
    """

    kind: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    publisher: str = ""
    language: str = ""


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one source says of one paper, cleaned but not yet merged.

    Of all values of the model the one that is made by the hundred thousand: a Struct is made four
    times as fast as a dataclass that is frozen, and written as JSON without its empty fields.

    Args:
        source: the source's short name, as `arxiv` or `shelf`.
        source_id: the record's id at its source, unique there.
        submitted, updated, announced, modified, featured: partial ISO dates (`model.dates`) or
            None: of the first version, of the last one, of its announcement, of the last change
            of the source's record, of the day on which a source put it forward.
        announced_as: what an announcement called it: `new`, `cross`, `replace`,
            `replace-cross`; empty when nothing was said.
        standing: `withdrawn` or `retracted`; empty for a paper in good standing.
        arxiv_id, doi: in normal form (`model.identifiers`) or None.
        twins: other identifiers under which the source names the same work, each
            `scheme:value`, as `acl:P18-1001` or `doi:10.1000/x`.
        takes_back: what a notice says of other works: a standing and an identifier, as
            `("retracted", "doi:10.1000/x")`.
        code: address of its code.
        counts: what readers did at the source when it was asked, as `("upvotes", 12)`.
        raw_hash: hex digest by which a changed record is told from an unchanged one.
    """

    source: str
    source_id: str
    title: str
    abstract: str = ""
    summary: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    submitted: str | None = None
    updated: str | None = None
    announced: str | None = None
    announced_as: str = ""
    modified: str | None = None
    featured: str | None = None
    standing: str = ""
    venue: str = ""
    comment: str = ""
    journal_ref: str = ""
    licence: str = ""
    url: str = ""
    arxiv_id: str | None = None
    doi: str | None = None
    twins: tuple[str, ...] = ()
    takes_back: tuple[tuple[str, str], ...] = ()
    code: str = ""
    keywords: tuple[str, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    imprint: Imprint | None = None
    versions: tuple[Version, ...] = ()
    raw_hash: str = ""

    @property
    def identifiers(self) -> tuple[tuple[str, str], ...]:
        """Scheme and value of each identifier it gives, each once, what counts most first."""
        own = (("arxiv", self.arxiv_id), ("doi", self.doi))
        named = [(scheme, value) for scheme, value in own if value]
        for twin in self.twins:
            scheme, _, value = twin.partition(":")
            if (scheme, value) not in named:
                named.append((scheme, value))
        return tuple(named)


class SourceRef(msgspec.Struct, frozen=True, kw_only=True):
    """Where a paper's data came from: the source, its id there, the file that brought it.

    Args:
        gone_at: when it was learned that the source has deleted it, as ISO text in UTC; else
            empty.
    """

    source: str
    source_id: str
    origin: str
    url: str
    first_seen: str
    gone_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What readers had done at a source by a day, as one of its records says.

    Args:
        kind: `upvotes`, `stars`, `comments`, `downloads`, `citations` or what else is counted.
        day: the day on which the number was learned, an ISO date.
    """

    source: str
    source_id: str
    kind: str
    day: str
    value: int


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """One paper, merged from all its records.

    Args:
        key: the row's number, dense from 1; never shown to a reader.
        id: the public id: the arXiv id where there is one, else made from the title.
        day: the partial date under which it is listed (announced, else submitted), or None.
        standing: `withdrawn` or `retracted`; empty for a paper in good standing.
        twins: the other identifiers that its records give, each `scheme:value`.
    """

    key: int
    id: str
    title: str
    abstract: str
    summary: str
    authors: tuple[Author, ...]
    categories: tuple[str, ...]
    day: str | None
    submitted: str | None
    updated: str | None
    announced: str | None
    venue: str
    comment: str
    journal_ref: str
    licence: str
    arxiv_id: str | None
    doi: str | None
    versions: tuple[Version, ...] = ()
    sources: tuple[SourceRef, ...] = ()
    modified: str | None = None
    featured: str | None = None
    standing: str = ""
    code: str = ""
    keywords: tuple[str, ...] = ()
    imprint: Imprint | None = None
    twins: tuple[str, ...] = ()

    @property
    def is_gone(self) -> bool:
        """Whether every source that had it has deleted it: then it is in no list."""
        return bool(self.sources) and all(ref.gone_at for ref in self.sources)

    @property
    def text(self) -> str:
        """The abstract, or the summary where there is none."""
        return self.abstract or self.summary

    @property
    def flags(self) -> tuple[str, ...]:
        """What it is or has, as searches ask for it."""
        return flags_of(
            standing=self.standing,
            venue=self.venue,
            journal_ref=self.journal_ref,
            code=self.code,
            doi=self.doi,
        )

    @property
    def primary(self) -> str:
        """The first category, or an empty string."""
        return self.categories[0] if self.categories else ""
