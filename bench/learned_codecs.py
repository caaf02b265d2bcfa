"""What learning adds to codes: nDCG@10 and recall@10 against bytes, beside RaBitQ.

    python -m bench.learned_codecs [--cache FOLDER] [--sets nfcorpus,scifact] [--quick]

Every codec is fitted on a collection's texts, and once more with pairs of queries that are not
measured: nfcorpus has a split for that, of scifact every second query teaches and the others are
measured. "start" is the same codec without training. Recall is of the ten nearest by the float
vectors, and falls where pairs teach another order than theirs.

Then two things that need more than one codec: codes of two versions of an encoder in one index
(the old one gives the first third of the columns), and candidates by codes with a verdict by
learned vectors (BiDR) or by plain ones.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.codecs_sets import Ids, K, VectorSet, best_rows, judged_sets
from bench.record import write_result
from broadsheet.search.trials import KeptEncoder
from typecase.base.registry import get
from typecase.compress.contract import Codec
from typecase.data.judged import JudgedSet, read_judged
from typecase.encoders.onnx import OnnxEncoder
from typecase.metrics.ranking import ndcg

Floats = NDArray[np.float32]

SEED = 0
CANDIDATES = 50
CODECS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("rabitq", {"n_bits": 1}),
    ("recurrent_binary", {"n_bits": 1}),
    ("rabitq", {"n_bits": 2, "n_dims": 192}),
    ("recurrent_binary", {"n_bits": 2, "code_dim": 192}),
    ("rabitq", {"n_bits": 2}),
    ("recurrent_binary", {"n_bits": 2}),
    ("product", {"n_parts": 48, "n_bits": 8}),
    ("repconc", {"n_parts": 48}),
    ("repconc", {"n_parts": 48, "n_cells": 32}),
    ("contrastive_quantizer", {"n_parts": 48}),
    ("half", {}),
    ("dense_verdict", {"sampler": "snowball"}),
    ("dense_verdict", {"sampler": "walk"}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A collection, what is measured on it, and the pairs that may teach."""

    name: str
    x: Floats
    """(n, dim)."""
    q: Floats
    """(n_queries, dim)."""
    judged: JudgedSet
    measured: list[str]
    """The ids of the n_queries queries."""
    teach_q: Floats
    """(n_teaching, dim)."""
    pairs: Ids
    """(n_pairs, 2)."""
    exact: Ids
    """(n_queries, K)."""


def main() -> None:
    args = _arguments()
    _one_thread()
    path = args.cache / "bge-small-en-v1.5-int8.vectors"
    encoder = KeptEncoder(encoder=OnnxEncoder(model="bge-small-en-v1.5-int8"), path=path)
    for codec, _ in CODECS:
        get("compress", codec)  # a name that is none is found out now, not after an hour
    parts = Parts(args.cache / "learned_codecs.jsonl")
    figures: dict[str, Any] = {"measure": f"@{K}", "model": encoder.model_id, "sets": {}}
    for name in args.sets.split(","):
        task = _task(args.shared, name, encoder)
        figures["sets"][name] = _measure(task, CODECS[:2] if args.quick else CODECS, parts)
    parts.path.unlink(missing_ok=True)
    name = "learned_codecs_quick" if args.quick else "learned_codecs"
    packages = ["broadsheet", "numpy", "onnxruntime"]
    print(f"written to {write_result(name, figures, seed=SEED, packages=packages)}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "broadsheet")
    parser.add_argument("--sets", default="nfcorpus,scifact")
    parser.add_argument("--quick", action="store_true", help="two codecs, kept under another name")
    return parser.parse_args()


def _one_thread() -> None:
    """Start anew with one BLAS thread, which is read when numpy is imported."""
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


def _task(shared: Path, name: str, encoder: KeptEncoder) -> Task:
    (data,) = judged_sets(shared, [name], encoder)
    judged = read_judged(shared / f"ir_{name}", {"nfcorpus": "dev", "scifact": "train"}[name])
    ids = list(judged.queries)
    if data.training is not None:
        return _task_of(data, judged, ids, data.q, *data.training)
    return _halved(data, judged, ids)


def _halved(data: VectorSet, judged: JudgedSet, ids: list[str]) -> Task:
    """Every second query teaches; the others are measured."""
    row = {text: number for number, text in enumerate(judged.corpus_ids)}
    pairs = [
        (number, row[text])
        for number, query in enumerate(ids[1::2])
        for text, grade in judged.qrels[query].items()
        if grade > 0 and text in row
    ]
    return _task_of(data, judged, ids[::2], data.q[::2], data.q[1::2], np.array(pairs))


def _task_of(
    data: VectorSet, judged: JudgedSet, ids: list[str], q: Floats, teach_q: Floats, pairs: Ids
) -> Task:
    return Task(
        name=data.name,
        x=data.x,
        q=q,
        judged=judged,
        measured=ids,
        teach_q=teach_q,
        pairs=pairs,
        exact=best_rows(lambda rows: q @ data.x[rows].T, len(data.x), K),
    )


class Parts:
    """What has been measured, a line each, so that a run that was cut off goes on.

    Args:
        path: a file of JSON lines; taken away when the whole is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        lines = path.read_text().splitlines() if path.exists() else []
        self.known = {(p["set"], p["part"]): p["figures"] for p in map(json.loads, lines)}

    def get(self, name: str, part: str, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return the figures of a part of a set, measured where they are not known."""
        if (name, part) not in self.known:
            self.known[name, part] = figures = measure()
            line = json.dumps({"set": name, "part": part, "figures": figures})
            with self.path.open("a") as file:
                file.write(f"{line}\n")
        found: dict[str, Any] = self.known[name, part]
        print(f"{name:14} {part:52} {json.dumps(found)}", flush=True)
        return found


def _measure(
    task: Task, codecs: tuple[tuple[str, dict[str, Any]], ...], parts: Parts
) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "rows": len(task.x),
        "queries": len(task.q),
        "pairs": len(task.pairs),
        "ndcg_of_float32": round(_ndcg(task, task.exact), 4),
        "codecs": {},
    }
    for name, settings in codecs:
        for label, codec, training in _ways(task, name, settings):
            row = parts.get(task.name, label, partial(_figures, task, codec, training))
            figures["codecs"][label] = row
    for part, measure in (("versions", _versions), ("two_grains", _two_grains)):
        figures[part] = parts.get(task.name, part, partial(measure, task))
    return figures


def _ways(
    task: Task, name: str, settings: dict[str, Any]
) -> list[tuple[str, Codec, dict[str, Any]]]:
    """Return a codec as it starts, to be trained on rows, and on pairs: label, codec, training."""
    cls = get("compress", name)
    said = ", ".join(f"{key}={value}" for key, value in settings.items())
    label, codec = f"{name}({said})", cls(**settings)
    learns = "n_steps" in codec.get_params()
    if not learns:
        return [(label, codec, {})]
    pairs = {"queries": task.teach_q, "pairs": task.pairs}
    found: list[tuple[str, Codec, dict[str, Any]]] = [
        (f"{label} start", codec.clone(n_steps=0), {})
    ]
    if name in ("recurrent_binary", "contrastive_quantizer"):
        found.append((f"{label} rows", codec.clone(), {}))
    return [*found, (f"{label} pairs", codec.clone(), pairs)]


def _figures(task: Task, codec: Codec, training: dict[str, Any]) -> dict[str, Any]:
    start = time.process_time()
    codec.fit(task.x, **training)
    spent = time.process_time() - start
    found = _best(codec, task.q, codec.encode(task.x), K)
    return {
        "bytes_a_vector": codec.n_bytes,
        "ndcg": round(_ndcg(task, found), 4),
        "recall": _recall(found, task.exact),
        "fit_cpu_s": round(spent, 1),
    }


def _versions(task: Task) -> dict[str, Any]:
    """Return recalls of old and new queries in codes of old and new rows."""
    n_old = task.x.shape[1] // 3
    old_x, old_q = (_unit(v[:, :n_old]) for v in (task.x, task.q))
    old = get("compress", "recurrent_binary")(code_dim=n_old, n_bits=2).fit(old_x)
    codes = old.encode(old_x)
    new = old.clone(random_state=1).fit(task.x, compatible_with=codes)
    alone = old.clone(random_state=1).fit(task.x)
    asked = {
        "old_queries_old_rows": lambda rows: old.score(old_q, codes[rows]),
        "new_queries_old_rows": lambda rows: new.score_old(task.q, codes[rows]),
        "new_queries_new_rows": lambda rows: new.score(task.q, new.encode(task.x[rows])),
        "not_trained_to_be_compatible": lambda rows: alone.score(task.q, codes[rows]),
    }
    found = {name: best_rows(score, len(task.x), K) for name, score in asked.items()}
    return {name: _recall(rows, task.exact) for name, rows in found.items()}


def _two_grains(task: Task) -> dict[str, Any]:
    """Return nDCG of a verdict over candidates, with each grain learned or not."""
    pairs = {"queries": task.teach_q, "pairs": task.pairs}
    sparse = get("compress", "contrastive_quantizer")(n_parts=16)
    figures: dict[str, Any] = {"candidates": CANDIDATES, "bytes_in_memory": 16}
    for grain, given in (("plain", {}), ("learned", pairs)):
        codes = sparse.clone(n_steps=200 if given else 0).fit(task.x, **given)
        shortlist = _best(codes, task.q, codes.encode(task.x), CANDIDATES)
        taught = _best(codes, task.teach_q, codes.encode(task.x), CANDIDATES)
        dense = get("compress", "dense_verdict")()
        learned = dense.clone().fit(task.x, candidates=taught, **pairs)
        for verdict, codec in (("plain", dense.fit(task.x)), ("learned", learned)):
            scores = codec.score(task.q, codec.encode(task.x))
            order = np.argsort(-np.take_along_axis(scores, shortlist, axis=1), axis=1)
            ranked = np.take_along_axis(shortlist, order, axis=1)
            figures[f"{grain}_codes_{verdict}_verdict"] = round(_ndcg(task, ranked), 4)
    return figures


def _best(codec: Codec, q: Floats, codes: NDArray[np.uint8], k: int) -> Ids:
    return best_rows(lambda rows: codec.score(q, codes[rows]), len(codes), k)


def _recall(found: Ids, exact: Ids) -> float:
    pairs = zip(found[:, :K].tolist(), exact.tolist(), strict=True)
    return round(float(np.mean([len(set(a) & set(b)) / K for a, b in pairs])), 4)


def _ndcg(task: Task, found: Ids) -> float:
    values = [
        ndcg([task.judged.corpus_ids[row] for row in rows], task.judged.qrels[query], K)
        for query, rows in zip(task.measured, found[:, :K].tolist(), strict=True)
    ]
    return float(np.nanmean(values))


def _unit(x: Floats) -> Floats:
    unit: Floats = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)
    return unit


if __name__ == "__main__":
    main()
