"""Bytes out of a compressed file, told by its first bytes, in steps of bounded size.

A file of several members is read to its end. What was read before a damage is handed out first;
then the damage is raised, so that nothing before it is lost.
"""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from typing import BinaryIO, Protocol

import zstandard

from broadsheet.model.errors import SourceError

_STEP_BYTES = 65_536
_ZSTD_STEP_BYTES = 256  # one step can yield 2**15 times as much, and zstd has no bound of its own
_OUTPUT_BYTES = 1 << 20
_MEMORY_BYTES = 1 << 28


class _Member(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def more(self, data: bytes) -> bytes: ...


def uncompressed(raw: BinaryIO) -> io.RawIOBase:
    """Return a stream of what raw holds, from its start, whatever it is packed with.

    Raises:
        SourceError: from reading: the archive is damaged or ends too early.
    """
    magic = raw.read(6)
    raw.seek(0)
    for start, member, step in _KINDS:
        if magic.startswith(start):
            return _Uncompressed(raw, start, member, step)
    return _Plain(raw)


class _Plain(io.RawIOBase):
    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            data = self._raw.read(min(len(buffer), 1 << 17))
        except OSError as e:
            raise SourceError(f"the file cannot be read: {e.strerror}") from e
        buffer[: len(data)] = data
        return len(data)


class _Uncompressed(io.RawIOBase):
    def __init__(
        self, raw: BinaryIO, magic: bytes, member: Callable[[], "_Member"], step: int
    ) -> None:
        self._raw = raw
        self._magic = magic
        self._make = member
        self._step = step
        self._member = member()
        self._ready = b""
        self._is_done = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._ready and not self._is_done:
            self._ready = self._advance()
        part = self._ready[: len(buffer)]
        buffer[: len(part)] = part
        self._ready = self._ready[len(part) :]
        return len(part)

    def _advance(self) -> bytes:
        try:
            if self._member.eof:
                return self._next_member()
            data = self._member.more(b"")
            if data or self._member.eof:
                return data
            step = self._raw.read(self._step)
            if not step:
                self._is_done = True
                raise SourceError("the archive ends too early")
            return self._member.more(step)
        except (zlib.error, lzma.LZMAError, zstandard.ZstdError, OSError, EOFError) as e:
            if isinstance(e, SourceError):
                raise
            self._is_done = True
            raise SourceError("the archive is damaged") from e

    def _next_member(self) -> bytes:
        """Begin the next member, if one follows; zeros that pad the end are passed over."""
        rest = self._member.unused_data.lstrip(b"\0")
        while not rest and (step := self._raw.read(_STEP_BYTES)):
            rest = step.lstrip(b"\0")
        if not rest:
            self._is_done = True
            return b""
        rest += self._raw.read(len(self._magic))
        if not rest.startswith(self._magic):
            self._is_done = True
            raise SourceError("the archive is followed by something else")
        self._member = self._make()
        return self._member.more(rest)


class _Gzip:
    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def more(self, data: bytes) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, _OUTPUT_BYTES)


class _Bounded:
    """bz2 and xz, which keep what they have not used yet."""

    def __init__(self, inner: "bz2.BZ2Decompressor | lzma.LZMADecompressor") -> None:
        self._inner = inner

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def more(self, data: bytes) -> bytes:
        if not data and self._inner.needs_input:
            return b""
        return self._inner.decompress(data, _OUTPUT_BYTES)


class _Zstd:
    def __init__(self) -> None:
        whole = zstandard.ZstdDecompressor(max_window_size=_MEMORY_BYTES)
        self._inner = whole.decompressobj(write_size=32_768)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def more(self, data: bytes) -> bytes:
        return self._inner.decompress(data) if data else b""


def _xz() -> _Bounded:
    return _Bounded(lzma.LZMADecompressor(memlimit=_MEMORY_BYTES))


def _bz2() -> _Bounded:
    return _Bounded(bz2.BZ2Decompressor())


_KINDS: tuple[tuple[bytes, Callable[[], _Member], int], ...] = (
    (b"\x1f\x8b", _Gzip, _STEP_BYTES),
    (b"\xfd7zXZ\0", _xz, _STEP_BYTES),
    (b"\x28\xb5\x2f\xfd", _Zstd, _ZSTD_STEP_BYTES),
    (b"BZh", _bz2, _STEP_BYTES),
)
