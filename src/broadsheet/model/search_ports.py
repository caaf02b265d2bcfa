"""What the use cases need of the indexes."""

from collections.abc import Sequence
from typing import Protocol

from broadsheet.model.language import Plan
from broadsheet.model.library import IndexState
from broadsheet.model.ports import Progress, Stop
from broadsheet.model.query import Answers, Filters, Query, Ranked, Ranking
from broadsheet.model.subjects import Likely


class Searcher(Protocol):
    """The indexes of a library: by words and by meaning, joined."""

    def search(
        self, query: Query, *, not_in: Sequence[int] = (), plan: Plan | None = None
    ) -> Ranking:
        """Return one page of the ranking of a query with text.

        Args:
            not_in: keys of papers that are left out, and not counted.
            plan: the query's plan with a reader's marks looked up; None for the query's own.
        """
        ...

    def answering(
        self,
        query: Query,
        *,
        limit: int,
        offset: int = 0,
        is_newest_first: bool = True,
        among: Sequence[int] | None = None,
        not_in: Sequence[int] = (),
        plan: Plan | None = None,
    ) -> Answers:
        """Return all papers that answer a query, part by part, by day; those without one last.

        A paper answers as it would answer a saved search: by all of its words, or by being as near
        as the nearest five hundredth of the library; whatever the day.

        Args:
            among: of these papers alone.
            not_in, plan: see `search`.
        """
        ...

    def why(self, query: Query, key: int, *, plan: Plan | None = None) -> Ranked | None:
        """Return why a paper is among the hits of a query, each reason with its sentence.

        What they have in common by name comes with it. None where it is no hit. Costs the
        encoder's time for the sentences of the paper.
        """
        ...

    def likely(self, key: int) -> Likely | None:
        """Return the categories that a paper would have, by those of papers alike.

        None while nothing can be said. What is needed for it is learned beside, once.
        """
        ...

    def similar(
        self, key: int, *, k: int, filters: Filters | None = None, not_in: Sequence[int] = ()
    ) -> list[Ranked]:
        """Return the k papers nearest in meaning to a paper; itself and `not_in` left out."""
        ...

    def index_words(self, *, progress: Progress | None = None) -> int:
        """Bring the word index up to the database; return how many papers were taken in."""
        ...

    def embed(self, *, progress: Progress | None = None, stop: Stop | None = None) -> int:
        """Embed what has no vector yet; resumable; return how many were embedded."""
        ...

    def state(self) -> IndexState:
        """Return how far the indexes are."""
        ...

    def closed(self) -> list[str]:
        """Return which indexes cannot be searched, and why; reads no more than searches do."""
        ...

    def problems(self) -> list[str]:
        """Return what is damaged, by reading every checksum."""
        ...

    def warm(self) -> None:
        """Open in a thread what the first query would have to wait for."""
        ...
