"""Recall and nDCG@10 against bytes a vector, for every codec of the registry and faiss's.

    python -m bench.codecs [--vectors X.npy --queries Q.npy] [--sets scifact,nfcorpus] [--quick]
    python -m bench.codecs --page

Each codec learns from the rows (at most FIT_ROWS of them), encodes all of them, and ranks them by
its estimates; nothing is rescored. Recall is of the ten nearest by the float vectors: among the
ten best estimates, and among the hundred best, which a second stage would read. Codecs that can
learn from pairs are also measured so, where a collection has a split of training queries.

faiss runs in the environment that BENCH_PYTHON names, which `make bench` prepares. Vectors of the
collections are kept in --cache. The page is docs/reference/codecs.md with its plots.
"""

import argparse
import inspect
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench.codecs_page import write_page
from bench.codecs_sets import Ids, K, VectorSet, best_rows, judged_sets, paper_set
from bench.record import write_result
from broadsheet.search.trials import KeptEncoder
from typecase.base.registry import get, names
from typecase.compress.contract import Codec
from typecase.encoders.onnx import OnnxEncoder

SETTINGS: dict[str, list[dict[str, Any]]] = {
    "rabitq": [
        *({"n_dims": d} for d in (128, 224)),
        *({"n_bits": b} for b in (1, 2, 3, 4, 6, 8)),
        *({"n_bits": 2, "n_dims": d} for d in (112, 192)),
    ],
    "product": [
        *({"n_parts": p, "n_bits": 8} for p in (16, 32, 48, 96)),
        *({"n_parts": p, "n_bits": 4} for p in (48, 96, 192)),
    ],
    "scalar": [{"per": "row"}, {"per": "dim"}],
    "matryoshka": [{"n_dims": d} for d in (64, 128, 192, 256)],
}
"""What is measured of a codec; others are measured as they come."""

PEERS = (
    "RR,RaBitQ",
    "RR,RaBitQ2",
    "RR,RaBitQ4",
    "RR,RaBitQ8",
    "PQ48np",
    "PQ96x4np",
    "OPQ48,PQ48np",
    "SQ4",
    "SQ8",
    "SQfp16",
)
FIT_ROWS = 50_000
SECOND_STAGE = 100
_PEER = Path(__file__).with_name("codecs_peer.py")


def main() -> None:
    args = _arguments()
    if not args.page:
        _one_thread()
        sets = _sets(args)
        figures = {"measure": f"@{K}", "model": args.model, "fit_rows": FIT_ROWS, "sets": {}}
        for data in sets:
            figures["sets"][data.name] = _measure(data, args)
        packages = ["broadsheet", "numpy", "onnxruntime"]
        name = "codecs_quick" if args.quick else "codecs"
        print(f"written to {write_result(name, figures, seed=0, packages=packages)}")
    if not args.quick:
        print(f"written to {write_page()}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "broadsheet")
    parser.add_argument("--sets", default="scifact,nfcorpus,cranfield,cisi")
    parser.add_argument("--vectors", type=Path, help="rows of papers, .npy")
    parser.add_argument("--queries", type=Path, help="queries to them, .npy")
    parser.add_argument("--model", default="bge-small-en-v1.5-int8")
    parser.add_argument("--codecs", help="only these, by name; no peers then")
    parser.add_argument("--quick", action="store_true", help="cranfield alone, not kept")
    parser.add_argument("--page", action="store_true", help="only write the page anew")
    return parser.parse_args()


def _one_thread() -> None:
    """Start anew with one BLAS thread, which is read when numpy is imported."""
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


def _sets(args: argparse.Namespace) -> list[VectorSet]:
    path = args.cache / f"{Path(args.model).name}.vectors"
    encoder = KeptEncoder(encoder=OnnxEncoder(model=args.model), path=path)
    sets = judged_sets(args.shared, ["cranfield"] if args.quick else args.sets.split(","), encoder)
    if args.vectors is not None:
        sets.append(paper_set(args.vectors, args.queries))
    return sets


def _measure(data: VectorSet, args: argparse.Namespace) -> dict[str, Any]:
    row: dict[str, Any] = {"rows": len(data.x), "dim": data.x.shape[1], "queries": len(data.q)}
    if data.judge is not None:
        row["ndcg_of_float32"] = round(data.judge(data.exact), 4)
    row["codecs"] = {}
    chosen = names("compress") if args.codecs is None else args.codecs.split(",")
    for name in chosen:
        for settings in SETTINGS.get(name, [{}]):
            row["codecs"] |= _ours(data, name, settings)
    if args.codecs is None:
        row["peers"] = _peers(data)
    return row


def _ours(data: VectorSet, name: str, settings: dict[str, Any]) -> dict[str, Any]:
    cls = get("compress", name)
    label = f"{name}({', '.join(f'{key}={value}' for key, value in settings.items())})"
    found = {label: _figures(data, cls(**settings), {})}
    if data.training is not None and "pairs" in inspect.signature(cls.fit).parameters:
        queries, pairs = data.training
        given = {"queries": queries, "pairs": pairs}
        found[f"{label} + pairs"] = _figures(data, cls(**settings), given)
    for made, figures in found.items():
        print(f"{data.name:14} {made:40} {json.dumps(figures)}", flush=True)
    return found


def _figures(data: VectorSet, codec: Codec, training: dict[str, Any]) -> dict[str, Any]:
    start = time.process_time()
    codec.fit(data.x[:FIT_ROWS], **training)
    fitted = time.process_time()
    codes = codec.encode(data.x)
    encoded = time.process_time()
    found = best_rows(lambda rows: codec.score(data.q, codes[rows]), len(codes), SECOND_STAGE)
    shared = [v.nbytes for v in codec.get_state().values() if isinstance(v, np.ndarray)]
    return _judged(data, found) | {
        "bytes_a_vector": codec.n_bytes,
        "shared_bytes": sum(shared),
        "fit_cpu_s": round(fitted - start, 2),
        "encoded_a_cpu_s": round(len(codes) / max(encoded - fitted, 1e-3)),
    }


def _judged(data: VectorSet, found: Ids) -> dict[str, Any]:
    near = [set(rows) for rows in data.exact.tolist()]
    hits = {
        m: np.mean(
            [len(n & set(rows)) / K for n, rows in zip(near, found[:, :m].tolist(), strict=True)]
        )
        for m in (K, SECOND_STAGE)
    }
    figures = {f"recall_in_{m}": round(float(share), 4) for m, share in hits.items()}
    return figures if data.judge is None else figures | {"ndcg": round(data.judge(found), 4)}


def _peers(data: VectorSet) -> dict[str, Any]:
    python = os.environ.get("BENCH_PYTHON", ".venv-bench/bin/python")
    with tempfile.TemporaryDirectory() as folder:
        job: dict[str, Any] = {"factories": PEERS, "k": SECOND_STAGE, "fit": FIT_ROWS}
        for name, array in (("x", data.x), ("queries", data.q)):
            job[name] = str(Path(folder) / f"{name}.npy")
            np.save(job[name], array)
        job["out"] = folder
        done = subprocess.run(
            [python, str(_PEER)], input=json.dumps(job), capture_output=True, text=True, check=True
        )
        answer = json.loads(done.stdout)
        peers: dict[str, Any] = {"version": answer["version"]}
        for factory, figures in answer["codecs"].items():
            found = np.load(Path(folder) / figures["file"])
            peers[factory] = _judged(data, found) | {
                "bytes_a_vector": figures["bytes_a_vector"],
                "fit_cpu_s": round(figures["fit_cpu_s"], 2),
                "encoded_a_cpu_s": round(len(data.x) / max(figures["encode_cpu_s"], 1e-3)),
            }
            print(f"{data.name:14} faiss {factory:34} {json.dumps(peers[factory])}", flush=True)
    return peers


if __name__ == "__main__":
    main()
