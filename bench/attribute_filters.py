"""Predicates over attribute columns compiled to bitmaps, beside pyroaring, pyarrow and DuckDB.

    python -m bench.attribute_filters [--rows 3000000] [--rounds 15] [--quick]

Needs `pyroaring pyarrow duckdb`. The columns are made: papers with a year, a day, a venue (Zipf,
a third has none), a primary category, 1.75 categories, four authors and a number of citations.
Engines take turns in every round, on one thread; `cpu` is the median of the time of the process,
which a busy machine changes less, `best` the shortest time on the clock. Ours answers with a
bitmap and has kept none. pyroaring has a bitmap of every value built beforehand; a range or a
prefix is their union. pyarrow answers with an array of booleans, over dictionary-coded strings;
DuckDB only counts, which is the least that it can be asked. All must find as many rows.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyroaring import BitMap

from bench.record import write_result
from typecase.data.attribute_reading import Lists
from typecase.data.attributes import CACHED_BITMAPS, AttributeTable
from typecase.data.bitmap_cache import BitmapCache
from typecase.data.predicates import Attribute

SEED = 20261122
N_ADDED = 1500
FIELDS = ("cs", "math", "stat", "econ", "eess", "q-bio", "q-fin", "physics")
year, day, venue, primary = map(Attribute, ("year", "day", "venue", "primary"))
categories, authors, citations = map(Attribute, ("categories", "authors", "citations"))

Question = dict[str, Callable[[], int]]
"""How each engine counts the rows that match."""


def main() -> None:
    """Measure, print and write the figures."""
    args = _arguments()
    given = make_columns(args.rows, np.random.default_rng(SEED))
    started = time.process_time()
    table = AttributeTable.of(given, args.rows)
    figures: dict[str, Any] = {"rows": args.rows, "threads": 1, "quick": args.quick}
    figures["build_cpu_s"] = round(time.process_time() - started, 2)
    figures["bytes_per_row"] = bytes_per_row(table)
    figures["load_at_start"] = round(os.getloadavg()[0], 1)
    peers = Peers(given)
    figures["ms"], figures["matching"] = {}, {}
    for name, question in questions(table, peers).items():
        figures["ms"][name], figures["matching"][name] = _measure(question, args.rounds)
    figures["append"] = appending(table, args.rounds)
    packages = ["numpy", "pyroaring", "pyarrow", "duckdb"]
    name = "attribute_filters_quick" if args.quick else "attribute_filters"
    path = write_result(name, figures, seed=SEED, packages=packages)
    print(json.dumps(figures, indent=2))
    print(f"written to {path}")


def make_columns(n: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return columns of n papers."""
    names = [f"{field}.{a}{b}" for field in FIELDS for a in "ABCDE" for b in "LGVRS"]
    shares = 1 / np.arange(1, len(names) + 1)
    drawn = rng.choice(len(names), (n, 3), p=shares / shares.sum())
    counts = rng.choice([1, 2, 3], n, p=[0.45, 0.35, 0.2])
    flat = drawn[np.arange(3) < counts[:, None]]
    venues = np.minimum(rng.zipf(1.3, n), 5000)
    has_venue = rng.random(n) < 0.67
    n_authors = rng.integers(1, 8, n)
    who = (rng.random(int(n_authors.sum())) ** 3 * n * 0.4).astype(np.int64)
    people = [f"Author {number:07d}" for number in range(int(who.max()) + 1)]
    days = rng.integers(7500, 20600, n)
    return {
        "year": 1970 + days // 365,
        "day": days,
        "venue": [f"Venue {v}" if h else None for v, h in zip(venues, has_venue, strict=True)],
        "primary": [names[code] for code in drawn[:, 0]],
        "categories": Lists([names[c] for c in flat], np.concatenate([[0], np.cumsum(counts)])),
        "authors": Lists(
            [people[number] for number in who.tolist()],
            np.concatenate([[0], np.cumsum(n_authors)]),
        ),
        "citations": rng.lognormal(2, 1.5, n).round(1),
    }


class Peers:
    """The same columns in the engines of others."""

    def __init__(self, given: dict[str, Any]) -> None:
        """Load them."""
        pa.set_cpu_count(1)
        lists = {}
        for name in ("categories", "authors"):
            flat = pa.array(given[name].flat).dictionary_encode()
            lists[name] = pa.ListArray.from_arrays(pa.array(given[name].offsets, pa.int32()), flat)
        plain = {n: pa.array(v) for n, v in given.items() if n not in lists}
        plain = {n: a.dictionary_encode() if a.type == pa.string() else a for n, a in plain.items()}
        self.columns: dict[str, Any] = plain | lists
        self.parents = {n: pc.list_parent_indices(a).to_numpy() for n, a in lists.items()}
        arrow = pa.table(self.columns)
        self.duck = duckdb.connect(config={"threads": 1})
        self.duck.register("arrow", arrow)
        self.duck.execute("CREATE TABLE papers AS SELECT * FROM arrow")
        self.roaring = {
            name: _bitmaps(*_codes(self.columns[name], self.parents.get(name)))
            for name in ("year", "day", "venue", "primary", "categories")
        }

    def count(self, where: str) -> int:
        """Return how many rows DuckDB finds."""
        found = self.duck.execute(f"SELECT count(*) FROM papers WHERE {where}").fetchone()
        return int(found[0]) if found else 0

    def coded(self, name: str, test: Callable[[Any], Any]) -> int:
        """Return how many rows pyarrow finds, testing the dictionary and looking codes up."""
        column = self.columns[name]
        wanted = np.flatnonzero(test(column.dictionary).to_numpy(zero_copy_only=False))
        hits = pc.is_in(column.indices, pa.array(wanted, column.indices.type))
        return int(hits.sum().as_py() or 0)

    def listed(self, name: str, test: Callable[[Any], Any]) -> int:
        """Return how many rows pyarrow finds that have one of several values."""
        column = self.columns[name].values
        wanted = np.flatnonzero(test(column.dictionary).to_numpy(zero_copy_only=False))
        hits = pc.is_in(column.indices, pa.array(wanted, column.indices.type))
        out = np.zeros(len(self.columns[name]), dtype=bool)
        out[self.parents[name][hits.to_numpy(zero_copy_only=False)]] = True
        return int(np.count_nonzero(out))

    def union(self, name: str, test: Callable[[Any], bool]) -> int:
        """Return how many rows pyroaring finds."""
        bitmaps = self.roaring[name]
        return len(BitMap.union(*[bitmaps[value] for value in bitmaps if test(value)]))


def questions(table: AttributeTable, peers: Peers) -> dict[str, Question]:
    """Return every question, asked of every engine that can answer it."""

    def ours(predicate: Any) -> Callable[[], int]:
        fresh = replace(table, cache=BitmapCache(size=CACHED_BITMAPS))

        def ask() -> int:
            fresh.cache._bitmaps.clear()
            return _count(fresh.rows_where(predicate))

        return ask

    def pa_between(name: str, low: float, high: float) -> int:
        column = peers.columns[name]
        hits = pc.and_(pc.greater_equal(column, low), pc.less_equal(column, high))
        return int(hits.sum().as_py())

    author = f"Author {int(0.064 * 0.4 * len(table)):07d}"
    some = [f"Venue {number}" for number in range(2, 60, 3)]
    return {
        "equality, year": {
            "typecase": ours(year == 2019),
            "pyroaring": lambda: len(peers.roaring["year"][2019]),
            "pyarrow": lambda: int(pc.equal(peers.columns["year"], 2019).sum().as_py()),
            "duckdb": lambda: peers.count("year = 2019"),
        },
        "equality, venue": {
            "typecase": ours(venue == "Venue 7"),
            "pyroaring": lambda: len(peers.roaring["venue"]["Venue 7"]),
            "pyarrow": lambda: peers.coded("venue", lambda d: pc.equal(d, "Venue 7")),
            "duckdb": lambda: peers.count("venue = 'Venue 7'"),
        },
        "range, days": {
            "typecase": ours(day.between(15_000, 18_000)),
            "pyroaring": lambda: peers.union("day", lambda d: 15_000 <= d <= 18_000),
            "pyarrow": lambda: pa_between("day", 15_000, 18_000),
            "duckdb": lambda: peers.count("day BETWEEN 15000 AND 18000"),
        },
        "range, floats": {
            "typecase": ours(citations.between(10.0, 100.0)),
            "pyarrow": lambda: pa_between("citations", 10.0, 100.0),
            "duckdb": lambda: peers.count("citations BETWEEN 10.0 AND 100.0"),
        },
        "prefix, primary": {
            "typecase": ours(primary.startswith("math.")),
            "pyroaring": lambda: peers.union("primary", lambda v: v.startswith("math.")),
            "pyarrow": lambda: peers.coded("primary", lambda d: pc.starts_with(d, "math.")),
            "duckdb": lambda: peers.count("\"primary\" LIKE 'math.%'"),
        },
        "one of 20 venues": {
            "typecase": ours(venue.isin(some)),
            "pyroaring": lambda: peers.union("venue", set(some).__contains__),
            "pyarrow": lambda: peers.coded("venue", lambda d: pc.is_in(d, pa.array(some))),
            "duckdb": lambda: peers.count(f"venue IN ({', '.join(map(repr, some))})"),
        },
        "has category, 28 % of rows": {
            "typecase": ours(categories == "cs.AL"),
            "pyroaring": lambda: len(peers.roaring["categories"]["cs.AL"]),
            "pyarrow": lambda: peers.listed("categories", lambda d: pc.equal(d, "cs.AL")),
            "duckdb": lambda: peers.count("list_contains(categories, 'cs.AL')"),
        },
        "has category with prefix": {
            "typecase": ours(categories.startswith("math.")),
            "pyroaring": lambda: peers.union("categories", lambda v: v.startswith("math.")),
            "pyarrow": lambda: peers.listed("categories", lambda d: pc.starts_with(d, "math.")),
        },
        "has author": {
            "typecase": ours(authors == author),
            "pyarrow": lambda: peers.listed("authors", lambda d: pc.equal(d, author)),
            "duckdb": lambda: peers.count(f"list_contains(authors, '{author}')"),
        },
    } | _joined(table, peers)


def _joined(table: AttributeTable, peers: Peers) -> dict[str, Question]:
    """Return questions whose parts every engine knows the answer of already."""
    parts = [day.between(15_000, 18_000), categories == "cs.AL", venue == "Venue 7"]
    bitmaps = [table.rows_where(part) for part in parts]
    bools = [pa.array(np.unpackbits(b.view(np.uint8), bitorder="little")[: len(table)].view(bool))
             for b in bitmaps]  # fmt: skip
    roaring = [BitMap(np.flatnonzero(b.to_numpy(zero_copy_only=False))) for b in bools]
    both, either = parts[0] & parts[1], parts[0] | parts[1]
    less = either & ~parts[2]

    def ours(predicate: Any) -> Callable[[], int]:
        fresh = replace(table, cache=table.cache.copy())
        fresh.rows_where(predicate)

        def ask() -> int:
            for compound in (both, either, less, less.parts[1]):
                fresh.cache._bitmaps.pop(compound, None)
            return len(fresh.rows_where(predicate)) and 1

        return ask

    a, b, c = bools
    ra, rb, rc = roaring
    return {
        "and of known bitmaps": {
            "typecase": ours(both),
            "pyroaring": lambda: bool(ra & rb),
            "pyarrow": lambda: len(pc.and_(a, b)) and 1,
        },
        "or of known bitmaps": {
            "typecase": ours(either),
            "pyroaring": lambda: bool(ra | rb),
            "pyarrow": lambda: len(pc.or_(a, b)) and 1,
        },
        "and, or, not of known bitmaps": {
            "typecase": ours(less),
            "pyroaring": lambda: bool((ra | rb) - rc),
            "pyarrow": lambda: len(pc.and_not(pc.or_(a, b), c)) and 1,
        },
        "known whole": {"typecase": lambda: len(table.rows_where(parts[0])) and 1},
    }


def appending(table: AttributeTable, rounds: int) -> dict[str, Any]:
    """Return what a day's rows cost, and a known question after them."""
    new = make_columns(N_ADDED, np.random.default_rng(SEED + 1))
    asked = [day.between(15_000, 18_000), categories == "cs.AL", venue == "Venue 7"]
    for predicate in asked:
        table.rows_where(predicate)
    times: dict[str, list[tuple[float, float]]] = {"append": [], "asked_again": []}
    for _ in range(rounds):
        times["append"].append(_timed(partial(table.with_rows, new, N_ADDED)))
        grown = table.with_rows(new, N_ADDED)
        for predicate in asked:
            times["asked_again"].append(_timed(partial(grown.rows_where, predicate)))
    return {"rows": N_ADDED} | {f"{name}_ms": _figures(t) for name, t in times.items()}


def bytes_per_row(table: AttributeTable) -> dict[str, float]:
    """Return the memory of each column."""
    out = {"all": table.size_bytes / len(table)}
    for place, name in enumerate(table.kinds):
        arrays = [c[place] for c in (piece.to_arrays() for piece in table.pieces)]
        size = sum(a.nbytes for c in arrays for a in c.values() if isinstance(a, np.ndarray))
        out[name] = size / len(table)
    return {name: round(size, 2) for name, size in out.items()}


def _measure(question: Question, rounds: int) -> tuple[dict[str, Any], int]:
    counts = {engine: ask() for engine, ask in question.items()}
    if len(set(counts.values())) != 1:
        raise SystemExit(f"the engines differ: {counts}")
    times: dict[str, list[tuple[float, float]]] = {engine: [] for engine in question}
    for _ in range(rounds):
        for engine, ask in question.items():
            times[engine].append(_timed(ask))
    return {engine: _figures(t) for engine, t in times.items()}, next(iter(counts.values()))


def _timed(ask: Callable[[], Any]) -> tuple[float, float]:
    """Return the time of the process and on the clock, in milliseconds."""
    started, cpu = time.perf_counter(), time.process_time()
    ask()
    cpu, ended = time.process_time() - cpu, time.perf_counter()
    return 1000 * cpu, 1000 * (ended - started)


def _figures(times: list[tuple[float, float]]) -> dict[str, float]:
    cpu, clock = zip(*times, strict=True)
    return {"cpu": round(statistics.median(cpu), 3), "best": round(min(clock), 3)}


def _count(words: Any) -> int:
    return int(np.bitwise_count(words).sum())


def _codes(column: Any, parents: Any) -> tuple[Any, Any, list[Any]]:
    """Return codes, the row of each, and the values that they stand for."""
    if parents is not None:
        column = column.values
    if not hasattr(column, "dictionary"):
        column = column.dictionary_encode()
    there = np.asarray(column.indices.is_valid())
    codes = column.indices.fill_null(0).to_numpy()
    rows = np.arange(len(codes)) if parents is None else parents
    return codes[there], rows[there], column.dictionary.to_pylist()


def _bitmaps(codes: Any, rows: Any, values: list[Any]) -> dict[Any, BitMap]:
    order = np.argsort(codes, kind="stable")
    ends = np.searchsorted(codes[order], np.arange(len(values) + 1))
    rows = rows[order].astype(np.uint32)
    return {v: BitMap(rows[ends[i] : ends[i + 1]]) for i, v in enumerate(values)}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=3_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--quick", action="store_true", help="100,000 rows, 3 rounds")
    args = parser.parse_args()
    if args.quick:
        args.rows, args.rounds = 100_000, 3
    return args


if __name__ == "__main__":
    main()
