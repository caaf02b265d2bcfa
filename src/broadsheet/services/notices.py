"""What stands in a day's edition beside its new papers: replaced ones, and why there are none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from broadsheet.model.announcing import Silence, silence_of
from broadsheet.model.events import EventKind, StoredEvent
from broadsheet.model.paper import Paper
from broadsheet.model.ports import Reading
from broadsheet.model.query import Filters

Reason = Silence | Literal["future"]
MOST = 100
_MOST_LOOKED_AT = 2_000
_TAKEN_BACK: tuple[EventKind, ...] = ("withdrawn", "retracted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A paper that was there before, and what happened to it."""

    paper: Paper
    told: StoredEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """What happened on a day, each paper once.

    Args:
        replaced: those with a new version of that day.
        taken_back: those that were withdrawn or retracted, whatever else happened to them.
        n_more: how many papers are left out, 100 being shown.
    """

    replaced: tuple[Notice, ...] = ()
    taken_back: tuple[Notice, ...] = ()
    n_more: int = 0

    @property
    def all(self) -> tuple[Notice, ...]:
        """Both, in the order in which an edition prints them."""
        return self.replaced + self.taken_back


def notices(
    reading: Reading,
    day: date,
    own: Filters,
    *,
    among: Callable[[Sequence[int]], Sequence[int]] | None = None,
) -> Notices:
    """Return what happened on a day to papers of one category or author, or to all.

    Args:
        among: says which of some papers, by their keys, it is about; None for all of them.
    """
    found = reading.happened(
        day.isoformat(),
        kinds=("version", *_TAKEN_BACK),
        category=own.categories[0] if own.categories else "",
        author=own.authors[0] if own.authors else "",
        limit=MOST if among is None else _MOST_LOOKED_AT,
    )
    weightiest = _weightiest(found.events)
    keys, n_papers = list(weightiest), found.papers
    if among is not None and keys:
        keys = list(among(keys))
        n_papers = len(keys)
    papers = reading.papers(keys[:MOST]) if keys else []
    each = [Notice(paper=paper, told=weightiest[paper.key]) for paper in papers]
    return Notices(
        replaced=tuple(n for n in each if n.told.event.kind == "version"),
        taken_back=tuple(n for n in each if n.told.event.kind in _TAKEN_BACK),
        n_more=max(0, n_papers - len(each)),
    )


def why_silent(day: date, today: date) -> Reason | None:
    """Return why nothing is announced on a day, None where that is not known."""
    return "future" if day > today else silence_of(day)


def _weightiest(events: Sequence[StoredEvent]) -> dict[int, StoredEvent]:
    """For each paper what weighs most of that day: being taken back, else the last version."""
    ranked = sorted(events, key=lambda told: (told.event.kind in _TAKEN_BACK, told.number))
    latest = {told.key: told for told in ranked}
    order = dict.fromkeys(told.key for told in events)
    return {key: latest[key] for key in order}
