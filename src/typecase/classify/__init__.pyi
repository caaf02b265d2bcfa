"""Vectors to labels, and how sure they are. The contract is in `contract.py`."""

from .nearest_labels import NearestLabels as NearestLabels
from .powerset_conformal import PowersetConformal as PowersetConformal
