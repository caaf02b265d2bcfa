"""What happened to a paper, on its page."""

import pytest

from broadsheet.model.events import Event
from broadsheet.web.happenings import happening


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Event(kind="new"), "First listed"),
        (Event(kind="version", detail={"number": 3}), "Version 3"),
        (
            Event(kind="cross-listed", detail={"categories": ["cs.IR", "stat.ML"]}),
            "Cross-listed in Information Retrieval, Statistics: Machine Learning",
        ),
        (Event(kind="published", detail={"venue": "ACL 2026"}), "Published: ACL 2026"),
        (Event(kind="withdrawn"), "Withdrawn"),
        (Event(kind="retracted"), "Retracted"),
        (Event(kind="featured"), "Featured"),
        (Event(kind="code", detail={"address": "https://example.org"}), "Code appeared"),
    ],
)
def test_each_kind_has_its_line(event: Event, line: str) -> None:
    assert happening(event, "arxiv") == line
