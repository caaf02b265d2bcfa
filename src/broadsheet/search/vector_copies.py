"""The files of vectors as they belong together at one moment, for a backup.

Files are never changed once they are written; the manifest of a folder names those that count.
What is opened stays readable though a writer removes it, so nothing has to be locked or copied
aside. The note of how far a folder covers the papers is read before the manifest: vectors may be
more than it claims, never fewer.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from broadsheet.model.backup import VECTORS, HeldFile, Member
from broadsheet.model.errors import BroadsheetError, IndexBrokenError
from broadsheet.model.ports import Progress
from broadsheet.search.border import engine_errors
from broadsheet.search.vector_folders import IN_USE
from typecase.data.store_manifest import MANIFEST, file_entries, read_header

_TRIES = 20
_CHUNK_BYTES = 1 << 20


class VectorFiles:
    """The vectors of a library (`model.backup.Vectors`).

    Args:
        root: the folder of all models' vectors.
    """

    def __init__(self, *, root: Path) -> None:
        self.root = root

    @contextmanager
    def held(self, progress: Progress | None) -> Iterator[tuple[Sequence[HeldFile], Sequence[str]]]:
        """Open the vectors of every model, each file compared with its checksum.

        Gives the files and, for each model whose vectors are damaged, why they were left out.
        """
        with ExitStack() as stack:
            files, left_out = self._note(), []
            for folder in sorted(path.parent for path in self.root.glob(f"*/{MANIFEST}")):
                try:
                    held = _opened(folder, stack)
                    _compare(held, progress)
                    files += held
                except BroadsheetError as e:
                    left_out.append(f"vectors {folder.name}: {e}")
            yield files, left_out

    def _note(self) -> list[HeldFile]:
        return _small(self.root / IN_USE, IN_USE)


def _opened(folder: Path, stack: ExitStack) -> list[HeldFile]:
    """Open the files of one model, all of one state of its manifest."""
    for _ in range(_TRIES):
        with ExitStack() as ours, engine_errors("reading the vectors"):
            try:
                held = _of_one_state(folder, ours)
            except FileNotFoundError:  # a writer has replaced some meanwhile
                continue
            if held:
                stack.push(ours.pop_all())
                return held
    raise IndexBrokenError("Files that the manifest names are missing.")


def _of_one_state(folder: Path, stack: ExitStack) -> list[HeldFile]:
    """Return the open files; nothing when the manifest was replaced meanwhile."""
    notes = _small(folder.with_suffix(".json"), f"{folder.name}.json")
    manifest = _small(folder / MANIFEST, f"{folder.name}/{MANIFEST}")
    files = []
    for entry in file_entries(read_header(folder)):
        stream = stack.enter_context((folder / entry["file"]).open("rb"))
        files.append(_file(f"{folder.name}/{entry['file']}", stream, entry))
    after = _small(folder / MANIFEST, f"{folder.name}/{MANIFEST}")
    is_same = [file.member for file in manifest] == [file.member for file in after]
    return notes + files + manifest if is_same else []


def _small(path: Path, name: str) -> list[HeldFile]:
    """Return a note, which is replaced as a whole, read; nothing when there is none."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    entry = {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return [_file(name, BytesIO(content), entry)]


def _file(name: str, stream: IO[bytes], entry: dict[str, Any]) -> HeldFile:
    member = Member(
        name=f"{VECTORS}/{name}", size_bytes=entry["size_bytes"], sha256=entry["sha256"]
    )
    return HeldFile(member=member, stream=stream)


def _compare(held: Sequence[HeldFile], progress: Progress | None) -> None:
    """Read all and compare it with its checksums.

    Raises:
        IndexBrokenError: a file was cut or changed; the message names it.
    """
    total, done = sum(file.member.size_bytes for file in held), 0
    for file in held:
        digest, n_bytes = hashlib.sha256(), 0
        while chunk := file.stream.read(_CHUNK_BYTES):
            digest.update(chunk)
            n_bytes += len(chunk)
            if progress is not None:
                progress("reading vectors, MB", (done + n_bytes) >> 20, total >> 20)
        file.stream.seek(0)
        done += n_bytes
        if (n_bytes, digest.hexdigest()) != (file.member.size_bytes, file.member.sha256):
            raise IndexBrokenError(f"{file.member.name} is damaged.")
