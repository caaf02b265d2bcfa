"""A small library with vectors, and what backs it up."""

import shutil
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record
from broadsheet.search import VectorFiles, open_searcher
from broadsheet.services.backup import BackupService
from broadsheet.services.restoring import RestoreService
from broadsheet.store import SqliteFiles, SqlStore, open_store

MADE = datetime(2026, 11, 27, 4, 30, tzinfo=UTC)


class Encoder:
    """Random vectors that hang on the text alone."""

    dim, model, model_id = 8, "seeded", "seeded:1"
    n_encoded = 0

    def encode(self, texts: list[str], *, kind: str = "document") -> NDArray[np.float32]:
        self.n_encoded += len(texts)
        seeds = [zlib.crc32(text.encode()) for text in texts]
        x = np.stack([np.random.default_rng(s).standard_normal(8) for s in seeds])
        return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def put(store: SqlStore, *numbers: int) -> None:
    """Put papers in."""
    assigned = [
        Assigned(
            record=Record(source="t", source_id=str(n), title=f"paper {n}", abstract="words " * n),
            origin="f",
            fingerprint="",
            line=n,
            paper=None,
            group=n,
        )
        for n in numbers
    ]
    with store.writing() as writing:
        writing.put(assigned)


def embed(folder: Path, store: SqlStore) -> int:
    """Bring the indexes up; return how many papers had to be embedded."""
    encoder = Encoder()
    searcher = open_searcher(folder / "indexes", store, encoder=lambda: encoder)
    searcher.index_words()
    searcher.embed()
    assert searcher.problems() == []
    return encoder.n_encoded


def titles(folder: Path) -> list[str]:
    """Return what a library holds."""
    store = open_store(folder=folder)
    try:
        assert store.problems() == []
        return [paper.title for paper in store.papers_after(-1, limit=100_000)]
    finally:
        store.close()


def service(folder: Path) -> BackupService:
    """Return what backs a library up."""
    return BackupService(
        folder=folder,
        databases=SqliteFiles(),
        vectors=VectorFiles(root=folder / "indexes" / "vectors"),
        clock=lambda: MADE,
        version="1.2.3",
    )


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of forty papers, all embedded, with settings, and its backup beside."""
    folder = tmp_path_factory.mktemp("made")
    library = folder / "library"
    store = open_store(folder=library)
    put(store, *range(1, 41))
    assert embed(library, store) == 40
    store.close()
    (library / "broadsheet.toml").write_text('title = "Ours"\n', "utf-8")
    service(library).run(folder / "backup.bsb")
    return folder


@pytest.fixture
def library(made: Path, tmp_path: Path) -> Path:
    """The library, for one test alone."""
    return Path(shutil.copytree(made / "library", tmp_path / "library"))


@pytest.fixture
def store(library: Path) -> Iterator[SqlStore]:
    """Its store, open."""
    store = open_store(folder=library)
    yield store
    store.close()


@pytest.fixture
def backup(made: Path, tmp_path: Path) -> Path:
    """A backup of it, in a folder of its own."""
    (tmp_path / "backups").mkdir()
    return Path(shutil.copy(made / "backup.bsb", tmp_path / "backups"))


@pytest.fixture
def restoring() -> RestoreService:
    return RestoreService(databases=SqliteFiles(), clock=lambda: MADE)
