"""Papers by one aspect, by small heads that are trained here, and by those that are shipped."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from broadsheet.model.errors import InvalidValueError, LibraryError, SettingsError
from broadsheet.search.aspects import SHIPPED, Aspects
from typecase.encoders import OnnxEncoder
from typecase.spaces import SpecializedEmbeddings

N, DIM = 120, 16


def rows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return vectors, and the number of the task and of the method of each."""
    rng = np.random.default_rng(0)
    tasks, methods = rng.standard_normal((2, 4, DIM))
    task, method = rng.integers(0, 4, (2, N))
    x = tasks[task] + methods[method] + 0.1 * rng.standard_normal((N, DIM))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32), task, method


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("heads")
    x, task, method = rows()
    for name, labels in (("task", task), ("method", method)):
        model = SpecializedEmbeddings(n_dims=8, n_steps=100, learning_rate=0.01)
        model.fit(x, [[str(label)] for label in labels]).save(folder / name)
    card = {"model_id": "made", "facets": {"task": {}, "method": {}}}
    (folder / "card.json").write_text(json.dumps(card), "utf-8")
    return folder


def test_the_same_task_by_another_method_comes_first(heads: Path) -> None:
    x, task, method = rows()
    aspects = Aspects(model_id="made", folder=heads)
    scores = aspects.scores(x[:1], x, same=["task"], different=["method"], otherness=0.75)
    first = np.argsort(-scores)[:8]
    assert (task[first] == task[0]).all()
    assert (method[first] != method[0]).all()


def test_scores_are_half_the_stored_cosines_and_less_those_of_others(heads: Path) -> None:
    x, _, _ = rows()
    aspects = Aspects(model_id="made", folder=heads)
    found = aspects.scores(x[3:4], x, same=["task"], different=["method"], otherness=0.25)
    for row in (0, 7):
        task, method = (
            float(aspects.vectors(name, x[3:4])[0] @ aspects.vectors(name, x[row : row + 1])[0])
            for name in ("task", "method")
        )
        stored = float(x[3] @ x[row])
        assert found[row] == pytest.approx((stored + task) / 2 - 0.25 * method, abs=1e-5)


def test_one_vector_finds_candidates_in_the_index(heads: Path) -> None:
    x, _, _ = rows()
    aspects = Aspects(model_id="made", folder=heads)
    for different in ([], ["method"]):
        q = aspects.query(x[:1], same=["task"], different=different)
        best = np.argsort(-aspects.scores(x[:1], x, same=["task"], different=different))[:10]
        candidates = np.argsort(-(x @ q))[:40]
        assert np.linalg.norm(q) == pytest.approx(1, abs=1e-5)
        assert len(set(best.tolist()) & set(candidates.tolist())) >= 9


def test_another_models_vectors_have_no_aspects(heads: Path) -> None:
    with pytest.raises(SettingsError, match="no aspects for the model other"):
        Aspects(model_id="other", folder=heads)


def test_what_cannot_be_asked_is_refused(heads: Path) -> None:
    x, _, _ = rows()
    aspects = Aspects(model_id="made", folder=heads)
    with pytest.raises(InvalidValueError, match="no aspect 'colour'; there are task, method"):
        aspects.vectors("colour", x)
    with pytest.raises(InvalidValueError, match="16 columns"):
        aspects.vectors("task", x[:, :3])
    with pytest.raises(InvalidValueError, match="at least one aspect"):
        aspects.scores(x[:1], x, same=[])
    with pytest.raises(InvalidValueError, match="task cannot be both"):
        aspects.scores(x[:1], x, same=["task"], different=["task"])
    with pytest.raises(InvalidValueError, match="otherness"):
        aspects.query(x[:1], same=["task"], otherness=float("nan"))
    with pytest.raises(InvalidValueError, match="asked must have at least 1 rows"):
        aspects.scores(x[:0], x, same=["task"])


def test_no_candidates_have_no_scores(heads: Path) -> None:
    x, _, _ = rows()
    found = Aspects(model_id="made", folder=heads).scores(x[:1], x[:0], same=["task"])
    assert found.shape == (0,)


def test_damaged_heads_are_named(heads: Path, tmp_path: Path) -> None:
    x, _, _ = rows()
    folder = Path(shutil.copytree(heads, tmp_path / "heads"))
    array = next((folder / "task").glob("weights_*.npy"))
    array.write_bytes(array.read_bytes()[:-1])
    with pytest.raises(LibraryError, match="cannot be read"):
        Aspects(model_id="made", folder=folder).vectors("task", x)
    (folder / "card.json").write_text("{", "utf-8")
    with pytest.raises(LibraryError, match="cannot be read"):
        Aspects(model_id="made", folder=folder)


def test_the_shipped_heads_are_of_the_packaged_model_and_small() -> None:
    encoder = OnnxEncoder()
    aspects = Aspects(model_id=encoder.model_id)
    assert aspects.names == ("task", "method", "dataset")
    x = np.eye(encoder.dim, dtype=np.float32)[:3]
    for name in aspects.names:
        assert np.allclose(np.linalg.norm(aspects.vectors(name, x), axis=1), 1, atol=1e-5)
    size = sum(path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file())
    assert size < 500_000
