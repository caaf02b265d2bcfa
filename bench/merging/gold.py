"""Which pairs are one paper and which are two, by what no method is shown.

One: an identifier that both name (the list of conferences names arXiv ids and keeps the
Anthology's ids; arXiv names the publisher's DOI). Or abstracts that are nearly the same text: when
these decide, methods are not shown abstracts. Never the title.

Two: identifiers that contradict, theirs or those of a record that is known to be one paper with
them; or abstracts that share nothing, and no author. Within the lists of the Anthology and of
conferences one paper often stands twice: there two ids are two papers only with two texts.
"""

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations

from bench.merging.collections import Item
from broadsheet.model.identifiers import family_key, title_key

Pair = tuple[str, str]

_WORDS = re.compile(r"[a-z]+")
_LEAST_WORDS = 40
_RUN = 5
_READ = 900
_FIRST = 8
_SAME_TEXT, _REWORDED, _OTHER_TEXT = 0.5, 0.2, 0.05


@dataclass(slots=True)
class Gold:
    """What is known of pairs.

    Args:
        same: pairs of one paper, with the evidence: `identifier` or `text`.
        erring: pairs that an identifier links although no author is shared, nor the title.
        root: the paper of each record that is in a pair of `same`.
        members: the records of each paper.
    """

    same: dict[Pair, str] = field(default_factory=dict)
    erring: list[Pair] = field(default_factory=list)
    root: dict[str, str] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)

    def kind(self, pair: Pair, items: Mapping[str, Item]) -> str:
        """Return `identifier`, `text` or `chain`; `different`, `other text`, `copy`, `unknown`."""
        a, b = items[pair[0]], items[pair[1]]
        if pair in self.same:
            return self.same[pair]
        if a.id in self.root and self.root.get(a.id) == self.root.get(b.id):
            return "chain"
        shared = shared_text(a, b)
        if self._contradict(a, b, items):
            if shared >= _SAME_TEXT:
                return "copy"
            is_told = "arxiv" in (a.issue, b.issue) or a.collection != b.collection
            return "different" if is_told or 0 <= shared < _REWORDED else "unknown"
        if 0 <= shared < _OTHER_TEXT and _have_no_author_in_common(a, b):
            return "other text"
        return "unknown"

    def _contradict(self, a: Item, b: Item, items: Mapping[str, Item]) -> bool:
        return any(contradict(items[x], items[y]) for x in self._of(a) for y in self._of(b))

    def _of(self, item: Item) -> list[str]:
        return self.members.get(self.root.get(item.id, ""), [item.id])


def find_gold(items: Mapping[str, Item]) -> Gold:
    """Return the pairs, of two collections each, that are one paper."""
    gold = Gold()
    for pair in sorted(_linked(items)):
        a, b = items[pair[0]], items[pair[1]]
        if _have_no_author_in_common(a, b) and title_key(a.title) != title_key(b.title):
            gold.erring.append(pair)
        else:
            gold.same[pair] = "identifier"
    for pair in sorted(_same_texts(items)):
        if not contradict(items[pair[0]], items[pair[1]]):
            gold.same.setdefault(pair, "text")
    gold.root = roots(gold.same)
    for name, root in sorted(gold.root.items()):
        gold.members.setdefault(root, []).append(name)
    return gold


def roots(pairs: Iterable[Pair]) -> dict[str, str]:
    """Return the least id of those that pairs connect, for each id in a pair."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for a, b in pairs:
        one, other = sorted((root(a), root(b)))
        parent[other] = one
    return {name: root(name) for name in list(parent)}


def contradict(a: Item, b: Item) -> bool:
    """Whether identifiers say that two records are two papers.

    DOIs do where one registrar gave both: a preprint's and a publisher's differ by it.
    """
    if a.issue == b.issue:
        return True
    if a.named & b.named:
        return False
    return any(
        _values(a, scheme) and _values(b, scheme) and not _values(a, scheme) & _values(b, scheme)
        for scheme in ("arxiv:", "acl:")
    ) or bool(_registrars(a) & _registrars(b))


def shared_text(a: Item, b: Item) -> float:
    """Return the share of five-word runs that two abstracts have in common, -1 without two."""
    one, other = _runs(a.abstract), _runs(b.abstract)
    return len(one & other) / min(len(one), len(other)) if one and other else -1.0


def _linked(items: Mapping[str, Item]) -> set[Pair]:
    holders: dict[str, list[str]] = defaultdict(list)
    for item in items.values():
        for name in item.named:
            holders[name].append(item.id)
    return {
        pair
        for names in holders.values()
        for pair in combinations(sorted(names), 2)
        if items[pair[0]].collection != items[pair[1]].collection
    }


def _same_texts(items: Mapping[str, Item]) -> set[Pair]:
    """Return pairs of two collections whose abstracts share half their runs of five words."""
    holders: dict[int, list[str]] = defaultdict(list)
    for item in items.values():
        for run in sorted(_runs(item.abstract))[:_FIRST]:
            holders[run].append(item.id)
    shared: Counter[Pair] = Counter()
    for names in holders.values():
        if 1 < len(names) <= _FIRST:
            shared.update(combinations(sorted(names), 2))
    return {
        (a, b)
        for (a, b), count in shared.items()
        if count > 1
        and items[a].collection != items[b].collection
        and shared_text(items[a], items[b]) >= _SAME_TEXT
    }


@lru_cache(maxsize=200_000)  # an abstract is compared with many
def _runs(text: str) -> frozenset[int]:
    words = _WORDS.findall(text[:_READ].lower())
    if len(words) < _LEAST_WORDS:
        return frozenset()
    starts = range(len(words) - _RUN + 1)
    return frozenset(zlib.crc32(" ".join(words[i : i + _RUN]).encode()) for i in starts)


def _values(item: Item, scheme: str) -> set[str]:
    return {name for name in item.named if name.startswith(scheme)}


def _registrars(item: Item) -> set[str]:
    return {name.partition("/")[0] for name in item.named if name.startswith("doi:")}


def _have_no_author_in_common(a: Item, b: Item) -> bool:
    one, other = ({w for name in x.authors for w in _words_of(name)} for x in (a, b))
    return bool(one) and bool(other) and not one & other


def _words_of(name: str) -> list[str]:
    """Return the words of a name but initials: lists of conferences run names together."""
    return [word for word in family_key(name.replace(" ", "-")).split("-") if len(word) > 1]
