"""A real library in a folder, and a small whole encoder."""

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from numpy.typing import NDArray
from tests.broadsheet import statements

from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record
from broadsheet.search import open_searcher
from broadsheet.search.searcher import LibrarySearcher
from broadsheet.store import open_store
from broadsheet.store.store import SqlStore
from broadsheet.web import press
from typecase.encoders.contract import TextKind


class _Compiled(BytecodeCache):
    """Keeps what templates were compiled to, for all the applications that a run makes."""

    def __init__(self) -> None:
        self._codes: dict[str, Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get(bucket.key)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[bucket.key] = bucket.code


@pytest.fixture(scope="session", autouse=True)
def _compiled_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        kept = partial(Environment, bytecode_cache=_Compiled())
        patched.setattr(press, "Environment", kept)
        yield


class BagEncoder:
    """Texts that share words are near: the sum of one random vector a word."""

    dim = 64

    def __init__(self, model: str = "bag") -> None:
        self.model = model
        self.model_id = f"{model}:1"
        self.n_encoded = 0

    def encode(self, texts: Sequence[str], *, kind: TextKind = "document") -> NDArray[np.float32]:
        if kind == "document":
            self.n_encoded += len(texts)
        return np.stack([self._vector(text) for text in texts])

    def encode_iter(
        self, texts: Iterable[str], *, kind: TextKind = "document", batch_size: int = 256
    ) -> Iterator[NDArray[np.float32]]:
        for text in texts:
            yield self.encode([text], kind=kind)

    def _vector(self, text: str) -> NDArray[np.float32]:
        total = np.full(self.dim, 1e-3)
        for word in text.lower().split():
            seed = zlib.crc32(f"{self.model} {word}".encode("utf-8", "replace"))
            total += np.random.default_rng(seed).standard_normal(self.dim)
        return (total / np.linalg.norm(total)).astype(np.float32)


@dataclass
class Library:
    """A folder with a store; `open` gives a searcher as another process would have it."""

    folder: Path
    store: SqlStore
    encoder: BagEncoder = field(default_factory=BagEncoder)

    def add(self, *papers: dict[str, Any]) -> list[int]:
        """Store papers, given as fields of a record; return their keys."""
        with self.store.writing() as writing:
            for fields in papers:
                identifier = fields["source_id"]
                known = writing.records([("test", identifier, "file")])
                stored = known.get(("test", identifier, "file"))
                given = {"source": "test", "raw_hash": str(sorted(fields.items())), **fields}
                writing.put(
                    [
                        Assigned(
                            record=Record(**given),
                            origin="file",
                            fingerprint="f",
                            line=1,
                            paper=stored.paper if stored else None,
                        )
                    ]
                )
            ids = [("test", fields["source_id"], "file") for fields in papers]
            found = writing.records(ids)
            return [found[ref].paper for ref in ids]

    def open(self, encoder: BagEncoder | None = None) -> LibrarySearcher:
        return open_searcher(
            self.folder / "indexes",
            self.store,
            encoder=lambda: encoder or self.encoder,
            reopen=BagEncoder,
        )


def paper(number: int, title: str, abstract: str = "", **fields: Any) -> dict[str, Any]:
    """Return the fields of a record that a test is about."""
    return {
        "source_id": f"p{number}",
        "title": title,
        "abstract": abstract,
        "authors": ("Ada Quill",),
        "categories": ("cs.IR",),
        "submitted": f"2021-01-{number % 28 + 1:02d}",
        **fields,
    }


@pytest.fixture(name="paper")
def _paper() -> Callable[..., dict[str, Any]]:
    return paper


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    store = open_store(folder=tmp_path)
    yield Library(folder=tmp_path, store=store)
    store.close()


@pytest.fixture
def count_statements() -> Callable[[], AbstractContextManager[list[str]]]:
    """Collect every statement that a block asks the database."""
    return statements.collected
