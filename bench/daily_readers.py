"""Makes a large library a paper with readers: a year of acts, marks, sessions, queries, mail.

The acts are those of `bench.trending`; what readers have voted for and saved stands as marks, too.
Each reader has a session, queries of three to five words that follow each other in a title, and
mail every day: what the queries bring, what trends, and what trends in a category.
"""

import json
import random
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from numpy.typing import NDArray

from bench.trending import N_FRESH, act, copy_database, give_days
from broadsheet.model.language import as_words
from broadsheet.model.letters import EVERY_DAY
from broadsheet.model.library import LIBRARY_FILE
from broadsheet.model.paper import Paper
from broadsheet.services.bundle import Services
from broadsheet.services.subscribing import Wish
from broadsheet.store import SqlAccounts, open_store

SEED = 20261129
_MARKS = """
    INSERT INTO marks (reader, paper, vote, saved_at, read_at, never_at, note, changed_at)
    SELECT reader, paper,
        MAX(CASE kind WHEN 'up' THEN 1 WHEN 'down' THEN -1 ELSE 0 END),
        MAX(CASE kind WHEN 'save' THEN at ELSE '' END), '', '', '', MAX(at)
    FROM acts WHERE kind != 'open' GROUP BY reader, paper
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Secrets of the readers' sessions, and how many queries they have saved."""

    sessions: tuple[str, ...]
    n_queries: int


def paper_with_readers(
    library: Path, folder: Path, *, n_readers: int
) -> tuple[int, NDArray[np.int64]]:
    """Copy a library and let readers act on it; return the number of acts, and the new papers."""
    now = datetime.now(UTC)
    folder.mkdir()
    copy_database(library / LIBRARY_FILE, folder / LIBRARY_FILE)
    shutil.copytree(library / "indexes", folder / "indexes")
    store = open_store(folder=folder)
    n_fresh = min(N_FRESH, store.counts().papers // 4)
    fresh = give_days(folder / LIBRARY_FILE, n_fresh, now=now)
    n_acts = act(store, folder / LIBRARY_FILE, fresh, n_readers=n_readers, now=now)
    store.close()
    with closing(sqlite3.connect(folder / LIBRARY_FILE)) as connection:
        connection.execute(_MARKS)
        connection.execute("ANALYZE")
        connection.commit()
    return n_acts, fresh


def make_readers(
    services: Services, folder: Path, fresh: NDArray[np.int64], *, n_queries: int
) -> Made:
    """Give each reader a session, saved queries and mail."""
    rng = random.Random(SEED)
    accounts = SqlAccounts.beside(services.reading.reading)  # type: ignore[arg-type]
    readers = accounts.all_readers()
    _be_durable(accounts, "OFF")  # there is nothing to lose yet, and each save would wait for it
    phrases = phrases_of(services, rng, len(readers) * n_queries)
    codes = [count.name for count in services.reading.reading.categories()][:20]
    sessions = []
    for number, reader in enumerate(readers):
        address = f"reader{number}@example.org"
        accounts.confirm_address(reader.key, address)
        confirmed = accounts.by_key(reader.key) or reader
        sessions.append(services.sessions.begin(confirmed, agent="Mozilla/5.0 (X11) Firefox/140.0"))
        wish = Wish(weekday=EVERY_DAY, hour=0, sections=("", codes[number % len(codes)]))
        services.subscribing.ask(address, wish, reader=confirmed)
        for text in phrases[number * n_queries : (number + 1) * n_queries]:
            services.alerts.save(
                confirmed, name=text[:60], kind="search", asked={"q": urlencode({"q": text})}
            )
    _be_durable(accounts, "FULL")
    with closing(sqlite3.connect(folder / LIBRARY_FILE)) as connection:
        # Nothing is due on the day on which a subscription began.
        connection.execute("UPDATE subscriptions SET created_at = '2026-01-01T00:00:00+00:00'")
        connection.commit()
    return Made(sessions=tuple(sessions), n_queries=len(phrases))


def import_day(services: Services, path: Path, n: int, *, first: int) -> None:
    """Import n papers of today, each a real title over the abstract of another paper."""
    rng = random.Random(SEED + first)
    today = datetime.now(UTC).date().isoformat()
    papers = _some(services, rng, 2 * n)
    with path.open("w", encoding="utf-8") as file:
        for number, (paper, other) in enumerate(zip(papers[:n], papers[n:], strict=True)):
            row = {
                "id": f"made:{10_000_000 + first + number}",
                "title": f"{paper.title[:1000]} {10_000_000 + first + number}",
                "abstract": other.abstract,
                "authors": [author.name for author in paper.authors],
                "categories": list(paper.categories),
                "date": today,
            }
            file.write(json.dumps(row) + "\n")
    services.importing.run([path])


def _be_durable(accounts: SqlAccounts, how: str) -> None:
    """Say whether a transaction waits for the disk, to the one connection that writes."""
    connection = accounts.writer.raw_connection()
    connection.cursor().execute(f"PRAGMA synchronous = {how}").close()
    connection.close()


def phrases_of(services: Services, rng: random.Random, n: int) -> list[str]:
    """Return n distinct phrases of three to five words, of titles."""
    found: dict[str, None] = {}
    for paper in _some(services, rng, 2 * n):
        words = as_words(paper.title).split()
        length = rng.randint(3, 5)
        if len(words) > length and len(found) < n:
            at = rng.randrange(len(words) - length)
            found[" ".join(words[at : at + length])] = None
    return list(found)


def _some(services: Services, rng: random.Random, n: int) -> list[Paper]:
    reading = services.reading.reading
    n_papers = reading.counts().papers
    with_text: list[Paper] = []
    while len(with_text) < n:
        keys = rng.sample(range(1, n_papers + 1), min(2 * n, n_papers))
        with_text += [p for p in reading.papers(keys) if p.abstract and p.authors and p.title]
    return with_text[:n]
