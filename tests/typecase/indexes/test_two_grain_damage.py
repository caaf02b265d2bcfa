"""Damage to the folder of a two-grain index: a flipped bit is found and named, and never copied."""

import shutil
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from typecase.base.errors import CorruptFileError, FormatVersionError, LockedError, TypecaseError
from typecase.base.files import PAGE_BYTES, read_manifest, write_manifest
from typecase.data import segments, store_manifest
from typecase.data.predicates import Attribute
from typecase.indexes import two_grain_changes
from typecase.indexes.two_grain import TwoGrainIndex

DIM = 16
N = 300
KINDS = {"x", "rows", "ids", "seq", "hash", "order", "removals", "columns_0", "patch_0", "manifest"}
YEAR = Attribute("year")


def rows(n: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((n, DIM)).astype(np.float32)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With a file of every kind, none of which is read whole at opening but the manifest."""
    monkeypatch.setattr(two_grain_changes, "_EXACT_ROWS", 100)
    monkeypatch.setattr(two_grain_changes, "_EXAM_QUERIES", 20)
    monkeypatch.setattr(segments, "_MOST_RECORDS", 50)
    monkeypatch.setattr(store_manifest, "_CHECKED_BYTES", 0)
    path = tmp_path / "index"
    with TwoGrainIndex.open(path, write=True, dim=DIM) as index:
        ids = np.random.default_rng(1).permutation(N)
        index.add(rows(N), ids, {"year": ids, "tags": [["a", str(i)] for i in ids]})
        index.add(rows(9, 1), np.arange(N, N + 9), {"year": [1] * 9, "tags": [[]] * 9})
        index.remove([5, 6])
        index.set_attributes([7, 8], {"year": [3, None]})
    return path


def test_there_is_a_file_of_every_kind(folder: Path) -> None:
    kinds = {path.name.split(".")[0] for path in files(folder)}
    assert kinds == KINDS | {"two_grain"}


def test_a_flipped_bit_in_any_file_is_found_and_named(folder: Path) -> None:
    rng = np.random.default_rng(2)
    reader = TwoGrainIndex.open(folder)
    for path in files(folder):
        whole = path.read_bytes()
        for _ in range(5):
            flip(path, rng)
            with pytest.raises(CorruptFileError, match=path.name):
                reader.verify()
            path.write_bytes(whole)
    reader.verify()


@pytest.mark.slow
@pytest.mark.integration
def test_damage_that_nobody_looked_for_breaks_no_search(folder: Path, tmp_path: Path) -> None:
    """Answers may be wrong until `verify` is called, but there are some, or one of our errors."""
    rng = np.random.default_rng(3)
    q = rows(3, 4)
    calls: list[Callable[[TwoGrainIndex], object]] = [
        lambda i: i.search(q, 20),
        lambda i: i.search(q, N, filter=YEAR > 50),
        lambda i: i.search(q, 5, filter=Attribute("tags") == "a"),
        lambda i: i.search(q, 5, filter=np.arange(0, N, 3), recall=1),
        lambda i: i.search_range(q, 0.1),
        lambda i: i.batch(q, 4, filters=[None, YEAR == 7, [1, 2]]),
        lambda i: i.explain(q[0]),
        lambda i: i.calibrate(rows(9, 5)),
        lambda i: i.update(rows(2, 6), [2, 9], {"year": [1, 1], "tags": [[], []]}),
        lambda i: i.set_attributes([3], {"year": [9]}),
        lambda i: i.remove([4], missing_ok=True),
        lambda i: i.compact(),
    ]
    for path in sorted(files(folder), key=kind_and_size):  # tokens in names differ at each run
        for damage in (flip, flip, overwrite):
            copy = tmp_path / "copy"
            shutil.copytree(folder, copy)
            for _ in range(3):
                damage(copy / path.name, rng, first=PAGE_BYTES if path.name[:2] == "x." else 128)
            for call in [None, *calls]:
                with warnings.catch_warnings(), suppress(TypecaseError):
                    if damage is overwrite:  # NumPy may say that a number is none
                        warnings.simplefilter("ignore", RuntimeWarning)
                    with TwoGrainIndex.open(copy, write=True) as index:
                        if call is not None:
                            call(index)
            shutil.rmtree(copy)


@pytest.mark.parametrize("byte", [0xFF, 0x7F])
def test_nothing_is_learnt_from_rows_that_are_no_numbers(folder: Path, byte: int) -> None:
    path = max(folder.glob("x.*"), key=lambda p: p.stat().st_size)
    whole = path.read_bytes()
    with TwoGrainIndex.open(folder, write=True) as index:
        before = index.stats()
        path.write_bytes(whole[:-640] + bytes([byte]) * 640)
        with pytest.raises(CorruptFileError, match=path.name):
            index.calibrate(rows(9, 5))
        assert index.stats() == before


def test_rows_that_have_become_too_long_are_named_at_opening(folder: Path) -> None:
    path = max(folder.glob("x.*"), key=lambda p: p.stat().st_size)
    path.write_bytes(path.read_bytes()[:-640] + b"\x7f" * 640)
    with pytest.raises(CorruptFileError, match=path.name):
        TwoGrainIndex.open(folder)


@pytest.mark.parametrize("kind", ["x", "ids", "seq", "hash", "columns_0", "patch_0"])
def test_damage_is_not_compacted_into_files_with_right_checksums(folder: Path, kind: str) -> None:
    path = max(folder.glob(f"{kind}.*"), key=lambda p: p.stat().st_size)
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[-9] ^= 1
    path.write_bytes(damaged)
    with (
        TwoGrainIndex.open(folder, write=True) as index,
        pytest.raises(CorruptFileError, match=path.name),
    ):
        index.compact()
    assert path.read_bytes() == damaged
    path.write_bytes(whole)
    with TwoGrainIndex.open(folder, write=True) as index:
        index.compact().verify()


def test_small_segments_with_damage_are_not_merged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with TwoGrainIndex.open(tmp_path, write=True, dim=DIM) as index:
        for i in range(7):
            index.add(rows(1, i), [i])
        path = min(tmp_path.glob("x.*"))
        damaged = bytearray(path.read_bytes())
        damaged[-2] ^= 1
        path.write_bytes(damaged)
        index.add(rows(1, 8), [8])  # one more makes enough to merge
        assert path.name in caplog.text
        assert len(index) == 8
        with pytest.raises(CorruptFileError, match=path.name):
            index.verify()


@pytest.mark.parametrize("kind", ["blocks", "count", "start", "spread", "centers", "header"])
def test_codes_that_are_damaged_are_made_anew_by_compact(folder: Path, kind: str) -> None:
    path = next(folder.glob(f"two_grain.{kind}.*"))
    damaged = bytearray(path.read_bytes())
    damaged[-100:] = bytes(100)
    at = 128 if kind == "header" else len(damaged) - 100
    damaged[at] ^= 1
    with TwoGrainIndex.open(folder, write=True) as index:
        path.write_bytes(damaged)
        with pytest.raises(CorruptFileError, match=path.name):
            index.verify()
        index.compact().verify()
        x, ids = rows(N), np.random.default_rng(1).permutation(N)
        there = ~np.isin(ids, [5, 6])
        found = index.search(x[there], 1, recall=0.99).ids.ravel()
        assert np.mean(found == ids[there]) > 0.98


def test_a_folder_of_a_newer_format_is_refused(folder: Path) -> None:
    manifest = read_manifest(folder / "manifest.json")
    manifest.pop("checksum", None)
    write_manifest(folder / "manifest.json", manifest | {"version": manifest["version"] + 1})
    before = {path: path.read_bytes() for path in files(folder)}
    for write in (False, True):
        with pytest.raises(FormatVersionError, match="Upgrade"):
            TwoGrainIndex.open(folder, write=write)
    assert {path: path.read_bytes() for path in files(folder)} == before


def test_a_second_writer_is_refused_and_hurts_nothing(folder: Path) -> None:
    with TwoGrainIndex.open(folder, write=True) as index:
        with pytest.raises(LockedError, match="being written"):
            TwoGrainIndex.open(folder, write=True)
        index.add(rows(1, 9), [7000], {"year": [1], "tags": [[]]})
    with TwoGrainIndex.open(folder, write=True) as index:
        assert 7000 in index.ids


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def kind_and_size(path: Path) -> tuple[str, int]:
    return path.name.rsplit(".", 2)[0], path.stat().st_size


def flip(path: Path, rng: np.random.Generator, first: int = 0) -> None:
    content = bytearray(path.read_bytes())
    at = int(rng.integers(min(first, len(content) - 1), len(content)))
    content[at] ^= 1 << int(rng.integers(8))
    path.write_bytes(content)


def overwrite(path: Path, rng: np.random.Generator, first: int = 0) -> None:
    """Put bytes of one value in the place of some: numbers that are none, huge or below zero."""
    content = bytearray(path.read_bytes())
    at = int(rng.integers(min(first, len(content) - 1), len(content))) // 8 * 8
    length = len(content[at : at + 8 * int(rng.integers(1, 9))])
    content[at : at + length] = bytes([rng.choice([0xFF, 0x7F, 0x80])]) * length
    path.write_bytes(content)
