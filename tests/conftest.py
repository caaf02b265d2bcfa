"""What every test may ask for."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run; `EXPLORE=1 make test` looks for new ones.
settings.register_profile("settled", derandomize=True)
settings.register_profile("explore", derandomize=False, print_blob=True)
settings.load_profile("explore" if os.environ.get("EXPLORE") else "settled")

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the checkout; the test skips where it is missing."""
    folder = Path(os.environ.get("SHARED_DATA", _BESIDE))
    if not (folder / "README.md").is_file():
        pytest.skip(f"no real data at {folder}; set SHARED_DATA to its folder")
    return folder
