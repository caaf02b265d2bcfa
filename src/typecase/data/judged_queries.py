"""The queries of a judged collection, a line each, and what every field may be called.

| what | fields | value |
| --- | --- | --- |
| id | `_id`, `id`, `query_id`, `query-id`, `qid` | the line's number where there is none |
| words | `text`, `query`, `question` | text |
| document | `document`, `doc`, `doc_id`, `document_id`, `paper`, `paper_id` | id of a text |
| facet | `facet`, `aspect` | as `method`, `task`, `dataset`, `background`, `result` |
| pool | `candidates`, `pool`, `cands` | ids, or objects with an id, a grade, a title and abstract |
| grades | `relevance`, `grades`, `labels`, `gold`, `relevant`, `answers` | see below |

A query with a facet names a document: by its field, or by its own id, with or without the facet
behind it (`123`, `123_method`, `123:method`). Grades are an object of id and grade, a list of
numbers beside the pool, or a list of what is relevant: ids, or objects with an id or with `ids`,
when one paper has several; an object without an id is not in the corpus and does not count.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from typecase.base.errors import CorruptFileError
from typecase.data.lines import first_of, read_objects

_IDS = ("_id", "id", "query_id", "query-id", "qid")
_TEXT_IDS = ("_id", "id", "corpus_id", "corpus-id", "doc_id", "paper_id")
_WORDS = ("text", "query", "question")
_DOCUMENTS = ("document", "doc", "doc_id", "document_id", "paper", "paper_id")
_FACETS = ("facet", "aspect")
_POOLS = ("candidates", "pool", "cands")
_GRADES = ("relevance", "grades", "labels", "gold", "relevant", "answers")
_GRADE = ("grade", "relevance", "score", "label")
_BODIES = ("text", "abstract")

Grades = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text of a collection; title or text may be empty."""

    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedQuery:
    """A query as its line says.

    Args:
        may_mean: ids under which the document of a facet query is looked for, likeliest first.
        document: the one that was found.
        same: for each relevant paper the ids under which it may be in the corpus.
    """

    id: str
    line: int
    text: str = ""
    facet: str = ""
    may_mean: tuple[str, ...] = ()
    document: str = ""
    pool: tuple[str, ...] = ()
    grades: dict[str, int] = field(default_factory=dict)
    same: tuple[tuple[str, ...], ...] = ()


def read_queries(
    path: Path, grades: Grades | None, inside: dict[str, Text]
) -> Iterator[JudgedQuery]:
    """Yield the queries of a file that have a judgement.

    Args:
        grades: of the file of judgements; None takes those of the lines.
        inside: gets the texts that stand in the pools.

    Raises:
        CorruptFileError: a line cannot be read, or an id comes twice; the message names the line.
    """
    seen: dict[str, int] = {}
    for number, item in read_objects(path):
        try:
            query = _query(item, number, grades, inside)
        except ValueError as error:
            raise CorruptFileError(f"{path}, line {number}: {error}") from error
        if query.id in seen:
            raise CorruptFileError(
                f"{path}, line {number}: the id {query.id!r} is that of line {seen[query.id]}."
            )
        seen[query.id] = number
        if query.grades:
            yield query


def text_of(item: Mapping[str, Any]) -> tuple[str, Text]:
    """Return the id and the text of an object of a corpus.

    Raises:
        ValueError: it is none; the message names the field.
    """
    title, body = item.get("title") or "", first_of(item, _BODIES) or ""
    if isinstance(body, list) and all(isinstance(sentence, str) for sentence in body):
        body = " ".join(body)
    if not isinstance(title, str) or not isinstance(body, str):
        raise ValueError("'title' and 'text' must be text.")
    return _id(item, _TEXT_IDS), Text(title=title, text=body)


def _query(
    item: Mapping[str, Any], number: int, grades: Grades | None, inside: dict[str, Text]
) -> JudgedQuery:
    words, facet = first_of(item, _WORDS) or "", str(first_of(item, _FACETS) or "")
    named = first_of(item, _DOCUMENTS)
    own = first_of(item, _IDS)
    query_id = str(number if own is None else own)
    if not isinstance(words, str):
        raise ValueError("the text of a query must be text.")
    if not words.strip() and named is None and not facet:
        raise ValueError("not a query with an id and a text, or a document and a facet.")
    pool, of_pool = _pool(item, inside)
    same: tuple[tuple[str, ...], ...] = ()
    if grades is None:
        given = first_of(item, _GRADES)
        of_line, same = _graded(given, pool) if given is not None else (of_pool, ())
    else:
        of_line = grades.get(query_id, {})
    if facet and grades is None and named is None:
        query_id = query_id if query_id.endswith(facet) else f"{query_id}:{facet}"
    may_mean = () if named is None and not facet else _may_mean(named, own, facet)
    return JudgedQuery(
        id=query_id,
        line=number,
        text=words,
        facet=facet,
        may_mean=may_mean,
        document=may_mean[0] if may_mean else "",
        pool=tuple(dict.fromkeys(pool)),
        grades=of_line,
        same=same,
    )


def _may_mean(named: Any, own: Any, facet: str) -> tuple[str, ...]:
    names = [str(name) for name in (named, own) if name is not None]
    bare = [name.removesuffix(facet).rstrip("_:-|/ ") for name in names if facet]
    return tuple(dict.fromkeys(name for name in names + bare if name))


def _pool(item: Mapping[str, Any], inside: dict[str, Text]) -> tuple[list[str], dict[str, int]]:
    """Return the ids of the pool, and the grades that stand in it."""
    given = first_of(item, _POOLS)
    if given is None:
        return [], {}
    if not isinstance(given, list):
        raise ValueError("the pool of candidates must be a list.")
    pool, grades = [], {}
    for one in given:
        if not isinstance(one, dict):
            pool.append(str(one))
            continue
        name = _id(one, _TEXT_IDS)
        pool.append(name)
        if "title" in one or first_of(one, _BODIES) is not None:
            inside[name] = text_of(one)[1]
        grade = first_of(one, _GRADE)
        if grade is not None:
            grades[name] = _grade(grade)
    return pool, grades


def _graded(given: Any, pool: list[str]) -> tuple[dict[str, int], tuple[tuple[str, ...], ...]]:
    if isinstance(given, dict):
        return {str(name): _grade(grade) for name, grade in given.items()}, ()
    if not isinstance(given, list):
        raise ValueError("the grades must be an object or a list.")
    if pool and len(given) == len(pool) and all(isinstance(grade, int | float) for grade in given):
        return {name: _grade(grade) for name, grade in zip(pool, given, strict=True)}, ()
    same = tuple(ids for ids in map(_names, given) if ids)
    return {ids[0]: 1 for ids in same}, same


def _names(one: Any) -> tuple[str, ...]:
    """Return the ids of one relevant paper; none where it is in no corpus."""
    if not isinstance(one, dict):
        return (str(one),)
    if isinstance(one.get("ids"), list):
        return tuple(map(str, one["ids"]))
    found = first_of(one, _TEXT_IDS)
    return () if found is None else (str(found),)


def _id(item: Mapping[str, Any], names: tuple[str, ...]) -> str:
    found = first_of(item, names)
    if found is None:
        raise ValueError(f"no id: one of {', '.join(names)} is needed.")
    return str(found)


def _grade(value: Any) -> int:
    try:
        return int(float(value))
    except (TypeError, ValueError) as error:
        raise ValueError(f"a grade must be a number, got {value!r}.") from error
