"""Vectors to their nearest neighbours, under any filter. The contract is in `contract.py`."""

from .flat import FlatIndex as FlatIndex
from .sign import SignIndex as SignIndex
from .two_grain import TwoGrainIndex as TwoGrainIndex
