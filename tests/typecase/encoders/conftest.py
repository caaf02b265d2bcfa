"""The default encoder, opened once: opening it takes longer than most tests."""

from collections.abc import Iterator

import pytest

from typecase.encoders import OnnxEncoder


@pytest.fixture(scope="session")
def encoder() -> Iterator[OnnxEncoder]:
    encoder = OnnxEncoder(n_jobs=2)
    yield encoder
    encoder.close()
