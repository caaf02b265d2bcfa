"""What measures the search, put together for the command `evaluate`."""

import time
from pathlib import Path

from broadsheet.model.evaluation import TrialLibrary
from broadsheet.model.settings import Settings
from broadsheet.search import encoder_of, open_searcher
from broadsheet.search.trials import (
    Bm25sPeer,
    EncoderPeer,
    JudgedFolders,
    KeptEncoder,
    SearchedTrial,
)
from broadsheet.services.evaluating import EvaluationService
from broadsheet.store import open_store


def evaluation_service(settings: Settings, cache: Path | None) -> EvaluationService:
    """Return what measures the search with the encoder of the settings.

    Args:
        cache: the folder that keeps vectors for the next run; None keeps none.

    Raises:
        SettingsError: the model cannot be had.
    """
    encoder = KeptEncoder(
        encoder=encoder_of(settings.encoder, n_jobs=settings.threads or None),
        path=None if cache is None else cache / f"{Path(settings.encoder).name}.vectors",
    )

    def make_library(folder: Path) -> TrialLibrary:
        store = open_store(folder=folder)
        searcher = open_searcher(folder / "indexes", store, encoder=lambda: encoder)
        return SearchedTrial(store=store, searcher=searcher)

    return EvaluationService(
        reading=JudgedFolders(),
        make_library=make_library,
        peers=[Bm25sPeer(), EncoderPeer(encoder=encoder)],
        timer=time.perf_counter,
    )
