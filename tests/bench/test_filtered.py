"""The filtered benchmark: its data, its exact answers, and a whole small run."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bench.filtered.__main__ import main
from bench.filtered.attributes import (
    labels,
    load_attributes,
    numbers,
    save_attributes,
    sets,
)
from bench.filtered.cold import pooled
from bench.filtered.dataset import K, open_dataset
from bench.filtered.exact import BLOCK, Best, search_all
from bench.filtered.filters import AnyOf, Between
from bench.filtered.rescorer import Rescorer
from bench.filtered.sweep import chosen_settings
from bench.filtered.synthetic import write_synthetic
from bench.filtered.tables import speed_table

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_fewer_synthetic_rows_are_the_first_of_more(tmp_path: Path) -> None:
    write_synthetic(tmp_path / "few", 500, n_queries=10)
    write_synthetic(tmp_path / "more", 1000, n_queries=10)
    few, more = (np.load(tmp_path / name / "synthetic.npy") for name in ("few", "more"))
    np.testing.assert_array_equal(few, more[:500])
    np.testing.assert_allclose(np.linalg.norm(few, axis=1), 1, atol=1e-5)


def test_attributes_come_back_from_their_file(tmp_path: Path) -> None:
    columns = {
        "venue": labels(["ACL", "EMNLP", "ACL"]),
        "author": sets([["Ada", "Bob"], [], ["Bob"]]),
        "year": numbers([1999, 2020, 2024]),
    }
    save_attributes(tmp_path / "a.npz", columns)
    found = load_attributes(tmp_path / "a.npz")
    assert AnyOf("venue", (0,)).mask(found).tolist() == [True, False, True]
    assert AnyOf("author", (1,)).mask(found).tolist() == [True, False, True]
    assert Between("year", 2000, 2024).mask(found).tolist() == [False, True, True]
    assert [found["author"].value(row) for row in range(3)] == [[0, 1], [], [1]]


def test_the_last_rows_and_their_sets_can_be_held_out() -> None:
    column = sets([["a"], ["b", "c"], [], ["a", "c"]])
    assert [column.head(2).value(row) for row in range(2)] == [[0], [1, 2]]
    assert [column.tail(2).value(row) for row in range(2)] == [[], [0, 2]]


def test_exact_answers_are_those_of_a_sort() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((3 * BLOCK + 5, 8)).astype(np.float32)
    q = rng.standard_normal((6, 8)).astype(np.float32)
    half, few = rng.random(len(x)) < 0.5, np.arange(len(x)) >= len(x) - 3
    everything = Best(k=K, asked=np.arange(6), masks=[None] * 6)
    some = Best(k=K, asked=np.array([1, 4]), masks=[half, few])
    search_all(x, q, [everything, some])
    wanted = [np.argsort(-(x @ query), kind="stable")[:K] for query in q]
    np.testing.assert_array_equal(everything.ids, wanted)
    rows = np.flatnonzero(half)
    np.testing.assert_array_equal(some.ids[0], rows[np.argsort(-(x[rows] @ q[1]))[:K]])
    last = np.argsort(-(x[-3:] @ q[4])) + len(x) - 3
    assert some.ids[1].tolist() == [*last.tolist(), *[-1] * (K - 3)]


def test_of_equal_rows_the_lower_is_the_exact_answer() -> None:
    x = np.ones((2 * BLOCK, 4), dtype=np.float32)
    best = Best(k=K, asked=np.array([0]), masks=[None])
    search_all(x, x[:1], [best])
    assert best.ids[0].tolist() == list(range(K))


def test_the_rescorer_orders_candidates_and_skips_padding() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 70)).astype(np.float32)
    q = rng.standard_normal(70).astype(np.float32)
    ids = np.array([4, -1, 9, 20, 31, -1], dtype=np.int64)
    wanted = sorted([4, 9, 20, 31], key=lambda row: -float(x[row] @ q))
    assert Rescorer(x).best(q, ids, 3).tolist() == wanted[:3]
    assert Rescorer(x).best(q, ids, 10).tolist() == wanted


def test_the_fastest_setting_that_reaches_the_recall_is_chosen() -> None:
    points = [
        {"setting": {"ef": 1}, "recall": 0.90, "qps_by_cpu": 900.0},
        {"setting": {"ef": 2}, "recall": 0.96, "qps_by_cpu": 500.0},
        {"setting": {"ef": 3}, "recall": 0.95, "qps_by_cpu": 700.0},
        {"setting": {"ef": 4}, "recall": 0.99, "qps_by_cpu": 100.0},
    ]
    assert chosen_settings(points) == [{"ef": 3}, {"ef": 2}]
    assert chosen_settings(points[:1]) == [{"ef": 1}]


def test_the_least_recall_is_tried_where_a_sweep_was_disturbed() -> None:
    points = [
        {"setting": {"ef": 1}, "recall": 0.951, "qps_by_cpu": 400.0},
        {"setting": {"ef": 2}, "recall": 0.97, "qps_by_cpu": 300.0},
        {"setting": {"ef": 3}, "recall": 0.99, "qps_by_cpu": 500.0},
    ]
    assert chosen_settings(points) == [{"ef": 3}, {"ef": 1}, {"ef": 2}]
    assert chosen_settings(points[1:]) == [{"ef": 3}, {"ef": 2}]


def test_the_table_compares_only_engines_that_reach_the_recall() -> None:
    figures: dict[str, Any] = {
        "engines": {"typecase A": {}, "peer": {}, "fast and wrong": {}},
        "shares": {"none": {"share": 1.0, "kind": "none"}},
        "duel": {
            "none": {
                "typecase A": {"recall": 0.96, "qps": 3000.0},
                "peer": {"recall": 0.97, "qps": 1500.0},
                "fast and wrong": {"recall": 0.5, "qps": 9000.0},
            }
        },
    }
    table = speed_table(figures)
    assert "| none | none | 100 | **2.00** | peer | – |" in table
    assert "*9,000 (.500)*" in table


def test_turns_of_a_cold_disk_are_put_together_without_their_first_queries() -> None:
    turns = [
        {
            "wall_ms": [50.0 * turn, *[float(turn)] * 10],
            "cpu_ms": [1.0] * 11,
            "recall": [0.0, *[1.0] * 10],
            "pages": [999, *[10 * turn] * 10],
            "cached_share": 0.001 * turn,
            "disk_reads_per_s": 1000 * turn,
        }
        for turn in (1, 2, 3)
    ]
    found = pooled(turns)
    assert found | {"qps": 0, "qps_by_mean": 0, "qps_by_cpu": 0} == {
        "qps": 0,
        "qps_by_mean": 0,
        "qps_by_cpu": 0,
        "queries": 30,
        "recall": 1.0,
        "p50_ms": 2.0,
        "p95_ms": 3.0,
        "p95_turns_ms": [1.0, 2.0, 3.0],
        "first_ms": 100.0,
        "cached_share": 0.003,
        "pages_p50": 20,
        "pages_p95": 30,
        "disk_reads_per_s": 2000,
    }
    assert pooled([turns[0], {"reason": "it fell asleep"}]) == {"reason": "it fell asleep"}


@pytest.mark.parametrize(
    ("argument", "wrong"),
    [
        ("--builds", "0"),
        ("--rounds", "-1"),
        ("--queries", "many"),
        ("--seconds", "0"),
        ("--seconds", "nan"),
        ("--build-timeout", "inf"),
        ("--n", "1.5"),
    ],
)
def test_a_number_that_measures_nothing_is_refused(
    argument: str, wrong: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", f"{argument}={wrong}", "--quick"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert f"argument {argument}: must be" in said
    assert repr(wrong) in said


@pytest.mark.slow
def test_a_small_run_measures_ours_and_names_what_is_missing(tmp_path: Path) -> None:
    engines = "typecase FlatIndex,typecase TwoGrainIndex,qdrant-edge"
    command = [sys.executable, "-m", "bench.filtered", "--quick", "--cache", str(tmp_path)]
    command += ["--engines", engines, "--rows", "none,r10,own topic", "--builds", "2"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    figures = json.loads((tmp_path / "filtered_quick.json").read_text("utf-8"))
    for row in ("none", "r10", "own topic"):
        assert figures["duel"][row]["typecase FlatIndex"]["recall"] == 1.0
        assert figures["duel"][row]["typecase TwoGrainIndex"]["recall"] > 0.9
    built = figures["engines"]["typecase TwoGrainIndex"]
    assert len(built["builds_cpu_s"]) == 2
    assert built["build_cpu_s"] == max(built["builds_cpu_s"])
    assert "qdrant_edge" in figures["engines"]["qdrant-edge"]["reason"]
    data = open_dataset(tmp_path / "synthetic.npy", tmp_path / "synthetic_attributes.npz")
    assert len(data.queries) == 200
