"""What the filtered benchmark makes of its measurements: costs, goals, tables, charts, failures."""

import json
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from bench.filtered import pages
from bench.filtered.attributes import numbers, save_attributes
from bench.filtered.charts import curves_svg, frontier, growth_svg
from bench.filtered.cold import fit
from bench.filtered.dataset import open_dataset
from bench.filtered.duel import duel
from bench.filtered.goals import goals_table, growth_exponents
from bench.filtered.handle import EngineFailedError, Handle, Place, build
from bench.filtered.report import write_page

OURS, SMALL = "typecase TwoGrainIndex", "typecase TwoGrainIndex 160"
PEER = "faiss IVFPQ192fs"


def found(ms: float, recall: float = 0.96) -> dict[str, Any]:
    return {"recall": recall, "qps": 1e3 / ms, "p50_ms": ms, "p95_ms": 2 * ms, "setting": {}}


def run_of(n: int, ms: float) -> dict[str, Any]:
    about = {
        "own_bytes": 4.0,
        "mapped_bytes": 60.0,
        "vector_pages_bytes": 1.0,
        "disk_bytes": 100 * n,
        "build_cpu_s": 10.0,
        "open_s": 0.1,
    }
    return {
        "rows": n,
        "dim": 384,
        "data": "synthetic",
        "load_at_start": 0.0,
        "shares": {
            "none": {"kind": "none", "share": 1.0},
            "other topic": {"kind": "anti-correlated", "share": 0.02},
        },
        "engines": {
            OURS: about,
            SMALL: about | {"mapped_bytes": 30.0},
            PEER: about | {"build_cpu_s": 25.0},
            "zvec": {"reason": "the build took more than 5 s"},
        },
        "curves": {"none": {OURS: [[0.9, 2e3 / ms], [0.96, 1e3 / ms]], PEER: [[0.96, 400 / ms]]}},
        "duel": {
            "none": {OURS: found(ms), SMALL: found(1.25 * ms), PEER: found(2.5 * ms)},
            "other topic": {OURS: found(ms), SMALL: found(2 * ms), PEER: found(30 * ms)},
        },
    }


def result_of(name: str, figures: dict[str, Any]) -> str:
    machine = {"processor": "a processor", "cores": 2}
    result = {"name": name, "date": "2026-11-28", "commit": "0123", "machine": machine}
    return json.dumps(result | {"figures": figures})


@pytest.fixture
def scale() -> dict[str, Any]:
    sizes = {str(n): run_of(n, ms) for n, ms in ((10_000, 0.1), (1_000_000, 1.0))}
    cold = {
        row: {"p50_ms": 4.0, "p95_ms": 11.0, "first_ms": 30.0, "cached_share": 0.0}
        for row in ("none", "other topic")
    }
    cold["none"] |= {"p95_turns_ms": [9.0, 14.0, 10.0]}
    cold["none"] |= {"pages_p50": 400, "pages_p95": 1000, "disk_reads_per_s": 200_000}
    sizes["1000000"]["cold"] = {OURS: cold}
    return {"data": "synthetic", "sizes": sizes}


def test_growth_is_the_power_of_n(scale: dict[str, Any]) -> None:
    assert growth_exponents(scale, OURS) == pytest.approx({"none": 0.5, "other topic": 0.5})


def test_goals_are_decided_by_the_worst_row(scale: dict[str, Any]) -> None:
    lines = goals_table([run_of(1_000_000, 1.0)], [scale]).splitlines()
    assert (
        "| q/s over the best peer (synthetic, 1,000,000) | at least 2 | 2.5 | none | yes |" in lines
    )
    hard = [line for line in lines if "cells or graph of faiss" in line]
    assert hard[0].endswith("| at least 20 | 30 | other topic | yes |")
    memory = [line for line in lines if line.startswith("| memory")]
    assert [line.split(" | ")[2] for line in memory] == ["64 bytes", "34 bytes"]
    assert any("| at most 10 ms | 11 ms | none | **no** |" in line for line in lines)
    assert any("| at most 0.5 | 0.4 |" in line for line in lines)


def test_the_page_has_every_table_and_says_what_is_missing(
    tmp_path: Path, scale: dict[str, Any]
) -> None:
    figures = run_of(1_000_000, 1.0)
    figures["engines"][PEER] |= {"builds_cpu_s": [24.0, 25.0, 27.0], "build_kernel_s": 0.3}
    of_ours = {
        "rows": {"none": {"cells": 1e6, "codes": 1e6, "rows": 1000.0, "ms": 1.0}},
        "fit": {"call": 0.1, "cells": 2e-7, "codes": 1e-7, "rows": 0.0006},
    }
    work = {"work": {OURS: of_ours}}
    figures |= work
    limits = {
        "stream_bytes_per_s": 10e9,
        "gathered_rows_per_s": {"rows of 1,536 bytes": 5e6},
        "disk_reads_of_4_kb_per_s_by_depth": {"1": 10_000},
    }
    last = {"1000000": scale["sizes"]["1000000"]}
    for name, of_name in (
        ("filtered_synthetic_1000000", figures),
        ("filtered_synthetic_1000000_another_machine", run_of(1_000_000, 0.5) | work),
        ("filtered_scale_synthetic", scale),
        ("filtered_scale_synthetic_another_machine", scale),
        ("filtered_scale_synthetic_disk_in_memory", {**scale, "sizes": last}),
        ("filtered_limits", limits),
        ("filtered_limits_another_machine", limits | {"stream_bytes_per_s": 20e9}),
    ):
        (tmp_path / f"{name}.json").write_text(result_of(name, of_name), "utf-8")
    write_page(tmp_path, tmp_path / "docs")
    page = (tmp_path / "docs" / "filtered-search.md").read_text("utf-8")
    assert "| zvec | – | – | – | – | – | – | not measured: the build took more than 5 s |" in page
    assert f"| {PEER} | 64 | 60 | 1 | 100 | 25.0 (24.0–27.0, kernel 0.3) | 0.10 |  |" in page
    assert "| memory a vector | 64 bytes |  | 34 bytes |  | 0.53 |" in page
    # 2 MB at 10 GB/s are 0.2 ms, 1,000 rows at 5 million a second another 0.2.
    assert (
        "| none | 1,000 | 1,000 | 1,000 | 0.400 | 1.000 | 2.5 | 0.100 | 0.200 | 0.100 | 0.600 |"
        in page
    )
    assert "codes are scanned at 10.0 GB/s, where memory gives 10.0" in page
    assert "codes are scanned at 10.0 GB/s, where memory gives 20.0" in page
    assert "## What the machine can do: another machine" in page
    assert "## Synthetic, 1,000,000 rows, warm and cold: disk in memory" in page
    assert "| p95 of a query, cold, 1,000,000 rows, disk in memory | at most 10 ms" in page
    assert "1,000,000 rows: another machine" in page
    assert "| opening 1,000,000 rows, another machine |" in page
    # 1,000 pages at 200,000 a second are 5 ms
    cold = "| 1.00 | 2.00 | 4.00 | 11.00"
    in_turns = f"{cold} (9.00–14.00) | 30.00 | 400 | 1,000 | 200,000 | 2.2 |"
    assert f"| **{OURS}** | none {in_turns}" in page
    assert f"| **{OURS}** | other topic {cold} | 30.00 | – | – | – | – |" in page
    assert f"| **{OURS}** | power of n | **0.50** | **0.50** |" in page
    assert "## Synthetic, 1,000,000 x 384: another machine" in page
    assert "| q/s over the best peer (synthetic, 1,000,000) |" in page
    assert "| q/s over the best peer (synthetic, 1,000,000, another machine) |" in page
    charts = sorted(path.name for path in (tmp_path / "docs").glob("*.svg"))
    assert charts == [
        "filtered-search-scale_synthetic.svg",
        "filtered-search-scale_synthetic_another_machine.svg",
        "filtered-search-synthetic_1000000.svg",
        "filtered-search-synthetic_1000000_another_machine.svg",
    ]
    assert all(f"]({chart})" in page for chart in charts)


def test_what_a_read_costs_is_found_again() -> None:
    rng = np.random.default_rng(0)
    cells = np.repeat([0.0, 1e6], 100)
    codes, rows = 1e6 * rng.random(200), 300 * rng.random(200)
    ms = 0.02 + 3e-7 * cells + 1e-7 * codes + 4e-4 * rows
    reads = {"cells": cells, "codes": codes, "rows": rows, "ms": ms}
    cost = fit([{name: values.tolist() for name, values in reads.items()}])
    assert cost == pytest.approx({"cells": 3e-7, "codes": 1e-7, "rows": 4e-4, "call": 0.02})


def test_a_cost_is_never_below_nothing() -> None:
    reads = {"cells": [0.0] * 4, "codes": [1.0, 2.0, 3.0, 4.0], "rows": [0.0] * 4}
    assert fit([reads | {"ms": [4.0, 3.0, 2.0, 1.0]}]).keys() == {"call"}


def test_a_setting_that_another_beats_in_both_is_not_drawn() -> None:
    points = [[0.9, 100.0], [0.95, 120.0], [0.99, 50.0], [0.97, 40.0]]
    assert frontier(points) == [[0.99, 50.0], [0.95, 120.0]]


def test_charts_are_whole_and_follow_the_readers_theme() -> None:
    curves = {"a < b": {OURS: [[0.9, 2000.0], [0.3, 9000.0]], "hnswlib": [[1.0, 3.0]]}}
    growth = {OURS: {"none": [0.1, 0.2], "r10": [0.2, 0.3]}}
    for text in (curves_svg(curves, ["a < b"]), growth_svg([1000, 100_000], growth)):
        assert ElementTree.fromstring(text).tag.endswith("svg")
        assert "prefers-color-scheme: dark" in text


class Fragile:
    """A worker that dies at its second question of a row."""

    engine, is_alive = "peer", True

    def ask(self, do: str, **_: Any) -> dict[str, Any]:
        if do == "run":
            self.is_alive = False
            raise EngineFailedError("died with -11 at run")
        return {"prepare_ms": 1.0}


def test_an_engine_that_dies_is_a_row_with_its_reason() -> None:
    point = {"setting": {}, "recall": 0.96, "qps_by_cpu": 10.0}
    worker: Any = Fragile()
    sweeps = {"peer": {"rows": {"none": [point]}}}
    figures = duel([worker], "none", sweeps, rounds=2, queries=4, seconds=0.1)
    assert figures["peer"]["reason"] == "died with -11 at run"


def place_in(folder: Path) -> Place:
    x = np.random.default_rng(1).standard_normal((400, 16)).astype(np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    np.save(folder / "x.npy", x)
    save_attributes(folder / "a.npz", {"year": numbers(np.arange(400))})
    data = open_dataset(folder / "x.npy", folder / "a.npz", cache=folder / "truth")
    return Place(data=data, attributes=folder / "a.npz", cache=folder, peers_python="python3")


@pytest.mark.slow
def test_an_engine_that_does_not_answer_is_given_up(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    build(place, "typecase FlatIndex", timeout_s=300)
    with Handle(place, "typecase FlatIndex", core=None) as worker:
        run: dict[str, Any] = {"row": "none", "setting": {}, "first": 0, "count": 10**9}
        with pytest.raises(EngineFailedError, match="no answer to run in 1 s"):
            worker.ask("run", wait_s=1, **run, seconds=3600)
        assert not worker.is_alive


@pytest.mark.slow
def test_a_build_that_takes_too_long_is_a_reason(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    with pytest.raises(EngineFailedError, match="the build took more than 0 s"):
        build(place, "typecase FlatIndex", timeout_s=0.01)
    with pytest.raises(EngineFailedError, match="the build took more than 0 s"):
        build(place, "typecase FlatIndex", timeout_s=300)


def test_the_disk_cache_is_emptied_of_a_file_that_is_mapped(tmp_path: Path) -> None:
    kind = subprocess.run(["stat", "-f", "-c", "%T", tmp_path], capture_output=True, text=True)
    if kind.stdout.strip() == "tmpfs":
        pytest.skip("files here are in memory alone")
    path = tmp_path / "x.npy"
    np.save(path, np.arange(2**18))
    x = np.load(path, mmap_mode="r")
    assert int(x.sum()) == 2**17 * (2**18 - 1)
    assert pages.resident([path]) >= x.nbytes
    pages.drop([path])
    assert pages.resident([path]) == 0
    pages.warm(path)
    assert pages.resident([path]) >= x.nbytes
