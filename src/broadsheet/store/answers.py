"""Servers' answers as they came, compressed, kept where the settings ask for it."""

import zstandard
from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from broadsheet.model.errors import StoreError
from broadsheet.model.harvest import RawAnswer
from broadsheet.store.schema import answers, source_records

_LEVEL = 6  # text shrinks to about a fifth, at some 100 MB a second


def save(connection: Connection, answer: RawAnswer, *, fingerprint: str) -> None:
    """Keep an answer under the name of the content that its records bear."""
    row = {
        "fingerprint": fingerprint,
        "source": answer.source,
        "url": answer.url,
        "at": answer.at,
        "body": zstandard.ZstdCompressor(level=_LEVEL).compress(answer.body),
    }
    connection.execute(insert(answers).values(row).on_conflict_do_nothing())


def of_paper(connection: Connection, key: int) -> list[RawAnswer]:
    """Return the kept answers that brought a paper's records last, oldest first."""
    brought = select(source_records.c.fingerprint).where(source_records.c.paper == key)
    chosen = select(answers).where(answers.c.fingerprint.in_(brought)).order_by(answers.c.at)
    return [
        RawAnswer(source=row.source, url=row.url, at=row.at, body=_plain(row.body, row.url))
        for row in connection.execute(chosen)
    ]


def _plain(body: bytes, url: str) -> bytes:
    try:
        return zstandard.ZstdDecompressor().decompress(body)
    except zstandard.ZstdError as e:
        raise StoreError(f"The kept answer of {url} is damaged.") from e
