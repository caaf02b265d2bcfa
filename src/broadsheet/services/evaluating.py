"""Measures the search on judged sets: every mode of the service's own, beside its peers."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from broadsheet.model.errors import InvalidValueError
from broadsheet.model.evaluation import (
    ASPECTS,
    MODES,
    Asking,
    Collection,
    Figures,
    JudgedReading,
    MakeLibrary,
    Peer,
    SetReport,
    TrialLibrary,
    Wanted,
)
from broadsheet.model.importstate import Assigned
from broadsheet.model.paper import Record
from broadsheet.model.ports import Progress

_ROWS_AT_ONCE = 1000
_SOURCE = "judged"

Rankings = Mapping[str, Sequence[str]]


class EvaluationService:
    """Measures how well papers are found.

    Args:
        reading: reads judged sets and measures rankings.
        make_library: makes the library that a set is put into.
        peers: what is measured beside it.
        timer: seconds from any start.
    """

    def __init__(
        self,
        *,
        reading: JudgedReading,
        make_library: MakeLibrary,
        peers: Sequence[Peer],
        timer: Callable[[], float],
    ) -> None:
        self.reading = reading
        self.make_library = make_library
        self.peers = peers
        self.timer = timer

    def run(self, folder: Path, wanted: Wanted, *, progress: Progress) -> SetReport:
        """Return how good every mode and every peer is on the set of a folder.

        Raises:
            InvalidValueError: a mode is none, or the folder is no judged set.
            SourceError: a line cannot be read; the message names file, line and field.
        """
        for mode in wanted.modes:
            if mode not in MODES:
                raise InvalidValueError(f"{mode!r} is no mode. There are: {', '.join(MODES)}.")
        collection = self.reading.read(folder, wanted, progress=progress)
        with tempfile.TemporaryDirectory(prefix="broadsheet-evaluate-") as place:
            library = self.make_library(Path(place))
            try:
                measured = self._own(library, collection, wanted.modes, progress)
                notes = tuple(library.notes()) if collection.facets else ()
            finally:
                library.close()
        peers, missing = self._peers(collection, progress)
        rankings = {name: found for name, (found, _) in measured.items()} | peers
        figures = {name: self._figures(collection, found) for name, found in rankings.items()}
        for name, (_, ms) in measured.items():
            figures[name] = replace(figures[name], ms=ms)
        return SetReport(
            name=collection.name,
            split=collection.split,
            n_queries=len(collection.queries),
            n_texts=len(collection.texts),
            figures=figures,
            missing=missing,
            facets=self._by_facet(collection, rankings),
            notes=tuple(note for note in (collection.note, *notes) if note),
        )

    def _own(
        self,
        library: TrialLibrary,
        collection: Collection,
        modes: Sequence[str],
        progress: Progress,
    ) -> dict[str, tuple[Rankings, float]]:
        keys = _fill(library, collection, progress)
        library.bring_up([text for text in collection.queries.values() if text], progress=progress)
        ids = {key: name for name, key in keys.items()}
        askings = {query: _asking(collection, query, keys) for query in collection.queries}
        measured: dict[str, tuple[Rankings, float]] = {}
        for mode in modes:
            if mode == ASPECTS and not collection.facets:
                continue
            rankings, times = {}, []
            for n_done, (query, asking) in enumerate(askings.items()):
                progress(f"asking {mode}", n_done, len(askings))
                started = self.timer()
                found = library.rank(asking, mode)
                times.append(self.timer() - started)
                rankings[query] = [ids[key] for key in found]
            measured[mode] = rankings, 1000 * median(times)
        return measured

    def _peers(
        self, collection: Collection, progress: Progress
    ) -> tuple[dict[str, Rankings], dict[str, str]]:
        missing = {peer.name: reason for peer in self.peers if (reason := peer.missing())}
        rankings = {
            peer.name: peer.rankings(collection, progress=progress)
            for peer in self.peers
            if peer.name not in missing
        }
        return rankings, missing

    def _figures(self, collection: Collection, rankings: Rankings, facet: str = "") -> Figures:
        queries = [q for q in collection.queries if not facet or collection.facets.get(q) == facet]
        return self.reading.figures(
            [rankings[query] for query in queries], [collection.qrels[query] for query in queries]
        )

    def _by_facet(
        self, collection: Collection, rankings: Mapping[str, Rankings]
    ) -> dict[str, dict[str, Figures]]:
        return {
            facet: {
                name: self._figures(collection, found, facet) for name, found in rankings.items()
            }
            for facet in sorted(set(collection.facets.values()))
        }


def _fill(library: TrialLibrary, collection: Collection, progress: Progress) -> dict[str, int]:
    """Store each text as a paper of its own; return keys by id."""
    keys: dict[str, int] = {}
    n_texts = len(collection.texts)
    for start in range(0, n_texts, _ROWS_AT_ONCE):
        progress("storing texts", start, n_texts)
        rows = range(start, min(start + _ROWS_AT_ONCE, n_texts))
        keys |= library.put([_assigned(collection, row) for row in rows])
    return keys


def _assigned(collection: Collection, row: int) -> Assigned:
    text, name = collection.texts[row], collection.corpus_ids[row]
    return Assigned(
        record=Record(
            source=_SOURCE,
            source_id=name,
            title=text.title,
            abstract=text.text,
            raw_hash=str(row),
        ),
        origin=collection.name,
        fingerprint="",
        line=row,
        paper=None,
        group=row,
    )


def _asking(collection: Collection, query: str, keys: Mapping[str, int]) -> Asking:
    document, pool = collection.documents.get(query), collection.pools.get(query)
    return Asking(
        text=collection.queries[query],
        document=None if document is None else keys[document],
        facet=collection.facets.get(query, ""),
        pool=None if pool is None else tuple(keys[name] for name in pool),
    )
