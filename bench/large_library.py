"""A library of many papers with made vectors, for measuring how search grows.

    python -m bench.filtered.synthetic --rows 500000 --out VECTORS
    python -m bench.large_library LIBRARY --shared ../shared/data --vectors VECTORS

Embedding 500,000 abstracts takes hours of two cores. Here the papers of the three corpora are
imported as they are; what is missing to `--papers` is filled up with made ones, the title of one
real paper over the abstract of another. Vectors are rows of `synthetic.npy`, one a paper, in an
order of its own: what a paper says and where it lies have nothing to do with each other, so results
mean nothing and speed does. The vectors are stored without codes, as an older version left them;
then `embed` brings the indexes up, which is timed.
"""

import argparse
import gzip
import json
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from bench.made_encoder import MadeEncoder
from broadsheet.search import open_searcher
from broadsheet.search.vector_folders import VectorFolder, VectorFolders
from broadsheet.services.importing import ImportService
from broadsheet.sources import FileSources
from broadsheet.store import SqlStore, open_store
from typecase.data.vector_store import VectorStore

SEED = 20261128
CORPORA = (
    "corpus_arxiv/papers.jsonl.gz",
    "corpus_acl/papers_with_abstract.jsonl.gz",
    "corpus_acl/papers_title_only.jsonl.gz",
    "corpus_conf/papers_with_abstract.jsonl.gz",
    "corpus_conf/papers_title_only.jsonl.gz",
)
ROWS_AT_ONCE = 8192
POOL = 150_000


def main() -> None:
    args = _arguments()
    args.library.mkdir(parents=True, exist_ok=True)
    store = open_store(folder=args.library)
    _import(store, args.library, [args.shared / name for name in CORPORA])
    n_real = store.counts().papers
    if n_real < args.papers:
        made = args.library / "made.jsonl.gz"
        _write_made(args.shared / CORPORA[0], made, args.papers - n_real)
        _import(store, args.library, [made])
    encoder = MadeEncoder(queries=args.vectors / "synthetic_queries.npy")
    searcher = open_searcher(args.library / "indexes", store, encoder=lambda: encoder)
    searcher.index_words(progress=_say)
    folders = searcher.meaning.folders
    folder = folders.of(model=encoder.model, model_id=encoder.model_id)
    if not folders.covered(folder):
        _store_vectors(store, folders, folder, args.vectors / "synthetic.npy")
    start, cpu = time.perf_counter(), time.process_time()
    searcher.embed(progress=_say)
    figures = {
        "papers": store.counts().papers,
        "real_papers": n_real,
        "embedded": searcher.state().embedded,
        "codes_and_order_s": round(time.perf_counter() - start, 1),
        "codes_and_order_cpu_s": round(time.process_time() - cpu, 1),
    }
    (args.library / "made.json").write_text(json.dumps(figures) + "\n", "utf-8")
    print(json.dumps(figures, indent=2))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", type=Path)
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument("--vectors", type=Path, required=True, help="the folder of synthetic.npy")
    parser.add_argument("--papers", type=int, default=500_000)
    return parser.parse_args()


def _import(store: SqlStore, library: Path, files: list[Path]) -> None:
    def clock() -> datetime:
        return datetime.now(UTC)

    service = ImportService(
        store=store, sources=FileSources(clock=clock), clock=clock, rejects_folder=library
    )
    report = service.run(files)
    print(f"{report.new_papers:,} new papers, {report.rejected:,} rejected", flush=True)


def _write_made(corpus: Path, path: Path, n: int) -> None:
    """Write n papers, each with a real title, another real abstract, and the title's date."""
    rng = random.Random(SEED)
    with gzip.open(corpus, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in islice(lines, POOL)]
    rows = [row for row in rows if row["abstract"] and row["authors"] and row["date"]]
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as file:
        for number in range(n):
            file.write(json.dumps(_made(number, *rng.sample(rows, 2))) + "\n")


def _made(number: int, row: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"made:{number}",
        "title": f"{row['title'][:1000]} {number}",
        "abstract": other["abstract"],
        **{key: row[key] for key in ("authors", "categories", "date")},
    }


def _store_vectors(
    store: SqlStore, folders: VectorFolders, folder: VectorFolder, path: Path
) -> None:
    x = np.load(path, mmap_mode="r")
    with VectorStore.open(folder.path, write=True, dim=x.shape[1]) as vectors:
        first = 0
        for keys in _keys(store):
            vectors.append(keys, x[first : first + len(keys)])
            first += len(keys)
    folders.put_in_use(folder)
    folders.set_covered(folder, store.last_seq())


def _keys(store: SqlStore) -> Iterator[np.ndarray[Any, Any]]:
    """Give the keys of all papers, ascending by when they changed last."""
    seq = 0
    while rows := store.changes(after=seq, limit=ROWS_AT_ONCE):
        seq = rows[-1].seq
        yield np.array([row.key for row in rows], dtype=np.int64)


def _say(step: str, done: int, of: int | None) -> None:
    if not done:
        print(step, of, flush=True)


if __name__ == "__main__":
    main()
