"""Import of 100,000 arXiv records: records a second, and memory that does not grow with the file.

    python -m bench.importing --shared ../shared/data [--records 100000]

The peers read the same file in the same run, each in a process of its own: "floor" decodes each
line and inserts six columns into one table by the standard library alone, which is the least that
any import does; "sqlite-utils" is its `insert --nl` in the environment that BENCH_PYTHON names,
which `make bench` prepares. Neither checks, cleans, merges or indexes anything.
"""

import argparse
import gzip
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from bench.record import write_result
from broadsheet.services.importing import BATCH, ImportService
from broadsheet.sources import FileSources
from broadsheet.store import open_store

GOAL_PER_S = 8_000
MARKS = (0.25, 0.5, 1.0)


def main() -> None:
    args = _arguments()
    if args.child:
        json.dump(CHILDREN[args.child](args.file, args.records), sys.stdout)
        return
    figures: dict[str, Any] = {"goal_records_per_s": GOAL_PER_S}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "papers.jsonl.gz"
        figures["records"] = _cut(args.shared / "corpus_arxiv" / "papers.jsonl.gz", file, args)
        figures["file_mb"] = round(file.stat().st_size / 1e6, 1)
        figures["load_at_start"] = round(os.getloadavg()[0], 1)
        for name in CHILDREN:
            figures[name] = _child(name, file, figures["records"])
            sys.stderr.write(f"{name}: {figures[name]}\n")
        figures["sqlite-utils"] = _sqlite_utils(file, figures["records"])
    ours = figures["broadsheet"]
    figures["times_the_floor"] = round(ours["cpu_s"] / figures["floor"]["cpu_s"], 1)
    path = write_result("importing", figures, seed=0, packages=["broadsheet", "sqlalchemy"])
    sys.stderr.write(f"{json.dumps(figures, indent=2)}\n{path}\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, help="the folder of real data")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--child", choices=sorted(CHILDREN), help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _cut(whole: Path, part: Path, args: argparse.Namespace) -> int:
    """Write the first records into a file of their own; return how many there are."""
    n_lines = 0
    with gzip.open(whole, "rb") as source, gzip.open(part, "wb", compresslevel=6) as target:
        for line in islice(source, args.records):
            target.write(line)
            n_lines += 1
    return n_lines


def _child(name: str, file: Path, records: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.importing", "--child", name, "--file", str(file)]
    done = subprocess.run(
        [*command, "--records", str(records)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def _broadsheet(file: Path, records: int) -> dict[str, Any]:
    """Import the file, then import it again."""

    def clock() -> datetime:
        return datetime.now(UTC)

    with tempfile.TemporaryDirectory() as folder:
        store = open_store(folder=Path(folder), clock=clock)
        n_batches = 0
        marks: dict[int, int] = {}

        def note() -> None:
            nonlocal n_batches
            n_batches += 1
            for mark in (int(records * part) for part in MARKS):
                if n_batches * BATCH >= mark:
                    marks.setdefault(mark, _peak_mb())

        service = ImportService(
            store=store,
            sources=FileSources(clock=clock),
            clock=clock,
            rejects_folder=Path(folder),
            after_batch=note,
        )
        wall, cpu = time.perf_counter(), time.process_time()
        report = service.run([file])
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        again = time.perf_counter()
        service.run([file])
        again = time.perf_counter() - again
        counts = store.counts()
        store.close()
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
    return {
        **_rates(records, wall, cpu),
        "reading_process_cpu_s": round(used.ru_utime + used.ru_stime, 1),
        "again_s": round(again, 2),
        "peak_mb_at": {f"{n}": mb for n, mb in marks.items()},
        "library_mb": round(size / 1e6),
        "papers": counts.papers,
        "rejected": report.rejected,
    }


def _floor(file: Path, records: int) -> dict[str, Any]:
    """Decode and insert, nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        wall, cpu = time.perf_counter(), time.process_time()
        connection = sqlite3.connect(Path(folder) / "floor.sqlite")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(
            "CREATE TABLE papers (id TEXT PRIMARY KEY, title TEXT, abstract TEXT, authors TEXT, "
            "categories TEXT, date TEXT)"
        )
        with gzip.open(file, "rb") as lines:
            while batch := list(islice(lines, 1_000)):
                rows = [_columns(json.loads(line)) for line in batch]
                connection.executemany("INSERT INTO papers VALUES (?, ?, ?, ?, ?, ?)", rows)
                connection.commit()
        connection.close()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {**_rates(records, wall, cpu), "peak_mb": _peak_mb()}


def _columns(row: dict[str, Any]) -> tuple[Any, ...]:
    lists = json.dumps(row["authors"]), " ".join(row["categories"] or [])
    return row["id"], row["title"], row["abstract"], *lists, row["date"]


def _sqlite_utils(file: Path, records: int) -> dict[str, Any] | str:
    python = os.environ.get("BENCH_PYTHON", "")
    if not python:
        return "not run: BENCH_PYTHON names no environment"
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "papers.jsonl"
        plain.write_bytes(gzip.decompress(file.read_bytes()))
        command = [python, "-m", "sqlite_utils", "insert", str(Path(folder) / "x.sqlite")]
        command += ["papers", str(plain), "--nl", "--pk", "id", "--alter", "--silent"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wall = time.perf_counter() - wall
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        return f"failed: {done.stderr.strip().splitlines()[-1:]}"
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return _rates(records, wall, cpu)


def _rates(records: int, wall: float, cpu: float) -> dict[str, Any]:
    return {
        "records_per_s": round(records / wall),
        "records_per_cpu_s": round(records / cpu),
        "wall_s": round(wall, 1),
        "cpu_s": round(cpu, 1),
    }


def _peak_mb() -> int:
    # Of this program alone: ru_maxrss begins with what its parent held.
    status = Path("/proc/self/status").read_text().splitlines()
    return round(int(next(line for line in status if line.startswith("VmHWM")).split()[1]) / 1024)


CHILDREN = {"broadsheet": _broadsheet, "floor": _floor}


if __name__ == "__main__":
    main()
