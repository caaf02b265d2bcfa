"""Vectors to vectors of another space. The contract is in `contract.py`."""

from .projection import DirectionRemoval as DirectionRemoval
from .specialized import SpecializedEmbeddings as SpecializedEmbeddings
