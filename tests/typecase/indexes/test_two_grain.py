"""The two-grain index against exact search, with every engine; the border of cells lowered."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from typecase.base.errors import InvalidInputError
from typecase.compress.half import HalfPrecision
from typecase.compress.rabitq import RaBitQ
from typecase.data.filters import IdMask
from typecase.data.predicates import Attribute
from typecase.indexes import two_grain_build, two_grain_changes, two_grain_outlook, two_grain_view
from typecase.indexes.flat import FlatIndex
from typecase.indexes.two_grain import TwoGrainIndex
from typecase.indexes.two_grain_build import TwoGrainCodes, is_outlook_old
from typecase.indexes.two_grain_outlook import Effort, Outlook

DIM = 24
BORDER = 100
Floats = NDArray[np.float32]


@pytest.fixture
def low_border(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells from 100 rows on, and nothing that makes a small index exact by itself."""
    monkeypatch.setattr(two_grain_changes, "_EXACT_ROWS", BORDER)
    monkeypatch.setattr(two_grain_changes, "_EXAM_QUERIES", 60)
    monkeypatch.setattr(two_grain_build, "FEW_ROWS", 5)
    monkeypatch.setattr(two_grain_view, "FEW_ROWS", 5)
    monkeypatch.setattr(two_grain_view, "_FIRST_ROWS", 40)


@pytest.fixture
def exhaustive(low_border: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The only effort there is allows for any error and looks everywhere."""
    effort = Effort(recall=0.995, error=1e6, missing=0.0, believed=1.0)
    monkeypatch.setattr(two_grain_build, "find_efforts", lambda trials, measure: (effort,))


def clustered(n: int, dim: int = DIM, seed: int = 0, n_clusters: int = 30) -> Floats:
    """Clusters of all sizes and widths, the same for every seed."""
    fixed, rng = np.random.default_rng(77), np.random.default_rng(seed)
    centres = fixed.standard_normal((n_clusters, dim))
    width = fixed.uniform(0.1, 0.8, n_clusters)
    of = rng.choice(n_clusters, n, p=fixed.dirichlet(np.ones(n_clusters)))
    x = centres[of] + width[of, None] * rng.standard_normal((n, dim))
    return x.astype(np.float32)


def check_exact(index: TwoGrainIndex, q: Floats, k: int, filter: Any = None) -> None:
    """Compare with a flat index of the same rows, ids and metric."""
    table = index.snapshot_.table
    assert index.snapshot_.codes.cells is not None
    rows = table.lookup.find(index.ids)
    flat = FlatIndex(metric=index.metric).fit(table.x.take(rows), index.ids)
    wanted = flat.search(q, k, filter=filter)
    found = index.search(q, k, filter=filter)
    assert found.ids.tolist() == wanted.ids.tolist()
    assert found.scores.tobytes() == wanted.scores.tobytes()


def recall_of(index: TwoGrainIndex, q: Floats, k: int = 10, **options: Any) -> float:
    asked = options.pop("recall", None)
    found = index.search(q, k, recall=asked, **options).ids
    wanted = index.search(q, k, recall=1.0, **options).ids
    pairs = zip(found.tolist(), wanted.tolist(), strict=True)
    return sum(len(set(a) & set(b) - {-1}) for a, b in pairs) / max(1, (wanted >= 0).sum())


def fitted(n: int = 2000, seed: int = 0, **options: Any) -> TwoGrainIndex:
    return TwoGrainIndex(**options).fit(clustered(n, seed=seed))


Q = clustered(40, seed=1000)


# Exactness: whatever is done to it, with every error allowed for it is exact search.


@pytest.mark.usefixtures("exhaustive")
@pytest.mark.parametrize("metric", ["cosine", "ip"])
def test_allowing_for_everything_it_is_exact(engine: str, metric: str) -> None:
    rng = np.random.default_rng(3)
    x, ids = clustered(700), rng.permutation(5000)[:700]
    index = TwoGrainIndex(metric=metric).fit(x, ids)
    check_exact(index, Q, 10)
    for share in (0.5, 0.05, 0.01):
        check_exact(index, Q, 10, rng.random(700) < share)
        check_exact(index, Q, 10, IdMask(rng.random(5000) < share))
    check_exact(index, Q, 10, [])
    check_exact(index, Q, 10, ids[:3])


@pytest.mark.usefixtures("exhaustive")
@pytest.mark.parametrize("metric", ["cosine", "ip"])
def test_exact_through_every_change(engine: str, metric: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    x = clustered(1200)
    index = TwoGrainIndex(metric=metric).fit(x[:300], np.arange(300))
    for first in range(300, 700, 80):
        index.add(x[first : first + 80], np.arange(first, first + 80))
        check_exact(index, Q, 7)
    index.remove(rng.choice(700, 120, replace=False))
    check_exact(index, Q, 7)
    check_exact(index, Q, 7, rng.random(len(index)) < 0.2)
    index.update(x[700:800], np.arange(50, 150))
    check_exact(index, Q, 7)
    index.save(tmp_path)
    check_exact(TwoGrainIndex.load(tmp_path, mmap=True), Q, 7)
    index.compact()
    assert len(index.snapshot_.table) == len(index)
    check_exact(index, Q, 7)
    index.add(x[800:], np.arange(2000, 2400))
    check_exact(index, Q, 7)


@pytest.mark.usefixtures("exhaustive")
@pytest.mark.parametrize("dim", [1, 2, 3, 5, 31, 33, 130])
def test_exact_for_any_dim(engine: str, dim: int) -> None:
    for metric in ("cosine", "ip"):
        index = TwoGrainIndex(metric=metric).fit(clustered(300, dim))
        check_exact(index.add(clustered(20, dim, 1), np.arange(300, 320)), clustered(5, dim, 2), 9)


@pytest.mark.usefixtures("exhaustive")
@pytest.mark.parametrize("length", [1e-15, 1e-6, 1e6, 1e15])
def test_exact_for_rows_and_queries_of_any_length(engine: str, length: float) -> None:
    x, size = clustered(300), np.float32(length)
    for rows, q in ((x * size, Q[:5]), (x, Q[:5] * size), (x * size, Q[:5] / size)):
        for metric in ("cosine", "ip"):
            check_exact(TwoGrainIndex(metric=metric).fit(rows), q, 9)


@pytest.mark.usefixtures("exhaustive")
def test_exact_when_added_rows_are_much_longer(engine: str) -> None:
    x = clustered(500)
    index = TwoGrainIndex(metric="ip").fit(x[:400])
    index.add(x[400:450] * np.float32(900), np.arange(400, 450))
    check_exact(index, Q[:5], 30)
    index.add(x[450:] * np.float32(1e9), np.arange(450, 500))
    check_exact(index, Q[:5], 70)


@pytest.mark.usefixtures("exhaustive")
@pytest.mark.parametrize("metric", ["cosine", "ip"])
def test_ties_go_to_the_lower_id(engine: str, metric: str) -> None:
    ids = np.random.default_rng(0).permutation(700)
    for x in (np.ones((700, 5)), np.zeros((700, 5)), np.repeat(clustered(7, 5), 100, axis=0)):
        index = TwoGrainIndex(metric=metric).fit(x[:600], ids[:600]).add(x[600:], ids[600:])
        check_exact(index, clustered(3, 5, 1), 25)
        check_exact(index.remove(ids[::5]), clustered(3, 5, 1), 25)


@pytest.mark.usefixtures("exhaustive")
@pytest.mark.parametrize("k", [1, 99, 499, 500, 501, 3000])
def test_any_k(engine: str, k: int) -> None:
    index = fitted(600).remove(np.arange(100))
    check_exact(index, Q[:3], k)
    check_exact(index, Q[:3], k, np.arange(500) < 30)


@pytest.mark.usefixtures("exhaustive")
def test_scores_are_those_of_exact_search_where_some_rows_are_of_unit_length(engine: str) -> None:
    x = clustered(300)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    x *= 1 + np.linspace(-1e-6, 1e-6, 300, dtype=np.float32)[:, None]
    x[:3] *= 5
    check_exact(TwoGrainIndex().fit(x), Q[:9], 20)


@pytest.mark.usefixtures("exhaustive")
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), steps=st.lists(st.sampled_from("adruc"), max_size=7))
def test_any_changes_keep_it_exact(seed: int, steps: list[str]) -> None:
    rng = np.random.default_rng(seed)
    metric = ("cosine", "ip")[seed % 2]
    levels = (2, 10**4)[seed // 2 % 2]

    def some(n: int) -> Floats:
        return rng.integers(-levels, levels + 1, (n, 4)).astype(np.float32)

    index = TwoGrainIndex(metric=metric, random_state=seed).fit(some(150), rng.permutation(150))
    for step in steps:
        n = int(rng.integers(0, 60))
        if step in "au":
            ids = rng.permutation(400)[:n]
            ids = np.setdiff1d(ids, index.ids) if step == "a" else ids
            (index.add if step == "a" else index.update)(some(len(ids)), ids)
        elif step in "dr":
            n = min(n, len(index) - BORDER)
            index.remove(rng.permutation(index.ids)[: max(0, n)])
        else:
            index.compact()
    if index.snapshot_.codes.cells is not None:
        check_exact(index, some(4), int(rng.integers(1, 30)))
        check_exact(index, some(4), 5, rng.random(len(index)) < rng.random())


# Ranges


@pytest.mark.usefixtures("exhaustive")
@pytest.mark.parametrize("metric", ["cosine", "ip"])
def test_a_range_is_all_that_score_so_much(engine: str, metric: str) -> None:
    ids = np.random.default_rng(0).permutation(600)
    index = TwoGrainIndex(metric=metric).fit(np.repeat(clustered(200), 3, axis=0), ids)
    index.remove(ids[:50])
    flat = index.search(Q[:6], 600, recall=1.0)
    for least in (-1e9, float(flat.scores[0, 5]), 1e9):
        found = index.search_range(Q[:6], least)
        assert found.offsets[0] == 0
        for i in range(6):
            part = slice(int(found.offsets[i]), int(found.offsets[i + 1]))
            wanted = flat.scores[i] >= np.float32(least)
            assert found.ids[part].tolist() == flat.ids[i][wanted].tolist()
            assert found.scores[part].tobytes() == flat.scores[i][wanted].tobytes()
    few = index.search_range(Q[:1], -1e9, filter=ids[48:53])
    assert sorted(few.ids.tolist()) == sorted(ids[50:53].tolist())


@pytest.mark.slow
@pytest.mark.usefixtures("low_border")
@pytest.mark.parametrize("least", [-0.99, -1.5, -1e9, -1e300])
def test_a_range_of_any_score_is_nearly_everything(engine: str, least: float) -> None:
    index = fitted(600).remove(np.arange(50))
    found = index.search_range(Q[:4], least, recall=0.9)
    assert len(found.ids) >= 0.95 * 4 * 550


@pytest.mark.parametrize("n", [0, 5, 50])
def test_a_range_of_a_small_index_is_exact(n: int) -> None:
    index = TwoGrainIndex().fit(clustered(50)[:n])
    found = index.search_range(Q[:2], -1.0)
    assert found.offsets.tolist() == [0, n, 2 * n]
    assert index.search_range(np.empty((0, DIM)), 0.0).offsets.tolist() == [0]


# Recall


@pytest.mark.slow
@pytest.mark.usefixtures("low_border")
def test_numpy_learns_and_reaches_a_recall_too(engine: str) -> None:
    index = fitted(600)
    assert recall_of(index, clustered(100, seed=9), recall=0.9) >= 0.88
    assert index.explain(Q[0], recall=0.9).rows < 300


@pytest.mark.parametrize("metric", ["cosine", "ip"])
def test_the_recall_asked_for_is_reached(fastest: str, metric: str) -> None:
    n = 8000
    index = fitted(n, metric=metric)
    queries = clustered(300, seed=9)
    for recall in (0.8, 0.9, 0.95, 0.99):
        assert recall_of(index, queries, recall=recall) >= recall - 0.02


def filters(n: int, x: Floats) -> dict[str, NDArray[np.bool_]]:
    """Rows chosen at random, near the queries, and far from them."""
    rng = np.random.default_rng(5)
    chosen = {f"random {share}": rng.random(n) < share for share in (0.5, 0.2, 0.1, 0.08)}
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    near = unit @ (Q[0] / np.linalg.norm(Q[0]))
    for share in (0.5, 0.1):
        cut = np.quantile(near, share), np.quantile(near, 1 - share)
        chosen[f"near {share}"] = near > cut[1]
        chosen[f"far {share}"] = near < cut[0]
    return chosen


@pytest.mark.parametrize("metric", ["cosine", "ip"])
def test_recall_under_filters_of_many_kinds(fastest: str, metric: str) -> None:
    n = 8000
    x = clustered(n)
    index = TwoGrainIndex(metric=metric).fit(x)
    rng = np.random.default_rng(6)
    # around ten points: a recall is one of many queries, around a hard point it is lower
    near_q = np.repeat(Q[:10], 5, axis=0) + 0.2 * rng.standard_normal((50, DIM)).astype(np.float32)
    for name, chosen in filters(n, x).items():
        for q in (clustered(50, seed=9), near_q):
            # what queries are farthest from lies closer together than what they were examined on
            least = 0.91 if name.startswith("far") else 0.93
            assert recall_of(index, q, recall=0.95, filter=chosen) >= least, name


def test_recall_stays_while_rows_come_and_go(fastest: str) -> None:
    x = clustered(9000)
    ids = np.arange(9000)
    index = TwoGrainIndex(recall=0.9).fit(x[:5000])
    for first in range(5000, 9000, 250):
        index.add(x[first : first + 250], ids[first : first + 250])
    queries = clustered(100, seed=9)
    assert recall_of(index, queries) >= 0.88
    index.remove(ids[::3])
    assert recall_of(index, queries) >= 0.88
    index.update(clustered(500, seed=5), ids[:500])
    assert recall_of(index, queries) >= 0.88
    assert recall_of(index.compact(), queries) >= 0.88


def test_recall_stays_when_rows_of_new_kinds_come(fastest: str) -> None:
    x, new = clustered(5000), clustered(2000, seed=3) + np.float32(2.5)
    index = TwoGrainIndex(recall=0.9).fit(x).add(new, np.arange(5000, 7000))
    assert recall_of(index, new[::40] + np.float32(0.1)) >= 0.88
    assert recall_of(index, clustered(50, seed=9)) >= 0.88


@pytest.mark.parametrize("length", [1e-9, 1e9])
def test_recall_does_not_depend_on_lengths(fastest: str, length: float) -> None:
    index = TwoGrainIndex(metric="ip", recall=0.9).fit(clustered(4500) * np.float32(length))
    assert recall_of(index, clustered(50, seed=9)) >= 0.88
    assert recall_of(index, clustered(50, seed=9) * np.float32(1e6)) >= 0.88


def test_one_very_long_row_does_not_spoil_the_codes_of_the_others(fastest: str) -> None:
    x = clustered(4500)
    x[17] *= np.float32(1e7)
    index = TwoGrainIndex(metric="ip").fit(x)
    assert [e.recall for e in index.snapshot_.codes.outlook.efforts][:3] == [0.8, 0.9, 0.95]
    queries = clustered(50, seed=9)
    assert recall_of(index, queries, recall=0.9) >= 0.88
    assert recall_of(index, queries, recall=0.9, filter=np.arange(4500) != 17) >= 0.88
    assert index.explain(queries[0], recall=0.9).rows < 500


@pytest.mark.slow
@pytest.mark.usefixtures("low_border")
def test_equal_rows_are_found_in_order_by_any_effort(engine: str) -> None:
    x = np.ones((150, 6), dtype=np.float32)
    assert TwoGrainIndex(recall=0.8).fit(x).search(x[:2], 3).ids.tolist() == [[0, 1, 2]] * 2


@pytest.mark.parametrize("k", [1, 3, 100, 1000])
def test_recall_holds_for_another_k_than_was_examined(fastest: str, k: int) -> None:
    index = fitted(6000, recall=0.9)
    assert recall_of(index, clustered(100, seed=9), k=k) >= 0.87


# The border


def test_around_the_border_it_is_exact_below_and_has_cells_above(fastest: str) -> None:
    x = clustered(4100)
    for n in (4095, 4096):
        index = TwoGrainIndex().fit(x[:n])
        assert (index.stats()["n_cells"] > 0) == (n >= 4096)
        assert recall_of(index, Q) >= 0.95 - 0.05 * (n >= 4096)


def test_rows_added_past_the_border_get_cells(fastest: str) -> None:
    x = clustered(4300)
    index = TwoGrainIndex().fit(np.empty((0, DIM)))
    for first in range(0, 4000, 1000):
        index.add(x[first : first + 1000], np.arange(first, first + 1000))
    assert index.stats()["n_cells"] == 0
    index.add(x[4000:4200], np.arange(4000, 4200)).add(x[4200:], np.arange(4200, 4300))
    assert index.stats()["n_cells"] > 0
    assert index.stats()["n_tail"] == 100
    assert recall_of(index, Q) >= 0.9
    index.remove(np.arange(300))
    assert index.compact().stats()["n_cells"] == 0
    assert recall_of(index, Q) == 1.0


@pytest.mark.slow
@pytest.mark.usefixtures("low_border")
def test_everything_may_be_removed_and_come_back(engine: str) -> None:
    index = fitted(300)
    assert index.remove(np.arange(299)).search(Q[:1], 2).ids.tolist() == [[299, -1]]
    assert index.remove([299]).search(Q[:1], 2).ids.tolist() == [[-1, -1]]
    assert index.search_range(Q[:1], -2.0).ids.tolist() == []
    assert len(index.compact()) == 0
    index.add(clustered(300), np.arange(300))
    assert index.stats()["n_cells"] > 0
    assert index.search(clustered(300)[:5], 1).ids[:, 0].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.usefixtures("low_border")
def test_a_long_tail_settles_into_the_cells(fastest: str) -> None:
    index = fitted(500)
    x = clustered(500, seed=2)
    tails = []
    for first in range(0, 500, 45):
        index.add(x[first : first + 45], np.arange(500 + first, min(545 + first, 1000)))
        tails.append(index.stats()["n_tail"])
    assert max(tails) <= BORDER
    assert min(tails) == 0
    assert index.compact().stats()["n_tail"] == 0


@pytest.mark.usefixtures("low_border")
def test_the_cells_are_found_anew_when_the_rows_have_tripled(fastest: str) -> None:
    x = clustered(1000)
    index = TwoGrainIndex(n_cells=10).fit(x[:300])
    assert index.add(x[300:900], np.arange(300, 900)).snapshot_.codes.cells.n_found == 300
    assert index.add(x[900:], np.arange(900, 1000)).snapshot_.codes.cells.n_found == 1000


# Same answers


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.usefixtures("low_border")
def test_what_was_saved_answers_bit_for_bit(fastest: str, tmp_path: Path, mmap: bool) -> None:
    index = fitted(800).add(clustered(30, seed=4), np.arange(800, 830)).remove(np.arange(5))
    index.save(tmp_path)
    loaded = TwoGrainIndex.load(tmp_path, mmap=mmap)
    chosen = np.random.default_rng(0).random(825) < 0.3
    for options in ({}, {"filter": chosen}, {"recall": 0.8}):
        found, wanted = loaded.search(Q, 9, **options), index.search(Q, 9, **options)
        assert found.ids.tolist() == wanted.ids.tolist()
        assert found.scores.tobytes() == wanted.scores.tobytes()
    assert loaded.stats() == index.stats()
    more = clustered(200, seed=6)
    for each in (index, loaded):
        each.add(more, np.arange(2000, 2200)).compact()
    assert loaded.search(Q, 9).scores.tobytes() == index.search(Q, 9).scores.tobytes()


@pytest.mark.usefixtures("low_border")
def test_the_same_seed_answers_bit_for_bit(fastest: str) -> None:
    found = []
    for _ in range(2):
        index = fitted(700, random_state=3).add(clustered(40, seed=4), np.arange(700, 740))
        found.append(
            index.search(Q, 9).scores.tobytes() + index.search_range(Q, 0.5).scores.tobytes()
        )
        found[-1] += repr(index.stats()).encode()
    assert found[0] == found[1]


@pytest.mark.usefixtures("low_border")
def test_a_batch_is_its_rows_and_threads_change_nothing(fastest: str) -> None:
    index = fitted(900).remove(np.arange(50))
    batch = index.search(Q, 9)
    threads = index.search(Q, 9, n_jobs=4)
    assert threads.ids.tolist() == batch.ids.tolist()
    assert threads.scores.tobytes() == batch.scores.tobytes()
    for i in range(0, len(Q), 7):
        one = index.search(Q[i : i + 1], 9)
        assert one.ids.tolist() == batch.ids[i : i + 1].tolist()
        assert one.scores.tobytes() == batch.scores[i : i + 1].tobytes()


@pytest.mark.usefixtures("low_border")
def test_any_layout_of_queries_gives_the_same(fastest: str) -> None:
    index = fitted(600)
    wanted = index.search(Q, 5)
    wide = np.zeros((len(Q), 2 * DIM), np.float32)
    wide[:, ::2] = Q
    read_only = Q.copy()
    read_only.flags.writeable = False
    for q in (wide[:, ::2], np.asfortranarray(Q), Q.astype(np.float64), Q.tolist(), read_only):
        found = index.search(q, 5)
        assert found.ids.tolist() == wanted.ids.tolist()
        assert found.scores == pytest.approx(wanted.scores, abs=1e-6)


@pytest.mark.usefixtures("low_border")
def test_a_filter_means_the_same_in_every_form(fastest: str) -> None:
    years = np.random.default_rng(0).integers(2000, 2010, 700)
    index = TwoGrainIndex().fit(clustered(700), np.arange(700), {"year": years.tolist()})
    index.remove(np.arange(0, 700, 9))
    allowed = years == 2003
    forms = [
        allowed[index.ids],
        np.flatnonzero(allowed),
        IdMask(allowed),
        Attribute("year") == 2003,
    ]
    found = [index.search(Q, 9, filter=form) for form in forms * 2]
    for each in found[1:]:
        assert each.ids.tolist() == found[0].ids.tolist()
        assert each.scores.tobytes() == found[0].scores.tobytes()


@pytest.mark.usefixtures("exhaustive")
def test_filters_kept_follow_every_change(engine: str) -> None:
    index = TwoGrainIndex().fit(clustered(400))
    mask = IdMask(np.arange(1000) % 4 == 0)
    check_exact(index, Q[:5], 9, mask)
    check_exact(index.remove(np.arange(0, 100, 4)), Q[:5], 9, mask)
    check_exact(index.add(clustered(50, seed=2), np.arange(800, 850)), Q[:5], 9, mask)
    check_exact(index.compact(), Q[:5], 9, mask)


# Refusals


BAD = [
    (lambda i: i.search(Q, 3, recall=0.0), "recall must be above 0"),
    (lambda i: i.search(Q, 3, recall=1.5), "recall must be above 0"),
    (lambda i: i.search(Q, 3, recall=float("nan")), "recall must be above 0"),
    (lambda i: i.search(Q, 3, recall="all"), "recall must be above 0"),
    (lambda i: i.search(Q, 3, recall=[0.9]), "recall must be above 0"),
    (lambda i: i.search(Q, 3, recall=True), "recall must be above 0"),
    (lambda i: i.search(Q, 0), "k must be"),
    (lambda i: i.search(Q, 3, n_jobs=0), "n_jobs must be"),
    (lambda i: i.search(Q[:, 1:], 3), "24 columns, got 23"),
    (lambda i: i.search(Q[0], 3), "queries must be"),
    (lambda i: i.search(np.full((1, DIM), np.nan, np.float32), 3), "queries"),
    (lambda i: i.search(np.full((1, DIM), np.inf, np.float32), 3), "queries"),
    (lambda i: i.search(np.full((1, DIM), 1e30, np.float32), 3), "no longer than"),
    (lambda i: i.search(Q.astype(str), 3), "queries"),
    (lambda i: i.search(Q * 1j, 3), "queries"),
    (lambda i: i.search(Q, 3, filter=np.ones(3, bool)), "one boolean for each"),
    (lambda i: i.search(Q, 3, filter=Attribute("year") == 3), "no attributes"),
    (lambda i: i.search(Q, 3, filter=np.ones(600)), "filter must be"),
    (lambda i: i.search_range(Q, float("nan")), "least must be a finite number"),
    (lambda i: i.search_range(Q, float("inf")), "least must be a finite number"),
    (lambda i: i.search_range(Q, None), "least must be a finite number"),
    (lambda i: i.search_range(Q[:, 1:], 0.0), "24 columns, got 23"),
    (lambda i: i.search_range(Q, 0.0, recall=2), "recall must be above 0"),
    (lambda i: i.calibrate(Q[:, 1:]), "24 columns, got 23"),
    (lambda i: i.explain(Q[0, 1:]), "24 columns, got 23"),
    (lambda i: i.explain(Q), "query must be one vector, got 40"),
    (lambda i: i.add(Q, np.zeros(40, int)), "unique"),
    (lambda i: i.add(Q[:1], [5]), "5 is there already"),
    (lambda i: i.add(np.full((1, DIM), np.nan), [5000]), "x"),
    (lambda i: i.update(np.full((1, DIM), np.inf), [5]), "x"),
]


@pytest.mark.usefixtures("low_border")
@pytest.mark.parametrize("case", range(len(BAD)))
def test_what_does_not_fit_is_refused_and_changes_nothing(fastest: str, case: int) -> None:
    call, message = BAD[case]
    index = fitted(600)
    before = index.snapshot_
    with pytest.raises(InvalidInputError, match=message):
        call(index)
    assert index.snapshot_ is before


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"recall": 0}, "recall must be above 0"),
        ({"n_cells": 0}, "n_cells must be"),
        ({"n_cells": 2.5}, "n_cells must be"),
        ({"random_state": "x"}, "random_state"),
        ({"codec": "rabitq"}, "codec must be a ScanCodec"),
        ({"codec": HalfPrecision()}, "codec must be a ScanCodec"),
        ({"metric": "l2"}, "metric must be one of"),
    ],
)
def test_params_that_do_not_fit_are_refused(params: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        TwoGrainIndex(**params).fit(clustered(10))


# What it says of itself


@pytest.mark.usefixtures("low_border")
def test_it_says_how_it_searched_and_why(fastest: str) -> None:
    index = fitted(900)
    plain = index.explain(Q[0], recall=0.9)
    assert (plain.way, plain.n_allowed) == ("cells", 900)
    assert 0 < plain.cells <= plain.n_cells == 60
    assert "recall is believed" in str(plain)
    few = index.explain(Q[0], filter=[3, 4])
    assert (few.way, few.n_allowed, few.rows, few.cells) == ("few", 2, 2, 0)
    everything = index.explain(Q[0], recall=1.0)
    assert (everything.way, everything.rows, everything.effort) == ("exact", 900, None)
    none = index.explain(Q[0], filter=[])
    assert (none.way, none.n_allowed, none.rows) == ("few", 0, 0)
    small = TwoGrainIndex().fit(clustered(20)).explain(Q[0])
    assert (small.way, small.n_cells) == ("exact", 0)
    assert "have no cells" in str(small)
    dead = index.remove(np.arange(100)).explain(Q[0], filter=np.arange(100, 200))
    assert (dead.way, dead.n_allowed) == ("cells", 100)


@pytest.mark.usefixtures("low_border")
def test_calibration_on_queries_teaches_their_recall(fastest: str) -> None:
    index = fitted(1500)
    far = np.random.default_rng(0).standard_normal((100, DIM)).astype(np.float32)
    index.calibrate(far)
    efforts = {e.recall: e for e in index.snapshot_.codes.outlook.efforts}
    assert 0.9 in efforts
    assert recall_of(index, far, recall=0.9) >= 0.88
    before = index.snapshot_
    assert index.calibrate(np.empty((0, DIM))).snapshot_ is before
    assert TwoGrainIndex().fit(far[:50]).calibrate(far).stats()["n_cells"] == 0


@pytest.mark.usefixtures("low_border")
def test_a_codec_of_ones_own_is_not_changed(fastest: str) -> None:
    codec = RaBitQ(n_bits=2, random_state=5)
    index = TwoGrainIndex(codec=codec).fit(clustered(600))
    assert not codec.is_fitted()
    assert recall_of(index, Q, recall=0.9) >= 0.85
    with pytest.raises(InvalidInputError, match="n_bits"):
        TwoGrainIndex(codec=RaBitQ(n_bits=3)).fit(clustered(600))


def test_no_effort_that_is_believed_means_exact_search(fastest: str) -> None:
    outlook = Outlook(
        ring=np.zeros(65, np.int32),
        share=np.zeros((1, 256), np.float32),
        efforts=(Effort(recall=0.8, error=1, missing=0.1, believed=0.85),),
        broad=(Effort(recall=0.9, error=1, missing=0.1, believed=0.91),),
        narrow=(),
        n_rows=600,
    )
    assert outlook.effort_for(0.7) == outlook.effort_for(0.8) == outlook.efforts[0]
    assert outlook.effort_for(0.81) is None
    assert outlook.effort_for(0.81, 0.05) == outlook.effort_for(0.81, 1.0) == outlook.broad[0]
    assert outlook.effort_for(0.7, 0.049) is None
    back = Outlook.from_arrays(outlook.to_arrays())
    assert (back.efforts, back.broad, back.narrow) == (outlook.efforts, outlook.broad, ())
    assert (back.n_rows, back.is_of_queries) == (600, False)


def test_between_two_recalls_lies_an_effort_between_theirs() -> None:
    efforts = (
        Effort(recall=0.8, error=1.0, missing=0.1, believed=0.85),
        Effort(recall=0.9, error=2.0, missing=0.025, believed=0.91),
    )
    outlook = Outlook(
        ring=np.zeros(65, np.int32),
        share=np.zeros((1, 256), np.float32),
        efforts=efforts,
        broad=efforts[1:],
        narrow=(),
        n_rows=600,
    )
    between = outlook.effort_for(0.85)
    assert between is not None
    assert between.recall == 0.85
    assert between.error == pytest.approx(1.5)
    assert between.missing == pytest.approx(0.05)
    assert between.believed == pytest.approx(0.88)
    assert outlook.effort_for(0.8) == efforts[0]
    assert outlook.effort_for(0.9) == efforts[1]
    assert outlook.effort_for(0.85, 0.5) == replace(efforts[1], near=between)


def test_efforts_of_before_filters_had_their_own_serve_all(fastest: str) -> None:
    efforts = (Effort(recall=0.8, error=1, missing=0.1, believed=0.85),)
    outlook = Outlook(
        ring=np.zeros(65, np.int32),
        share=np.zeros((1, 256), "f4"),
        efforts=efforts,
        broad=(),
        narrow=(),
        n_rows=600,
    )
    new = ("broad_", "narrow_", "examined_")
    old = {n: a for n, a in outlook.to_arrays().items() if n not in new}
    back = Outlook.from_arrays(old)
    assert back.efforts == back.broad == back.narrow == efforts
    assert (back.n_rows, back.is_of_queries) == (0, False)


def _grown(folder: Path | None, n: int) -> TwoGrainIndex:
    x = clustered(700)
    if folder is None:
        return TwoGrainIndex().fit(x[:600]).add(x[600 : 600 + n], np.arange(600, 600 + n))
    index = TwoGrainIndex.open(folder, write=True, dim=DIM)
    return index.add(x[:600], np.arange(600)).add(x[600 : 600 + n], np.arange(600, 600 + n))


@pytest.mark.usefixtures("low_border")
@pytest.mark.parametrize("is_kept", [False, True])
@pytest.mark.parametrize(("n", "n_gone", "examined"), [(30, 0, 600), (31, 0, 631), (0, 40, 560)])
def test_recall_is_measured_anew_when_rows_came_or_went(
    tmp_path: Path, is_kept: bool, n: int, n_gone: int, examined: int
) -> None:
    with _grown(tmp_path if is_kept else None, n) as index:
        index.remove(np.arange(n_gone))
        assert index.stats()["examined_rows"] == 600
        before = index.snapshot_.codes.outlook
        after = index.compact().snapshot_.codes.outlook
        assert index.stats()["examined_rows"] == examined
        if examined == 600:
            assert after.efforts == before.efforts
        assert recall_of(index, Q) >= 0.9
    if is_kept:
        with TwoGrainIndex.open(tmp_path, write=False) as again:
            assert again.stats()["examined_rows"] == examined


@pytest.mark.usefixtures("low_border")
def test_compacting_what_is_compact_leaves_what_was_prepared_for_searches() -> None:
    index = _grown(None, 0)
    before = index.snapshot_
    assert index.compact().snapshot_ is before


@pytest.mark.usefixtures("low_border")
def test_what_given_queries_measured_stays(tmp_path: Path) -> None:
    with _grown(tmp_path, 0) as index:
        index.calibrate(Q)
        index.add(clustered(100, seed=5), np.arange(700, 800))
        efforts = index.stats()["efforts"]
        assert index.compact().stats()["efforts"] == efforts
        assert index.stats()["examined_rows"] == 600
    with TwoGrainIndex.open(tmp_path, write=True) as index:
        index.add(clustered(100, seed=6), np.arange(900, 1000)).compact()
        assert index.stats()["examined_rows"] == 600


@pytest.mark.usefixtures("low_border")
def test_an_index_of_before_is_measured_anew_by_how_many_its_cells_were_found_for() -> None:
    index = _grown(None, 0)
    old = replace(index.snapshot_.codes.outlook, n_rows=0)
    assert not is_outlook_old(
        TwoGrainCodes(index.snapshot_.codes.cells, old), index.snapshot_.table
    )
    index.add(clustered(100, seed=5), np.arange(700, 800))
    assert is_outlook_old(TwoGrainCodes(index.snapshot_.codes.cells, old), index.snapshot_.table)


def test_the_cheapest_effort_that_reaches_a_recall_is_chosen() -> None:
    truth = np.tile(np.arange(10), (50, 1))
    trial = two_grain_outlook.Trial(None, truth)

    def measure(
        trial: two_grain_outlook.Trial, error: float, missing: float, n: int
    ) -> tuple[NDArray[np.int64], float, float]:
        # all of ten from an error of 2.75 on, one less for each 0.5 and for above 0.1 missing
        rows = trial.truth[:n].copy()
        rows[:, : round(2 * (3 - error)) + (missing > 0.1)] = -9
        return rows, 10 / missing, 100 * error

    efforts = two_grain_outlook.find_efforts([trial], measure)
    chosen = {e.recall: (e.error, e.missing, e.believed) for e in efforts}
    assert chosen[0.8] == (2.5, 0.1, 0.9)
    assert chosen[0.9] == (2.75, 0.1, 1.0)
    assert chosen[0.995] == (3.0, 0.1, 1.0)


def test_what_half_of_the_queries_hid_is_made_good() -> None:
    truth = np.tile(np.arange(10), (100, 1))
    trials = [two_grain_outlook.Trial(None, truth) for _ in range(2)]

    def measure(
        trial: two_grain_outlook.Trial, error: float, missing: float, n: int
    ) -> tuple[NDArray[np.int64], float, float]:
        rows = trial.truth[:n].copy()
        if trial is trials[1] and missing > 0.02:  # hard only for the queries behind
            rows[50:, :2] = -9
        return rows, 10 / missing, 1.0

    efforts = two_grain_outlook.find_efforts(trials, measure)
    missing = {e.recall: e.missing for e in efforts}
    assert missing.pop(0.8) == 0.1
    assert set(missing.values()) == {0.0001}
    assert len(missing) == len(two_grain_outlook.RECALLS) - 1
    assert all(e.believed >= e.recall for e in efforts)
