"""Words and filters as clauses of the word index."""

from collections.abc import Iterable, Sequence

from tantivy import FieldType, Occur, Query

from broadsheet.model.dates import first_number, last_number
from broadsheet.model.query import Filters
from broadsheet.search.analysis import Asked, Word, encodable
from broadsheet.search.word_fields import schema, venue_key

_SCORED_FIELDS = (("text", 1.0), ("title", 0.25))
_LAST_DAY = 99_999_999
MOST_BITS = 20
"""So many clauses can be told apart by one search: a float32 score holds 24 bits exactly."""

Clause = tuple[Occur, Query]


def ranked(asked: Asked, words: Sequence[Word]) -> Query:
    """Return papers that hold any of the words, and all phrases, scored by BM25."""
    return filtered(scored(words), phrases(asked))


def scored(words: Sequence[Word]) -> Query:
    """Return papers that hold any of the words, scored by BM25."""
    return Query.boolean_query(
        [
            (Occur.Should, _weighted(field, word.term, boost * word.times))
            for word in words
            for field, boost in _SCORED_FIELDS
        ]
    )


def holding_all(asked: Asked, words: Sequence[Word]) -> Query:
    """Return papers that hold all words and all phrases."""
    return Query.boolean_query(all_of(word.term for word in words) + phrases(asked))


def phrases(asked: Asked) -> list[Clause]:
    """Return one clause a phrase; its words must stand side by side."""
    return [(Occur.Must, unscored(side_by_side(phrase))) for phrase in asked.phrases]


def side_by_side(terms: Sequence[str]) -> Query:
    """Return papers in whose text some terms stand one after the other."""
    if len(terms) == 1:
        return _term("text", terms[0])
    return Query.phrase_query(schema(), "text", list(terms))


def all_of(terms: Iterable[str]) -> list[Clause]:
    """Return one clause a term; a paper must hold them all."""
    return [(Occur.Must, _term("text", term)) for term in terms]


def named(names: Sequence[str]) -> Query:
    """Return the papers of these ids or whole titles."""
    return Query.boolean_query([(Occur.Should, _term("ident", name)) for name in names])


def of_keys(keys: Iterable[int]) -> Query:
    """Return the papers of these keys; for a few hundred, faster than a set of terms."""
    return Query.boolean_query(
        [(Occur.Should, Query.term_query(schema(), "key", key)) for key in keys]
    )


def among(keys: Iterable[int]) -> Clause:
    """Return the papers of these keys as a filter."""
    return Occur.Must, unscored(of_keys(keys))


def as_bits(words: Sequence[Word]) -> Query:
    """Return a query whose score tells which of at most MOST_BITS words a paper holds."""
    return Query.boolean_query(
        [
            (Occur.Should, Query.const_score_query(_term("text", word.term), float(1 << bit)))
            for bit, word in enumerate(words[:MOST_BITS])
        ]
    )


def filtered(query: Query, clauses: Sequence[Clause]) -> Query:
    """Return query under clauses that change no score."""
    return Query.boolean_query([(Occur.Must, query), *clauses]) if clauses else query


def filter_clauses(filters: Filters) -> list[Clause]:
    """Return one clause a field of the filters: fields are joined by AND, values by OR."""
    return [(Occur.Must, unscored(clause)) for clause in _field_queries(filters)]


def filter_query(filters: Filters) -> Query:
    """Return the papers that pass filters of one field or more."""
    return Query.boolean_query([(Occur.Must, clause) for clause in _field_queries(filters)])


def _field_queries(filters: Filters) -> list[Query]:
    fields = {
        "category": filters.categories,
        "author": filters.authors,
        "venue": tuple(map(venue_key, filters.venues)),
        "source": filters.sources,
        "flag": filters.flags,
    }
    clauses = [
        Query.term_set_query(schema(), field, [encodable(v) for v in values])
        for field, values in fields.items()
        if values
    ]
    if filters.since or filters.until:
        clauses.append(_days(filters))
    return clauses


def day_range(filters: Filters) -> tuple[int, int]:
    """Return the first and last `yyyymmdd` that pass; a paper without a day never does."""
    first = first_number(filters.since) if filters.since else 1
    return first, last_number(filters.until) if filters.until else _LAST_DAY


def _days(filters: Filters) -> Query:
    first, last = day_range(filters)
    return Query.range_query(schema(), "day", FieldType.Unsigned, first, last)


def _term(field: str, term: str) -> Query:
    return Query.term_query(schema(), field, term)


def _weighted(field: str, term: str, weight: float) -> Query:
    query = _term(field, term)
    return query if weight == 1 else Query.boost_query(query, weight)


def unscored(query: Query) -> Query:
    """Return the same papers, each with a score of 0."""
    return Query.const_score_query(query, 0.0)
