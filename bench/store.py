"""The store of vectors at 3,000,000 rows: opening, memory, appending, removing, compacting.

    python -m bench.store [--rows 3000000] [--ids ascending|shuffled] [--folder F] [--save NAME]

Each step runs in a process of its own on one folder of made vectors (4.6 GB, removed afterwards;
compaction needs as much again). `private` is the memory of the process that no file backs, less
what it had before the store was opened. Files are in the disk cache when they are opened.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.record import write_result
from typecase.data.vector_store import VectorStore
from typecase.data.vector_table import VectorTable

SEED = 20261122
DIM = 384
BLOCK = 1 << 16
DAY = 1500
DAYS = 365


def main() -> None:
    args = _arguments()
    if args.step:
        print(json.dumps(STEPS[args.step](args)))
        return
    folder = Path(tempfile.mkdtemp(prefix="bench-store-", dir=args.folder))
    args.folder = str(folder)
    figures: dict[str, Any] = {"rows": args.rows, "dim": DIM, "ids": args.ids}
    try:
        for step in STEPS:
            figures |= {step: _run(step, args)}
            print(step, json.dumps(figures[step]), flush=True)
    finally:
        shutil.rmtree(folder)
    if args.save:
        print(write_result(args.save, figures, seed=SEED, packages=["numpy", "broadsheet"]))


def make(args: argparse.Namespace) -> dict[str, float]:
    """Append all rows, a block at a time."""
    rng = np.random.default_rng(SEED)
    ids = np.arange(args.rows) * 3
    ids = ids if args.ids == "ascending" else rng.permutation(ids)
    x = unit_rows(BLOCK, rng)
    start = time.perf_counter()
    with VectorStore.open(args.folder, write=True, dim=DIM) as store:
        for first in range(0, args.rows, BLOCK):
            part = ids[first : first + BLOCK]
            store.append(part, x[: len(part)])
    return {"seconds": round(time.perf_counter() - start, 1)}


def open_store(args: argparse.Namespace) -> dict[str, float]:
    """Open, count, look a few up."""
    before = private_bytes()
    start, cpu = time.perf_counter(), time.process_time()
    store = VectorStore.open(args.folder)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    opened = private_bytes() - before
    rng = np.random.default_rng(1)
    here = store.ids()[rng.integers(0, len(store), 2000)].reshape(20, 100)
    times = [_seconds(lambda some=some: store.take(some)) for some in here]
    return {
        "seconds": round(seconds, 4),
        "cpu_seconds": round(cpu, 4),
        "private_bytes_a_row": round(opened / args.rows, 2),
        "private_bytes_a_row_after_use": round((private_bytes() - before) / args.rows, 2),
        "take_100_median_ms": _ms(times),
        "segments": len(list(Path(args.folder).glob("x.*.npy"))),
        "peak_mb": _peak_mb(),
    }


def write(args: argparse.Namespace) -> dict[str, float]:
    """Append new ids, replace old ones, remove: what a day does, in small and large steps."""
    rng = np.random.default_rng(2)
    x = unit_rows(DAY, rng)
    out: dict[str, float] = {}
    with VectorStore.open(args.folder, write=True) as store:
        reader = VectorStore.open(args.folder)
        new = iter(range(int(store.ids().max()) + 1, 1 << 60))
        known = rng.choice(store.ids(), (20, DAY), replace=False)
        before = private_bytes()
        follow = []
        for n in (1, 32, DAY):
            times, cpu = [], []
            for _ in range(40):
                ids = np.array([next(new) for _ in range(n)])
                cpu_start = time.process_time()
                times.append(_seconds(lambda ids=ids: store.append(ids, x[: len(ids)])))
                cpu.append(time.process_time() - cpu_start)
                follow.append(_seconds(reader.refresh))
            out[f"append_{n}_median_ms"], out[f"append_{n}_max_ms"] = _ms(times), _ms(times, 1.0)
            out[f"append_{n}_median_cpu_ms"] = _ms(cpu)
        times = [_seconds(lambda ids=ids: store.append(ids, x)) for ids in known[:10]]
        out[f"replace_{DAY}_median_ms"] = _ms(times)
        times = [_seconds(lambda ids=ids: store.remove(ids)) for ids in known[10:]]
        out[f"remove_{DAY}_median_ms"] = _ms(times)
        out["refresh_median_ms"] = _ms(follow)
        out["private_bytes_a_row_grown"] = round((private_bytes() - before) / args.rows, 2)
        out["peak_mb"] = _peak_mb()
    return out


def year(args: argparse.Namespace) -> dict[str, float]:
    """A year of days: 1,500 rows come, 100 of them replace, 20 go."""
    rng = np.random.default_rng(5)
    x, append, remove = unit_rows(DAY, rng), [], []
    with VectorStore.open(args.folder, write=True) as store:
        known = rng.choice(store.ids(), (DAYS, 120), replace=False)
        new = int(store.ids().max()) + 1
        for day, old in enumerate(known):
            ids = np.concatenate([old[:100], np.arange(DAY - 100) + new + day * DAY])
            append.append(_seconds(lambda ids=ids: store.append(ids, x)))
            remove.append(_seconds(lambda gone=old[100:]: store.remove(gone)))
    out = {"append_median_ms": _ms(append), "append_p95_ms": _ms(append, 0.95)}
    out |= {"append_max_ms": _ms(append, 1.0), "remove_median_ms": _ms(remove)}
    return out


def compact(args: argparse.Namespace) -> dict[str, float]:
    """Write everything anew, in another order, as an index with cells wants it."""
    with VectorStore.open(args.folder, write=True) as store:
        order = np.random.default_rng(3).permutation(len(store))
        n_blocks = max(1, len(order) // 1024)
        order = np.concatenate([np.sort(part) for part in np.array_split(order, n_blocks)])
        return {
            "seconds": round(_seconds(lambda: store.compact(order=order)), 1),
            "peak_mb": _peak_mb(),
        }


def verify(args: argparse.Namespace) -> dict[str, float]:
    store = VectorStore.open(args.folder)
    return {"seconds": round(_seconds(store.verify), 1)}


def table(args: argparse.Namespace) -> dict[str, float]:
    """What an index holds beside its codes, and what a day costs it."""
    rng = np.random.default_rng(4)
    store = VectorStore.open(args.folder)
    ids, before = store.ids(), private_bytes()
    held = getattr(store, "table", None)
    start = time.perf_counter()
    made = held() if held else VectorTable.of(store.vectors(), ids, cosine=True)
    out = {
        "make_seconds": round(time.perf_counter() - start, 4),
        "private_bytes_a_row": round((private_bytes() - before) / args.rows, 2),
    }
    x = VectorTable.of(_rows(unit_rows(DAY, rng)), np.arange(DAY), cosine=True).x
    added, removed = [], []
    for day in range(30):
        new = np.arange(DAY) + 4 * args.rows + day * DAY
        gone = rng.choice(ids, DAY, replace=False)
        gone = gone[made.lookup.find(gone) >= 0]
        start = time.perf_counter()
        made = made.with_rows(x, new)
        added.append(time.perf_counter() - start)
        start = time.perf_counter()
        made = made.without(gone)
        removed.append(time.perf_counter() - start)
    return out | {"with_rows_median_ms": _ms(added), "without_median_ms": _ms(removed)}


STEPS: dict[str, Callable[[argparse.Namespace], dict[str, float]]] = {
    "make": make,
    "open": open_store,
    "write": write,
    "open_grown": open_store,
    "compact": compact,
    "open_compacted": open_store,
    "table": table,
    "write_compacted": write,
    "verify": verify,
    "year": year,
    "open_after_a_year": open_store,
}


def unit_rows(n: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return random rows of unit length, (n, DIM)."""
    x = rng.standard_normal((n, DIM), dtype=np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return x


def private_bytes() -> int:
    """Return the memory of this process that no file backs."""
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1]) * 1024
    raise OSError("this system does not say how much memory is private")


def _peak_mb() -> float:
    """Return the most that was resident, mapped files included."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0


def _rows(x: NDArray[np.float32]) -> Any:
    from typecase.data.rows import rows_of

    return rows_of(x)


def _seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _ms(times: list[float], quantile: float = 0.5) -> float:
    return round(1e3 * float(np.quantile(times, quantile)), 3)


def _run(step: str, args: argparse.Namespace) -> Any:
    command = [sys.executable, "-m", "bench.store", "--step", step, "--folder", args.folder]
    command += ["--rows", str(args.rows), "--ids", args.ids]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1][:200]}
    return json.loads(done.stdout.splitlines()[-1])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=3_000_000)
    parser.add_argument("--ids", choices=("ascending", "shuffled"), default="ascending")
    parser.add_argument("--folder", help="where to write; a disk, not memory")
    parser.add_argument("--save", metavar="NAME", help="write bench/results/NAME.json")
    parser.add_argument("--step", choices=tuple(STEPS), help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
