"""Vectors to topics. The contract is in `contract.py`."""

from .lbl2vec import Lbl2Vec as Lbl2Vec
