"""nDCG@10 of words, meaning and both on judged collections, beside bm25s and the bare model.

    python -m bench.quality --shared ../shared/data [--cache FOLDER] [--sets scifact,nfcorpus]

Each collection becomes a library of its own and is searched as a user's is, through the service's
own classes. "model" is the same encoder with an exact search over all texts; bm25s (English stems,
its own stop words, otherwise as it comes) runs in the environment that BENCH_PYTHON names, which
`make bench` prepares. Embeddings are kept in --cache, outside the tree, so that it can be repeated.

The weights of the fusion were chosen on CHOSEN_ON; the other collections had no part in it.
"""

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.cached_encoder import CachedEncoder
from bench.record import write_result
from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record
from broadsheet.model.query import Mode, Query
from broadsheet.search import open_searcher
from broadsheet.search.searcher import LibrarySearcher
from broadsheet.store import SqlStore, open_store
from typecase.data.judged import JudgedSet, read_judged
from typecase.encoders.onnx import OnnxEncoder
from typecase.metrics.ranking import ndcg

SETS = {
    "scifact": "train",
    "nfcorpus": "dev",
    "cranfield": None,
    "cisi": None,
    "med": None,
    "cacm": None,
    "npl": None,
}
CHOSEN_ON = ("scifact", "nfcorpus", "cranfield", "cisi")
MODES: tuple[Mode, ...] = ("words", "meaning", "fused")
K = 10
_PEER = Path(__file__).with_name("quality_peer.py")
_ROWS_AT_ONCE = 1000


def main() -> None:
    args = _arguments()
    encoder = CachedEncoder(encoder=OnnxEncoder(model=args.model), path=_cache(args))
    figures: dict[str, Any] = {
        "measure": f"nDCG@{K}",
        "model": encoder.model_id,
        "weights_chosen_on": list(CHOSEN_ON),
        "sets": {},
    }
    for name in ["cranfield"] if args.quick else args.sets.split(","):
        judged = read_judged(args.shared / f"ir_{name}", SETS[name])
        figures["sets"][name] = row = _measure(judged, encoder)
        print(f"{name:10}", "  ".join(f"{k} {v:.4f}" for k, v in row["ndcg"].items()), flush=True)
    packages = ["broadsheet", "tantivy", "onnxruntime", "numpy"]
    name = "quality_quick" if args.quick else "quality"
    print(f"written to {write_result(name, figures, seed=0, packages=packages)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "broadsheet")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--quick", action="store_true", help="cranfield alone, not kept")
    parser.add_argument("--model", default="bge-small-en-v1.5-int8")
    return parser.parse_args()


def _cache(args: argparse.Namespace) -> Path:
    return Path(args.cache) / f"{Path(args.model).name}.vectors"


def _measure(judged: JudgedSet, encoder: CachedEncoder) -> dict[str, Any]:
    scores = {"bm25s": _score(judged, _peer_rankings(judged).__getitem__)}
    scores["model"] = _score(judged, _exact(judged, encoder))
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(folder=Path(folder))
        ids = _fill(store, judged)
        searcher = open_searcher(Path(folder) / "indexes", store, encoder=lambda: encoder)
        searcher.index_words()
        searcher.embed()
        for mode in MODES:
            scores[mode] = _score(judged, _through(searcher, judged, ids, mode))
        store.close()
    return {"queries": len(judged.queries), "texts": len(judged.texts), "ndcg": scores}


def _score(judged: JudgedSet, ranking: Callable[[str], list[str]]) -> float:
    values = [ndcg(ranking(q), judged.qrels[q], K) for q in judged.queries]
    return float(np.nanmean(values))


def _fill(store: SqlStore, judged: JudgedSet) -> dict[int, str]:
    """Store each text as a paper of its own; return ids by key."""
    origin, ids = judged.name, {}
    for start in range(0, len(judged.texts), _ROWS_AT_ONCE):
        chosen = range(start, min(start + _ROWS_AT_ONCE, len(judged.texts)))
        with store.writing() as writing:
            writing.put([_assigned(judged, row) for row in chosen])
            refs = {("judged", judged.corpus_ids[row], origin): row for row in chosen}
            for ref, stored in writing.records(list(refs)).items():
                ids[stored.paper] = judged.corpus_ids[refs[ref]]
    return ids


def _assigned(judged: JudgedSet, row: int) -> Assigned:
    text = judged.texts[row]
    record = Record(
        source="judged",
        source_id=judged.corpus_ids[row],
        title=text.title,
        abstract=text.text,
        raw_hash=str(row),
    )
    return Assigned(
        record=record, origin=judged.name, fingerprint="", line=row, paper=None, group=row
    )


def _through(
    searcher: LibrarySearcher, judged: JudgedSet, ids: dict[int, str], mode: Mode
) -> Callable[[str], list[str]]:
    def ranking(query: str) -> list[str]:
        found = searcher.search(Query(text=judged.queries[query], mode=mode, per_page=K))
        return [ids[item.key] for item in found.items]

    return ranking


def _exact(judged: JudgedSet, encoder: CachedEncoder) -> Callable[[str], list[str]]:
    x = np.concatenate(
        list(encoder.encode_iter(f"{text.title}\n{text.text}" for text in judged.texts))
    )

    def ranking(query: str) -> list[str]:
        scores = x @ encoder.encode([judged.queries[query]], kind="query")[0]
        return [judged.corpus_ids[row] for row in np.argsort(-scores, kind="stable")[:K]]

    return ranking


def _peer_rankings(judged: JudgedSet) -> dict[str, list[str]]:
    python = os.environ.get("BENCH_PYTHON", ".venv-bench/bin/python")
    job = {
        "ids": judged.corpus_ids,
        "texts": [f"{text.title}\n{text.text}" for text in judged.texts],
        "queries": judged.queries,
        "k": K,
    }
    done = subprocess.run(
        [python, str(_PEER)], input=json.dumps(job), capture_output=True, text=True, check=True
    )
    answer: dict[str, list[str]] = json.loads(done.stdout)
    return answer


if __name__ == "__main__":
    main()
