"""The methods under contract: everything that the registry holds, without a list of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest
from numpy.typing import ArrayLike

from typecase.base.registry import entries, get, rooms
from typecase.data.attributes import Columns
from typecase.data.rows import Rows, rows_of
from typecase.indexes import two_grain_build, two_grain_changes, two_grain_view
from typecase.indexes.two_grain import TwoGrainIndex
from typecase.indexes.two_grain_outlook import Effort

CELLS_FROM_ONE_ROW = "two_grain with cells"
IN_A_FOLDER = f"{CELLS_FROM_ONE_ROW} in a folder"


class FolderIndex(TwoGrainIndex):
    """A two-grain index whose `fit` makes a folder of its own and adds the rows there."""

    home: Path
    made: list[TwoGrainIndex]

    def fit(
        self,
        x: ArrayLike | Rows,
        ids: ArrayLike | None = None,
        attributes: Columns | None = None,
    ) -> Self:
        rows, folder = rows_of(x), self.home / str(len(self.made))
        index = TwoGrainIndex.open(folder, write=True, dim=rows.dim, **self.get_params())
        self.made.append(index)
        index.add(rows, np.arange(len(rows)) if ids is None else ids, attributes)
        vars(self).update(vars(index))
        return self


@pytest.fixture(autouse=True)
def folders(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    """Where each `FolderIndex` of a test makes its folder."""
    if IN_A_FOLDER not in request.node.name:
        yield
        return
    made: list[TwoGrainIndex] = []
    monkeypatch.setattr(FolderIndex, "home", tmp_path_factory.mktemp("folders"), raising=False)
    monkeypatch.setattr(FolderIndex, "made", made, raising=False)
    yield
    for index in made:
        index.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test over every method of every room, or over every method of one room."""
    if "method" in metafunc.fixturenames:
        found = [(room, entry.name) for room in rooms() for entry in entries(room)]
        ids = [f"{room}/{name}" for room, name in found]
        metafunc.parametrize("method", [get(*pair) for pair in found], ids=ids)
    if "make_index" in metafunc.fixturenames:
        found_names = [entry.name for entry in entries("indexes")]
        makers = [get("indexes", n) for n in found_names]
        metafunc.parametrize(
            "make_index",
            [*makers, TwoGrainIndex, FolderIndex],
            ids=[*found_names, CELLS_FROM_ONE_ROW, IN_A_FOLDER],
        )
    for fixture, wanted in (("make_codec", "encode"), ("make_scan_codec", "scan_encode")):
        if fixture in metafunc.fixturenames:
            found_names = [entry.name for entry in entries("compress")]
            methods = {n: get("compress", n) for n in found_names}
            able = {n: m for n, m in methods.items() if hasattr(m, wanted)}
            metafunc.parametrize(fixture, list(able.values()), ids=list(able))


@pytest.fixture
def other_values() -> dict[type, Any]:
    """A value that differs from a default, by the default's type."""
    return {str: "other", int: 17, float: 0.25, bool: True, type(None): "given", tuple: ("x",)}


@pytest.fixture(autouse=True)
def cells_from_one_row(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under that name the two-grain index has cells however few rows there are, and uses them.

    It allows for every error, so that it has to find what exact search finds.
    """
    if CELLS_FROM_ONE_ROW not in request.node.name:
        return
    effort = Effort(recall=0.995, error=1e6, missing=0.0, believed=1.0)
    monkeypatch.setattr(two_grain_changes, "_EXACT_ROWS", 1)
    monkeypatch.setattr(two_grain_changes, "_EXAM_QUERIES", 5)
    monkeypatch.setattr(two_grain_build, "find_efforts", lambda trials, measure: (effort,))
    monkeypatch.setattr(two_grain_view, "FEW_ROWS", 0)
    monkeypatch.setattr(two_grain_view, "_FIRST_ROWS", 3)
