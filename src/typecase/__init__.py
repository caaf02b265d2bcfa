"""An embedding engine: encodes, compresses, indexes, searches, compares and explains vectors.

Importing it loads neither NumPy nor any optional library; a method is imported on first use:

    >>> import typecase
    >>> typecase.names("indexes")  # doctest: +SKIP
    ['flat', 'sign']
    >>> index = typecase.get("indexes", "flat")(metric="cosine")  # doctest: +SKIP
"""

from typecase.base.errors import TypecaseError
from typecase.base.registry import get, names, rooms

__all__ = ["TypecaseError", "get", "names", "rooms"]
