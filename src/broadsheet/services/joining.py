"""Two papers that one record names are one: the younger is joined to the older.

It is done only where nothing speaks against it: never with two arXiv ids, with a DOI on each side
that the record does not name, with other first authors and titles, nor where someone has taken
one of the papers out of another by hand.
"""

from collections.abc import Mapping, Sequence

from broadsheet.model.identifiers import title_key
from broadsheet.model.importstate import Assigned
from broadsheet.model.merging import first_author
from broadsheet.model.paper import Record
from broadsheet.model.ports import Writing

_ONE_EACH = ("doi", "acl")
"""Of these a paper has as a rule one; of arXiv ids it has never two."""

_Pair = tuple[str, str]


def join_named(writing: Writing, naming: Sequence[Assigned]) -> int:
    """Join the papers that records name together; return how many papers are gone.

    Args:
        naming: those records which this transaction has put in that may name several papers.

    The number of questions to the store does not depend on the number of records; each joining
    has its statements.
    """
    pairs = sorted({pair for item in naming for pair in item.record.identifiers})
    owners = writing.papers_by_identifier(pairs) if pairs else {}
    found = [(item, named) for item in naming if len(named := _named(item, owners)) > 1]
    if not found:
        return 0
    keys = sorted({key for _, named in found for key in named})
    records = {key: list(said) for key, said in writing.records_of(keys).items()}
    by_hand = writing.put_by_hand(keys)
    part_of: dict[int, int] = {}
    for item, named in found:
        now = sorted({part_of.get(key, key) for key in named} - by_hand)
        kept = now[0] if now else 0
        for gone in now[1:]:
            if not are_one(records[kept], records[gone], item.record):
                continue
            writing.join(kept, gone, by=item, evidence=_evidence(item.record))
            records[kept] += records.pop(gone)
            part_of = {key: kept if at == gone else at for key, at in part_of.items()}
            part_of[gone] = kept
    return len(part_of)


def are_one(one: Sequence[Record], other: Sequence[Record], naming: Record) -> bool:
    """Whether nothing speaks against making papers one that a record names together.

    Args:
        one, other: the records of the two papers.
    """
    eprints = _values("arxiv", [*one, *other, naming])
    if len(eprints) > 1:
        return False
    for scheme in _ONE_EACH:
        # The record itself says that what it names is one work.
        said = _values(scheme, [naming])
        here, there = _values(scheme, one) - said, _values(scheme, other) - said
        if here and there and not here & there:
            return False
    # What it calls the work is no witness for itself: an id may be mistyped.
    return _are_alike(_beside(naming, one), _beside(naming, other))


def _named(item: Assigned, owners: Mapping[_Pair, int]) -> set[int]:
    found = {owners[pair] for pair in item.record.identifiers if pair in owners}
    return found | {item.paper} if item.paper is not None else found


def _values(scheme: str, records: Sequence[Record]) -> set[str]:
    return {value for r in records for name, value in r.identifiers if name == scheme}


def _beside(naming: Record, records: Sequence[Record]) -> Sequence[Record]:
    own = (naming.source, naming.source_id)
    return [r for r in records if (r.source, r.source_id) != own] or records


def _are_alike(one: Sequence[Record], other: Sequence[Record]) -> bool:
    """Whether titles or first authors agree, or one side names no authors."""
    titles = [{title_key(r.title) for r in side} - {""} for side in (one, other)]
    authors = [{first_author(r.authors) for r in side} - {""} for side in (one, other)]
    return bool(titles[0] & titles[1] or authors[0] & authors[1]) or not all(authors)


def _evidence(record: Record) -> str:
    names = [f"{scheme}:{value}" for scheme, value in record.identifiers]
    return f"{record.source}:{record.source_id} names {' and '.join(names)}"
