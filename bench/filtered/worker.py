"""One engine in a process of its own, in whatever environment has it.

    python -m bench.filtered.worker ENGINE VECTORS ATTRIBUTES N FOLDER [build|serve]

`build` writes the index into FOLDER with `build.json` beside it. `serve` opens it and answers
requests, one JSON object a line on standard input, one a line back; the bench times several
engines in turn this way, each clock inside its own process.
"""

import gc
import importlib
import json
import os
import resource
import shutil
import sys
import threading
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from bench.filtered.dataset import Dataset, K, open_dataset
from bench.filtered.engines import ENGINES
from bench.filtered.filters import Filter, Row
from bench.filtered.memory import mapped_bytes, own_bytes
from bench.filtered.pages import drop, resident, warm
from bench.filtered.peers.contract import Engine, NotSupportedError


def main() -> None:
    name, vectors, attributes, n, folder, job = sys.argv[1:7]
    data = open_dataset(Path(vectors), Path(attributes), n=int(n))
    if job == "build":
        build(name, data, Path(folder))
    else:
        Worker(name, data, Path(folder)).serve()


def load_engine(name: str) -> Engine:
    module, cls = ENGINES[name]
    engine: Engine = getattr(importlib.import_module(module), cls)()
    return engine


def build(name: str, data: Dataset, folder: Path) -> None:
    """Build into a temporary name, so that a folder that exists is whole."""
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    engine = load_engine(name)
    start, before = time.perf_counter(), os.times()
    engine.build(data, part)
    after = os.times()
    in_kernel = after.system - before.system
    figures = {
        "build_s": round(time.perf_counter() - start, 1),
        "build_cpu_s": round(after.user - before.user + in_kernel, 1),
        "build_kernel_s": round(in_kernel, 1),
        "disk_bytes": sum(file.stat().st_size for file in part.rglob("*") if file.is_file()),
        "load": round(os.getloadavg()[0], 1),
        "note": engine.note,
        "versions": {package: metadata.version(package) for package in engine.packages},
    }
    (part / "build.json").write_text(json.dumps(figures))
    part.rename(folder)
    print(json.dumps(figures), flush=True)


class Worker:
    """Answers requests: {"do": "open" | "prepare" | "run" | "memory" | ..., ...}."""

    def __init__(self, name: str, data: Dataset, folder: Path) -> None:
        self.data, self.folder = data, folder
        self.rows: dict[str, Row] = {row.name: row for row in data.rows()}
        self.truths: dict[str, list[set[int]]] = {}
        self.prepared: dict[Filter, Any] = {}
        self.do_prepare("none")  # before memory is looked at
        self.engine = load_engine(name)

    def serve(self) -> None:
        for line in sys.stdin:
            request = json.loads(line)
            try:
                answer = getattr(self, f"do_{request.pop('do')}")(**request)
            except NotSupportedError as error:
                answer = {"not_supported": str(error)}
            except Exception as error:  # a peer may raise anything; it is a figure of the bench
                answer = {"error": f"{type(error).__name__}: {str(error)[:300]}"}
            print("=" + json.dumps(answer), flush=True)

    def do_open(self) -> dict[str, Any]:
        self.before, start = own_bytes(), time.perf_counter()
        self.engine.open(self.data, self.folder)
        seconds = time.perf_counter() - start
        return {"open_s": round(seconds, 4), "settings": list(self.engine.settings)}

    def do_memory(self) -> dict[str, Any]:
        """Return what the index takes, in bytes a vector."""
        data = self.data
        own = own_bytes() - self.before
        mapped, pages = mapped_bytes(self.folder, data.path, 4 * data.n * data.dim)
        sizes = {"own": own, "mapped": mapped, "vector_pages": pages}
        return {f"{name}_bytes": round(size / data.n, 1) for name, size in sizes.items()}

    def do_prepare(self, row: str) -> dict[str, Any]:
        """Compile the filters of a row, and read its exact answers."""
        self.truths[row] = [{int(i) for i in ids if i >= 0} for ids in self._truth(row)]
        start, before = time.perf_counter(), len(self.prepared)
        for query in self.rows[row].queries:
            chosen = self.rows[row].filters[query]
            if chosen is not None and chosen not in self.prepared:
                self.prepared[chosen] = self.engine.prepare(chosen, self.data)
        n_new = len(self.prepared) - before
        seconds = time.perf_counter() - start
        return {"prepare_ms": round(1e3 * seconds / max(1, n_new), 3), "filters": n_new}

    def do_forget(self) -> dict[str, Any]:
        """Give up the compiled filters: those of all rows of all engines would fill the memory."""
        self.prepared.clear()
        self.data.forget()
        gc.collect()
        return {}

    def do_run(
        self, row: str, setting: dict[str, Any], first: int, count: int, seconds: float
    ) -> dict[str, Any]:
        """Ask queries first, first + 1, ... of a row; return milliseconds and recall of each."""
        chosen, data = self.rows[row], self.data
        walls, cpus, recalls = [], [], []
        end = time.perf_counter() + seconds
        for place in range(first, first + count):
            query, prepared = self._query(chosen, place)
            q = data.queries[query]
            cpu, start = time.process_time(), time.perf_counter()
            ids = self.engine.search(q, K, setting, prepared)
            stop = time.perf_counter()
            cpus.append(1e3 * (time.process_time() - cpu))
            walls.append(1e3 * (stop - start))
            recalls.append(_recall(ids[:K].tolist(), self.truths[row][query]))
            if stop > end:
                break
        return {"wall_ms": walls, "cpu_ms": cpus, "recall": recalls}

    def do_cold(
        self, row: str, setting: dict[str, Any], first: int, count: int, seconds: float
    ) -> dict[str, Any]:
        """Ask queries of a row with no vector in the disk cache, at the first with no file at all.

        What else the index has on disk is what it keeps in memory: it is read after the first.
        """
        own = [file for file in self.folder.rglob("*") if file.is_file()]
        half = 2 * self.data.n * self.data.dim
        copies = [file for file in own if file.stat().st_size >= half]
        vectors = copies or [self.data.path]  # those that are read: the engine's, or the file
        end, left, n_pages = time.perf_counter() + seconds, [], []
        answers: dict[str, Any] = {"wall_ms": [], "cpu_ms": [], "recall": []}
        for place in range(count):
            drop(vectors if place else [self.data.path, *own])
            if place % 10 == 0:
                left.append(resident(vectors))
            before = _pages_read()
            answer = self.do_run(row, setting, first + place, 1, seconds)
            n_pages.append(_pages_read() - before)
            for name, values in answers.items():
                values += answer[name]
            if time.perf_counter() > end:
                break
            if place == 0:
                for file in own:
                    if file not in copies:
                        warm(file)
        found = {"pages": n_pages, "cached_bytes_left": max(left), "file": str(vectors[0])}
        return answers | found

    def do_threads(
        self, row: str, setting: dict[str, Any], n_threads: int, seconds: float
    ) -> dict[str, Any]:
        """Return queries a second of so many threads that ask at the same time.

        Which filter goes with which query is looked up before: threads would wait for each other
        in the bench's own Python.
        """
        places = [self._query(self.rows[row], i) for i in range(len(self.rows[row].queries))]
        asked = [(self.data.queries[query], prepared) for query, prepared in places]
        end = time.perf_counter() + seconds
        counts = [0] * n_threads

        def ask(thread: int) -> None:
            while time.perf_counter() < end:
                q, prepared = asked[(counts[thread] * n_threads + thread) % len(asked)]
                self.engine.search(q, K, setting, prepared)
                counts[thread] += 1

        start = time.perf_counter()
        threads = [threading.Thread(target=ask, args=(n,)) for n in range(n_threads)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"qps": round(sum(counts) / (time.perf_counter() - start), 1)}

    def do_work(self, row: str, setting: dict[str, Any], count: int) -> dict[str, Any]:
        """Return what each query reads, where the engine can say, and its milliseconds.

        A query's time is the least of three, so that other work on the machine shows less.
        """
        reads: dict[str, list[float]] = {}
        for place in range(count):
            query, prepared = self._query(self.rows[row], place)
            found = self.engine.work(self.data.queries[query], setting, prepared)
            runs = [self.do_run(row, setting, place, 1, 1.0) for _ in range(3)]
            found["ms"] = min(run["wall_ms"][0] for run in runs)
            for name, n in found.items():
                reads.setdefault(name, []).append(n)
        return reads

    def _query(self, row: Row, place: int) -> tuple[int, Any]:
        query = int(row.queries[place % len(row.queries)])
        wanted = row.filters[query]
        return query, None if wanted is None else self.prepared[wanted]

    def _truth(self, row: str) -> Any:
        return self.data.truth(self.rows[row])


def _pages_read() -> int:
    """Return pages of 4 KB that this process has had read from the disk."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_inblock // 8  # blocks of 512 bytes


def _recall(ids: list[int], truth: set[int]) -> float:
    return 1.0 if not truth else len(truth.intersection(ids)) / len(truth)


if __name__ == "__main__":
    main()
