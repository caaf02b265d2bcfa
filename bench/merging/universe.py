"""The records that are measured: what is one paper twice, and what looks like it."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from bench.merging.collections import Item
from bench.merging.gold import Gold, Pair, roots
from broadsheet.model.identifiers import family_key, title_key

_PARTS = 10
_TAUGHT = 3
_MOST = 12
_SERIES = 0.5


def in_parts(
    items: Mapping[str, Item], gold: Gold, *, n_background: int
) -> tuple[list[Item], list[Item]]:
    """Return the records to learn and to set the threshold from, and those to measure.

    Records of one paper, and records of one title, are in one part. A part holds every record
    that is one paper with another, shares its title with another, or is by the same first author
    under a like title ("part II"), and `n_background` others.
    """
    titles = _of_one_title(items)
    chosen = set(gold.root) | {name for names in titles for name in names}
    chosen |= {name for pair in _series(items) for name in pair}
    others = sorted((name for name in items if name not in chosen), key=_number)
    chosen |= set(others[:n_background])
    linked: list[Pair] = [*gold.same, *(pair for names in titles for pair in pairwise(names))]
    root = roots(linked)
    taught: list[Item] = []
    measured: list[Item] = []
    for name in sorted(chosen):
        is_taught = _number(root.get(name, name)) % _PARTS < _TAUGHT
        (taught if is_taught else measured).append(items[name])
    return taught, measured


def pairs_of_one_title(records: Sequence[Item]) -> set[tuple[int, int]]:
    """Return rows that share a title; of a title that very many bear, each with a few."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row, item in enumerate(records):
        rows[title_key(item.title)].append(row)
    return {
        (a, b)
        for key, those in rows.items()
        if key
        for place, a in enumerate(those)
        for b in those[place + 1 : place + 1 + _MOST]
    }


def _of_one_title(items: Mapping[str, Item]) -> list[list[str]]:
    names: dict[str, list[str]] = defaultdict(list)
    for item in items.values():
        names[title_key(item.title)].append(item.id)
    return [those for key, those in sorted(names.items()) if key and len(those) > 1]


def _series(items: Mapping[str, Item]) -> list[Pair]:
    """Return pairs by one first author whose titles share half their words."""
    words = {item.id: frozenset(item.title.lower().split()) for item in items.values()}
    counts = Counter(word for own in words.values() for word in own)
    holders: dict[tuple[str, str], list[str]] = defaultdict(list)
    for item in items.values():
        if item.authors:
            rare = sorted(words[item.id], key=lambda word: (counts[word], word))[:3]
            author = family_key(item.authors[0])
            for word in rare:
                holders[author, word].append(item.id)
    return [
        (a, b)
        for names in holders.values()
        if len(names) > 1
        for a, b in pairwise(names)
        if len(words[a] & words[b]) / len(words[a] | words[b]) >= _SERIES
    ]


def _number(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=6).digest())
