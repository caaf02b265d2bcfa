"""One folder of vectors for each model, and which of them is searched."""

import contextlib
import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from broadsheet.search.border import engine_errors
from typecase.base.errors import CorruptFileError
from typecase.base.files import make_folder, read_manifest, write_manifest
from typecase.data.segments import MANIFEST

IN_USE = "in-use.json"
"""The note that says which folder is searched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorFolder:
    """Where the vectors of a model are.

    Args:
        model: how the model is called in the settings.
        model_id: what its vectors depend on.
        path: of the `VectorStore`.
    """

    model: str
    model_id: str
    path: Path

    @property
    def notes(self) -> Path:
        """The file beside the folder that says whose it is and how far it has come."""
        return self.path.with_suffix(".json")


class VectorFolders:
    """The folder `vectors` of a library.

    Args:
        root: the folder; made when something is written.
    """

    def __init__(self, *, root: Path) -> None:
        self.root = root

    def of(self, *, model: str, model_id: str) -> VectorFolder:
        """Return the place of a model's vectors, there or not."""
        name = hashlib.blake2b(model_id.encode(), digest_size=6).hexdigest()
        return VectorFolder(model=model, model_id=model_id, path=self.root / name)

    def in_use(self) -> VectorFolder | None:
        """Return the folder that is searched; None when none was put in use, or its note is off."""
        try:
            note = read_manifest(self.root / IN_USE)
            return self.of(model=str(note["model"]), model_id=str(note["model_id"]))
        except (FileNotFoundError, CorruptFileError, KeyError):
            return None

    def put_in_use(self, folder: VectorFolder) -> None:
        """Search this folder from now on."""
        with engine_errors("writing the vectors"):
            make_folder(self.root)
            write_manifest(self.root / IN_USE, {"model": folder.model, "model_id": folder.model_id})

    def has_others(self, folder: VectorFolder) -> bool:
        """Return whether another folder than this one holds vectors."""
        return any(path.parent != folder.path for path in self.root.glob(f"*/{MANIFEST}"))

    def keep_only(self, *folders: VectorFolder) -> None:
        """Remove the vectors of all other models."""
        names = {IN_USE} | {name for f in folders for name in (f.path.name, f.notes.name)}
        for path in self.root.iterdir():
            if path.name not in names:
                _remove(path)

    def covered(self, folder: VectorFolder) -> int:
        """Return the `seq` up to which every paper has its vector; 0 when unknown."""
        try:
            return int(read_manifest(folder.notes)["seq"])
        except (FileNotFoundError, CorruptFileError, KeyError):
            return 0

    def set_covered(self, folder: VectorFolder, seq: int) -> None:
        """Keep up to which `seq` every paper has its vector."""
        with engine_errors("writing the vectors"):
            make_folder(self.root)
            write_manifest(
                folder.notes, {"model": folder.model, "model_id": folder.model_id, "seq": seq}
            )

    def doubt(self, folder: VectorFolder) -> None:
        """Forget that the folder covers anything: whoever embeds next opens and mends it."""
        _remove(folder.notes)

    def remove(self, folder: VectorFolder) -> None:
        """Delete a folder and its note, as after damage: it is made anew from the papers."""
        _remove(folder.notes)
        _remove(folder.path)


def stamp_of(path: Path) -> tuple[int, int] | None:
    """Return what changes whenever a file is replaced; None when it is not there."""
    try:
        stat = os.stat(path)  # noqa: PTH116 (a Path costs more)
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_ino


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
