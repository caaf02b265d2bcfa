"""Scores to reasons. The contract is in `contract.py`."""

from .sesa import ExplicitSemantics as ExplicitSemantics
