"""Vectors that are kept: nothing is embedded twice, and a run that was killed costs one vector."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from broadsheet.model.errors import SettingsError
from broadsheet.search.trials import KeptEncoder
from typecase.encoders import OnnxEncoder


class Lengths:
    """Embeds a text as its length, and remembers what it was asked."""

    dim, model_id = 2, "lengths"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str], *, kind: str = "document") -> NDArray[np.float32]:
        self.asked += texts
        return np.array([[len(text), kind == "query"] for text in texts], dtype=np.float32)

    def encode_iter(self, *args: object, **kwargs: object) -> None:
        raise AssertionError("not asked for")


@pytest.mark.parametrize("is_kept", [True, False])
def test_nothing_is_embedded_twice(tmp_path: Path, is_kept: bool) -> None:
    inner = Lengths()
    encoder = KeptEncoder(encoder=inner, path=tmp_path / "kept" / "v" if is_kept else None)  # type: ignore[arg-type]
    assert encoder.encode(["a", "bb", "a"])[:, 0].tolist() == [1, 2, 1]
    assert encoder.encode(["bb", "a\n"])[:, 0].tolist() == [2, 1]  # blanks are one to a model
    assert encoder.encode(["a"], kind="query").tolist() == [[1, 1]]
    assert inner.asked == ["a", "bb", "a"]


def test_a_file_is_read_again_and_half_a_record_goes(tmp_path: Path) -> None:
    path = tmp_path / "vectors"
    KeptEncoder(encoder=Lengths(), path=path).encode(["a", "bb"])  # type: ignore[arg-type]
    path.write_bytes(path.read_bytes()[:-3])
    inner = Lengths()
    again = KeptEncoder(encoder=inner, path=path)  # type: ignore[arg-type]
    assert again.encode(["a", "bb"])[:, 0].tolist() == [1, 2]
    assert inner.asked == ["bb"]
    assert np.concatenate(list(again.encode_iter("abc", batch_size=2))).shape == (3, 2)


def test_a_model_that_cannot_be_had_is_an_error_of_the_settings() -> None:
    with pytest.raises(SettingsError, match="nothing"):
        KeptEncoder(encoder=OnnxEncoder(model="nothing-of-this-name"))
