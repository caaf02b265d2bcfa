"""What readers follow: authors, categories, topics; and what is new of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from broadsheet.model.choices import choice
from broadsheet.model.errors import NotFoundError
from broadsheet.model.follows import FOLLOW_KINDS, Follow, FollowKind, topic_of
from broadsheet.model.identifiers import name_key
from broadsheet.model.language import as_words
from broadsheet.model.mark_ports import Follows
from broadsheet.model.paper import Paper
from broadsheet.model.ports import Reading
from broadsheet.model.query import Query
from broadsheet.model.readers import Reader
from broadsheet.services.fields import category_name
from broadsheet.services.paging import PER_PAGE, Paged, paged
from broadsheet.services.reading import ReadingService
from broadsheet.services.search_editions import SearchEditions

N_OF_TOPIC = 5
MOST_TOPICS_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A followed topic with the newest papers that answer it."""

    follow: Follow
    papers: tuple[Paper, ...]


class FollowService:
    """Keeps what a reader follows, and finds its papers.

    Args:
        follows: as they are kept.
        reading: the store's questions.
        pages: knows categories and authors by any spelling.
        editions: finds the papers of topics.
    """

    def __init__(
        self,
        *,
        follows: Follows,
        reading: Reading,
        pages: ReadingService,
        editions: SearchEditions,
    ) -> None:
        self.follows = follows
        self.reading = reading
        self.pages = pages
        self.editions = editions

    def of(self, reader: Reader) -> list[Follow]:
        """Return what a reader follows, by kind and name."""
        return self.follows.of(reader.key)

    def is_followed(self, reader: Reader, kind: FollowKind, value: str) -> bool:
        """Whether a reader follows an author's key, a category's code or a topic."""
        return self.follows.follows(reader.key, kind, value)

    def add(self, reader: Reader, kind: str, said: str) -> Follow:
        """Follow an author, a category or a topic, in any spelling; return it as it is kept.

        Raises:
            InvalidValueError: no such kind, no topic, or the reader follows too much.
            NotFoundError: no paper here is of this author or category.
        """
        follow = self._meant(choice(kind, FOLLOW_KINDS, "kind"), said)
        self.follows.add(reader.key, kind=follow.kind, value=follow.value, name=follow.name)
        return follow

    def remove(self, reader: Reader, kind: str, value: str) -> None:
        """Follow something no longer.

        Raises:
            NotFoundError: it was not followed.
        """
        chosen = choice(kind, FOLLOW_KINDS, "kind")
        kept = value.casefold() if chosen == "topic" else value
        if not self.follows.remove(reader.key, kind=chosen, value=kept):
            raise NotFoundError(f"You do not follow the {chosen} {value[:60]!r}.")

    def page(self, reader: Reader, *, page: int = 1, not_in: Sequence[int] = ()) -> Paged:
        """Return a page of the papers of followed authors and categories, newest first.

        Raises:
            NotFoundError: there are fewer pages.
        """
        values = [(f.kind, f.value) for f in self.of(reader) if f.kind != "topic"]
        offset = (page - 1) * PER_PAGE
        found = self.reading.listing_of_any(values, limit=PER_PAGE, offset=offset, not_in=not_in)
        return paged(found.papers, found.total, page)

    def topics(self, reader: Reader, *, not_in: Sequence[int] = ()) -> list[Topic]:
        """Return the followed topics, each with its newest papers."""
        followed = [follow for follow in self.of(reader) if follow.kind == "topic"]
        return [
            Topic(follow=follow, papers=self._newest(follow.name, not_in))
            for follow in followed[:MOST_TOPICS_SHOWN]
        ]

    def _newest(self, words: str, not_in: Sequence[int]) -> tuple[Paper, ...]:
        query = Query(text=as_words(words))
        return self.editions.latest(query, limit=N_OF_TOPIC, not_in=not_in)

    def _meant(self, kind: FollowKind, said: str) -> Follow:
        if kind == "topic":
            words = topic_of(said)
            return Follow(kind=kind, value=words.casefold(), name=words)
        if kind == "category":
            code = self.pages.known_category(said)
            return Follow(kind=kind, value=code, name=category_name(code))
        entry = self.reading.author(name_key(said))
        if entry is None:
            raise NotFoundError(f"No paper here bears the name {said[:80]!r}.")
        return Follow(kind=kind, value=entry.author.key, name=entry.author.name)
