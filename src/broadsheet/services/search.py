"""Search: a query to a page of papers, each with the reason why it is there."""

from collections.abc import Sequence
from dataclasses import replace

from broadsheet.model.errors import NotFoundError, SignInNeededError
from broadsheet.model.language.plan import KeysOf, Plan, is_marks, leaves, with_marks
from broadsheet.model.language.tree import Field
from broadsheet.model.library import Listing
from broadsheet.model.paper import Paper
from broadsheet.model.ports import Reading
from broadsheet.model.query import Hit, Query, Ranked, SearchPage
from broadsheet.model.reasons import Why
from broadsheet.model.search_ports import Searcher
from broadsheet.model.subjects import Likely


class SearchService:
    """Answers queries.

    Args:
        reading: the database.
        searcher: the indexes.
    """

    def __init__(self, *, reading: Reading, searcher: Searcher) -> None:
        self.reading = reading
        self.searcher = searcher

    def search(
        self, query: Query, *, not_in: Sequence[int] = (), marked: KeysOf | None = None
    ) -> SearchPage:
        """Return one page of hits; where nothing orders them, newest first.

        Args:
            not_in: keys of papers that are left out.
            marked: gives the papers that the reader who asks has marked; None for nobody.

        Raises:
            QuerySyntaxError: the text is no search.
            SignInNeededError: nobody asks for what a reader has marked.
        """
        if query.plan.is_empty:
            return _listed(query, self._listing(query, not_in))
        plan = plan_of(query, marked)
        ranking = self.searcher.search(query, not_in=not_in, plan=plan)
        return SearchPage(
            query=query, hits=self._hits(ranking.items), total=ranking.total, note=ranking.note
        )

    def why(self, query: Query, paper: Paper, *, marked: KeysOf | None = None) -> Hit:
        """Return why a paper is among the hits of a query, each reason with its sentence.

        Raises:
            NotFoundError: it is not.
            As `search`.
        """
        found = self.searcher.why(query, paper.key, plan=plan_of(query, marked))
        if found is None:
            raise NotFoundError("This search does not find this paper.")
        return Hit(paper=paper, score=found.score, why=found.why)

    def likely(self, paper: Paper) -> Likely | None:
        """Return the categories that a paper would have; None if it has some, or for no idea."""
        return None if paper.categories else self.searcher.likely(paper.key)

    def similar(self, paper: Paper, *, k: int = 10, not_in: Sequence[int] = ()) -> list[Hit]:
        """Return the k papers nearest in meaning to a paper; `not_in` are left out."""
        return list(self._hits(self.searcher.similar(paper.key, k=k, not_in=not_in)))

    def warm(self) -> None:
        """Begin to open the indexes, so that the first query finds them open."""
        self.searcher.warm()

    def _listing(self, query: Query, not_in: Sequence[int]) -> Listing:
        offset = (query.page - 1) * query.per_page
        return self.reading.listing(
            query.filters, limit=query.per_page, offset=offset, not_in=not_in
        )

    def _hits(self, items: Sequence[Ranked]) -> tuple[Hit, ...]:
        papers = {paper.key: paper for paper in self.reading.papers([item.key for item in items])}
        return tuple(
            Hit(paper=papers[item.key], score=item.score, why=item.why)
            for item in items
            if item.key in papers
        )


def plan_of(query: Query, marked: KeysOf | None) -> Plan:
    """Return a query's plan with what the reader who asks has marked.

    Raises:
        QuerySyntaxError: the text is no search.
        SignInNeededError: nobody asks for what a reader has marked.
    """
    plan = query.plan
    if not any(isinstance(leaf, Field) and is_marks(leaf) for leaf in leaves(plan.condition)):
        return plan
    if marked is None:
        raise SignInNeededError("Sign in to search among what you have marked.")
    assert plan.condition is not None  # noqa: S101 (it has leaves)
    return replace(plan, condition=with_marks(plan.condition, marked))


def _listed(query: Query, listing: Listing) -> SearchPage:
    hits = tuple(Hit(paper=paper, score=0.0, why=Why()) for paper in listing.papers)
    return SearchPage(query=query, hits=hits, total=listing.total)
