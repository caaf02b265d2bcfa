"""The method with one thing left out at a time, and what it is measured against.

Every method gives a pair of candidates a number, and joins from a threshold on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.merging.collections import Item
from broadsheet.judging.fields import FIELDS, compared
from broadsheet.judging.spoiling import SPOILED
from broadsheet.model.identifiers import title_key
from broadsheet.model.merging import first_author, text_hash
from broadsheet.services.doubtful import keys_near
from broadsheet.services.identity import is_weak_title
from typecase.integrate.pair_judge import Network
from typecase.integrate.record_views import views_of
from typecase.integrate.similarity import N_FEATURES, all_features
from typecase.integrate.table_integration import TableIntegration

Scores = NDArray[np.float32]
SEED = 0
RULE = "the rule: title, first author, years"
SETTINGS = {"n_hidden": 8, "n_train": 3_000, "chimeras": 0.03, "random_state": SEED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Pairs of records to judge.

    Args:
        rows: (n, 2) of records.
        features: (n, n_features) float32 of all fields; compared once for all methods.
    """

    records: Sequence[Item]
    rows: NDArray[np.int64]
    features: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One row of the table.

    Args:
        score: gives each pair a number; from its threshold on they are one.
        fixed: the threshold of what has none to choose.
        model: what was trained, by which pairs are made groups.
    """

    name: str
    score: Callable[[Pairs], Scores]
    fixed: float | None = None
    model: TableIntegration | None = None


def compare(records: Sequence[Item], rows: NDArray[np.int64]) -> Pairs:
    """Return pairs with their features."""
    fields = dict(FIELDS)
    views = [views_of(record, fields) for record in shown(records)]
    features = all_features(views, rows, list(fields.values()))
    return Pairs(records=records, rows=rows, features=features)


def without_texts(records: Sequence[Item]) -> list[Item]:
    """Return records without their abstracts."""
    return [replace(item, abstract="") for item in records]


def shown(records: Sequence[Item]) -> list[dict[str, Any]]:
    """Return what a method is shown of records."""
    return [
        compared(
            title=item.title,
            authors=item.authors,
            year=item.year,
            abstract=item.abstract,
            venue=item.venue,
        )
        for item in records
    ]


def trained(taught: Sequence[Item], *, without: str = "", **changed: Any) -> TableIntegration:
    """Return the judge, trained on records without labels."""
    fields = [pair for pair in FIELDS if pair[0] != without]
    values = SETTINGS | changed
    spoiled = values.pop("spoiled", SPOILED)
    return TableIntegration(fields=fields, **values).fit(shown(taught), corruptions=spoiled)


def judged(name: str, model: TableIntegration) -> Method:
    """Return a trained judge as a method."""
    network = Network(
        mean=model.mean_, scale=model.scale_, n_hidden=model.n_hidden, weights=model.weights_
    )
    columns = _columns([field for field, _ in model.fields or ()])
    return Method(
        name=name, score=lambda pairs: network.likely(pairs.features[:, columns]), model=model
    )


def baselines() -> list[Method]:
    """Return what needs no training."""
    return [
        Method(name="equal titles", score=_each(_equal_titles), fixed=0.5),
        Method(name=RULE, score=_each(_rule), fixed=0.5),
        Method(name="no training: mean likeness of the fields", score=_likeness),
    ]


def left_by_the_rule(pairs: Pairs) -> NDArray[np.bool_]:
    """Return which pairs the service asks its judge about, where identifiers say nothing."""
    return np.array([_is_asked(pairs.records[a], pairs.records[b]) for a, b in pairs.rows.tolist()])


def _is_asked(a: Item, b: Item) -> bool:
    keys = keys_near(a.title), keys_near(b.title)
    is_near = any(one[:1] == (key,) for one, other in (keys, keys[::-1]) for key in other)
    is_shown = bool(a.abstract and b.abstract) or bool(a.authors and b.authors)
    return is_near and is_shown and not _rule(a, b)


def _columns(names: Sequence[str]) -> list[int]:
    """Return the features of some of the fields."""
    found, start = [], 0
    for name, kind in FIELDS:
        if name in names:
            found += range(start, start + N_FEATURES[kind])
        start += N_FEATURES[kind]
    return found


def _each(says: Callable[[Item, Item], bool]) -> Callable[[Pairs], Scores]:
    def score(pairs: Pairs) -> Scores:
        found = [says(pairs.records[a], pairs.records[b]) for a, b in pairs.rows.tolist()]
        return np.array(found, dtype=np.float32)

    return score


def _equal_titles(a: Item, b: Item) -> bool:
    return title_key(a.title) == title_key(b.title)


def _rule(a: Item, b: Item) -> bool:
    """Whether `services.identity` joins two records that no identifier joins."""
    key = title_key(a.title)
    if key != title_key(b.title):
        return False
    if a.abstract and text_hash(a.abstract) == text_hash(b.abstract):
        return True
    one, other = first_author(a.authors), first_author(b.authors)
    if is_weak_title(a.title, key) or (one and other and one != other):
        return False
    if not one and not other and a.year and b.year:
        return False
    return a.year is None or b.year is None or abs(a.year - b.year) <= 2


_OF_FIELD = {"title": (2, 2.0), "authors": (4, 1.0), "year": (2, 1.0), "abstract": (2, 1.0)}


def _likeness(pairs: Pairs) -> Scores:
    """Return the mean likeness of the fields that both have, the title counted twice."""
    total = np.zeros(len(pairs.rows), dtype=np.float32)
    weight = np.zeros(len(pairs.rows), dtype=np.float32)
    for name, (place, times) in _OF_FIELD.items():
        first = _columns([name])[0]
        there = pairs.features[:, first] == 0
        total += np.where(there, times * pairs.features[:, first + place], 0)
        weight += np.where(there, times, 0)
    return np.asarray(total / np.maximum(weight, 1), dtype=np.float32)
