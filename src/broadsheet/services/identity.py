"""Which paper a record is of: an arXiv id, else a DOI, else a title that is no accident.

Two papers with different arXiv ids are never one. A title alone joins only when the first
authors' family names agree (or one side names none) and the years lie within two of each other;
a short or common title joins only with the same text beside it. Where these decide nothing, a
judge is asked, never about papers whose identifiers contradict (`services.doubtful`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from broadsheet.model.identifiers import title_key
from broadsheet.model.importstate import TitleMatch
from broadsheet.model.merging import first_author, text_hash, year_of
from broadsheet.model.paper import Record
from broadsheet.model.ports import Judge, Writing
from broadsheet.services.doubtful import (
    MOST_ASKED,
    ask,
    contradict,
    keys_near,
    may_be_compared,
)

_Joined = tuple["_Candidate", str, str]
"""What a record is joined to, by which rule, on what evidence."""

_Pairs = tuple[tuple[str, str], ...]
_YEARS_APART = 2
_WORDS_OF_A_SURE_TITLE = 4
_SHORTEST_ALONE = 12
_COMMON = frozenset(
    title_key(title)
    for title in (
        "abstract",
        "acknowledgements",
        "announcement",
        "author index",
        "book review",
        "book reviews",
        "call for papers",
        "conference report",
        "contents",
        "correction",
        "corrigendum",
        "editorial",
        "editor's note",
        "erratum",
        "foreword",
        "front matter",
        "frontmatter",
        "guest editorial",
        "in memoriam",
        "index",
        "introduction",
        "introduction to the special issue",
        "invited talk",
        "keynote",
        "list of reviewers",
        "message from the chairs",
        "message from the program chairs",
        "obituary",
        "panel discussion",
        "preface",
        "preface to the special issue",
        "proceedings",
        "program committee",
        "reply",
        "reply to comment",
        "table of contents",
        "title page",
        "workshop overview",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The paper of a record: the key of one that is stored, or the group of a new one.

    Args:
        rule, evidence: what joined it to others, and by what; empty where it stands alone.
        names_others: whether it also bears an identifier of another paper.
    """

    paper: int | None
    group: int = 0
    rule: str = ""
    evidence: str = ""
    names_others: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class _Candidate:
    """A paper as it is known so far, stored or made by this batch.

    Args:
        abstract: the text whose hash is wanted, while `text_hash` is empty.
        records: what is known to be of it; none where no one has asked.
    """

    place: Place
    first_author: str
    year: int | None
    arxiv_id: str | None
    text_hash: str = ""
    abstract: str = ""
    records: list[Record] = field(default_factory=list)

    def bears(self, said: str) -> bool:
        """Whether its text is the one of this hash; texts are hashed when first asked for."""
        self.text_hash = self.text_hash or text_hash(self.abstract)
        return self.text_hash == said

    def learn(self, record: Record) -> None:
        if self.records:
            self.records.append(record)
        self.arxiv_id = self.arxiv_id or record.arxiv_id
        self.first_author = self.first_author or first_author(record.authors)
        self.abstract = self.abstract or record.abstract
        if self.year is None:
            self.year = year_of(record.submitted, record.announced)


@dataclass(slots=True)
class _Known:
    """What a batch can be compared with: what is stored, and what the batch has made."""

    by_identifier: dict[tuple[str, str], _Candidate] = field(default_factory=dict)
    by_title: dict[str, list[_Candidate]] = field(default_factory=dict)
    settled: dict[tuple[str, str], _Candidate] = field(default_factory=dict)
    n_groups: int = 0


def places(
    writing: Writing, records: Sequence[Record], *, judge: Judge | None = None
) -> list[Place]:
    """Return the paper of each record, those of one paper together.

    The number of questions to the store does not depend on the number of records.

    The answer is the same whether records come in one batch or one by one.

    Args:
        judge: is asked about a record that no rule joins, and papers of its title.
    """
    keys = [title_key(record.title) for record in records]
    named = [record.identifiers for record in records]
    known = _look_up(writing, records, named, keys, judge=judge)
    found = []
    for record, key, pairs in zip(records, keys, named, strict=True):
        joined = (
            _where_it_was_put(known, record)
            or _by_identifier(known, record, pairs)
            or _by_title(known, record, key)
            or (_by_judge(known, record, key, judge) if judge is not None else None)
        )
        if joined is None:
            candidate = _new(known, record, key)
            found.append(candidate.place)
        else:
            candidate, rule, evidence = joined
            candidate.learn(record)
            found.append(replace(candidate.place, rule=rule, evidence=evidence))
        owners = [known.by_identifier.setdefault(pair, candidate) for pair in pairs]
        if any(owner is not candidate for owner in owners):
            found[-1] = replace(found[-1], names_others=True)
    return found


def is_weak_title(title: str, key: str) -> bool:
    """Whether a title is too short or too common to tell a paper by."""
    return len(title.split()) < _WORDS_OF_A_SURE_TITLE or key in _COMMON


def _look_up(
    writing: Writing,
    records: Sequence[Record],
    named: Sequence[_Pairs],
    keys: Sequence[str],
    *,
    judge: Judge | None,
) -> _Known:
    known = _Known()
    of_paper: dict[int, _Candidate] = {}
    titles = {key for key in keys if key}
    if judge is not None:
        titles |= {key for record in records for key in keys_near(record.title)}
    for key, matches in writing.papers_by_title(sorted(titles)).items():
        candidates = [of_paper.setdefault(match.paper, _stored(match)) for match in matches]
        known.by_title[key] = candidates
    pairs = sorted({pair for of_record in named for pair in of_record})
    owners = writing.papers_by_identifier(pairs)
    eprints = _eprints(writing, owners, of_paper)
    for pair, paper in owners.items():
        known.by_identifier[pair] = of_paper.setdefault(paper, _bare(paper, eprints.get(paper)))
    if judge is not None:
        _read_doubtful(writing, known, records, named, keys)
    refs = [(record.source, record.source_id) for record in records]
    for ref, paper in writing.settled(refs).items():
        known.settled[ref] = of_paper.setdefault(paper, _bare(paper, None))
    return known


def _read_doubtful(
    writing: Writing,
    known: _Known,
    records: Sequence[Record],
    named: Sequence[_Pairs],
    keys: Sequence[str],
) -> None:
    """Read what stored papers say that a judge may be asked about, in one question."""
    doubtful: dict[int, _Candidate] = {}
    for record, key, pairs in zip(records, keys, named, strict=True):
        if known.by_identifier and any(pair in known.by_identifier for pair in pairs):
            continue
        for near in keys_near(record.title):
            if near not in known.by_title:
                continue
            for candidate in known.by_title[near][:MOST_ASKED]:
                paper = candidate.place.paper
                if paper is not None and not _is_plain(record, candidate, near == key):
                    doubtful[paper] = candidate
    if doubtful:
        for paper, said in writing.records_of(sorted(doubtful)).items():
            doubtful[paper].records = said


def _is_plain(record: Record, candidate: _Candidate, is_same_title: bool) -> bool:
    """Whether a rule decides over the two for sure, whatever else the batch brings."""
    if _conflict(record, candidate):
        return True
    author = first_author(record.authors)
    is_sure = is_same_title and not is_weak_title(record.title, title_key(record.title))
    return (
        bool(author) and author == candidate.first_author and is_sure and _agree(record, candidate)
    )


def _eprints(
    writing: Writing, owners: Mapping[tuple[str, str], int], of_paper: Mapping[int, _Candidate]
) -> Mapping[int, str]:
    asked = {paper for (scheme, _), paper in owners.items() if scheme != "arxiv"}
    return writing.arxiv_ids(sorted(asked - of_paper.keys())) if asked - of_paper.keys() else {}


def _bare(paper: int, arxiv_id: str | None) -> _Candidate:
    """Return a paper of which no more is known than an identifier."""
    return _stored(
        TitleMatch(paper=paper, first_author="", year=None, text_hash="", arxiv_id=arxiv_id)
    )


def _stored(match: TitleMatch) -> _Candidate:
    return _Candidate(
        place=Place(paper=match.paper),
        first_author=match.first_author,
        year=match.year,
        text_hash=match.text_hash,
        arxiv_id=match.arxiv_id,
    )


def _new(known: _Known, record: Record, key: str) -> _Candidate:
    known.n_groups += 1
    candidate = _Candidate(
        place=Place(paper=None, group=known.n_groups),
        first_author=first_author(record.authors),
        year=year_of(record.submitted, record.announced),
        abstract=record.abstract,
        arxiv_id=record.arxiv_id,
        records=[record],
    )
    if key:
        known.by_title.setdefault(key, []).append(candidate)
    return candidate


def _where_it_was_put(known: _Known, record: Record) -> _Joined | None:
    """Return the paper to which someone has moved the record: no rule moves it back."""
    candidate = known.settled.get((record.source, record.source_id))
    return (candidate, "", "") if candidate is not None else None


def _by_identifier(known: _Known, record: Record, pairs: _Pairs) -> _Joined | None:
    for pair in pairs:
        candidate = known.by_identifier.get(pair)
        if candidate is not None and (pair[0] == "arxiv" or not _conflict(record, candidate)):
            return candidate, pair[0], pair[1]
    return None


def _by_title(known: _Known, record: Record, key: str) -> _Joined | None:
    candidate = _of_title(known, record, key)
    if candidate is None:
        return None
    said = text_hash(record.abstract)
    if said and candidate.bears(said):
        return candidate, "text", "same title and same abstract"
    author = first_author(record.authors)
    authors = author if author == candidate.first_author else "known on one side only"
    years = f"{year_of(record.submitted, record.announced) or '?'} and {candidate.year or '?'}"
    return candidate, "title", f"same title, first author {authors or 'unknown'}, years {years}"


def _of_title(known: _Known, record: Record, key: str) -> _Candidate | None:
    """Return the one paper of that title which the record can only be of, else None."""
    bearers = known.by_title.get(key, [])
    possible = [c for c in bearers if not _conflict(record, c) and _agree(record, c)]
    if not possible:
        return None
    said = text_hash(record.abstract)
    same_text = [c for c in possible if said and c.bears(said)]
    if same_text:
        return same_text[0]
    author = first_author(record.authors)
    if is_weak_title(record.title, key):
        can_stand_alone = len(bearers) == 1 and _is_bare_match(record, possible[0], key)
        return possible[0] if can_stand_alone else None
    same_author = [c for c in possible if c.first_author == author]
    if same_author:
        return same_author[0]
    return possible[0] if len(possible) == 1 else None


def _by_judge(known: _Known, record: Record, key: str, judge: Judge) -> _Joined | None:
    """Return the paper of the same title, or nearly, that the judge says the record is of."""
    bearers = [c for near in keys_near(record.title) for c in known.by_title.get(near, ())]
    if not bearers:
        return None
    possible = [
        c
        for c in dict.fromkeys(bearers)
        if c.records
        and not _conflict(record, c)
        and may_be_compared(record, c.records, is_common=key in _COMMON)
        and not contradict(record, c.records)
    ][:MOST_ASKED]
    found = ask(judge, record, [c.records for c in possible]) if possible else None
    return (possible[found[0]], "judge", found[1].grounds) if found is not None else None


def _conflict(record: Record, candidate: _Candidate) -> bool:
    both = record.arxiv_id and candidate.arxiv_id
    return bool(both) and record.arxiv_id != candidate.arxiv_id


def _agree(record: Record, candidate: _Candidate) -> bool:
    author = first_author(record.authors)
    year = year_of(record.submitted, record.announced)
    if not author and not candidate.first_author and year and candidate.year:
        # Both are dated and neither names anyone: a column that comes back in every issue.
        return candidate.bears(text_hash(record.abstract)) and bool(record.abstract)
    if author and candidate.first_author and author != candidate.first_author:
        return False
    return year is None or candidate.year is None or abs(year - candidate.year) <= _YEARS_APART


def _is_bare_match(record: Record, candidate: _Candidate, key: str) -> bool:
    """Whether a short title is long enough for a side that has nothing else to show."""
    year = year_of(record.submitted, record.announced)
    is_bare = (not record.authors and year is None) or (
        not candidate.first_author and candidate.year is None
    )
    is_telling = len(record.title.split()) > 1 and len(record.title) >= _SHORTEST_ALONE
    return is_bare and is_telling and key not in _COMMON
