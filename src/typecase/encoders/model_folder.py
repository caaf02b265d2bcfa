"""A folder with a model in it: a plain ONNX one, or one that sentence-transformers wrote."""

import json
from pathlib import Path
from typing import Any

from typecase.base.errors import InvalidInputError, MissingExtraError
from typecase.encoders.model_spec import ModelFile, ModelSpec, Pooling

ONNX_PLACES = ("model.onnx", "onnx/model.onnx")

_KNOWN_MODULES = ("Transformer", "Pooling", "Normalize")
_QUERY_NAMES = ("query", "s2p_query", "retrieval.query")
_DOCUMENT_NAMES = ("document", "passage", "retrieval.passage")


def folder_spec(folder: Path, *, name: str = "", revision: str = "") -> ModelSpec:
    """Return the spec of the model in a folder.

    Reads `model.onnx` (or `onnx/model.onnx`), `tokenizer.json`, and where they are there
    `config.json`, `sentence_bert_config.json`, `modules.json`, `1_Pooling/config.json` and the
    prompts of `config_sentence_transformers.json`. Without a pooling file the mean is taken, as
    sentence-transformers does.

    Raises:
        InvalidInputError: a file is missing, or asks for what is not done here.
        MissingExtraError: only weights for PyTorch are there.
    """
    weights = _weights(folder)
    tokenizer = folder / "tokenizer.json"
    if not tokenizer.is_file():
        raise InvalidInputError(f"{folder} has no tokenizer.json; save the fast tokenizer there.")
    config = _read_json(folder / "config.json")
    _check_modules(folder)
    query, document = _prefixes(folder)
    return ModelSpec(
        name=name or folder.resolve().name,
        weights=ModelFile(path=weights),
        tokenizer=ModelFile(path=tokenizer),
        revision=revision,
        pooling=_pooling(folder),
        dim=_whole(config, "hidden_size", folder / "config.json"),
        max_tokens=_max_tokens(folder, config),
        precision="as-exported",
        query_prefix=query,
        document_prefix=document,
    )


def is_complete(folder: Path) -> bool:
    """Return whether weights and tokenizer are there."""
    has_weights = any((folder / place).is_file() for place in ONNX_PLACES)
    return has_weights and (folder / "tokenizer.json").is_file()


def _weights(folder: Path) -> Path:
    for place in ONNX_PLACES:
        if (folder / place).is_file():
            return folder / place
    if any(folder.glob("*.safetensors")):
        raise MissingExtraError(
            f"{folder} holds weights for PyTorch and no ONNX file. Export it to model.onnx, or run "
            "it with SentenceTransformersEncoder: pip install 'broadsheet[torch]'."
        )
    raise InvalidInputError(
        f"{folder} has no {' and no '.join(ONNX_PLACES)}. A model for PyTorch runs with "
        "SentenceTransformersEncoder: pip install 'broadsheet[torch]'."
    )


def _check_modules(folder: Path) -> None:
    for module in _read_json(folder / "modules.json", empty=[]):
        kind = str(module.get("type", "")).rpartition(".")[2]
        if kind not in _KNOWN_MODULES:
            raise InvalidInputError(
                f"{folder / 'modules.json'} asks for a {kind} module; "
                f"only {', '.join(_KNOWN_MODULES)} are known."
            )


def _pooling(folder: Path) -> Pooling:
    path = folder / "1_Pooling" / "config.json"
    if not path.is_file():
        return "mean"
    config = _read_json(path)
    if "pooling_mode" in config:
        modes = {str(config["pooling_mode"])}
    else:
        flags = [
            key for key, on in config.items() if key.startswith("pooling_mode_") and on is True
        ]
        modes = {flag.removeprefix("pooling_mode_").removesuffix("_tokens") for flag in flags}
    if modes == {"cls"} or modes == {"cls_token"}:
        return "cls"
    if modes == {"mean"}:
        return "mean"
    raise InvalidInputError(f"{path} asks for pooling {sorted(modes)}; cls and mean are known.")


def _max_tokens(folder: Path, config: dict[str, Any]) -> int:
    path = folder / "sentence_bert_config.json"
    given = _read_json(path).get("max_seq_length")
    if isinstance(given, int):
        return given
    return _whole(config, "max_position_embeddings", folder / "config.json")


def _prefixes(folder: Path) -> tuple[str, str]:
    prompts = _read_json(folder / "config_sentence_transformers.json").get("prompts") or {}
    return _first(prompts, _QUERY_NAMES), _first(prompts, _DOCUMENT_NAMES)


def _first(prompts: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((str(prompts[name]) for name in names if prompts.get(name)), "")


def _whole(config: dict[str, Any], key: str, path: Path) -> int:
    value = config.get(key)
    if not isinstance(value, int) or value < 1:
        raise InvalidInputError(f"{path} must give {key} as a whole number, got {value!r}.")
    return value


def _read_json(path: Path, *, empty: Any = None) -> Any:
    if not path.is_file():
        return {} if empty is None else empty
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"{path} is not readable JSON: {error}") from error
