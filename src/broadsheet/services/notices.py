"""What stands in a day's edition beside its new papers: replaced ones, and why there are none."""

from collections.abc import Sequence
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


def notices(reading: Reading, day: date, own: Filters) -> Notices:
    """Return what happened on a day to papers of one category or author, or to all."""
    found = reading.happened(
        day.isoformat(),
        kinds=("version", *_TAKEN_BACK),
        category=own.categories[0] if own.categories else "",
        author=own.authors[0] if own.authors else "",
        limit=MOST,
    )
    weightiest = _weightiest(found.events)
    papers = reading.papers(list(weightiest)) if weightiest else []
    each = [Notice(paper=paper, told=weightiest[paper.key]) for paper in papers]
    return Notices(
        replaced=tuple(n for n in each if n.told.event.kind == "version"),
        taken_back=tuple(n for n in each if n.told.event.kind in _TAKEN_BACK),
        n_more=max(0, found.papers - len(each)),
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
