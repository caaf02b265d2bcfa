"""The engines that search two grains: NumPy, and native code under each instruction set."""

from collections.abc import Iterator

import pytest

from typecase.indexes import two_grain_view
from typecase.kernels import (
    cells,
    inner_product,
    k_means,
    native,
    nibble_tables,
    rotations,
    scan_blocks,
    scan_plain,
    sign_codes,
)

NATIVE = native.AVAILABLE
ASKED_WHEN_IMPORTED = (
    cells,
    inner_product,
    k_means,
    nibble_tables,
    rotations,
    scan_blocks,
    sign_codes,
)  # so before a test says that there is none
if NATIVE:
    from typecase.kernels import _native

ENGINES = ["numpy", *(_native.simd_names() if NATIVE else [])]


@pytest.fixture
def fastest() -> str:
    """The engine that users get here, for tests that take long."""
    return ENGINES[1] if NATIVE else ENGINES[0]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run the test once with each engine, whole."""
    if request.param == "numpy":
        monkeypatch.setattr(native, "AVAILABLE", False)
        monkeypatch.setattr(two_grain_view, "Scanner", scan_plain.Scanner)
        yield request.param
        return
    _native.use_simd(request.param)
    yield request.param
    _native.use_simd("")
