"""Bytes out of compressed files."""

import bz2
import gzip
import io
import lzma
import tracemalloc
from collections.abc import Callable

import pytest
import zstandard

from broadsheet.model.errors import SourceError
from broadsheet.sources.decompress import uncompressed

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "xz": lzma.compress,
    "bz2": bz2.compress,
    "zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}
TEXT = b"".join(b"line %d\n" % n for n in range(50_000))


@pytest.fixture(params=sorted(PACKERS))
def pack(request: pytest.FixtureRequest) -> Callable[[bytes], bytes]:
    return PACKERS[request.param]


def read(data: bytes) -> bytes:
    return io.BufferedReader(uncompressed(io.BytesIO(data))).read()


def read_until_damage(data: bytes) -> tuple[bytes, str]:
    stream = uncompressed(io.BytesIO(data))
    parts = []
    try:
        while part := stream.read(1 << 16):
            parts.append(part)
    except SourceError as e:
        return b"".join(parts), str(e)
    pytest.fail("no damage was found")


def test_what_was_packed_comes_out(pack: Callable[[bytes], bytes]) -> None:
    assert read(pack(TEXT)) == TEXT
    assert read(pack(b"")) == b""


def test_plain_files_come_out_as_they_are() -> None:
    assert read(TEXT) == TEXT
    assert read(b"") == b""


def test_several_members_come_out_one_after_the_other(pack: Callable[[bytes], bytes]) -> None:
    assert read(pack(b"one\n") + pack(b"two\n")) == b"one\ntwo\n"


def test_zeros_at_the_end_are_padding() -> None:
    assert read(gzip.compress(TEXT) + bytes(100_000)) == TEXT


def test_everything_before_a_truncation_comes_out(pack: Callable[[bytes], bytes]) -> None:
    packed = pack(TEXT)
    before, message = read_until_damage(packed[: len(packed) * 2 // 3])
    assert message == "the archive ends too early"
    assert TEXT.startswith(before)


def test_damage_is_named(pack: Callable[[bytes], bytes]) -> None:
    packed = bytearray(pack(TEXT))
    middle = len(packed) // 2
    packed[middle : middle + 40] = bytes(40)
    before, message = read_until_damage(bytes(packed))
    assert message in ("the archive is damaged", "the archive ends too early")
    assert before != TEXT


def test_something_else_after_an_archive_is_named(pack: Callable[[bytes], bytes]) -> None:
    before, message = read_until_damage(pack(TEXT) + b"not an archive")
    assert before == TEXT
    assert message == "the archive is followed by something else"


def test_a_bomb_is_read_in_small_steps(pack: Callable[[bytes], bytes]) -> None:
    packed = pack(bytes(80_000_000))
    stream = uncompressed(io.BytesIO(packed))
    tracemalloc.start()
    try:
        n_bytes = 0
        while part := stream.read(1 << 16):
            n_bytes += len(part)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert n_bytes == 80_000_000
    assert peak < 30_000_000
