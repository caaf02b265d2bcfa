"""Nothing that stands in a file makes a source raise."""

import gzip
import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.broadsheet.sources.mutations import read_file

from broadsheet.model.importing import Located, Reject

ROW = {
    "id": "1706.03762",
    "title": "A {\\it title} with $x$",
    "abstract": "Some \\'etudes~of ``things''.",
    "authors": ["Ada L", {"given": "B", "family": "C"}],
    "categories": ["cs.CL"],
    "date": "2017-06-12",
    "versions": [{"version": "v1", "date": "2017"}],
    "year": 2017,
}
SNAPSHOT = {
    "id": "hep-th/9901001",
    "title": "T",
    "authors": "A (B), C and D",
    "authors_parsed": [["A", "B", ""]],
    "categories": "hep-th",
    "versions": [{"version": "v1", "created": "Fri, 1 Jan 1999 10:00:00 GMT"}],
    "update_date": "2008-11-26",
}
PAGE = f"Mar 13\n\nA Title\n\n{'Words of an abstract. ' * 30}\n\nB\n\n{'More words. ' * 60}\n"
SEEDS = [
    (json.dumps(ROW) + "\n").encode() * 3,
    (json.dumps(SNAPSHOT) + "\n").encode() * 3,
    PAGE.encode(),
]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def read(data: bytes) -> list[Located | Reject]:
    """Read data as a file by its content; check what every record must fulfil."""
    with tempfile.TemporaryDirectory() as folder:
        return read_file(Path(folder) / "a.jsonl", data)


@given(st.sampled_from(SEEDS), st.data())
@settings(max_examples=150, deadline=None)
def test_mutated_bytes(seed: bytes, data: st.DataObject) -> None:
    mutated = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(mutated) - 1))
        piece = data.draw(st.binary(max_size=4))
        mutated[at : at + data.draw(st.integers(0, 4))] = piece
        mutated = mutated or bytearray(b"x")
    read(bytes(mutated))


@given(st.sampled_from([ROW, SNAPSHOT]), st.data())
@settings(max_examples=200, deadline=None)
def test_any_value_under_any_key(row: dict[str, object], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from([*sorted(row), "arxiv", "doi", "listed", "venues"]))
    changed = row | {key: data.draw(values)}
    read(json.dumps(changed).encode())


@given(st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_bytes(data: bytes) -> None:
    read(data)


@given(st.integers(0, 200), st.integers(0, 255))
@settings(max_examples=60, deadline=None)
def test_damaged_archives(at: int, value: int) -> None:
    packed = bytearray(gzip.compress(SEEDS[0]))
    packed[at % len(packed)] = value
    read(bytes(packed))
