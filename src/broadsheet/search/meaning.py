"""Search by meaning: which model's vectors are searched, and how they are made."""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from broadsheet.model.errors import IndexBrokenError, LibraryError, SettingsError
from broadsheet.model.library import IndexState
from broadsheet.model.ports import Progress, Reading, Stop
from broadsheet.search.border import engine_errors, model_errors
from broadsheet.search.embedder import Embedder, n_embedded
from broadsheet.search.encoders import Encoders, name_of
from broadsheet.search.scored import Scored
from broadsheet.search.vector_codes import CodeKeeper
from broadsheet.search.vector_folders import IN_USE, VectorFolder, VectorFolders, stamp_of
from broadsheet.search.vector_reader import VectorReader
from typecase.data.filters import IdMask
from typecase.data.vector_store import VectorStore
from typecase.encoders.contract import TextEncoder

log = logging.getLogger(__name__)


class Searched(NamedTuple):
    """The vectors that are searched."""

    folder: VectorFolder
    encoder: TextEncoder
    reader: VectorReader


class Meaning:
    """The vectors of a library's papers.

    When the settings name another model, its vectors are made beside; the old ones are searched,
    with the old model, until the new ones cover every paper. Then the old ones stay until a third
    model takes over, so that going back costs nothing.

    Args:
        root: the folder of all vectors.
        reading: the database.
        encoders: the models.
    """

    def __init__(self, *, root: Path, reading: Reading, encoders: Encoders) -> None:
        self.reading = reading
        self.encoders = encoders
        self.folders = VectorFolders(root=root)
        self.codes = CodeKeeper()
        self._note = root / IN_USE
        self._lock = threading.Lock()
        self._searched: Searched | None = None
        self._stamp: object = None

    def query(self, text: str) -> NDArray[np.float32]:
        """Return the vector of a query by the model whose vectors are searched, (dim,).

        Raises:
            SettingsError: the model cannot be had.
        """
        return self.encoders.query(self._current().encoder, text)

    def queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of queries, (n, dim).

        Raises:
            SettingsError: the model cannot be had.
        """
        return self.encoders.query_vectors(self._current().encoder, texts)

    def documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of passages, (n, dim), as papers have them; none is kept.

        Raises:
            SettingsError: the model cannot be had.
        """
        encoder = self._current().encoder
        with model_errors("encoding passages"):
            return encoder.encode(texts, kind="document")

    def model(self) -> str:
        """Return the id of the model whose vectors are searched."""
        return self._current().encoder.model_id

    def search(
        self,
        q: NDArray[np.float32],
        mask: IdMask | None,
        *,
        k: int,
        not_in: NDArray[np.int64] | None = None,
    ) -> Scored:
        """Return the k papers nearest to q, (dim,), among the keys that the mask allows.

        Args:
            mask, not_in: hand the same objects as long as they say the same; see `VectorReader`.

        Raises:
            IndexBrokenError: a file is damaged; the next `embed` makes it anew. So for all.
        """
        with self._reader() as reader:
            return reader.search(q, mask, k=k, not_in=not_in)

    def last_scores(self, q: NDArray[np.float32], *, k: int) -> NDArray[np.float32]:
        """Return the cosines, (n,), of the k-th nearest papers of queries, (n, dim)."""
        with self._reader() as reader:
            return reader.last_scores(q, k=k)

    def scores(self, q: NDArray[np.float32], keys: NDArray[np.int64]) -> Scored:
        """Return those of some papers that have a vector, with their cosines to q, (dim,)."""
        with self._reader() as reader:
            return reader.scores(q, keys)

    def typical(self, q: NDArray[np.float32]) -> float:
        """Return about the mean cosine of all papers to q, (dim,)."""
        with self._reader() as reader:
            return reader.typical(q)

    def mean(self) -> NDArray[np.float32] | None:
        """Return about the mean vector of all papers, (dim,); None while there are none."""
        with self._reader() as reader:
            return reader.mean()

    def vector(self, key: int) -> NDArray[np.float32] | None:
        """Return the vector of a paper, (dim,), or None when it has none yet."""
        with self._reader() as reader:
            return reader.vector(key)

    def vectors(self, keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return those of some papers that have a vector, (m,), and the vectors, (m, dim)."""
        with self._reader() as reader:
            return reader.vectors(keys)

    def sample(self, n: int, *, seed: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return n papers by chance, or all that have vectors, and those; see `vectors`."""
        with self._reader() as reader:
            return reader.sample(n, seed=seed)

    def n_vectors(self) -> int:
        """Return how many papers are found by meaning."""
        with self._reader() as reader:
            return reader.n_vectors()

    def generation(self) -> object:
        """Return what changes whenever the answers may."""
        with self._reader() as reader:
            return reader.folder, reader.generation()

    def warm(self) -> None:
        """Open the model and the vectors, so that the first query need not wait for them."""
        self.n_vectors()
        self.query("warm")

    def embed(self, *, progress: Progress | None = None, stop: Stop | None = None) -> int:
        """Embed what has no vector by the model of the settings; see `Embedder`."""
        wanted = self._wanted()
        if self.folders.in_use() is None and not self.folders.has_others(wanted):
            self.folders.put_in_use(wanted)
        embedder = self._embedder(wanted)
        n_done = embedder.run(progress=progress, stop=stop)
        if embedder.is_complete():
            self._move_to(wanted)
        current = self._current()
        if current.folder == wanted:
            current.reader.refresh()
        return n_done

    def state(self, *, words_indexed: int) -> IndexState:
        """Return how far the vectors of the model of the settings are."""
        try:
            wanted, current = self._wanted(), self._current().folder
        except SettingsError as e:
            log.warning("no model: %s", e)
            return IndexState(words_indexed=words_indexed, embedded=0, model="none can be opened")
        return IndexState(
            words_indexed=words_indexed,
            embedded=self._n_embedded(wanted),
            model=current.model_id,
            building=wanted.model_id if current != wanted else None,
        )

    def problems(self) -> list[str]:
        """Return what is damaged, by reading every file of vectors."""
        try:
            folders = {self._wanted(), self._current().folder}
        except SettingsError as e:
            return [str(e)]
        found = []
        for folder in sorted(folders, key=lambda folder: folder.path):
            if not folder.path.is_dir():
                continue
            try:
                with engine_errors("vectors"):
                    VectorStore.open(folder.path).verify()
            except (IndexBrokenError, LibraryError) as e:
                found.append(str(e))
        return found

    def _move_to(self, wanted: VectorFolder) -> None:
        """Search the complete vectors of the settings; those of the model before stay, too."""
        last = self.folders.in_use()
        if last == wanted:
            return
        self.folders.put_in_use(wanted)
        if last is not None and last.path != wanted.path:
            self.folders.keep_only(wanted, last)
        log.info("searching with vectors of model=%s from now on", wanted.model_id)

    def _wanted(self) -> VectorFolder:
        encoder = self.encoders.wanted()
        return self.folders.of(model=name_of(encoder), model_id=encoder.model_id)

    def _n_embedded(self, folder: VectorFolder) -> int:
        try:
            return n_embedded(self._embedder(folder))
        except (IndexBrokenError, LibraryError) as e:
            log.warning("no vectors: %s", e)
            return 0

    def _embedder(self, folder: VectorFolder) -> Embedder:
        return Embedder(
            folders=self.folders,
            folder=folder,
            encoder=self.encoders.wanted(),
            reading=self.reading,
            codes=self.codes,
        )

    @contextmanager
    def _reader(self) -> Iterator[VectorReader]:
        current = self._current()
        try:
            yield current.reader
        except IndexBrokenError:
            self.folders.doubt(current.folder)
            with self._lock:
                self._searched = None
            raise

    def _current(self) -> Searched:
        """Return what is searched: as noted in the folder, else the model of the settings."""
        stamp = stamp_of(self._note)
        with self._lock:
            if self._searched is None or stamp != self._stamp:
                folder, encoder = self._noted() or (self._wanted(), self.encoders.wanted())
                if self._searched is None or self._searched.folder != folder:
                    self._searched = Searched(folder, encoder, VectorReader(folder=folder.path))
                self._stamp = stamp
            return self._searched

    def _noted(self) -> tuple[VectorFolder, TextEncoder] | None:
        """Return what the library says is searched, if queries can be embedded as it was."""
        folder = self.folders.in_use()
        if folder is None:
            return None
        encoder = self.encoders.of(model=folder.model, model_id=folder.model_id)
        return (folder, encoder) if encoder else None
