"""Searches in the whole language over a large library, with and without their reasons.

    python -m bench.search_language LIBRARY --shared ../shared/data --vectors VECTORS

The library is one of `bench.large_library`, whose vectors are made; a search pays for the packaged
encoder and is searched with a made vector of the same kind. Each kind of search is asked with other
words each time, so that no answer is kept from before. `cpu` is the time of the asking thread, the
other what a reader waits; a machine that does other things lengthens the second only. The heads of
aspects are the packaged ones, over vectors that they were not made for: it costs the same.

Parsing is that of random strings over all signs and fields of the language, in ms of a thread.
"""

import argparse
import contextlib
import json
import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.made_encoder import MadeEncoder
from bench.record import write_result
from bench.search import SEED, percentiles, queries_of
from broadsheet.model.errors import QuerySyntaxError
from broadsheet.model.language import read
from broadsheet.model.language.fields import FIELDS
from broadsheet.model.query import Query, parse_query
from broadsheet.search import open_searcher, pointing
from broadsheet.search.analysis import asked_of
from broadsheet.search.aspects import SHIPPED, Aspects
from broadsheet.search.searcher import LibrarySearcher
from broadsheet.store import open_store
from typecase.encoders.onnx import OnnxEncoder

KINDS: dict[str, str] = {
    "words": "{a}",
    "not": "{a} -{w}",
    "phrase": '{a} "{two}"',
    "weights": "{w}^3 {v}^0.5 {a}",
    "meaning": 'meaning:"{a}"',
    "words and meanings": '{a} meaning:"{b}"^2 -meaning:"{w}"^0.5',
    "near a paper": "near:{id} -near:{id2}^0.5",
    "same task, another method": "task:near:{id} -method:near:{id}",
    "aspects by words": 'task:"{two}" {a} method:"{w}"^0.5',
    "fields": "{a} cat:cs.LG,cs.CL year:2015..2020 -is:withdrawn",
    "either": "({w} OR {v} OR cat:cs.CV) {a}",
    "not a group": "{a} -({w} OR (cat:math year:<2010))",
    "fields alone": "cat:cs -cat:cs.LG year:2018 -{w}",
    "newest": "{a} sort:newest",
    "recent and diverse": "{a} with:recent with:diverse",
    "everything": '{a} "{two}" {w}^2 -{v} meaning:"{b}" near:{id} (cat:cs OR cat:stat) year:>2005',
}
N_STRINGS = 10_000


def main() -> None:
    args = _arguments()
    store = open_store(folder=args.library)
    encoder = MadeEncoder(queries=args.vectors / "synthetic_queries.npy", paid=OnnxEncoder())
    searcher = open_searcher(args.library / "indexes", store, encoder=lambda: encoder)
    started = time.monotonic()
    n_indexed = searcher.index_words()
    index_s = time.monotonic() - started
    heads = Aspects(model_id=json.loads((SHIPPED / "card.json").read_text("utf-8"))["model_id"])
    pointing.heads_of = lambda model_id: heads  # type: ignore[assignment]
    searcher.search(Query(text="the first search opens everything"))
    texts = queries_of(store, args.shared, 400)
    ids = [paper.id for paper in store.papers(range(1, 4 * args.queries))]
    figures: dict[str, Any] = {
        "papers": searcher.words.n_papers(),
        "indexed_anew": {"papers": n_indexed, "seconds": round(index_s, 1)},
        "load_at_start": round(os.getloadavg()[0], 1),
        "kinds": {
            kind: _asked(searcher, list(_made(form, texts, ids, args.queries)))
            for kind, form in KINDS.items()
        },
        "reranked": _asked(searcher, texts[-12:], mode="reranked"),
        "parsing": _parsing(),
    }
    print(json.dumps(figures, indent=2))
    print(write_result("search_language", figures, seed=SEED, packages=["broadsheet", "lark"]))
    store.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", type=Path)
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument("--vectors", type=Path, required=True, help="of synthetic_queries.npy")
    parser.add_argument("--queries", type=int, default=60, help="of each kind")
    return parser.parse_args()


def _made(form: str, texts: list[str], ids: list[str], n: int) -> Iterator[str]:
    """Yield n searches of a form, with other words each."""
    chosen = random.Random(f"{SEED} {form}")
    for _ in range(n):
        a, b = chosen.sample(texts, 2)
        words = [word for word in b.split() if word.isalpha() and len(word) > 3] or ["graph"]
        w, v = chosen.choice(words), chosen.choice(words)
        id, id2 = chosen.sample(ids, 2)
        two = " ".join(a.split()[:2]).strip(":") or "graph"
        yield form.format(a=a, b=b, w=w, v=v, two=two, id=id, id2=id2)


def _asked(searcher: LibrarySearcher, texts: list[str], *, mode: str = "fused") -> dict[str, Any]:
    """Return how long searches take, and their reasons alone, in milliseconds."""
    times, reasons, found = [], [], 0
    for text in texts:
        query = parse_query({"q": [text], "mode": [mode]})
        started, began = time.perf_counter(), time.thread_time()
        page = searcher.search(query)
        times.append((time.perf_counter() - started, time.thread_time() - began))
        found += bool(page.items)
        asked = asked_of(query.plan)
        if page.items and asked.is_ranked and query.sort != "newest":
            reasons.append(_time_of(lambda q=query, a=asked: _explained(searcher, q, a)))
    row: dict[str, Any] = {"answered": f"{found} of {len(texts)}", **percentiles(np.array(times))}
    if reasons:
        row["reasons"] = percentiles(np.array(reasons))
    return row


def _explained(searcher: LibrarySearcher, query: Query, asked: Any) -> None:
    ranked, toward = searcher._candidates(query, asked, searcher._state(query))
    searcher._explained(query, asked, ranked.at(slice(query.per_page)), toward)


def _time_of(work: Callable[[], None]) -> tuple[float, float]:
    started, began = time.perf_counter(), time.thread_time()
    work()
    return time.perf_counter() - started, time.thread_time() - began


def _parsing() -> dict[str, float]:
    pieces = [*'ab "()-^|:,.', "OR ", "word ", "^2", "中文", "😀", *(f.example for f in FIELDS)]
    chosen = random.Random(SEED)
    texts = ["".join(chosen.choices(pieces, k=chosen.randint(1, 60))) for _ in range(N_STRINGS)]
    texts += [" OR ".join(f"w{i}" for i in range(99)), "-a " * 1300, "word " * 790, "(" * 4000]
    times = [_reading_of(text) for text in texts]
    # The collector's pauses over a large library are not the reading's: the slow ones read again.
    slow = sorted(range(len(texts)), key=lambda at: -times[at])[:50]
    again = [min(times[at], *(_reading_of(texts[at]) for _ in range(3))) for at in slow]
    return {
        "strings": len(texts),
        "slowest_once_thread_ms": round(max(times) * 1e3, 3),
        "slowest_thread_ms": round(max(again) * 1e3, 3),
    }


def _reading_of(text: str) -> float:
    """Return the seconds of one reading, remembered or not."""
    read.cache_clear()
    started = time.thread_time()
    with contextlib.suppress(QuerySyntaxError):
        read(text)
    return time.thread_time() - started


if __name__ == "__main__":
    main()
