"""Which recorded samples the formats of libraries and of the Anthology call theirs."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from broadsheet.sources.acl_anthology import AclAnthology
from broadsheet.sources.bibtex import BibTeX
from broadsheet.sources.csl_json import CslJson
from broadsheet.sources.ris import Ris
from broadsheet.sources.zotero import Zotero


@pytest.mark.shared
def test_each_claims_its_own_samples_and_no_others(
    clock: Callable[[], datetime], shared_data: Path
) -> None:
    formats = [made(clock=clock) for made in (AclAnthology, Zotero, CslJson, BibTeX, Ris)]
    names = {one.about.name for one in formats}
    for sample in sorted((shared_data / "samples").glob("*/*")):
        head = sample.read_bytes()[:262_144]
        claimed = [one.about.name for one in formats if one.recognises(head)]
        folder = sample.parent.name
        assert claimed == ([folder] if folder in names else []), sample
