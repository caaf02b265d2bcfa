"""Vectors to codes of a few bytes, and back. The contract is in `contract.py`."""

from .half import HalfPrecision as HalfPrecision
from .rabitq import RaBitQ as RaBitQ
