"""From what a user types to a model: a packaged name, a folder, or a name on the hub."""

import difflib
from contextlib import suppress
from pathlib import Path

from typecase.base.errors import InvalidInputError, StorageError, UnknownNameError
from typecase.encoders.model_folder import folder_spec, is_complete
from typecase.encoders.model_spec import ModelSpec
from typecase.encoders.packaged_models import NAMES, packaged_spec

_HUB = "hub:"
_HUB_FILES = ("model.onnx*", "onnx/model.onnx*", "*.json")


def spec_of(model: str | Path | ModelSpec, *, cache_dir: Path | None = None) -> ModelSpec:
    """Return the spec of a model that is named.

    Args:
        model: one of the packaged names, a folder, or `hub:owner/name@revision`. The hub is asked
            only for names that begin with `hub:`, and only for what is not in cache_dir yet.
        cache_dir: where files of the hub are kept; None is the hub library's own place.

    Raises:
        UnknownNameError: nothing has this name; the message gives the nearest.
        InvalidInputError: the folder, or the name on the hub, is not complete.
        MissingExtraError: the package with the model is not installed.
        StorageError: the hub cannot be reached.
    """
    if isinstance(model, ModelSpec):
        return model
    if isinstance(model, str) and model in NAMES:
        return packaged_spec(model)
    if isinstance(model, str) and model.startswith(_HUB):
        return _hub_spec(model.removeprefix(_HUB), cache_dir)
    if Path(model).is_dir():
        return folder_spec(Path(model))
    raise UnknownNameError(_unknown(str(model)))


def _unknown(model: str) -> str:
    near = difflib.get_close_matches(model.lower(), NAMES, n=1, cutoff=0.4)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    hub = f" To ask the hub for it, write 'hub:{model}'." if model.count("/") == 1 else ""
    return (
        f"No model is called {model!r}, and it is no folder.{hint}{hub} "
        f"Packaged: {', '.join(NAMES)}."
    )


def _hub_spec(name: str, cache_dir: Path | None) -> ModelSpec:
    repository, _, revision = name.partition("@")
    if repository.count("/") != 1 or repository.startswith("/") or repository.endswith("/"):
        raise InvalidInputError(f"A hub model is 'hub:owner/name@revision', got 'hub:{name}'.")
    folder = _download(repository, revision or None, cache_dir)
    # The folder of a snapshot is called by its commit.
    return folder_spec(folder, name=repository, revision=folder.name)


def _download(repository: str, revision: str | None, cache_dir: Path | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    def fetch(*, local_files_only: bool) -> Path:
        folder = snapshot_download(
            repository,
            revision=revision,
            cache_dir=cache_dir,
            allow_patterns=list(_HUB_FILES),
            local_files_only=local_files_only,
        )
        return Path(folder)

    with suppress(LocalEntryNotFoundError):
        folder = fetch(local_files_only=True)
        if is_complete(folder):  # another program may have fetched other files of it
            return folder
    try:
        return fetch(local_files_only=False)
    except Exception as error:  # HTTP, file system and validation errors share no other base
        raise StorageError(
            f"The model {repository!r} could not be fetched from the hub ({_reason(error)}). "
            "Check the name, the revision and the network; or copy the model's folder to this "
            f"machine and name the folder; or take a packaged one: {', '.join(NAMES)}."
        ) from error


def _reason(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
