"""A month of daily digests whose program is killed at any moment: each comes once."""

import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from tests.broadsheet.mail.servers import MailServer, serving

import broadsheet
from broadsheet.model.importstate import Assigned
from broadsheet.model.letters import EVERY_DAY, Subscription
from broadsheet.model.paper import Record
from broadsheet.store import SqlPost, open_store

N_READERS, N_DAYS, N_PAPERS = 12, 30, 3
FIRST = datetime(2026, 11, 1, 8, tzinfo=UTC)
TURN = Path(__file__).parent / "mail_turn.py"


@pytest.mark.integration
@pytest.mark.slow
def test_every_digest_comes_once_however_often_it_is_killed(tmp_path: Path) -> None:
    rng = random.Random(7)
    moment = FIRST
    with closing(open_store(folder=tmp_path, clock=lambda: moment)) as store:
        post = SqlPost.beside(store)
        for n in range(N_READERS):
            post.subscribe(
                Subscription(
                    key=0, id="", address=f"r{n}@example.org", weekday=EVERY_DAY, confirmed=True
                ),
                [],
            )
        deaths = 0
        with serving(MailServer()) as server:
            for day in range(1, N_DAYS + 1):
                moment = FIRST + timedelta(days=day)
                with store.writing() as writing:
                    writing.put([_assigned(day, n) for n in range(N_PAPERS)])
                while rng.random() < 0.5:
                    deaths += _killed(tmp_path, server, moment, after_s=rng.uniform(0, 0.5))
                    moment += timedelta(minutes=20)
                said, _ = _turn(tmp_path, server, moment).communicate(timeout=120)
                assert said.endswith("done\n")
        unsure = {letter.key for letter in post.letters("unsure")}
        counts = post.count_letters()
    told = Counter(
        (to, n) for to, raw in server.taken for n in _told(message_from_bytes(raw, policy=default))
    )
    assert set(told.values()) == {1}
    letters = Counter((to, message_from_bytes(raw)["Message-ID"]) for to, raw in server.taken)
    assert set(letters.values()) == {1}
    # What is missing may have arrived when the program died, and is named.
    assert len(letters) + len(unsure) >= N_READERS * N_DAYS
    assert counts == {
        state: n
        for state, n in (("sent", N_READERS * N_DAYS - len(unsure)), ("unsure", len(unsure)))
        if n
    }
    assert deaths >= N_DAYS // 3
    assert len(unsure) <= deaths


def _assigned(day: int, n: int) -> Assigned:
    number = day * 100 + n
    date = (FIRST + timedelta(days=day)).date().isoformat()
    record = Record(
        source="s", source_id=str(number), title=f"Paper {number} of its day", submitted=date
    )
    return Assigned(record=record, origin="o", fingerprint="f", line=number, paper=None)


def _told(message) -> list[int]:  # type: ignore[no-untyped-def]
    text = message.get_body(("plain",)).get_content()
    return [int(n) for n in re.findall(r"^Paper (\d+) of", text, re.MULTILINE)]


def _turn(library: Path, server: MailServer, moment: datetime) -> subprocess.Popen[str]:
    mail = (
        f'{{"host": "{server.host}", "port": {server.port}, "security": "none", '
        '"sender": "Paper <paper@example.org>"}'
    )
    environment = os.environ | {
        "BROADSHEET_ADDRESS": "https://paper.example",
        "BROADSHEET_MAIL": mail,
        "PYTHONPATH": str(Path(broadsheet.__file__).parents[1]),
    }
    return subprocess.Popen(
        [sys.executable, str(TURN), str(library), moment.isoformat()],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def _killed(library: Path, server: MailServer, moment: datetime, *, after_s: float) -> int:
    """Start a turn and kill it a while after the library is open; return whether it died."""
    process = _turn(library, server, moment)
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    time.sleep(after_s)
    process.kill()
    process.wait()
    said = process.stdout.read()
    process.stdout.close()
    return int("done" not in said)
