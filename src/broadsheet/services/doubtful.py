"""Candidates that no rule decides: which of them a judge may be asked about, and what it says.

Never those whose identifiers contradict, nor those that show too little to be compared.
"""

import re
from collections.abc import Iterable, Sequence

from broadsheet.model.identifiers import title_key
from broadsheet.model.merging import Opinion, kind_of, merge
from broadsheet.model.paper import Record
from broadsheet.model.ports import Judge

MOST_ASKED = 8
"""Candidates of one record that are judged at most, the oldest first."""

_WORDS_OF_A_REST = 4
# What stands behind these is the title of another paper.
_ABOUT_ANOTHER = re.compile(
    r"(?:publisher |author )?(?:errat|corrigend|addend|correction|amendment|comment|repl(?:y|ies)"
    r"|response|rejoinder|retraction|withdrawal|discussion|review|supplement|remark|note\b)",
    re.IGNORECASE,
)
_KEPT_BY_READERS = ("shelf", "portal")


def keys_near(title: str) -> tuple[str, ...]:
    """Return the title keys under which the same paper may stand: `Name: rest` is also `rest`."""
    key = title_key(title)
    if ":" not in title:  # what most titles are
        return (key,) if key else ()
    name, colon, rest = title.partition(": ")
    if not colon or _ABOUT_ANOTHER.match(name) or len(rest.split()) < _WORDS_OF_A_REST:
        return (key,) if key else ()
    return tuple(dict.fromkeys(name for name in (key, title_key(rest)) if name))


def contradict(record: Record, others: Sequence[Record]) -> bool:
    """Whether identifiers say that a record is of another paper than some that are one paper.

    Two of one scheme do; two DOIs where one registrar gave both, for a preprint and what was
    published of it differ by it; and two ids at one source, unless readers keep it.
    """
    said, known = _named([record]), _named(others)
    return any(said[name].isdisjoint(known[name]) for name in said.keys() & known.keys())


def may_be_compared(record: Record, others: Sequence[Record], *, is_common: bool) -> bool:
    """Whether both sides show texts, or names, which do not tell under a common title."""
    if record.abstract and any(other.abstract for other in others):
        return True
    return not is_common and bool(record.authors) and any(other.authors for other in others)


def ask(
    judge: Judge, record: Record, candidates: Sequence[Sequence[Record]]
) -> tuple[int, Opinion] | None:
    """Return the place of the candidate that the judge says is the record's paper, and why."""
    alone = merge([record])
    opinions = judge.judge([(alone, merge(records)) for records in candidates])
    found = [(place, opinion) for place, opinion in enumerate(opinions) if opinion.is_one]
    return max(found, key=lambda pair: (pair[1].likely, -pair[0])) if found else None


def _named(records: Iterable[Record]) -> dict[str, set[str]]:
    """Return what records are named by, under what two names make two papers by."""
    found: dict[str, set[str]] = {}
    for record in records:
        for scheme, value in record.identifiers:
            registrar = value.partition("/")[0] if scheme == "doi" else ""
            found.setdefault(f"{scheme}:{registrar}", set()).add(value)
        if kind_of(record) not in _KEPT_BY_READERS:
            found.setdefault(f"at {record.source}", set()).add(record.source_id)
    return found
