"""Saving: a folder that is whole, or the one before."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from typecase.base.errors import (
    CorruptFileError,
    FormatVersionError,
    InvalidInputError,
    LockedError,
    NotFittedError,
    StorageError,
)
from typecase.base.estimator import Estimator
from typecase.base.files import folder_lock, read_manifest, write_manifest
from typecase.base.saving import load, save
from typecase.indexes import FlatIndex

X = np.arange(12, dtype=np.float32).reshape(4, 3) + 1


class Scale(Estimator):
    """A small estimator with one of each kind of value."""

    def __init__(self, *, factor: float = 2.0, seed: object = None, weights: object = None) -> None:
        self.factor = factor
        self.seed = seed
        self.weights = weights

    def fit(self, x: np.ndarray) -> "Scale":
        self.x_ = x * self.factor
        self.count_ = np.int64(len(x))
        self.names_ = ["a", "b"]
        return self


def test_everything_comes_back(tmp_path: Path) -> None:
    Scale(factor=3.0, weights=np.array([1.0, 2.0])).fit(X).save(tmp_path / "new" / "scale")
    loaded = Scale.load(tmp_path / "new" / "scale")
    assert loaded.factor == 3.0
    assert loaded.weights.tolist() == [1.0, 2.0]
    assert np.array_equal(loaded.x_, X * 3)
    assert (loaded.count_, loaded.names_) == (4, ["a", "b"])


def test_the_class_is_found_in_the_registry(tmp_path: Path) -> None:
    FlatIndex(metric="ip").fit(X).save(tmp_path)
    loaded = load(tmp_path)
    assert type(loaded) is FlatIndex
    assert loaded.metric == "ip"


def test_an_unfitted_method_may_be_a_parameter(tmp_path: Path) -> None:
    Scale(weights=FlatIndex(metric="ip")).fit(X).save(tmp_path)
    loaded = Scale.load(tmp_path).weights
    assert isinstance(loaded, FlatIndex)
    assert (loaded.metric, loaded.is_fitted()) == ("ip", False)


def test_arrays_may_stay_on_disk(tmp_path: Path) -> None:
    Scale().fit(X).save(tmp_path)
    x = Scale.load(tmp_path, mmap=True).x_
    assert isinstance(x, np.memmap)
    assert not x.flags.writeable


def test_saving_again_replaces_the_old_one_and_leaves_no_file(tmp_path: Path) -> None:
    Scale().fit(X).save(tmp_path)
    Scale(factor=5.0).fit(X).save(tmp_path)
    assert Scale.load(tmp_path).factor == 5.0
    assert len(list(tmp_path.glob("*.npy"))) == 1


def test_a_reader_with_a_map_survives_the_next_save(tmp_path: Path) -> None:
    Scale().fit(X).save(tmp_path)
    before = Scale.load(tmp_path, mmap=True)
    Scale(factor=5.0).fit(X).save(tmp_path)
    assert np.array_equal(before.x_, X * 2)


def test_the_manifest_says_what_is_there(tmp_path: Path) -> None:
    Scale().fit(X).save(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_bytes())
    array = manifest["estimator"]["state"]["x_"]["array"]
    assert manifest["version"] == 1
    assert manifest["estimator"]["class"] == "Scale"
    assert (array["dtype"], array["shape"]) == ("<f4", [4, 3])
    assert len(array["sha256"]) == 64


def test_unfitted_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFittedError, match="Call fit"):
        Scale().save(tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_generator_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"seed cannot be saved.*Pass a seed instead"):
        Scale(seed=np.random.default_rng()).fit(X).save(tmp_path)


def test_objects_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="Python objects"):
        Scale(weights=np.array([object()])).fit(X).save(tmp_path)


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    np.save(tmp_path / "mine.npy", X)
    with pytest.raises(InvalidInputError, match=r"mine\.npy"):
        Scale().fit(X).save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.npy"]


def test_another_class_is_refused(tmp_path: Path) -> None:
    Scale().fit(X).save(tmp_path)
    with pytest.raises(InvalidInputError, match="holds Scale, not FlatIndex"):
        FlatIndex.load(tmp_path)


def test_a_newer_format_is_refused_with_a_sentence(tmp_path: Path) -> None:
    Scale().fit(X).save(tmp_path)
    path = tmp_path / "manifest.json"
    write_manifest(path, read_manifest(path) | {"version": 99})
    with pytest.raises(FormatVersionError, match=r"has format 99.*Upgrade"):
        Scale.load(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="nothing"):
        load(tmp_path / "nothing")


def test_every_flipped_byte_is_found_and_its_file_named(tmp_path: Path) -> None:
    Scale().fit(X).save(tmp_path)
    for path in sorted(tmp_path.glob("[!.]*")):
        content = path.read_bytes()
        for position in range(0, len(content), 7):
            broken = bytearray(content)
            broken[position] ^= 1
            path.write_bytes(broken)
            with pytest.raises(CorruptFileError, match=path.name):
                Scale.load(tmp_path)
        path.write_bytes(content)
    assert Scale.load(tmp_path).factor == 2.0


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    Scale().fit(X).save(tmp_path)
    path = next(tmp_path.glob("x_*.npy"))
    path.unlink()
    with pytest.raises(CorruptFileError, match=f"{path.name} is missing"):
        Scale.load(tmp_path)


def test_two_savers_at_once_are_refused(tmp_path: Path) -> None:
    Scale().fit(X).save(tmp_path)
    with folder_lock(tmp_path), pytest.raises(LockedError, match="another process"):
        save(Scale().fit(X), tmp_path)


def test_a_kill_between_files_and_manifest_leaves_the_old_one(tmp_path: Path) -> None:
    Scale().fit(X).save(tmp_path)
    code = (
        "import os, signal, sys, numpy as np\n"
        "import typecase.base.saving as saving\n"
        "from typecase.indexes import FlatIndex\n"
        "saving.write_manifest = lambda *a: os.kill(os.getpid(), signal.SIGKILL)\n"
        "saving.save(FlatIndex().fit(np.ones((2, 2))), sys.argv[1])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert np.array_equal(Scale.load(tmp_path).x_, X * 2)
    Scale(factor=4.0).fit(X).save(tmp_path)
    assert len(list(tmp_path.glob("*.npy"))) == 1
