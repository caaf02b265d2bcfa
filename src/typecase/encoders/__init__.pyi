"""Texts become vectors: (n,) strings in, (n, dim) float32 out."""

from .onnx import OnnxEncoder as OnnxEncoder
from .sentence_transformers_torch import (
    SentenceTransformersEncoder as SentenceTransformersEncoder,
)
