"""Documents damaged on purpose, and what must hold for whatever is read from them."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Record
from broadsheet.sources import FileSources

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SOURCES = FileSources(clock=lambda: NOW)
_PIECES = (
    b"",
    b"\0",
    b"<",
    b">",
    b"&",
    b"&#0;",
    b'"',
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b"\\",
    b"\\u0000",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"null",
    b"-1",
    b"1e999",
    b"9" * 400,
    b"\n",
    b"\r\n",
    b"<![CDATA[",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
    "\u202e\U0001f600é".encode(),
)


def mutations(seed: bytes, n: int, *, random_state: int = 0) -> Iterator[bytes]:
    """Yield n damaged copies: bytes changed, cut, doubled, moved, and pieces put in."""
    rng = random.Random(random_state)
    for _ in range(n):
        data = bytearray(seed)
        for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
            _damage(data, rng)
        yield bytes(data)


def read_file(path: Path, data: bytes) -> list[Located | Reject]:
    """Read data as a file of that name and check what holds for every item."""
    path.write_bytes(data)
    with SOURCES.open(path, name=path.name) as papers:
        found = list(papers.records())
    for item in found:
        assert item.resume > 0
        if isinstance(item, Located):
            check(item.record)
        else:
            assert item.reason
            item.excerpt.encode()
    return found


def check(record: Record) -> None:
    """Check what holds for every record, wherever it came from."""
    assert record.title
    assert any(c.isalnum() for c in record.title)
    assert record.source
    assert record.source_id
    assert len(record.source_id) <= 300
    texts = [record.title, record.abstract, record.summary, record.comment, record.venue]
    texts += [record.journal_ref, record.licence, record.url, record.code, record.source_id]
    texts += [*record.authors, *record.keywords, *record.twins]
    said = "".join(texts)
    said.encode()
    assert "\0" not in said
    assert "\n" not in said
    for address in (record.url, record.code):
        assert not address or address.startswith(("https://", "http://"))
    days = [record.submitted, record.updated, record.announced, record.modified, record.featured]
    assert all(day is None or day <= "2027-11-23" for day in days)
    assert record.standing in ("", "withdrawn", "retracted")
    assert record.announced_as in ("", "new", "cross", "replace", "replace-cross", "expected")
    assert all(":" in twin and not twin.startswith(":") for twin in record.twins)


def _damage(data: bytearray, rng: random.Random) -> None:
    size = len(data)
    if size == 0:
        data += b"x"
        return
    at = rng.randrange(size)
    length = rng.choice((1, 1, 2, 5, 20, 200))
    kind = rng.randrange(6)
    if kind == 0:
        data[at] = rng.randrange(256)
    elif kind == 1:
        del data[at : at + length]
    elif kind == 2:
        data[at:at] = data[at : at + length]
    elif kind == 3:
        data[at:at] = rng.choice(_PIECES)
    elif kind == 4:
        del data[at:]
    else:
        other = rng.randrange(size)
        data[at : at + length] = data[other : other + length]
