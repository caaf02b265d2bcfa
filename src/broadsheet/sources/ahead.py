"""Reading ahead: a large file's records are made in a process of their own.

Decoding, checking and cleaning take a third of an import; with a second core they cost nothing,
because they are done while the records before them go into the database. The process reads the
file that this one has opened and writes frames of items to a pipe. When this process ends, however
it ends, the pipe breaks and so does the other's work.
"""

import io
import queue
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import closing
from datetime import datetime
from typing import BinaryIO, cast

import msgspec

from broadsheet.model.importing import Located, Reject
from broadsheet.model.source_ports import Format
from broadsheet.sources.decompress import uncompressed

_FRAMES_AHEAD = 12
LENGTH_BYTES = 8


class Item(msgspec.Struct, array_like=True):
    """One of the two."""

    located: Located | None
    reject: Reject | None


_decode = msgspec.msgpack.Decoder(list[Item]).decode


def read_here(
    raw: BinaryIO, source: Format, *, name: str, start: int
) -> Iterator[Located | Reject]:
    """Yield what stands in the open file raw, from the place `start` on."""
    raw.seek(0)
    stream = cast(BinaryIO, io.BufferedReader(uncompressed(raw), 1 << 17))
    return source.read(stream, file=name, start=start)


def read_ahead(
    raw: BinaryIO, source: Format, *, name: str, start: int, moment: datetime
) -> Generator[Located | Reject, None, None]:
    """Yield the same as `read_here`, made by a process of its own.

    Where that process cannot be started, or ends before its work does, reading goes on here.

    Args:
        moment: the present, by which dates of the future are refused.
    """
    resume = start
    words = [source.about.name, name, str(start), moment.isoformat()]
    with closing(_from_process(raw, words)) as items:
        for item in items:
            if item is None:
                return
            resume = item.resume
            yield item
    yield from read_here(raw, source, name=name, start=resume)


def _from_process(
    raw: BinaryIO, words: list[str]
) -> Generator[Located | Reject | None, None, None]:
    """Yield items and, when the process has come to the end of the file, None."""
    raw.seek(0)
    command = [sys.executable, "-m", "broadsheet.sources.reading_process", *words]
    try:
        process = subprocess.Popen(command, stdin=raw, stdout=subprocess.PIPE)  # noqa: S603
    except OSError:
        return
    frames: queue.Queue[bytes | None] = queue.Queue(_FRAMES_AHEAD)
    is_wanted = threading.Event()
    is_wanted.set()
    pipe = cast(BinaryIO, process.stdout)
    thread = threading.Thread(target=_receive, args=(pipe, frames, is_wanted), daemon=True)
    thread.start()
    try:
        while (frame := frames.get()) is not None:
            if not frame:
                yield None
                return
            for item in _decode(frame):
                yield item.located or item.reject
    finally:
        is_wanted.clear()
        process.kill()
        while thread.is_alive():
            _empty(frames)
            thread.join(0.01)
        pipe.close()
        process.wait()


def _receive(
    pipe: BinaryIO, frames: "queue.Queue[bytes | None]", is_wanted: threading.Event
) -> None:
    """Put frames into the queue: an empty one at the end of the file, None when the pipe breaks."""
    while is_wanted.is_set():
        length = pipe.read(LENGTH_BYTES)
        size = int.from_bytes(length, "big") if len(length) == LENGTH_BYTES else -1
        frame = pipe.read(size) if size > 0 else b""
        if size < 0 or len(frame) < size:
            frames.put(None)
            return
        frames.put(frame)
        if not frame:
            return


def _empty(frames: "queue.Queue[bytes | None]") -> None:
    try:
        while True:
            frames.get_nowait()
    except queue.Empty:
        return
