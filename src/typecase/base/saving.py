"""Save and load an estimator as a folder: `manifest.json` and one .npy file an array. No pickle.

New array files get new names; the rename of the manifest is the moment of change; only then the
old files go. A kill at any moment leaves the old state or the new one.

The manifest says format version, class, room, library version, parameters, and for every array
file, dtype, shape, size and sha256; it carries a checksum of itself.
"""

import importlib.metadata
import json
import re
import secrets
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

from typecase.base.errors import CorruptFileError, FormatVersionError, InvalidInputError
from typecase.base.estimator import Estimator
from typecase.base.files import (
    folder_lock,
    make_folder,
    read_array,
    read_manifest,
    remove_temporaries,
    storage_errors,
    write_array,
    write_manifest,
)
from typecase.base.registry import get

FORMAT = "typecase-estimator"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"

E = TypeVar("E", bound=Estimator)

_OUR_ARRAY = re.compile(r"\.(?P<token>[0-9a-f]{8})\.npy$")


def save(estimator: Estimator, folder: str | Path) -> None:
    """Write a fitted estimator into a folder; an older one there is replaced in one step.

    Raises:
        NotFittedError: it is not fitted.
        InvalidInputError: a parameter or a fitted value cannot be written, or the folder holds
            something else.
        LockedError: another process is saving there.
        StorageError: the disk refused; what was there before is still there.
    """
    estimator.check_fitted()
    folder = Path(folder)
    make_folder(folder)
    _check_target(folder)
    with storage_errors(f"saving {folder}"), folder_lock(folder):
        token = secrets.token_hex(4)
        entry = _write(estimator, folder, prefix="", token=token)
        header = {"format": FORMAT, "version": FORMAT_VERSION, "library": _library_version()}
        write_manifest(folder / MANIFEST, header | {"estimator": entry})
        _remove_others(folder, keep=token)


def load(
    folder: str | Path, *, cls: type[E] | None = None, mmap: bool = False, verify: bool = True
) -> E:
    """Read an estimator from a folder.

    Args:
        cls: the class that is expected; without it the class is looked up in the registry.
        mmap: leave the arrays on disk, as read-only memory maps.
        verify: compare every file's sha256, which reads all of it. Sizes are always compared.

    Raises:
        StorageError: the folder or its manifest is not there.
        CorruptFileError: a file was changed, cut off or lost; the message names it.
        FormatVersionError: the folder was written by a newer version.
        InvalidInputError: it holds another class than cls.
    """
    folder = Path(folder)
    for attempt in (1, 2, 3):
        manifest = _read_header(folder)
        try:
            return cast(E, _read(manifest["estimator"], folder, cls, mmap=mmap, verify=verify))
        except CorruptFileError:
            # A save may have replaced the files between the two reads.
            if attempt == 3 or _read_header(folder) == manifest:
                raise
    raise AssertionError("unreachable")


def _read_header(folder: Path) -> dict[str, Any]:
    with storage_errors(f"opening {folder}"):
        manifest = read_manifest(folder / MANIFEST)
    if manifest.get("format") != FORMAT:
        raise CorruptFileError(f"{folder / MANIFEST} is not the manifest of an estimator.")
    if manifest["version"] > FORMAT_VERSION:
        raise FormatVersionError(
            f"{folder} has format {manifest['version']}, this version reads up to "
            f"{FORMAT_VERSION}. Upgrade, or fit and save again with this version."
        )
    return manifest


def _check_target(folder: Path) -> None:
    """Refuse a folder of something else; what a killed first save left there is fine."""
    if (folder / MANIFEST).exists():
        _read_header(folder)
        return
    for path in folder.iterdir():
        if not path.name.startswith(".") and not _OUR_ARRAY.search(path.name):
            raise InvalidInputError(f"{folder} holds {path.name} and no estimator. Save elsewhere.")


def _write(estimator: Estimator, folder: Path, *, prefix: str, token: str) -> dict[str, Any]:
    cls = type(estimator)
    entry: dict[str, Any] = {"class": cls.__name__, "room": cls.room}
    state = estimator.get_state() if estimator.is_fitted() else {}  # a parameter may be unfitted
    for part, values in (("params", estimator.get_params()), ("state", state)):
        entry[part] = {
            name: _write_value(value, folder, f"{prefix}{name}", token)
            for name, value in values.items()
        }
    return entry


def _write_value(value: Any, folder: Path, name: str, token: str) -> dict[str, Any]:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            raise InvalidInputError(f"{name} cannot be saved: it holds Python objects.")
        return {"array": write_array(folder / f"{name}.{token}.npy", value)}
    if isinstance(value, Estimator):
        return {"estimator": _write(value, folder, prefix=f"{name}.", token=token)}
    try:
        plain = json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError):
        hint = " Pass a seed instead." if isinstance(value, np.random.Generator) else ""
        raise InvalidInputError(
            f"{name} cannot be saved: {type(value).__name__} is not JSON.{hint}"
        ) from None
    return {"value": plain}


def _read(
    entry: dict[str, Any], folder: Path, cls: type[Estimator] | None, *, mmap: bool, verify: bool
) -> Estimator:
    if cls is None or cls.__name__ != entry["class"]:
        if cls is not None and not (entry["room"] and cls.room == entry["room"]):
            raise InvalidInputError(f"{folder} holds {entry['class']}, not {cls.__name__}.")
        found = get(entry["room"], entry["class"])
        if cls is not None and not issubclass(found, cls):
            raise InvalidInputError(f"{folder} holds {entry['class']}, not {cls.__name__}.")
        cls = found

    def read_all(values: dict[str, Any]) -> dict[str, Any]:
        return {n: _read_value(v, folder, mmap=mmap, verify=verify) for n, v in values.items()}

    try:
        estimator = cls(**read_all(entry["params"]))
    except TypeError as error:
        raise FormatVersionError(
            f"{folder} was saved with other parameters of {cls.__name__} than this version has: "
            f"{error}. Fit and save again."
        ) from error
    if entry["state"]:
        estimator.set_state(read_all(entry["state"]))
    return estimator


def _read_value(entry: dict[str, Any], folder: Path, *, mmap: bool, verify: bool) -> Any:
    if "array" in entry:
        return read_array(folder, entry["array"], mmap=mmap, verify=verify)
    if "estimator" in entry:
        return _read(entry["estimator"], folder, None, mmap=mmap, verify=verify)
    return entry["value"]


def _remove_others(folder: Path, *, keep: str) -> None:
    for path in folder.iterdir():
        match = _OUR_ARRAY.search(path.name)
        if match and match["token"] != keep:
            path.unlink(missing_ok=True)
    remove_temporaries(folder)


def _library_version() -> str:
    try:
        return importlib.metadata.version("broadsheet")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
