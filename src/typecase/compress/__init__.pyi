"""Vectors to codes of a few bytes, and back. The contract is in `contract.py`."""

from .contrastive_quantizer import ContrastiveQuantizer as ContrastiveQuantizer
from .dense_verdict import DenseVerdict as DenseVerdict
from .half import HalfPrecision as HalfPrecision
from .matryoshka import Matryoshka as Matryoshka
from .product import ProductQuantizer as ProductQuantizer
from .rabitq import RaBitQ as RaBitQ
from .recurrent_binary import RecurrentBinary as RecurrentBinary
from .repconc import RepCONC as RepCONC
from .scalar import ScalarQuantizer as ScalarQuantizer
