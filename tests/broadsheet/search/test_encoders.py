from pathlib import Path

import pytest

from broadsheet.search import encoder_of
from broadsheet.search.encoders import name_of
from typecase.encoders import OnnxEncoder, SentenceTransformersEncoder


def test_a_name_is_run_on_onnx() -> None:
    encoder = encoder_of("bge-small-en-v1.5-int8", n_jobs=3)
    assert isinstance(encoder, OnnxEncoder)
    assert encoder.n_jobs == 3


def test_torch_is_taken_when_asked_for_or_when_there_is_no_onnx_file(tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_text("[]")
    for name in (str(tmp_path), f"torch:{tmp_path}"):
        encoder = encoder_of(name)
        assert isinstance(encoder, SentenceTransformersEncoder)
        assert encoder.model == str(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"")
    assert isinstance(encoder_of(str(tmp_path)), OnnxEncoder)


@pytest.mark.parametrize("name", ["torch:hub:owner/name", "hub:owner/name", "bge-small-en-v1.5"])
def test_an_encoder_is_noted_by_its_whole_setting(name: str) -> None:
    first = encoder_of(name)
    again = encoder_of(name_of(first))
    assert (name_of(first), type(again)) == (name, type(first))
