"""The encoder for PyTorch: its errors without the extra, its vectors where the extra is there."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from typecase.base.errors import InvalidInputError, MissingExtraError
from typecase.encoders import SentenceTransformersEncoder
from typecase.encoders.contract import TextEncoder

HAS_TORCH = importlib.util.find_spec("sentence_transformers") is not None
TEXTS = ["graph", "a much longer text about graphs and what they hold " * 5, "", "\ud800"]


@pytest.mark.skipif(HAS_TORCH, reason="the extra is installed")
def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(MissingExtraError, match=r"pip install 'broadsheet\[torch\]'"):
        SentenceTransformersEncoder(model=tmp_path).encode(["a"])


def test_what_is_no_folder_and_no_hub_name_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="got 'owner/name'; no such folder"):
        SentenceTransformersEncoder(model="owner/name").encode(["a"])


@pytest.fixture
def encoder(tmp_path: Path) -> SentenceTransformersEncoder:
    """A BERT of one layer with weights drawn by seed, saved as the library saves models."""
    library = pytest.importorskip("sentence_transformers")
    modules = pytest.importorskip("sentence_transformers.sentence_transformer.modules")
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    torch.manual_seed(0)
    (tmp_path / "vocab.txt").write_text(
        "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "graph"])
    )
    config = transformers.BertConfig(
        vocab_size=6, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8
    )
    transformers.BertModel(config).save_pretrained(tmp_path / "bert")
    transformers.BertTokenizer(str(tmp_path / "vocab.txt")).save_pretrained(tmp_path / "bert")
    body = modules.Transformer(str(tmp_path / "bert"), max_seq_length=16)
    model = library.SentenceTransformer(
        modules=[body, modules.Pooling(8, pooling_mode="mean")], prompts={"query": "a "}
    )
    model.save(str(tmp_path / "model"))
    return SentenceTransformersEncoder(model=tmp_path / "model")


def test_it_keeps_the_contract(encoder: SentenceTransformersEncoder) -> None:
    together = encoder.encode(TEXTS)
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    assert isinstance(encoder, TextEncoder)
    assert together.shape == (4, encoder.dim) == (4, 8)
    assert together.tobytes() == alone.tobytes()
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    assert np.concatenate(list(encoder.encode_iter(TEXTS, batch_size=3))).tobytes() == (
        together.tobytes()
    )


def test_a_query_carries_the_prompt_of_the_model(encoder: SentenceTransformersEncoder) -> None:
    as_query = encoder.encode(["graph"], kind="query")
    assert as_query.tobytes() == encoder.encode(["a graph"]).tobytes()
    assert as_query.tobytes() != encoder.encode(["graph"]).tobytes()


def test_the_id_names_the_weights(encoder: SentenceTransformersEncoder) -> None:
    again = SentenceTransformersEncoder(model=encoder.model)
    assert encoder.model_id == again.model_id
    assert encoder.model_id.startswith("model:")
