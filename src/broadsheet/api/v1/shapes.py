"""What the API's answers look like. A field is never renamed or removed within v1."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Self

from fastapi import Response
from pydantic import BaseModel, Field

from broadsheet.model.credentials import SCOPES, Asker, Scope
from broadsheet.model.events import EventKind, StoredEvent
from broadsheet.model.paper import Paper, Tally
from broadsheet.model.query import Hit, SearchPage
from broadsheet.model.readers import Role
from broadsheet.model.reasons import ReasonKind, Why
from broadsheet.model.subjects import ConceptKind, Likely
from broadsheet.model.trending import Terms
from broadsheet.services.trending import TrendingPage


def answer(shape: BaseModel | Sequence[BaseModel]) -> Response:
    """Return a shape as JSON. FastAPI by itself would check and copy it again, in 4 ms."""
    if isinstance(shape, BaseModel):
        body = shape.model_dump_json()
    else:
        body = f"[{','.join(one.model_dump_json() for one in shape)}]"
    return Response(body, media_type="application/json")


class AuthorShape(BaseModel):
    """One author; `key` leads to `/a/{key}`."""

    name: str
    key: str


class VersionShape(BaseModel):
    """A version and its partial date."""

    number: int
    date: str | None


class SourceShape(BaseModel):
    """Where the paper's data came from."""

    source: str
    id: str
    origin: str
    url: str
    first_seen: str
    gone_at: str = Field(description="When its source was seen to have deleted it, or empty.")


class PaperShape(BaseModel):
    """A paper. Dates are `YYYY`, `YYYY-MM` or `YYYY-MM-DD`, never more exact than the source."""

    id: str
    title: str = Field(description="May hold TeX between dollar signs.")
    abstract: str
    summary: str
    authors: list[AuthorShape]
    categories: list[str] = Field(description="The primary category first.")
    day: str | None = Field(description="The date under which it is listed.")
    submitted: str | None
    updated: str | None
    announced: str | None
    venue: str
    comment: str
    journal_ref: str
    arxiv_id: str | None
    doi: str | None
    versions: list[VersionShape]
    sources: list[SourceShape]
    featured: str | None = Field(description="The day on which a source put it forward.")
    standing: str = Field(description="`withdrawn` or `retracted`; empty otherwise.")
    code: str = Field(description="Address of its code.")
    keywords: list[str]

    @classmethod
    def of(cls, paper: Paper) -> Self:
        """Return the shape of a paper."""
        return cls(
            id=paper.id,
            title=paper.title,
            abstract=paper.abstract,
            summary=paper.summary,
            authors=[AuthorShape(name=a.name, key=a.key) for a in paper.authors],
            categories=list(paper.categories),
            day=paper.day,
            submitted=paper.submitted,
            updated=paper.updated,
            announced=paper.announced,
            venue=paper.venue,
            comment=paper.comment,
            journal_ref=paper.journal_ref,
            arxiv_id=paper.arxiv_id,
            doi=paper.doi,
            versions=[VersionShape(number=v.number, date=v.date) for v in paper.versions],
            sources=[
                SourceShape(
                    source=s.source,
                    id=s.source_id,
                    origin=s.origin,
                    url=s.url,
                    first_seen=s.first_seen,
                    gone_at=s.gone_at,
                )
                for s in paper.sources
            ],
            featured=paper.featured,
            standing=paper.standing,
            code=paper.code,
            keywords=list(paper.keywords),
        )


class TallyShape(BaseModel):
    """What readers had done at a source by a day."""

    source: str
    id: str = Field(description="The record's id at the source.")
    kind: str = Field(description="`upvotes`, `stars`, `comments`, `citations` or another.")
    day: str = Field(description="When the number was learned; none is repeated until it changes.")
    value: int


class LikelyCategoryShape(BaseModel):
    """A category, and the share of the nearest papers that has it."""

    category: str
    share: float


class LikelyShape(BaseModel):
    """The categories that a paper would have, which came with none."""

    categories: list[LikelyCategoryShape] = Field(description="The likeliest first.")
    none_but: list[str] = Field(
        description="It has none beside these, with a chance of `certainty`; empty for no idea."
    )
    certainty: float

    @classmethod
    def of(cls, likely: Likely) -> Self:
        """Return the shape of what is likely."""
        categories = [LikelyCategoryShape(category=c, share=s) for c, s in likely.categories]
        return cls(
            categories=categories, none_but=list(likely.none_but), certainty=likely.certainty
        )


class WholePaperShape(PaperShape):
    """A paper, and what readers did with it: series by source, kind and id, oldest first."""

    counts: list[TallyShape]
    likely: LikelyShape | None = Field(description="Of a paper without categories.")

    @classmethod
    def whole(cls, paper: Paper, tallies: Sequence[Tally], likely: Likely | None) -> Self:
        """Return the shape of a paper with its series."""
        counts = [
            TallyShape(source=t.source, id=t.source_id, kind=t.kind, day=t.day, value=t.value)
            for t in tallies
        ]
        told = None if likely is None else LikelyShape.of(likely)
        return cls(**PaperShape.of(paper).model_dump(), counts=counts, likely=told)


class ReasonShape(BaseModel):
    """What one part of a search gave to a hit's score; the shares add up to it."""

    kind: ReasonKind
    text: str
    share: float
    sentence: str = Field(description="Of the paper, nearest to it; by `/search/why` alone.")


class ConceptShape(BaseModel):
    """A subject that connects a search with a paper; no part of the score."""

    kind: ConceptKind
    name: str
    share: float = Field(description="Of all that they have in common.")


class WhyShape(BaseModel):
    """Why a hit is there: the query's words that it holds; the cosine of the meanings."""

    text: str
    words: list[str]
    nearness: float | None
    reasons: list[ReasonShape]
    concepts: list[ConceptShape] = Field(description="By `/search/why` alone.")

    @classmethod
    def of(cls, why: Why) -> Self:
        """Return the shape of a reason."""
        reasons = [
            ReasonShape(kind=r.kind, text=r.text, share=r.share, sentence=r.sentence)
            for r in why.reasons
        ]
        concepts = [ConceptShape(kind=c.kind, name=c.name, share=c.share) for c in why.concepts]
        return cls(
            text=str(why),
            words=list(why.words),
            nearness=why.nearness,
            reasons=reasons,
            concepts=concepts,
        )


class HitShape(BaseModel):
    """A paper found. Scores compare within one answer only."""

    id: str
    title: str
    score: float
    why: WhyShape
    paper: PaperShape

    @classmethod
    def of(cls, hit: Hit) -> Self:
        """Return the shape of a hit."""
        return cls(
            id=hit.paper.id,
            title=hit.paper.title,
            score=hit.score,
            why=WhyShape.of(hit.why),
            paper=PaperShape.of(hit.paper),
        )


class SearchShape(BaseModel):
    """One page of hits; `query` is the address's query string in canonical form."""

    query: str
    total: int = Field(description="How many hits can be paged through.")
    page: int
    per_page: int
    note: str
    hits: list[HitShape]

    @classmethod
    def of(cls, found: SearchPage) -> Self:
        """Return the shape of an answer."""
        return cls(
            query=found.query.address(),
            total=found.total,
            page=found.query.page,
            per_page=found.query.per_page,
            note=found.note,
            hits=[HitShape.of(hit) for hit in found.hits],
        )


class DayShape(BaseModel):
    """The papers of a day, week, month or year, one page of them, newest first."""

    period: str
    first: str
    last: str
    previous: str | None = Field(description="The nearest earlier one that has papers.")
    next: str | None
    total: int
    page: int
    pages: int
    papers: list[PaperShape]


class EventShape(BaseModel):
    """Something that happened to a paper."""

    number: int = Field(description="Ascends in the order in which events were learned.")
    kind: EventKind
    paper: str
    title: str
    source: str = Field(description="Whose record told it.")
    at: str | None = Field(description="When it happened, by the source; a partial date.")
    seen_at: str = Field(description="When it was learned, in UTC.")
    detail: dict[str, Any] = Field(
        description="`number` of a version, with a diff of `abstract` and `title` as lists of "
        "mark (`=` stays, `-` goes, `+` comes) and words; `categories`; `venue`; `address`."
    )

    @classmethod
    def of(cls, stored: StoredEvent) -> Self:
        """Return the shape of an event."""
        return cls(
            number=stored.number,
            kind=stored.event.kind,
            paper=stored.paper,
            title=stored.title,
            source=stored.source,
            at=stored.event.at,
            seen_at=stored.seen_at,
            detail=stored.event.detail,
        )


class EventsShape(BaseModel):
    """Events, oldest first; `last` is what to ask after the next time."""

    last: int
    events: list[EventShape]


class TrendPartShape(BaseModel):
    """The signals of one kind."""

    kind: str = Field(description="`up`, `down`, `save`, `open`, `featured`, `code`, `published`.")
    number: int
    last_day: int = Field(description="How many are of the last 24 hours.")
    sum: float = Field(description="What they add to `x`.")


class TermsShape(BaseModel):
    """A score with all that it is made of; `/trending/formula` says how."""

    text: str
    formula: str
    score: float
    parts: list[TrendPartShape]
    x: float
    mean: float = Field(description="What is normal for `group` and this age.")
    group: str = Field(description="The paper's primary category.")
    n: int = Field(description="How many papers that group has.")
    surprise: float
    announcements: int = Field(description="Announcements since the paper's own, up to 60.")
    freshness: float
    content: float | None = Field(description="Growth around it; null where it is off.")
    content_weight: float

    @classmethod
    def of(cls, terms: Terms) -> Self:
        """Return the shape of a score's terms."""
        return cls(text=str(terms), **asdict(terms))


class TrendingStoryShape(BaseModel):
    """A paper that trends, with the terms of its score."""

    paper: PaperShape
    terms: TermsShape


class TrendingShape(BaseModel):
    """One page of what trends, best first."""

    category: str
    window: str
    formula: str
    total: int
    page: int
    pages: int
    has_signals: bool = Field(description="False: nothing has happened; papers stand newest first.")
    stories: list[TrendingStoryShape]

    @classmethod
    def of(cls, found: TrendingPage) -> Self:
        """Return the shape of a page."""
        return cls(
            category=found.category,
            window=found.window,
            formula=found.formula,
            total=found.total,
            page=found.page,
            pages=found.n_pages,
            has_signals=found.has_signals,
            stories=[
                TrendingStoryShape(paper=PaperShape.of(s.paper), terms=TermsShape.of(s.terms))
                for s in found.stories
            ],
        )


class MeShape(BaseModel):
    """Who asks."""

    id: str
    name: str
    role: Role
    zone: str
    scopes: list[Scope]

    @classmethod
    def of(cls, asker: Asker) -> Self:
        """Return the shape of who asks."""
        reader = asker.reader
        scopes = [scope for scope in SCOPES if scope in asker.scopes]
        return cls(
            id=reader.id, name=reader.name, role=reader.role, zone=reader.zone, scopes=scopes
        )


class ErrorShape(BaseModel):
    """What went wrong, in a sentence that says what to do."""

    error: str
