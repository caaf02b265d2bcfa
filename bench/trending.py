"""How long trending takes over a large library with a year of votes: made anew, and looked up.

    python -m bench.trending LIBRARY

LIBRARY is one that `bench.large_library` has made; its database is copied and the copy changed.
In the copy 25,000 papers are given days of the last seven weeks, as arXiv lists them; a thousand
readers open, vote for, save and vote against papers, three times a day each for a year, more
often the newest. Then a vote comes in before each of `--rounds` requests, so that the ranking is
made anew for a page of fifty papers; as many pages of a category and looks at the front page's
fifty come without one. Wall time is that of a shared machine; the thread's own time is given
beside it.
"""

import argparse
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert

from bench.record import write_result
from broadsheet.model.library import LIBRARY_FILE
from broadsheet.model.search_ports import Searcher
from broadsheet.model.trend_settings import TrendingSettings
from broadsheet.services.reading import ReadingService
from broadsheet.services.trend_choice import TrendChoice
from broadsheet.services.trend_growth import Growth
from broadsheet.services.trending import TrendingService
from broadsheet.store import SqlAccounts, SqlKept, SqlStore, SqlTrends, open_store
from broadsheet.store.reader_schema import acts

SEED = 20261128
NOW = datetime(2026, 11, 27, 12, 2, tzinfo=UTC)
N_FRESH = 25_000
N_READERS = 1_000
ACTS_A_DAY = 3
KINDS = ("open", "up", "save", "down")
SHARES = (0.6, 0.3, 0.08, 0.02)


def main() -> None:
    args = _arguments()
    with tempfile.TemporaryDirectory(dir=args.scratch) as scratch:
        folder = Path(scratch)
        copy_database(args.library / LIBRARY_FILE, folder / LIBRARY_FILE)
        store = open_store(folder=folder, clock=lambda: NOW)
        start = time.perf_counter()
        fresh = give_days(folder / LIBRARY_FILE, N_FRESH, now=NOW)
        n_acts = act(store, folder / LIBRARY_FILE, fresh, n_readers=N_READERS, now=NOW)
        print(f"{n_acts:,} acts in {time.perf_counter() - start:.0f} s", flush=True)
        service = _service(store)
        figures = {
            "papers": store.counts().papers,
            "fresh_papers": N_FRESH,
            "readers": N_READERS,
            "acts": n_acts,
            "acts_read": len(_read(service)),
            "first_s": _timed(service.page, 1)[0][0] / 1e3,
            "made_anew": _summary(_timed(service.page, args.rounds, before=_vote(store, fresh))),
            "page_of_a_category": _summary(
                _timed(lambda: service.page(category="cs"), args.rounds)
            ),
            "looked_up": _summary(_timed(lambda: service.leading("2026", "2026", 50), args.rounds)),
        }
        store.close()
    path = write_result("trending", figures, seed=SEED, packages=["numpy", "sqlalchemy"])
    print(path.read_text("utf-8"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", type=Path)
    parser.add_argument("--scratch", type=Path, help="folder for the copy, if not the usual one")
    parser.add_argument("--rounds", type=int, default=100)
    return parser.parse_args()


def copy_database(source: Path, target: Path) -> None:
    """Copy a library's database, whatever is open on it."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def give_days(path: Path, n_fresh: int, *, now: datetime) -> NDArray[np.int64]:
    """Give papers days of the last seven weeks; return their keys, oldest first."""
    rng = np.random.default_rng(SEED)
    with closing(sqlite3.connect(path)) as connection:
        keys = np.array(connection.execute("SELECT key FROM papers ORDER BY key").fetchall())
        chosen = rng.permutation(keys[:, 0])[:n_fresh]
        days = [now.date() - timedelta(days=n) for n in range(47, -1, -1)]
        weekdays = [int(f"{day:%Y%m%d}") for day in days if day.weekday() < 5]
        of = [weekdays[n * len(weekdays) // n_fresh] for n in range(n_fresh)]
        pairs = zip(of, chosen.tolist(), strict=True)
        first = int(f"{days[0]:%Y%m%d}")
        connection.execute("UPDATE papers SET day = 20200101 WHERE day > ?", (first,))
        connection.executemany("UPDATE papers SET day = ? WHERE key = ?", pairs)
        connection.commit()
    return chosen


def act(
    store: SqlStore, path: Path, fresh: NDArray[np.int64], *, n_readers: int, now: datetime
) -> int:
    """Let readers act for a year: on what is new at the time, the popular more often."""
    accounts = SqlAccounts.beside(store)
    for n in range(n_readers):
        accounts.add_reader(name=f"Reader {n}", role="reader")
    rng = np.random.default_rng(SEED + 1)
    n = n_readers * ACTS_A_DAY * 365
    ago_s = np.sort(rng.uniform(0, 365 * 86_400, n))[::-1]
    newest = (1 - ago_s / (47 * 86_400)).clip(0.02, 1) * (len(fresh) - 1)
    back = rng.exponential(len(fresh) / 15, n)
    paper = fresh[(newest - back).clip(0).astype(np.int64)]
    kinds = rng.choice(len(KINDS), n, p=SHARES)
    reader = rng.integers(1, n_readers + 1, n)
    place = np.where(kinds == 0, rng.integers(0, 50, n), 0)
    moments = np.datetime_as_string(
        (np.datetime64(now.replace(tzinfo=None), "s") - ago_s.astype("timedelta64[s]")), unit="s"
    )
    columns = (reader.tolist(), paper.tolist(), kinds.tolist(), place.tolist(), moments.tolist())
    with closing(sqlite3.connect(path)) as connection:
        connection.executemany(
            "INSERT INTO acts (reader, paper, kind, place, at, undone_at) VALUES (?,?,?,?,?,'')",
            ((r, p, KINDS[k], w, f"{m}+00:00") for r, p, k, w, m in zip(*columns, strict=True)),
        )
        connection.execute("UPDATE readers SET created_at = '2025-01-01T00:00:00+00:00'")
        connection.commit()
    return n


def _service(store: SqlStore) -> TrendingService:
    inputs = SqlTrends.beside(store)
    return TrendingService(
        inputs=inputs,
        reading=ReadingService(reading=store, clock=lambda: NOW),
        choice=TrendChoice(kept=SqlKept.beside(store), file=TrendingSettings()),
        growth=Growth(searcher=_no_searcher(), inputs=inputs),
        clock=lambda: NOW,
    )


def _no_searcher() -> Searcher:
    """Growth is off, so that nothing is asked for neighbours."""
    return Any  # type: ignore[return-value]


def _read(service: TrendingService) -> NDArray[np.int64]:
    settings = TrendingSettings()
    since = NOW - timedelta(hours=settings.window_h)
    kinds = tuple(settings.weights.by_kind())
    batch = service.inputs.signals(kinds=kinds, since=since, fresh=since.date())
    return batch.signals.paper


def _vote(store: SqlStore, fresh: NDArray[np.int64]) -> Callable[[], None]:
    """Let another paper get a vote each time."""
    row = {"reader": 1, "kind": "up", "place": 0, "undone_at": "", "at": NOW.isoformat()}
    papers = iter(fresh[::-1].tolist())

    def vote() -> None:
        with store.writer.begin() as connection:
            connection.execute(insert(acts).values(**row, paper=next(papers)))

    return vote


def _timed(
    ask: Callable[[], object], rounds: int, *, before: Callable[[], None] = lambda: None
) -> list[tuple[float, float]]:
    """Return wall time and the thread's own time of each round, in ms."""
    found = []
    for _ in range(rounds):
        before()
        wall, own = time.perf_counter(), time.thread_time()
        ask()
        found.append(((time.perf_counter() - wall) * 1e3, (time.thread_time() - own) * 1e3))
    return found


def _summary(times: list[tuple[float, float]]) -> dict[str, float]:
    wall, own = np.array(times).T
    return {
        f"{name}_p{q}_ms": round(float(np.percentile(values, q)), 1)
        for name, values in (("wall", wall), ("thread", own))
        for q in (50, 95)
    }


if __name__ == "__main__":
    main()
