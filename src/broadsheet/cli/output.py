"""Words to people, JSON to programs, and how long work is shown."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

_LINE_EVERY_S = 5.0

Report = Callable[[str, int, int | None], None]


def print_json(value: Any) -> None:
    """Print a value as JSON on standard output: indented for people, one line for programs."""
    indent = 2 if sys.stdout.isatty() else None
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=indent) + "\n")


def print_line(text: str = "") -> None:
    """Print a line on standard output."""
    sys.stdout.write(text + "\n")


def print_error(text: str) -> None:
    """Print a line on standard error."""
    sys.stderr.write(text + "\n")


@contextmanager
def progress_shown(*, quiet: bool = False) -> Iterator[Report]:
    """Give a callable that shows progress on standard error: bars on a terminal, else lines.

    Steps are told apart by name; a step that takes under a second leaves no trace in lines.
    """
    if quiet:
        yield lambda step, done, total: None
    elif sys.stderr.isatty():
        with _bars() as bars:
            yield _Bars(bars)
    else:
        yield _Lines()


class _RateColumn(ProgressColumn):
    """How many a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "", style="progress.data.speed")


def _bars() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _RateColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


class _Bars:
    def __init__(self, bars: Progress) -> None:
        self.bars = bars
        self.tasks: dict[str, TaskID] = {}

    def __call__(self, step: str, done: int, total: int | None) -> None:
        if step not in self.tasks:
            self.tasks[step] = self.bars.add_task(step, total=total)
        self.bars.update(self.tasks[step], completed=done, total=total)


class _Lines:
    """A line every few seconds: `embedding 1,200 of 100,000 · 25/s · 66 min left`."""

    def __init__(self) -> None:
        self.began: dict[str, tuple[float, int]] = {}
        self.last = 0.0

    def __call__(self, step: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        started, first = self.began.setdefault(step, (now, done))
        if now - started < 1 or now - self.last < _LINE_EVERY_S:
            return
        self.last = now
        print_error(progress_line(step, done, total, rate=(done - first) / (now - started)))


def progress_line(step: str, done: int, total: int | None, *, rate: float) -> str:
    """Return one line that says how far a step is, how fast, and how long it still takes."""
    parts = [f"{step} {done:,}" + (f" of {total:,}" if total else "")]
    if rate > 0:
        parts.append(f"{rate:,.0f}/s")
        if total:
            parts.append(f"{duration((total - done) / rate)} left")
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """Return a duration as people say it: `8 s`, `12 min`, `3.4 h`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
