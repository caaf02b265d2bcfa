"""Tells whether this installation has the compiled kernels, and which instruction set they use.

A kernel that has a compiled form asks once, at import, and keeps its NumPy form as the fallback
and as the reference of the tests:

    from typecase.kernels import native

    if native.AVAILABLE:
        from typecase.kernels import _native

The environment's TYPECASE_SIMD (plain, avx2, avx512, neon) forces an instruction set; `off` leaves
the compiled kernels unused. How they are built: native/README.md.
"""

import logging
import os
from importlib import import_module

from typecase.base.errors import InvalidInputError

log = logging.getLogger(__name__)

_HOW = "Install a C++ compiler (Debian: apt install g++ python3-dev), then: make native."


def simd() -> str | None:
    """Return the instruction set in use (plain, avx2, avx512 or neon); None without native code.

    Raises:
        InvalidInputError: TYPECASE_SIMD names one that this machine has not.
    """
    return _simd() if AVAILABLE else None


def describe() -> str:
    """Return one sentence about the compiled kernels: what they use, or why they are missing."""
    if AVAILABLE:
        return f"native kernels: {simd()}"
    return f"native kernels: none, search is slow. {_MISSING}"


def _load() -> str:
    """Return why the compiled kernels cannot be used; nothing where they can."""
    if os.environ.get("TYPECASE_SIMD") == "off":
        return "TYPECASE_SIMD=off leaves them unused."
    try:
        import_module("typecase.kernels._native")
    except ImportError as error:
        return f"{_HOW} ({error})"
    _simd()
    return ""


def _simd() -> str:
    from typecase.kernels import _native

    try:
        return _native.simd()
    except ValueError as error:
        raise InvalidInputError(str(error)) from error


_MISSING = _load()
AVAILABLE = not _MISSING
"""Whether `typecase.kernels._native` may be imported."""

if not AVAILABLE:
    log.warning("%s", describe())
