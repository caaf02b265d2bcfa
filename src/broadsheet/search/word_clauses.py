"""Words and filters as clauses of the word index."""

from collections.abc import Iterable, Sequence

from tantivy import FieldType, Occur, Query

from broadsheet.model.dates import first_number, last_number
from broadsheet.model.query import Filters
from broadsheet.search.analysis import Asked, encodable
from broadsheet.search.word_fields import schema

_TITLE_BOOST = 0.25
_LAST_DAY = 99_999_999
MOST_BITS = 20
"""So many clauses can be told apart by one search: a float32 score holds 24 bits exactly."""

Clause = tuple[Occur, Query]


def ranked(asked: Asked, terms: Sequence[str]) -> Query:
    """Return papers that hold any of the terms, and all phrases, scored by BM25."""
    scored: list[Clause] = []
    for term in terms:
        scored.append((Occur.Should, _term("text", term)))
        scored.append((Occur.Should, Query.boost_query(_term("title", term), _TITLE_BOOST)))
    any_term = Query.boolean_query(scored)
    if not asked.phrases:
        return any_term
    return Query.boolean_query([(Occur.Must, any_term), *phrases(asked)])


def holding_all(asked: Asked, terms: Sequence[str]) -> Query:
    """Return papers that hold all terms and all phrases."""
    return Query.boolean_query(
        [(Occur.Must, _term("text", term)) for term in terms] + phrases(asked)
    )


def phrases(asked: Asked) -> list[Clause]:
    """Return one clause a phrase; its words must stand together."""
    return [
        (Occur.Must, _unscored(Query.phrase_query(schema(), "text", list(phrase))))
        for phrase in asked.phrases
    ]


def named(names: Sequence[str]) -> Query:
    """Return the papers of these ids or whole titles."""
    return Query.term_set_query(schema(), "ident", list(names))


def of_keys(keys: Iterable[int]) -> Query:
    """Return the papers of these keys."""
    return Query.term_set_query(schema(), "key", list(keys))


def among(keys: Iterable[int]) -> Clause:
    """Return the papers of these keys as a filter."""
    return Occur.Must, _unscored(of_keys(keys))


def as_bits(terms: Sequence[str]) -> Query:
    """Return a query whose score tells which of at most MOST_BITS terms a paper holds."""
    return Query.boolean_query(
        [
            (Occur.Should, Query.const_score_query(_term("text", term), float(1 << bit)))
            for bit, term in enumerate(terms[:MOST_BITS])
        ]
    )


def filtered(query: Query, clauses: Sequence[Clause]) -> Query:
    """Return query under clauses that change no score."""
    return Query.boolean_query([(Occur.Must, query), *clauses]) if clauses else query


def filter_clauses(filters: Filters) -> list[Clause]:
    """Return one clause a field of the filters: fields are joined by AND, values by OR."""
    fields = {
        "category": filters.categories,
        "author": filters.authors,
        "venue": tuple(" ".join(venue.lower().split()) for venue in filters.venues),
        "source": filters.sources,
    }
    clauses = [
        Query.term_set_query(schema(), field, [encodable(v) for v in values])
        for field, values in fields.items()
        if values
    ]
    if filters.since or filters.until:
        clauses.append(_days(filters))
    return [(Occur.Must, _unscored(clause)) for clause in clauses]


def day_range(filters: Filters) -> tuple[int, int]:
    """Return the first and last `yyyymmdd` that pass; a paper without a day never does."""
    first = first_number(filters.since) if filters.since else 1
    return first, last_number(filters.until) if filters.until else _LAST_DAY


def _days(filters: Filters) -> Query:
    first, last = day_range(filters)
    return Query.range_query(schema(), "day", FieldType.Unsigned, first, last)


def _term(field: str, term: str) -> Query:
    return Query.term_query(schema(), field, term)


def _unscored(query: Query) -> Query:
    return Query.const_score_query(query, 0.0)
