"""What every test may ask for."""

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout; the test skips where it is missing."""
    folder = Path(os.environ.get("SHARED_DATA", _BESIDE))
    if not (folder / "README.md").is_file():
        pytest.skip(f"no real data at {folder}; set SHARED_DATA to its folder")
    return folder
