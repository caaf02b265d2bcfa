"""A process that indexes and embeds is killed at any moment; the next one goes on from there."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record
from broadsheet.store import SqlStore, open_store
from typecase.data.vector_store import VectorStore

N_PAPERS = 6000
"""Enough that codes are made, too, more than once."""

_INDEX = """
import sys, zlib
from pathlib import Path
import numpy as np
from broadsheet.search import open_searcher
from broadsheet.store import open_store

class Encoder:
    dim, model, model_id = 32, "seeded", "seeded:1"
    def encode(self, texts, *, kind="document"):
        seeds = [zlib.crc32(text.encode()) for text in texts]
        x = np.stack([np.random.default_rng(s).standard_normal(32) for s in seeds])
        return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)

folder = Path(sys.argv[1])
searcher = open_searcher(folder / "indexes", open_store(folder=folder), encoder=Encoder)
searcher.index_words()
searcher.embed()
print(searcher.state().words_indexed, searcher.state().embedded, searcher.problems())
"""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[SqlStore]:
    store = open_store(folder=tmp_path)
    with store.writing() as writing:
        writing.put(
            [
                Assigned(
                    record=Record(source="t", source_id=str(n), title=f"paper {n}", abstract="x"),
                    origin="f",
                    fingerprint="",
                    line=n,
                    paper=None,
                    group=n,
                )
                for n in range(N_PAPERS)
            ]
        )
    yield store
    store.close()


@pytest.mark.integration
@pytest.mark.slow
def test_nothing_is_lost_and_nothing_is_done_twice(library: SqlStore, tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    kept = 0
    for _ in range(6):
        process = _start(tmp_path)
        _wait_for_files(tmp_path, process)
        time.sleep(float(rng.uniform(0, 0.5)))
        process.send_signal(signal.SIGKILL)
        process.wait()
        n_now = _n_stored(tmp_path)
        assert n_now >= kept
        kept = n_now
    done = subprocess.run(
        [sys.executable, "-c", _INDEX, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == f"{N_PAPERS} {N_PAPERS} []"
    (manifest,) = (tmp_path / "indexes").glob("vectors/*/manifest.json")
    assert VectorStore.open(manifest.parent).attached("two_grain") is not None


def _start(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _INDEX, str(folder)], env=dict(os.environ))


def _wait_for_files(folder: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until the process has begun to write, so that the kill does not come too early."""
    begun = folder / "indexes" / "words" / "index" / "meta.json"
    while not begun.exists() and process.poll() is None:
        time.sleep(0.01)


def _n_stored(folder: Path) -> int:
    found = [path.parent for path in (folder / "indexes").glob("vectors/*/manifest.json")]
    return sum(len(VectorStore.open(path)) for path in found)
