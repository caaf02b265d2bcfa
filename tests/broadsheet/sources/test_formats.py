"""Formats of other distributions."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest
from tests.broadsheet.sources.mutations import NOW

from broadsheet.sources import all_wires, formats
from broadsheet.sources.formats import _others

MODULE = """
from broadsheet.model.harvest import About
from broadsheet.sources.arxiv_oai import ArxivOai

class Preprints(ArxivOai):
    about = About(name="preprints", title="Preprints", gives="", rules="", home="")

class Arxiv(ArxivOai):
    pass
"""
ENTRIES = """[broadsheet.sources]
a_twin = other_papers:Arxiv
b_broken = other_papers:Nothing
c_preprints = other_papers:Preprints
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    info = tmp_path / "other_papers-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other-papers\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRIES)
    (tmp_path / "other_papers.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    _others.cache_clear()
    return tmp_path


def test_another_distribution_adds_a_source(site: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        names = [one.about.name for one in formats(lambda: NOW)]
    _others.cache_clear()
    assert names[-3:] == ["preprints", "exchange", "portal_page"]
    assert names.count("arxiv") == 1
    assert "a_twin is left out: there is a source 'arxiv' already" in caplog.text
    assert "b_broken is left out" in caplog.text


def test_it_can_be_asked_for_in_a_process_of_its_own(site: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(site)!r})\n"
        "from datetime import UTC, datetime\n"
        "from broadsheet.sources import all_wires\n"
        "print('preprints' in all_wires(lambda: datetime.now(UTC)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_every_source_has_a_name_of_its_own_and_says_what_it_is() -> None:
    found = [one.about for one in formats(lambda: NOW)]
    assert len({about.name for about in found}) == len(found)
    for about in found:
        assert about.title
        assert about.gives
        assert about.rules
        assert about.home
    for name, wire in all_wires(lambda: NOW).items():
        assert wire.about.name == name
        assert wire.about.interval_s > 0
