"""The registry: one line in a room's stub is a method."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import typecase
from typecase.base.errors import UnknownNameError
from typecase.base.registry import entries


def test_a_method_is_found_by_short_and_by_class_name() -> None:
    from typecase.indexes.flat import FlatIndex

    assert typecase.get("indexes", "flat") is FlatIndex
    assert typecase.get("indexes", "FlatIndex") is FlatIndex


def test_an_unknown_name_answers_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"No method in indexes.*'flta'.*mean 'flat'"):
        typecase.get("indexes", "flta")
    with pytest.raises(UnknownNameError, match=r"No room.*mean 'indexes'"):
        typecase.names("index")


def test_an_unknown_name_is_a_key_error_and_an_attribute_error() -> None:
    with pytest.raises(KeyError):
        typecase.get("indexes", "nothing")
    with pytest.raises(AttributeError):
        importlib.import_module("typecase.indexes").Nothing  # noqa: B018


def test_a_room_lists_its_methods_and_has_its_docstring() -> None:
    import typecase.indexes as room

    assert {"FlatIndex", "SignIndex"} <= set(dir(room))
    assert {"FlatIndex", "SignIndex"} <= set(room.__all__)
    assert "neighbours" in (room.__doc__ or "")


def test_a_method_is_imported_on_first_use_only() -> None:
    code = (
        "import sys, typecase.indexes as room\n"
        "assert 'typecase.indexes.sign' not in sys.modules\n"
        "room.FlatIndex\n"
        "assert 'typecase.indexes.flat' in sys.modules\n"
        "assert 'typecase.indexes.sign' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_name_of_a_method_is_its_file() -> None:
    for entry in entries("indexes"):
        assert entry.module == f"typecase.indexes.{entry.name}"


def test_third_parties_join_by_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tc_guest.py").write_text("class GuestIndex: ...\n")
    info = tmp_path / "tc_guest-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tc-guest\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[typecase.indexes]\nguest = tc_guest:GuestIndex\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert "guest" in typecase.names("indexes")
    assert typecase.get("indexes", "guest").__name__ == "GuestIndex"
    assert typecase.get("indexes", "GuestIndex").__name__ == "GuestIndex"
