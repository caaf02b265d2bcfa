"""The file of a backup: a tar under zstd, the manifest first, then each member whole.

Reading trusts nothing: a member must have the name, the size and the checksum that the manifest
gives it, in its order, and be a plain file. Only plain headers are understood, so there is no
link, no device and no long name to be tricked with.
"""

import hashlib
import re
import tarfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO, BinaryIO

import msgspec
import zstandard

from broadsheet.model.backup import BackupManifest, HeldFile, Member
from broadsheet.model.errors import BackupError, LibraryVersionError
from broadsheet.model.library import LIBRARY_FILE

FORMAT = "broadsheet-backup"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"

_LEVEL = 3
_BLOCK = tarfile.BLOCKSIZE
_CHUNK_BYTES = 1 << 20
_TAKEN_BYTES = 1 << 12
"""So little is unpacked at once that even a bomb makes no more than 128 MB of it."""
_LARGEST_WINDOW = 1 << 27
_LARGEST_MANIFEST = 1 << 24
_LARGEST_MEMBER = 1 << 46
_NAME = re.compile(
    r"broadsheet\.(sqlite|toml)|indexes/vectors/([a-z0-9][a-z0-9_-]*/)?[a-z0-9][a-z0-9_.-]*\.[a-z]+"
)
_SHA256 = re.compile(r"[0-9a-f]{64}")

_decode = msgspec.json.Decoder(BackupManifest).decode
_decode_version = msgspec.json.Decoder(dict[str, object]).decode

Step = Callable[[int], None]
"""Takes how many bytes of members have passed."""

Sink = Callable[[Member], AbstractContextManager[IO[bytes]]]
"""Opens what a member's bytes are written to."""


def write_archive(
    file: IO[bytes], manifest: BackupManifest, held: Sequence[HeldFile], step: Step
) -> None:
    """Write a backup."""
    packer = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
    passing = _Passing(step)
    with (
        packer.stream_writer(file, closefd=False) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.GNU_FORMAT) as tar,
    ):
        said = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        tar.addfile(_header(MANIFEST, len(said)), BytesIO(said))
        for one in held:
            tar.addfile(_header(one.member.name, one.member.size_bytes), passing.of(one.stream))


def _header(name: str, size_bytes: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.size = size_bytes
    header.mode = 0o600
    return header


class _Passing:
    """Streams that are read one after the other, and how much has passed."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.done = 0
        self.stream: IO[bytes] = BytesIO()

    def of(self, stream: IO[bytes]) -> IO[bytes]:
        self.stream = stream
        return self  # type: ignore[return-value]  # tarfile asks for `read` alone

    def read(self, n_bytes: int) -> bytes:
        chunk = self.stream.read(n_bytes)
        self.done += len(chunk)
        self.step(self.done)
        return chunk


def read_manifest(path: Path) -> BackupManifest:
    """Return what a backup says that it holds.

    Raises:
        BackupError: it is no backup, or damaged.
        LibraryVersionError: a newer Broadsheet has written it.
    """
    with _opened(path) as file:
        return _manifest(_Unpacked(file, path))


def read_archive(path: Path, *, sink: Sink | None, step: Step) -> BackupManifest:
    """Read a backup from end to end, each member compared with the manifest; return that.

    Args:
        sink: where the members go; nowhere when None.

    Raises:
        BackupError: it is cut, damaged, or not what its manifest says; names the member.
        LibraryVersionError: a newer Broadsheet has written it.
    """
    with _opened(path) as file:
        unpacked = _Unpacked(file, path)
        manifest = _manifest(unpacked)
        done = 0
        for member in manifest.members:
            _read_member(unpacked, member, sink, partial(_further, step, done))
            done += member.size_bytes
        _read_end(unpacked)
    return manifest


def _further(step: Step, before: int, n_bytes: int) -> None:
    step(before + n_bytes)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as e:
        raise BackupError(f"The backup {path} cannot be read: {e.strerror}.") from e


def _manifest(unpacked: "_Unpacked") -> BackupManifest:
    unpacked.name = MANIFEST
    name, size_bytes = _next_header(unpacked)
    if name != MANIFEST or size_bytes > _LARGEST_MANIFEST:
        raise BackupError(f"{unpacked.path} is no backup of Broadsheet.")
    said = unpacked.take(size_bytes)
    unpacked.skip_padding(size_bytes)
    try:
        version = _decode_version(said).get("format_version")
        if isinstance(version, int) and version > FORMAT_VERSION:
            raise LibraryVersionError(
                f"{unpacked.path} was written by a newer Broadsheet (its format is {version}, "
                f"this one knows up to {FORMAT_VERSION}). Update Broadsheet to restore it."
            )
        manifest = _decode(said)
    except (msgspec.DecodeError, UnicodeDecodeError) as e:
        raise BackupError(f"{unpacked.path}: {MANIFEST} is damaged: {e}") from e
    _check_manifest(manifest, unpacked.path)
    return manifest


def _check_manifest(manifest: BackupManifest, path: Path) -> None:
    names = [member.name for member in manifest.members]
    for member in manifest.members:
        if not _NAME.fullmatch(member.name) or len(member.name) > 99:
            raise BackupError(f"{path} names {member.name[:80]!r}, which no backup holds.")
        if not 0 <= member.size_bytes <= _LARGEST_MEMBER or not _SHA256.fullmatch(member.sha256):
            raise BackupError(f"{path}: {MANIFEST} is damaged where it speaks of {member.name}.")
    if manifest.format != FORMAT or LIBRARY_FILE not in names or len(set(names)) < len(names):
        raise BackupError(f"{path}: {MANIFEST} is none of a backup.")


def _read_member(unpacked: "_Unpacked", member: Member, sink: Sink | None, step: Step) -> None:
    unpacked.name = member.name
    if _next_header(unpacked) != (member.name, member.size_bytes):
        raise BackupError(f"{unpacked.path}: {member.name} is not what the manifest says.")
    digest, left = hashlib.sha256(), member.size_bytes
    with sink(member) if sink is not None else BytesIO() as out:
        while left:
            chunk = unpacked.take(min(left, _CHUNK_BYTES))
            digest.update(chunk)
            if sink is not None:
                out.write(chunk)
            left -= len(chunk)
            step(member.size_bytes - left)
    if digest.hexdigest() != member.sha256:
        raise BackupError(f"{unpacked.path}: {member.name} is damaged: its checksum differs.")
    unpacked.skip_padding(member.size_bytes)


def _next_header(unpacked: "_Unpacked") -> tuple[str, int]:
    """Return the name and the size of the next member.

    Raises:
        BackupError: it is no plain file, or the header is damaged.
    """
    try:
        header = tarfile.TarInfo.frombuf(unpacked.take(_BLOCK), "ascii", "strict")
    except (tarfile.HeaderError, UnicodeError, ValueError) as e:
        raise BackupError(f"{unpacked.path} is damaged where {unpacked.name} should be.") from e
    if header.type != tarfile.REGTYPE or header.size < 0:
        raise BackupError(f"{unpacked.path}: {header.name[:80]!r} is no plain file.")
    return header.name, header.size


def _read_end(unpacked: "_Unpacked") -> None:
    unpacked.name = "the end"
    while chunk := unpacked.rest():
        if chunk.strip(b"\0"):
            raise BackupError(f"{unpacked.path} holds more than its manifest says.")


class _Unpacked:
    """The bytes under the zstd; a frame that is cut or followed by others is an error.

    Args:
        name: the member that is being read, for messages.
    """

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self.path = path
        self.name = MANIFEST
        self._file = file
        self._frame = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW).decompressobj()
        self._kept = memoryview(b"")

    def take(self, n_bytes: int) -> bytes:
        """Return the next n_bytes.

        Raises:
            BackupError: there are fewer.
        """
        parts, left = [], n_bytes
        while left:
            if not self._kept:
                self._kept = memoryview(self.rest())
                if not self._kept:
                    raise BackupError(f"{self.path} ends within {self.name}.")
            parts.append(self._kept[:left])
            left -= len(parts[-1])
            self._kept = self._kept[len(parts[-1]) :]
        return b"".join(parts)

    def skip_padding(self, size_bytes: int) -> None:
        """Pass over what fills a member up to whole blocks."""
        self.take(-size_bytes % _BLOCK)

    def rest(self) -> bytes:
        """Return some of what is left; nothing at the end."""
        if self._kept:
            kept, self._kept = self._kept, memoryview(b"")
            return bytes(kept)
        try:
            while not self._frame.eof:
                packed = self._file.read(_TAKEN_BYTES)
                if not packed:
                    raise BackupError(f"{self.path} is cut off within {self.name}.")
                if chunk := self._frame.decompress(packed):
                    return chunk
        except zstandard.ZstdError as e:
            raise BackupError(f"{self.path} is damaged within {self.name}, or no backup.") from e
        except OSError as e:
            raise BackupError(f"{self.path} cannot be read: {e.strerror}.") from e
        if self._frame.unused_data or self._file.read(1):
            raise BackupError(f"{self.path} holds more than a backup.")
        return b""
