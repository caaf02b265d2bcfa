"""What happened to a paper: told by comparing what its records made of it before and after."""

import difflib
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from broadsheet.model.merging import Merged

EventKind = Literal[
    "new",
    "version",
    "cross-listed",
    "withdrawn",
    "published",
    "retracted",
    "featured",
    "code",
    "gone",
]
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)
_LONGEST_DIFF = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a paper.

    Args:
        at: the partial date on which it happened, by the source; None when it does not say.
        detail: what else is known: `number` and `abstract` (a diff) of a version, `categories`
            of a cross-list, `venue` and `doi` of a publication, `address` of code, `notice` of
            a retraction or withdrawal: the record of the work that states it, `id` of a record
            that its source has deleted.
    """

    kind: EventKind
    at: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event as it is kept.

    Args:
        number: ascends with time; a reader of events goes on after the last one it has seen.
        paper: the paper's public id, with its title.
        key: the paper's number; never shown to a reader.
        source: whose record told it.
        seen_at: when it was learned, as ISO text in UTC.
    """

    number: int
    paper: str
    title: str
    source: str
    seen_at: str
    event: Event
    key: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Events of one day, as many as were asked for, and of how many papers there are any."""

    events: tuple[StoredEvent, ...]
    papers: int


def events_between(before: Merged | None, after: Merged) -> list[Event]:
    """Return what happened between two states of a paper; `before` is None for a new one."""
    found = [] if before is not None else [Event(kind="new", at=after.day)]
    if before is not None:
        found += _versions(before, after)
        found += _cross_lists(before, after)
        if after.venue and not before.venue:
            detail = {"venue": after.venue, **({"doi": after.doi} if after.doi else {})}
            found.append(Event(kind="published", detail=detail))
    standing = before.standing if before is not None else ""
    if after.standing and after.standing != standing:
        kind: EventKind = "retracted" if after.standing == "retracted" else "withdrawn"
        found.append(Event(kind=kind, at=after.updated or after.modified))
    if after.featured and (before is None or after.featured != before.featured):
        found.append(Event(kind="featured", at=after.featured))
    if after.code and (before is None or not before.code):
        found.append(Event(kind="code", detail={"address": after.code}))
    return found


def diff(before: str, after: str) -> list[tuple[str, str]]:
    """Return the words that stay (`=`), go (`-`) and come (`+`), in order, joined by blanks.

    Texts over 20,000 characters are not compared: the old one goes and the new one comes.
    """
    if max(len(before), len(after)) > _LONGEST_DIFF:
        return [(mark, text) for mark, text in (("-", before), ("+", after)) if text]
    old, new = before.split(), after.split()
    found: list[tuple[str, str]] = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            found.append(("=", " ".join(old[a:b])))
            continue
        found += [
            (mark, " ".join(words)) for mark, words in (("-", old[a:b]), ("+", new[c:d])) if words
        ]
    return found


def _versions(before: Merged, after: Merged) -> list[Event]:
    """Return an event for each version that is new; the diff stands with the last one."""
    known = {version.number for version in before.versions}
    last = max(known, default=0)
    if not known:
        return []  # nothing was known of versions: that they are known now is no news
    new = [version for version in after.versions if version.number > last]
    found = []
    for version in new:
        detail: dict[str, Any] = {"number": version.number}
        if version is new[-1] and before.abstract != after.abstract:
            detail["abstract"] = diff(before.abstract, after.abstract)
        if version is new[-1] and before.title != after.title:
            detail["title"] = diff(before.title, after.title)
        found.append(Event(kind="version", at=version.date, detail=detail))
    return found


def _cross_lists(before: Merged, after: Merged) -> list[Event]:
    new = [code for code in after.categories if code not in before.categories]
    if not new or not before.categories:
        return []
    return [Event(kind="cross-listed", at=after.modified, detail={"categories": new})]
