"""The state of an installation, for those who run it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from broadsheet.model.library import Counts, IndexState


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Background work that failed; the same failure again is the same row.

    Args:
        work: which, as `indexes` or `harvest`.
        error: what was said.
        first_at, last_at: ISO text in UTC.
        times: how often.
    """

    work: str
    error: str
    first_at: str
    last_at: str
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubles:
    """What has failed.

    Args:
        times: how often each work has failed since the library was made.
        latest: the last ones, newest first.
    """

    times: dict[str, int]
    latest: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRun:
    """One harvest of the settings, or one that was asked for by hand.

    Args:
        ran_at: when a page was last stored or a run ended; empty before the first.
        complete_until: the server's time of the last run that came to its end; empty before one.
        success_age_s: seconds since then; None before.
        next_at: when `serve` runs it next; None when it does not.
        is_pending: whether a run has not come to its end.
        trouble: why the last run ended early; empty when it did not.
    """

    source: str
    selection: str
    ran_at: str
    complete_until: str
    success_age_s: float | None
    next_at: str | None
    is_pending: bool
    trouble: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """Bytes of the library's parts on disk, and what is free beside them."""

    database_bytes: int
    vectors_bytes: int
    words_bytes: int
    rejects_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """Everything that the one who runs a paper asks about it.

    Args:
        version: of this Broadsheet.
        schema: the revision of the database.
        uptime_s: how long the process that answers has been serving; None when it does not.
        words_behind, vectors_behind: papers that search by words, by meaning does not find yet.
    """

    version: str
    schema: str
    uptime_s: float | None
    library: Path
    counts: Counts
    index: IndexState
    words_behind: int
    vectors_behind: int
    sources: tuple[SourceRun, ...]
    storage: Storage
    troubles: Troubles


class TroubleLog(Protocol):
    """Where failures of background work are kept, for all processes."""

    def add(self, work: str, error: Exception) -> None:
        """Keep a failure; never raises."""
        ...

    def read(self) -> Troubles:
        """Return what is kept."""
        ...
