"""Brings the indexes up to the database: words first, which are quick, then vectors."""

from broadsheet.model.ports import Progress, Stop
from broadsheet.model.search_ports import Searcher


class EmbeddingService:
    """Keeps every paper to be found.

    Args:
        searcher: the indexes.
    """

    def __init__(self, *, searcher: Searcher) -> None:
        self.searcher = searcher

    def run(self, *, progress: Progress | None = None, stop: Stop | None = None) -> int:
        """Index words, then embed what has no vector; return how many papers were embedded.

        It may be stopped or killed at any time and goes on where it was.
        """
        self.index_words(progress=progress)
        if stop is not None and stop():
            return 0
        return self.searcher.embed(progress=progress, stop=stop)

    def index_words(self, *, progress: Progress | None = None) -> int:
        """Index words alone; return how many papers were taken in."""
        return self.searcher.index_words(progress=progress)
