"""Attributes in the folder of a store: what they add to every change, to opening and to memory.

    python -m bench.store_attributes [--rows 1000000] [--folder F] [--save]

Made papers: a year, a category, a venue, three authors (of half as many as rows) and a state.
Vectors are short, so that what is measured is the rest. `cpu` is the median time of the process in
milliseconds, which a busy machine changes less than the clock; `without` is the same change of a
store whose rows have no attributes. `opened` runs in a process of its own; `private` is the memory
that no file backs.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.record import write_result
from typecase.data.attribute_reading import Lists
from typecase.data.predicates import Attribute, Predicate
from typecase.data.vector_store import VectorStore

SEED = 20261128
DIM = 8
DAY = 1500
ROUNDS = 20
QUESTIONS: dict[str, Predicate] = {
    "year between": Attribute("year").between(2000, 2010),
    "category prefix": Attribute("category").startswith("cs.1"),
    "author": Attribute("authors") == "author 5",
    "state, patched": Attribute("state") == "read",
}


def main() -> None:
    """Measure, print and perhaps write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", help="where to make the stores")
    parser.add_argument("--save", action="store_true", help="write results/store_attributes.json")
    parser.add_argument("--opened", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.opened:
        print(json.dumps(opened(args.opened)))
        return
    root = Path(tempfile.mkdtemp(prefix="bench-attributes-", dir=args.folder))
    try:
        figures: dict[str, Any] = {"rows": args.rows, "day": DAY, "rounds": ROUNDS}
        figures["without"] = changes(root / "without", args.rows, with_attributes=False)
        figures["with"] = changes(root / "with", args.rows, with_attributes=True)
    finally:
        shutil.rmtree(root)
    print(json.dumps(figures, indent=2))
    if args.save:
        print(write_result("store_attributes", figures, seed=SEED, packages=["numpy"]))


def changes(folder: Path, n: int, *, with_attributes: bool) -> dict[str, Any]:
    """Return what each change takes, and with attributes what reading does."""
    rng = np.random.default_rng(SEED)
    x = np.full((n, DIM), DIM**-0.5, dtype=np.float32)
    with VectorStore.open(folder, write=True, dim=DIM) as store:

        def append(first: int, n_new: int) -> Callable[[], None]:
            given = columns(n_new, n, rng) if with_attributes else None
            ids = np.arange(first, first + n_new)
            return lambda: store.append(ids, x[:n_new], attributes=given)

        out: dict[str, Any] = {"append_all_cpu_s": round(_cpu(append(0, n)) / 1000, 2)}
        days = [append(n + DAY * i, DAY) for i in range(ROUNDS)]
        out["append_day_cpu"] = _median(days)
        out["append_one_cpu"] = _median([append(2 * n + i, 1) for i in range(ROUNDS)])
        out["remove_one_cpu"] = _median([lambda i=i: store.remove([i]) for i in range(ROUNDS)])
        if with_attributes:
            out |= _setting(store, n)
            size_bytes = sum(part["size_bytes"] for part in _files(store))
            out["bytes_a_row"] = round(size_bytes / len(store.table()), 1)
        out["opened"] = _in_a_process(folder)
        out["compact_cpu_s"] = round(_cpu(store.compact) / 1000, 2)
    return out


def _setting(store: VectorStore, n: int) -> dict[str, float]:
    def read(first: int, n_set: int) -> Callable[[], None]:
        given = {"state": ["read"] * n_set}
        return lambda: store.set_attributes(np.arange(first, first + n_set), given)

    ones = _median([read(n // 2 + i, 1) for i in range(ROUNDS)])
    folding = _cpu(read(n // 4, n // 32))
    read(n // 2, n // 80)()
    more = _median([read(n // 3 + i, 1) for i in range(ROUNDS)])
    figures = {"set_one_cpu": ones, "set_one_in_a_large_patch_cpu": more}
    return figures | {"set_and_fold_cpu": round(folding, 1)}


def opened(folder: str) -> dict[str, Any]:
    """Return what opening and asking take."""
    before = _private_mb()
    table = VectorStore.open(folder).attributes
    out: dict[str, Any] = {"private_mb": round(_private_mb() - before, 1)}
    # the first has also imported what NumPy imports when it is used
    out["open_cpu"] = _median([lambda: VectorStore.open(folder)] * ROUNDS)
    for name, predicate in QUESTIONS.items() if table is not None else ():
        times = []
        for _ in range(ROUNDS):
            table.cache._bitmaps.clear()
            times.append(_cpu(lambda asked=predicate: table.rows_where(asked)))
        out[name] = round(statistics.median(times), 2)
    return out | {"private_mb_asked": round(_private_mb() - before, 1)}


def columns(n: int, n_rows: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return the attributes of n papers."""
    who = rng.integers(0, n_rows // 2, 3 * n)
    return {
        "year": rng.integers(1990, 2027, n),
        "category": [f"cs.{i}" for i in rng.integers(0, 150, n)],
        "venue": [f"venue {i}" for i in rng.zipf(1.5, n) % 5000],
        "authors": Lists([f"author {i}" for i in who], np.arange(0, 3 * n + 1, 3)),
        "state": ["new"] * n,
    }


def _in_a_process(folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.store_attributes", "--opened", str(folder)]
    answer: dict[str, Any] = json.loads(subprocess.check_output(command))
    return answer


def _files(store: VectorStore) -> list[dict[str, Any]]:
    entry = store._view.manifest["attributes"]
    return [part["file"] for part in (*entry["pieces"], *entry["patches"].values())]


def _median(changes: list[Callable[[], Any]]) -> float:
    return round(statistics.median(map(_cpu, changes)), 2)


def _cpu(change: Callable[[], Any]) -> float:
    started = time.process_time()
    change()
    return 1000 * (time.process_time() - started)


def _private_mb() -> float:
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Anonymous:")) / 1024


if __name__ == "__main__":
    main()
