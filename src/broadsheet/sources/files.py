"""The door to files: opened, uncompressed, recognised by their content (`model.ports.Sources`)."""

import hashlib
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from broadsheet.model.errors import SourceError
from broadsheet.model.importing import Located, Reject
from broadsheet.model.ports import Clock
from broadsheet.model.source_ports import Format
from broadsheet.sources.ahead import read_ahead, read_here
from broadsheet.sources.decompress import uncompressed
from broadsheet.sources.formats import formats

_HEAD_BYTES = 262_144
_JSON_NAMES = (".jsonl", ".ndjson", ".json")
_COMPRESSED_NAMES = (".gz", ".xz", ".zst", ".bz2")
_NOT_PAPERS = (
    (b"PK\x03\x04", "a zip archive: unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"),
    (b"SQLite format 3\0", "a database, not papers"),
    (b"%PDF-", "a PDF, not papers"),
    (b"\xff\xfe", "not UTF-8: save it as UTF-8"),
    (b"\xfe\xff", "not UTF-8: save it as UTF-8"),
)


class FileSources:
    """Every format, in the order in which they are asked.

    Args:
        clock: the present moment, by which dates of the future are refused.
        ahead_bytes: files of at least that size are read by a process of their own, where there
            is a second core for it.
    """

    def __init__(self, *, clock: Clock, ahead_bytes: int = 8_000_000) -> None:
        self.clock = clock
        self.ahead_bytes = ahead_bytes
        self.formats = formats(clock)

    @contextmanager
    def open(self, path: Path, *, name: str) -> Iterator["OpenFile"]:
        """Open a file; `name` is how rejects call it.

        Raises:
            SourceError: the operating system does not let it be read.
        """
        try:
            raw = path.open("rb")
        except OSError as e:
            raise SourceError(f"{name} cannot be read: {e.strerror}.") from e
        with raw:
            opened = self._opened(raw, path, name)
            try:
                yield opened
            finally:
                opened.close()

    def _recognised(self, head: bytes) -> Format | None:
        return next((f for f in self.formats if f.recognises(head)), None)

    def _opened(self, raw: BinaryIO, path: Path, name: str) -> "OpenFile":
        try:
            digest = hashlib.file_digest(raw, "sha256")  # type: ignore[arg-type]
            size = raw.tell()
            raw.seek(0)
            head = _head(raw)
        except OSError as e:
            raise SourceError(f"{name} cannot be read: {e.strerror}.") from e
        # The name is part of it: the same content under another name is another origin.
        digest.update(b"\0" + path.name.encode("utf-8", "surrogateescape"))
        claims = _claims_records(path)
        refusal = _binary(head)
        source = None if refusal else self._recognised(head)
        if not refusal and source is None:
            refusal = _foreign(head)
        if not refusal and source is None and claims:
            source = next(f for f in self.formats if f.about.name == "exchange")
        if not refusal and source is None:
            refusal = "no format of papers that is known here"
        ahead = size >= self.ahead_bytes and (os.cpu_count() or 1) > 1
        return OpenFile(
            raw=raw,
            name=name,
            size_bytes=size,
            fingerprint=f"{size}-{digest.hexdigest()[:40]}",
            source=None if refusal else source,
            refusal=refusal,
            is_foreign=bool(refusal) and not claims,
            is_empty=not head.strip(b"\xef\xbb\xbf \t\r\n"),
            ahead_of=self.clock() if ahead else None,
        )


class OpenFile:
    """An open file of papers (`model.ports.OpenPapers`).

    Args:
        ahead_of: the present moment for the process that reads ahead; None to read here.
    """

    def __init__(
        self,
        *,
        raw: BinaryIO,
        name: str,
        size_bytes: int,
        fingerprint: str,
        source: Format | None,
        refusal: str = "",
        is_foreign: bool = False,
        is_empty: bool = False,
        ahead_of: datetime | None = None,
    ) -> None:
        self.raw = raw
        self.name = name
        self.size_bytes = size_bytes
        self.fingerprint = fingerprint
        self.source = source
        self.refusal = refusal
        self.is_foreign = is_foreign
        self.is_empty = is_empty
        self.ahead_of = ahead_of
        self._ahead: Generator[Located | Reject, None, None] | None = None

    def bytes_read(self) -> int:
        """Return how much of the file on disk has been read."""
        # Of the file itself, not of our buffer: the other process moves the same place.
        return os.lseek(self.raw.fileno(), 0, os.SEEK_CUR)

    def records(self, *, start: int = 0) -> Iterator[Located | Reject]:
        """Yield what stands in it from the place `start` (a `resume`) on."""
        if self.source is None:
            return iter(())
        if self.ahead_of is None:
            return read_here(self.raw, self.source, name=self.name, start=start)
        self._ahead = read_ahead(
            self.raw, self.source, name=self.name, start=start, moment=self.ahead_of
        )
        return self._ahead

    def close(self) -> None:
        """End the process that reads ahead, if there is one."""
        if self._ahead is not None:
            self._ahead.close()


def _head(raw: BinaryIO) -> bytes:
    stream = uncompressed(raw)
    parts: list[bytes] = []
    try:
        while sum(map(len, parts)) < _HEAD_BYTES and (part := stream.read(_HEAD_BYTES)):
            parts.append(part)
    except SourceError:
        pass  # damaged further on: what came before is read, the damage is named then
    return b"".join(parts)


def _claims_records(path: Path) -> bool:
    name = path.name.lower()
    for ending in _COMPRESSED_NAMES:
        name = name.removesuffix(ending)
    return name.endswith(_JSON_NAMES)


def _binary(head: bytes) -> str:
    """Return what a file is that no format can be, or an empty string."""
    for magic, reason in _NOT_PAPERS:
        if head.startswith(magic):
            return reason
    return "a tar archive: unpack it first" if head[257:262] == b"ustar" else ""


def _foreign(head: bytes) -> str:
    """Return what a file is that no format has recognised, where that can be told."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:200].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "an HTML page, not papers"
    if start.startswith(b"<"):
        return "XML of a kind that is not known here"
    if start.startswith(b"["):
        return "a JSON list of a kind that is not known here: write one object a line"
    return ""
