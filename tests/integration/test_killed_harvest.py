"""A harvest is killed at any moment; the next one goes on at the same page."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from tests.broadsheet.harvest.servers import Oai, serving

from broadsheet.model.query import Filters
from broadsheet.store import open_store

N_PAPERS = 120


@pytest.mark.integration
@pytest.mark.slow
def test_every_paper_comes_once_however_often_it_is_killed(tmp_path: Path) -> None:
    oai = Oai(page_size=5)
    for number in range(1, N_PAPERS + 1):
        oai.put(number, day="2026-11-18")
    rng = random.Random(3)
    n_pages, deaths = N_PAPERS // 5, 0
    with serving(oai) as server:
        while oai.answered < n_pages - 6 and deaths < 12:
            process = _start(tmp_path, server.base)
            _wait_for_page(oai, process)
            time.sleep(rng.uniform(0, 0.08))
            process.send_signal(signal.SIGKILL)
            process.wait()
            deaths += 1
        last = _start(tmp_path, server.base)
        assert last.wait(timeout=120) == 0
    with closing(open_store(folder=tmp_path)) as store:
        papers = store.listing(Filters(), limit=1000).papers
        (state,) = store.harvests()
        assert store.counts().source_records == N_PAPERS
    assert sorted(paper.id for paper in papers) == sorted(oai.records)
    assert state.request is None
    assert deaths >= 3
    assert state.pages == n_pages
    # What was acknowledged is not asked for again: at most one page a death is asked twice.
    assert oai.answered <= n_pages + deaths


def _start(folder: Path, base: str) -> subprocess.Popen[bytes]:
    settings = f'{{"arxiv": {{"base": "{base}", "interval_s": 0.02}}}}'
    return subprocess.Popen(
        [sys.executable, "-m", "broadsheet", "-L", str(folder), "sync", "arxiv"],
        env=os.environ | {"BROADSHEET_SOURCES": settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _wait_for_page(oai: Oai, process: subprocess.Popen[bytes]) -> None:
    """Wait until the process has been given one more page."""
    before, until = oai.answered, time.monotonic() + 60
    while oai.answered == before and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
