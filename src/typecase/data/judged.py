"""Read a judged collection: texts, queries, and which text answers which query how well.

A folder is read by its content. What its files may hold:

- `corpus.jsonl`: a text a line, `_id`, `title`, `text` (or `abstract`, also as a list of
  sentences). Without it, texts come from the papers of other folders (`corpora`), or stand in the
  candidates of the queries themselves.
- `queries[_SPLIT].jsonl`: a query a line; `judged_queries` says which fields. It is a text, or a
  document and a facet of it; it may name a pool of candidates that alone are ranked.
- `qrels[_SPLIT].tsv`: query, text, grade, with or without a header, or the four columns of TREC.
  Without it, the grades stand in the lines of the queries.

Every file may end in `.gz`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from typecase.base.errors import CorruptFileError, InvalidInputError
from typecase.data.judged_queries import JudgedQuery, Text, read_queries, text_of
from typecase.data.lines import read_lines, read_objects

_NOT_QUERIES = ("corpus", "papers", "evidence", "links")
_QUERIES = "queries"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSet:
    """A collection with queries and judgements."""

    name: str
    split: str
    corpus_ids: list[str]
    texts: list[Text]
    """One for each of corpus_ids."""
    queries: dict[str, str]
    """Text by query id; only queries that have a judgement. Empty where a document is named."""
    qrels: dict[str, dict[str, int]]
    """Grade by text id by query id; 0 is judged and not relevant."""
    documents: dict[str, str] = field(default_factory=dict)
    """The id of the text that a query names instead of words, by query id."""
    facets: dict[str, str] = field(default_factory=dict)
    """What of that document is meant, as "method", by query id."""
    pools: dict[str, list[str]] = field(default_factory=dict)
    """The only texts that are ranked for a query, by query id; none where all are."""
    note: str = ""
    """What was left out of the collection, in a sentence."""


def read_judged(folder: str | Path, split: str | None = None) -> JudgedSet:
    """Read a collection whose texts are in its own folder.

    Args:
        split: such as "dev"; None takes the one without a name, or else the only one.

    Raises:
        InvalidInputError: no collection is there, or no such split; the message lists them.
        CorruptFileError: a line cannot be read; the message names file and line.
    """
    folder = Path(folder)
    found = read_questions(folder, split)
    path = find_file(folder, "corpus.jsonl")
    corpus = dict(found.inside) if path is None else dict(_read_corpus(path))
    if not corpus:
        raise InvalidInputError(f"{folder} holds no corpus.jsonl or corpus.jsonl.gz.")
    return judged_set(folder.name, found, corpus)


def splits(folder: str | Path) -> list[str]:
    """Return the names of the splits of a collection, sorted; "" is the one without a name."""
    names = {_split(path, "qrels") for path in Path(folder).glob("qrels*.tsv*")}
    if not names:
        names = {_split(path, _QUERIES) for path in _query_files(Path(folder))}
    return sorted(names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """The judged queries of one split, before it is known which texts there are."""

    split: str
    path: Path
    queries: list[JudgedQuery]
    inside: dict[str, Text]
    """Texts that stand in the lines of the queries."""


def read_questions(folder: Path, split: str | None) -> Questions:
    """Read the queries of a split with their grades.

    Raises:
        InvalidInputError, CorruptFileError: as `read_judged`.
    """
    split = _choose(folder, split)
    qrels = find_file(folder, f"qrels{_ending(split)}.tsv")
    grades = None if qrels is None else _read_qrels(qrels)
    path = next((p for p in _query_files(folder) if _split(p, _QUERIES) == split), None)
    if path is None:
        raise InvalidInputError(f"{folder} holds no queries{_ending(split)}.jsonl (or .gz).")
    inside: dict[str, Text] = {}
    queries = list(read_queries(path, grades, inside))
    return Questions(split=split, path=path, queries=queries, inside=inside)


def judged_set(name: str, found: Questions, corpus: dict[str, Text], note: str = "") -> JudgedSet:
    """Return the collection of queries over texts.

    Raises:
        CorruptFileError: a query names a document that is no text of the corpus.
    """
    queries = [_settled(query, found, corpus) for query in found.queries]
    return JudgedSet(
        name=name,
        split=found.split,
        corpus_ids=list(corpus),
        texts=list(corpus.values()),
        queries={q.id: q.text for q in queries},
        qrels={q.id: q.grades for q in queries},
        documents={q.id: q.document for q in queries if q.document},
        facets={q.id: q.facet for q in queries if q.facet},
        pools={q.id: list(q.pool) for q in queries if q.pool},
        note=note,
    )


def find_file(folder: Path, name: str) -> Path | None:
    """Return the path of a file, gzipped or not; None when it is not there."""
    return next((p for p in (folder / name, folder / f"{name}.gz") if p.is_file()), None)


def _settled(query: JudgedQuery, found: Questions, corpus: dict[str, Text]) -> JudgedQuery:
    """Return the query with its document named, and its pool without what is no text."""
    if not query.facet and not query.document:
        return replace(query, pool=tuple(item for item in query.pool if item in corpus))
    document = next((item for item in query.may_mean if item in corpus), "")
    if not document:
        tried = ", ".join(query.may_mean[:3])
        raise CorruptFileError(
            f"{found.path}, line {query.line}: the document of the query ({tried}) is no text of "
            "the corpus; name it in the field 'document'."
        )
    pool = query.pool or tuple(query.grades)
    pool = tuple(item for item in pool if item in corpus and item != document)
    return replace(query, document=document, pool=pool)


def _query_files(folder: Path) -> list[Path]:
    """Return `queries*.jsonl`, or without one every other file that may hold queries."""
    found = sorted(p for end in ("", ".gz") for p in folder.glob(f"*.jsonl{end}"))
    named = [p for p in found if p.name.startswith(_QUERIES)]
    return named or [p for p in found if not p.name.startswith(_NOT_QUERIES)]


def _split(path: Path, start: str) -> str:
    name = path.name.split(".")[0]
    return name.removeprefix(start).removeprefix("_") if name.startswith(start) else name


def _ending(split: str) -> str:
    return f"_{split}" if split else ""


def _choose(folder: Path, split: str | None) -> str:
    known = splits(folder)
    if split is None:
        if "" in known:
            return ""
        if len(known) == 1:
            return known[0]
    elif split in known:
        return split
    if not known:
        raise InvalidInputError(
            f"{folder} holds no corpus.jsonl, queries.jsonl and qrels.tsv: it is no judged set."
        )
    raise InvalidInputError(f"split must be one of {known} in {folder}, got {split!r}.")


def _read_corpus(path: Path) -> Iterator[tuple[str, Text]]:
    for number, item in read_objects(path):
        try:
            yield text_of(item)
        except ValueError as error:
            raise CorruptFileError(f"{path}, line {number}: {error}") from error


def _read_qrels(path: Path) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {}
    for number, line in read_lines(path):
        parts = line.rstrip("\n").split("\t") if "\t" in line else line.split()
        if number == 1 and not _is_number(parts[-1]):
            continue  # the header
        try:
            query, item, grade = (parts[0], *parts[-2:]) if len(parts) == 4 else parts
            qrels.setdefault(query, {})[item] = int(float(grade))
        except ValueError as error:
            raise CorruptFileError(f"{path}, line {number}: not query, text, grade.") from error
    return qrels


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
