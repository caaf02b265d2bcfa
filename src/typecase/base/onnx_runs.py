"""Opens tokenizers and ONNX models so that a text's result depends on nothing but the text."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from typecase.base.errors import CorruptFileError
from typecase.base.model_files import ModelFile, read_checked


def open_tokenizer(file: ModelFile, *, max_tokens: int) -> Any:
    """Return the tokenizer of a file, without padding; what is longer is cut.

    Raises:
        CorruptFileError: it is none, or not the one that was checked.
    """
    from tokenizers import Tokenizer

    data = read_checked(file)
    try:
        tokenizer = Tokenizer.from_buffer(data)
    except Exception as error:  # the library raises the bare class
        raise CorruptFileError(f"{file.path} is no tokenizer: {error}") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def open_session(source: bytes | str, *, path: Path, n_threads: int = 1) -> Any:
    """Return the session of an ONNX model.

    Args:
        source: the file's bytes, or its path, where weights lie beside it.
        path: for messages.
        n_threads: of a call; they share rows of products, which changes no bit of an int8 model.

    Raises:
        CorruptFileError: it is no ONNX model.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = n_threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library's classes have no common base but Exception
        raise CorruptFileError(f"{path} is no ONNX model: {error}") from error


def feed(
    names: tuple[str, ...], ids: list[int], types: list[int] | None = None
) -> dict[str, NDArray[np.int64]]:
    """Return the inputs of a model of that names, for one text of n tokens: (1, n) int64 each."""
    tokens = np.array([ids], dtype=np.int64)
    values = {
        "input_ids": tokens,
        "attention_mask": np.ones_like(tokens),
        "token_type_ids": np.zeros_like(tokens) if types is None else np.array([types], np.int64),
    }
    return {name: values[name] for name in names}
