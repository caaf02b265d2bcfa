"""One ONNX model and its tokenizer, opened: a text in, its vector out. Any thread may call it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from typecase.base.errors import InvalidInputError
from typecase.base.onnx_runs import feed, open_session, open_tokenizer
from typecase.encoders.bge_small_graph import fast_bge_small
from typecase.encoders.contract import TextKind
from typecase.encoders.model_spec import ModelSpec, read_checked

_MIN_NORM = 1e-12

# No script needs more characters for the tokens that a model reads, except runs of blanks and
# words of hundreds of letters; without the cut a 2 MB text takes seconds to tokenize.
_CHARACTERS_PER_TOKEN = 64

_TOKEN_OUTPUTS = ("last_hidden_state", "token_embeddings")


class OnnxModel:
    """Embeds one text a call, without padding and with one thread.

    A batch would change the vectors: int8 models scale their activations by the whole tensor, so
    a text would depend on its neighbours. It would gain nothing either: at 200 tokens a text
    keeps a core busy by itself. Several threads call the one session at once, which shares the
    weights between them.

    Raises:
        CorruptFileError: a file is not the one that its checksum names, or is no model.
        InvalidInputError: the model has inputs or outputs that a text encoder does not have.
    """

    def __init__(self, spec: ModelSpec) -> None:
        self._spec = spec
        self._tokenizer = open_tokenizer(spec.tokenizer, max_tokens=spec.max_tokens)
        self._session = _open_session(spec)
        self._inputs = _check_inputs(self._session, spec)
        self._output = _token_output(self._session, spec)

    def embed(self, text: str, kind: TextKind) -> NDArray[np.float32]:
        """Return the (dim,) float32 vector of a text."""
        ids = self._tokenizer.encode(self._prepare(text, kind)).ids
        tokens: NDArray[np.float32] = self._session.run([self._output], feed(self._inputs, ids))[0]
        return self._pool(tokens[0])

    def _prepare(self, text: str, kind: TextKind) -> str:
        prefix = self._spec.query_prefix if kind == "query" else self._spec.document_prefix
        text = prefix + text[: self._spec.max_tokens * _CHARACTERS_PER_TOKEN]
        # A lone surrogate is a str that no tokenizer takes; it becomes a question mark.
        return text.encode("utf-8", "replace").decode("utf-8")

    def _pool(self, tokens: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._spec.pooling == "cls":
            vector = tokens[0]
        else:
            vector = tokens.mean(axis=0, dtype=np.float64).astype(np.float32)
        if not self._spec.normalise:
            return np.ascontiguousarray(vector)
        norm = np.linalg.norm(vector.astype(np.float64))
        unit: NDArray[np.float32] = (vector / max(norm, _MIN_NORM)).astype(np.float32)
        return unit


def _open_session(spec: ModelSpec) -> Any:
    data = read_checked(spec.weights)
    if spec.graph == "bge-small-int8":
        data = fast_bge_small(data)
    # Weights beside the model file are found only by its path.
    source = data if spec.weights.sha256 else str(spec.weights.path)
    return open_session(source, path=spec.weights.path)


def _check_inputs(session: Any, spec: ModelSpec) -> tuple[str, ...]:
    names = tuple(i.name for i in session.get_inputs())
    unknown = [n for n in names if n not in ("input_ids", "attention_mask", "token_type_ids")]
    if unknown or "input_ids" not in names:
        raise InvalidInputError(
            f"{spec.weights.path} takes {', '.join(names)}; a text encoder takes input_ids, "
            "attention_mask and token_type_ids."
        )
    return names


def _token_output(session: Any, spec: ModelSpec) -> str:
    outputs = session.get_outputs()
    for output in sorted(outputs, key=lambda o: o.name not in _TOKEN_OUTPUTS):
        if len(output.shape) == 3 and output.shape[2] in (spec.dim, None):
            return str(output.name)
    shapes = ", ".join(f"{o.name} {o.shape}" for o in outputs)
    raise InvalidInputError(
        f"{spec.weights.path} must give (texts, tokens, {spec.dim}), it gives {shapes}."
    )
