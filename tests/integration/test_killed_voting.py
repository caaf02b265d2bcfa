"""The server is killed while readers vote: what it acknowledged is there, and there once."""

import json
import random
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.integration.served import ADDRESS, get

PAPERS = [f"2611.{number:05d}" for number in range(1, 9)]
DEATHS = 6


@dataclass
class Voter:
    """Votes on papers one after the other for as long as the server lives.

    Args:
        stands: the last vote on each paper that the server acknowledged.
        under_way: the last one sent, while nothing was heard of it.
        acts: how many votes changed something, by what the server said.
        unheard: how many were sent and never answered.
    """

    rng: random.Random
    stands: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PAPERS, 0))
    under_way: tuple[str, int] | None = None
    acts: int = 0
    unheard: int = 0

    def run(self, address: str) -> None:
        while True:
            paper, vote = self.rng.choice(PAPERS), self.rng.choice((-1, 0, 1))
            self.under_way = paper, vote
            try:
                said = _patch(f"{address}api/v1/marks/{paper}", {"vote": vote})
            except urllib.error.HTTPError:
                raise
            except (OSError, ValueError):
                self.unheard += 1
                return
            assert said["vote"] == vote
            self.stands[paper], self.under_way = vote, None
            self.acts += len(said["did"])

    def look(self, address: str) -> None:
        """Compare what the server says with what it acknowledged, and go on from there."""
        for paper in PAPERS:
            vote = json.loads(get(f"{address}api/v1/marks/{paper}"))["vote"]
            may_be = {self.stands[paper]}
            if self.under_way is not None and self.under_way[0] == paper:
                may_be.add(self.under_way[1])
            assert vote in may_be
            self.stands[paper] = vote
        self.under_way = None


@pytest.mark.integration
@pytest.mark.slow
def test_no_vote_that_was_acknowledged_is_lost_or_counted_twice(tmp_path: Path) -> None:
    rows = [{"id": f"arxiv:{id}", "title": f"On {id}", "date": "2026-11-20"} for id in PAPERS]
    (tmp_path / "papers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    library = tmp_path / "library"
    command = [sys.executable, "-m", "broadsheet", "--library", str(library)]
    subprocess.run([*command, "import", str(tmp_path / "papers.jsonl")], check=True)
    rng = random.Random(7)
    voter = Voter(rng)
    for _ in range(DEATHS):
        with subprocess.Popen([*command, "serve"], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            found = next(m for line in process.stdout if (m := re.search(ADDRESS, line)))
            voter.look(found[0])
            thread = threading.Thread(target=voter.run, args=(found[0],))
            thread.start()
            enough = voter.acts + rng.randint(11, 40)  # however slow the machine is
            while voter.acts < enough and thread.is_alive():
                time.sleep(0.002)
            time.sleep(rng.uniform(0, 0.02))
            process.send_signal(signal.SIGKILL)
            thread.join()
    with closing(sqlite3.connect(library / "broadsheet.sqlite")) as database:
        ((n_acts,),) = database.execute(
            "SELECT count(*) FROM acts WHERE kind IN ('up', 'down', 'unvote')"
        )
        votes = dict(
            database.execute("SELECT p.id, m.vote FROM marks m JOIN papers p ON p.key = m.paper")
        )
    assert voter.acts > 10 * DEATHS
    assert voter.acts <= n_acts <= voter.acts + voter.unheard
    for paper, vote in voter.stands.items():
        is_open = voter.under_way is not None and voter.under_way[0] == paper
        assert votes.get(paper, 0) == vote or is_open


def _patch(url: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(
        url,
        data=json.dumps(body).encode(),
        method="PATCH",
        headers={"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, Any] = json.loads(answer.read())
        return found
