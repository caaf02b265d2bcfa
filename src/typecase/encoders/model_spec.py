"""What a model is: its files with their checksums, and what has to be done around them."""

from dataclasses import dataclass
from typing import Literal

from typecase.base.model_files import ModelFile as ModelFile
from typecase.base.model_files import digest, file_digest
from typecase.base.model_files import read_checked as read_checked

Pooling = Literal["cls", "mean"]
GraphSource = Literal["file", "bge-small-int8"]

_ID_DIGITS = 12


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
        prefixes = digest(f"{self.query_prefix}\0{self.document_prefix}".encode())
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
