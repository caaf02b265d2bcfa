"""A query and texts, read together: a score a text. The contract is in `contract.py`."""

from .cross_encoder import CrossEncoder as CrossEncoder
