"""What a model is: its files with their checksums, and what has to be done around them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from typecase.base.errors import CorruptFileError, StorageError

Pooling = Literal["cls", "mean"]
GraphSource = Literal["file", "bge-small-int8"]

_ID_DIGITS = 12
_WEIGHTS_BESIDE = ("_data", ".data")


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelFile:
    """One file of a model. Without a sha256 it is the user's own, and taken as it is."""

    path: Path
    sha256: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelSpec:
    """A model and all that its vectors depend on.

    Args:
        name: what people call it; part of the model id.
        weights: an ONNX file, or for PyTorch a sentence-transformers folder's weights.
        tokenizer: a `tokenizer.json` of the tokenizers library.
        revision: which version of the files, as its publisher counts.
        pooling: "cls" takes the first token's vector, "mean" the mean of all.
        normalise: divide by the length. Off only for uses outside the encoder contract.
        query_prefix: put before a query; document_prefix before a document.
        max_tokens: what is longer is cut, special tokens included.
        dim: columns of a vector.
        precision: the arithmetic, such as "float32" or "int8"; it changes with anything that
            changes the vectors.
        graph: "file" runs the graph as it is in the weights file, else the name of a faster one
            that is written from it.
    """

    name: str
    weights: ModelFile
    tokenizer: ModelFile
    pooling: Pooling
    dim: int
    max_tokens: int
    precision: str
    graph: GraphSource = "file"
    revision: str = ""
    normalise: bool = True
    query_prefix: str = ""
    document_prefix: str = ""

    def model_id(self) -> str:
        """Return the stable key of the vectors: name, files and all the settings.

        Raises:
            StorageError: a file without a given checksum cannot be read.
        """
        prefixes = _digest(f"{self.query_prefix}\0{self.document_prefix}".encode())
        unit = "unit" if self.normalise else "raw"
        return ":".join(
            (
                self.name,
                file_digest(self.weights)[:_ID_DIGITS],
                file_digest(self.tokenizer)[:_ID_DIGITS],
                self.precision,
                f"{self.pooling}-{unit}",
                str(self.max_tokens),
                prefixes[:8],
            )
        )


def file_digest(file: ModelFile) -> str:
    """Return the sha256 that the file should have, or if none is given, the one that it has.

    Large ONNX models keep their weights in a second file; then both count.
    """
    if file.sha256:
        return file.sha256
    beside = (file.path.with_name(file.path.name + end) for end in _WEIGHTS_BESIDE)
    parts = (file.path, *(path for path in beside if path.exists()))
    return _digest(b"".join(_read(path) for path in parts))


def read_checked(file: ModelFile) -> bytes:
    """Return the file's bytes after comparing them with the checksum that is given.

    Raises:
        CorruptFileError: the bytes are not those; the message names the file.
        StorageError: it cannot be read.
    """
    data = _read(file.path)
    if file.sha256 and (found := _digest(data)) != file.sha256:
        raise CorruptFileError(
            f"{file.path} is not the file that was checked: its sha256 is {found[:16]}..., "
            f"{file.sha256[:16]}... is expected. Install its package again."
        )
    return data


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StorageError(f"cannot read the model file {path}: {error.strerror}") from error


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
