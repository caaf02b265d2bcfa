"""A scanner searched with any allowance for error is exact search; NumPy and native code agree."""

from collections.abc import Callable
from math import erfc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from typecase.compress.rabitq import RaBitQ
from typecase.data.bitmaps import pack
from typecase.data.cell_codes import CellCodes
from typecase.kernels import native, scan_plain
from typecase.kernels.cells import Cells
from typecase.kernels.inner_product import exact_scores
from typecase.kernels.scan_blocks import padded_groups
from typecase.kernels.scan_plain_parts import SAME, Tables, Trace, Tries
from typecase.kernels.scan_plain_query import Query

if native.AVAILABLE:
    from typecase.kernels import _native

EVERYTHING = {"error": 1e6, "missing": 0.0}
Floats = NDArray[np.float32]


def scanner_class(engine: str) -> Any:
    return scan_plain.Scanner if engine == "numpy" else _native.Scanner


class Made:
    """Rows in cells with codes: what a scanner is made of, and a scanner."""

    def __init__(
        self,
        engine: str,
        x: Floats,
        *,
        n_cells: int = 7,
        n_tail: int = 0,
        cosine: bool = False,
        cuts: tuple[int, ...] = (),
        ids: NDArray[np.int64] | None = None,
        seed: int = 0,
        in_order: bool = False,
    ) -> None:
        rng = np.random.default_rng(seed)
        norms = np.linalg.norm(x.astype(np.float64), axis=1)
        unit = 1.0 if cosine else max(float(norms.max(initial=0)), 1e-12)
        scaled = (x / (np.maximum(norms, 1e-12)[:, None] if cosine else unit)).astype(np.float32)
        n = len(x) - n_tail
        centers = scaled[rng.choice(n, n_cells)] + np.float32(1e-3)
        cells = Cells(centers)
        if in_order:
            by_cell = np.argsort(cells.nearest(scaled[:n]), kind="stable")
            x, scaled = (np.concatenate([rows[:n][by_cell], rows[n:]]) for rows in (x, scaled))
        self.x, self.cosine, self.ids = x, cosine, ids
        self.codec = RaBitQ(random_state=seed).fit(scaled[:n] - centers[0])
        builder = CellCodes.of(self.codec, cells, cells.nearest(scaled[:n]), unit_length=unit)
        builder.take(scaled[:n], 0)
        codes = builder.done()
        for first in range(n, len(x), 40):
            codes = codes.with_rows(scaled[first : first + 40])
        self.codes = codes
        biggest = np.maximum(np.abs(centers).max(axis=1), 1e-30) / 127
        whole = np.zeros((n_cells, -(-x.shape[1] // 32) * 32), dtype=np.int8)
        whole[:, : x.shape[1]] = np.rint(centers / biggest[:, None])
        normal = [0.5 * erfc((z / 8 - 4) / 2**0.5) for z in range(255)]
        share = np.array([[*normal, 0.0]], dtype=np.float32)
        self.arguments: dict[str, Any] = {
            "centers": whole,
            "unit": biggest.astype(np.float32),
            "square": np.vecdot(centers, centers),
            "inverse_spread": np.reciprocal(codes.spread),
            "start": codes.start,
            "count": codes.count,
            "order": codes.order,
            "blocks": codes.blocks,
            "tail": codes.tail,
            "tail_cell": codes.tail_cell,
            "pieces": np.split(x, cuts),
            "ids": [] if ids is None else np.split(ids, cuts),
            "ring": np.zeros(65, dtype=np.int32),
            "survival": share,
            "dim": x.shape[1],
            "n_groups": padded_groups(self.codec.n_groups),
            "cosine": cosine,
            "longest": 1.0 if cosine else float(norms.max(initial=0)) * (1 + 1e-6),
            "unit_length": unit,
            "noise": self.codec.scan_noise,
        }
        self.scanner = scanner_class(engine)(**self.arguments)

    def tables(self, q: Floats) -> Floats:
        tables = self.codec.scan_tables(q)
        return np.pad(
            tables, ((0, 0), (0, padded_groups(tables.shape[1]) - tables.shape[1]), (0, 0))
        )

    def search(
        self,
        q: Floats,
        k: int,
        allowed: NDArray[np.bool_] | None = None,
        few: int = 0,
        **effort: Any,
    ) -> tuple[NDArray[np.int64], Floats, list[float]]:
        chosen = None if allowed is None else self.scanner.allow(pack(allowed), few)
        return self.ask(q, k, chosen, **effort)

    def ask(
        self, q: Floats, k: int, chosen: Any, **effort: Any
    ) -> tuple[NDArray[np.int64], Floats, list[float]]:
        rows, scores = np.empty((len(q), k), np.int64), np.empty((len(q), k), np.float32)
        options = EVERYTHING | {"first": 30, "n_threads": 1} | effort
        looked = self.scanner.search(
            queries=q, tables=self.tables(q), filter=chosen, rows=rows, scores=scores, **options
        )
        return rows, scores, looked

    def exact(
        self, q: Floats, k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], Floats]:
        rows, scores = np.full((len(q), k), -1), np.full((len(q), k), -np.inf, np.float32)
        numbers = np.arange(len(self.x)) if allowed is None else np.flatnonzero(allowed)
        ids = numbers if self.ids is None else self.ids[numbers]
        for i, query in enumerate(q):
            own = exact_scores(self.x[numbers], query, cosine=self.cosine)
            order = np.lexsort((ids, -own))[:k]
            rows[i, : len(order)], scores[i, : len(order)] = numbers[order], own[order]
        return rows, scores

    def check(
        self, q: Floats, k: int, allowed: NDArray[np.bool_] | None = None, **options: Any
    ) -> None:
        rows, scores, _ = self.search(q, k, allowed, **options)
        wanted_rows, wanted_scores = self.exact(q, k, allowed)
        assert rows.tolist() == wanted_rows.tolist()
        assert scores.tobytes() == wanted_scores.tobytes()


def clustered(n: int, dim: int, seed: int = 0) -> Floats:
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((9, dim))
    return (centres[rng.integers(0, 9, n)] + 0.4 * rng.standard_normal((n, dim))).astype(np.float32)


@pytest.mark.parametrize("dim", [1, 2, 3, 4, 5, 7, 8, 9, 31, 33, 63, 64, 100, 129, 130])
@pytest.mark.parametrize("cosine", [False, True])
def test_with_error_allowed_for_it_is_exact(engine: str, dim: int, cosine: bool) -> None:
    x, q = clustered(400, dim, dim), clustered(6, dim, dim + 1)
    made = Made(engine, x, n_tail=90, cosine=cosine, cuts=(11, 12, 250))
    made.check(q, 10)
    made.check(q, 10, np.random.default_rng(0).random(400) < 0.3)


def test_rows_in_the_order_of_their_cells_are_found_without_a_list(engine: str) -> None:
    rng, q = np.random.default_rng(1), clustered(6, 20, 1)
    for n, n_tail in ((400, 0), (400, 90), (5000, 70)):
        made = Made(engine, clustered(n, 20), n_tail=n_tail, in_order=True, n_cells=11)
        assert made.codes.order is None
        made.check(q, 10)
        for share in (0.02, 0.5, 0.97):
            allowed = rng.random(n) < share
            made.check(q, 10, allowed)
            gathered = made.scanner.gather(made.scanner.allow(pack(allowed), 0))
            assert made.ask(q, 10, gathered)[0].tolist() == made.exact(q, 10, allowed)[0].tolist()


@pytest.mark.parametrize("power", [-15, -6, 0, 6, 15])
def test_lengths_of_rows_and_queries_do_not_matter(engine: str, power: int) -> None:
    x, q = clustered(300, 20), clustered(5, 20, 1)
    size = np.float32(10.0**power)
    for rows, queries in ((x * size, q), (x, q * size), (x * size, q * size), (x * size, q / size)):
        Made(engine, rows, n_tail=33).check(queries, 7)
        Made(engine, rows, n_tail=33, cosine=True).check(queries, 7)


@pytest.mark.parametrize("power", [-15, 0, 15])
def test_the_length_of_a_query_changes_nothing_but_scores(engine: str, power: int) -> None:
    made, q = Made(engine, clustered(3000, 20), n_cells=40), clustered(5, 20, 1)
    size = np.float32(2.0) ** (3 * power)  # a power of two, so that no bit changes
    plain = made.search(q, 5, error=1.0, missing=0.1)
    sized = made.search(q * size, 5, error=1.0, missing=0.1)
    assert sized[0].tolist() == plain[0].tolist()
    assert sized[1].tobytes() == (plain[1] * size).tobytes()
    assert sized[2] == pytest.approx(plain[2])


def test_rows_of_all_lengths_are_found(engine: str) -> None:
    rng = np.random.default_rng(3)
    x = (clustered(500, 24) * 10.0 ** rng.integers(-12, 13, (500, 1))).astype(np.float32)
    Made(engine, x, n_tail=50).check(clustered(5, 24, 1), 20)
    Made(engine, x, n_tail=50, cosine=True).check(clustered(5, 24, 1), 20)


@pytest.mark.parametrize("k", [1, 2, 31, 399, 400, 401, 2000])
def test_any_k_is_answered_and_padded(engine: str, k: int) -> None:
    made = Made(engine, clustered(400, 12), n_tail=60)
    made.check(clustered(3, 12, 1), k)
    made.check(clustered(3, 12, 1), k, np.arange(400) % 7 == 0)


def test_no_rows_are_asked_for(engine: str) -> None:
    rows, scores, looked = Made(engine, clustered(50, 4)).search(clustered(2, 4), 0)
    assert rows.shape == scores.shape == (2, 0)
    assert looked[2] == 0


def test_no_queries_are_asked(engine: str) -> None:
    rows, _, looked = Made(engine, clustered(50, 4)).search(np.empty((0, 4), np.float32), 3)
    assert rows.shape == (0, 3)
    assert looked == [0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("value", [0.0, 1.0, -0.3, 1e-20])
def test_equal_rows_tie_in_the_order_of_ids(engine: str, value: float) -> None:
    x = np.full((700, 9), value, dtype=np.float32)
    ids = np.random.default_rng(0).permutation(700) + 10**12
    for cosine in (False, True):
        made = Made(engine, x, n_tail=200, cosine=cosine, cuts=(30, 300), ids=ids)
        made.check(x[:2], 25)
        made.check(x[:2], 25, np.arange(700) % 3 > 0)
        assert Made(engine, x).search(x[:1], 3)[0].tolist() == [[0, 1, 2]]


def test_equal_rows_in_a_few_groups_tie_in_the_order_of_ids(engine: str) -> None:
    x = np.repeat(clustered(12, 10), 50, axis=0)
    ids = np.random.default_rng(1).permutation(600)
    Made(engine, x, n_tail=100, cuts=(77,), ids=ids).check(clustered(8, 10, 1), 70)


def test_queries_of_zeros_tie_with_everything(engine: str) -> None:
    made = Made(engine, clustered(300, 6), n_tail=20)
    made.check(np.zeros((1, 6), np.float32), 9)


def test_dead_rows_are_a_filter(engine: str) -> None:
    alive = np.random.default_rng(2).random(500) < 0.5
    Made(engine, clustered(500, 16), n_tail=100).check(clustered(4, 16, 1), 12, alive)


@pytest.mark.parametrize("n_allowed", [0, 1, 9, 10, 11])
@pytest.mark.parametrize("few", [0, 10])
def test_few_rows_are_listed(engine: str, n_allowed: int, few: int) -> None:
    made = Made(engine, clustered(200, 8), n_tail=40)
    allowed = np.zeros(200, bool)
    allowed[np.random.default_rng(4).permutation(200)[:n_allowed]] = True
    chosen = made.scanner.allow(pack(allowed), few)
    assert (chosen.n, chosen.is_few) == (n_allowed, n_allowed <= few)
    made.check(clustered(3, 8, 1), 4, allowed, few=few)
    looked = made.search(clustered(3, 8, 1), 4, allowed, few=few)[2]
    if chosen.is_few:
        assert looked[:3] == [0, 0, 3 * n_allowed]
        assert chosen.n_cells == 0
        assert chosen.size_bytes == 4 * n_allowed


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(8, 300), share=st.floats(0, 1))
def test_a_filter_counts_the_cells_that_hold_its_rows(seed: int, n: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    n_tail = int(rng.integers(0, n // 2))
    allowed = rng.random(n) < share
    x = clustered(n, 5, seed)
    of_row = Made("numpy", x, n_tail=n_tail).codes.cell_of_row()[: n - n_tail]
    n_cells = len(np.unique(of_row[allowed[: n - n_tail]]))
    for kind in ["numpy", *(["native"] if native.AVAILABLE else [])]:
        made = Made(kind, x, n_tail=n_tail)
        chosen = made.scanner.allow(pack(allowed), 0)
        if allowed.any():
            assert (chosen.n, chosen.n_cells) == (int(allowed.sum()), n_cells)
            words = len(made.codes.blocks) + len(made.codes.tail) + len(made.codes.count)
            assert chosen.size_bytes == 4 * words


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), share=st.floats(0, 1), big=st.booleans())
def test_gathering_the_codes_of_a_filter_changes_no_answer(
    seed: int, share: float, big: bool
) -> None:
    rng = np.random.default_rng(seed)
    n = 5000 if big else int(rng.integers(8, 400))  # more than are all looked at, or fewer
    n_tail = int(rng.integers(0, n // 2))
    x, q = clustered(n, 16, seed), clustered(4, 16, 1)
    allowed = rng.random(n) < (1 - share / 10 if big else share)
    for kind in ["numpy", *(["native"] if native.AVAILABLE else [])]:
        made = Made(kind, x, n_tail=n_tail)
        plain = made.scanner.allow(pack(allowed), 0)
        gathered = made.scanner.gather(plain)
        assert gathered.n == plain.n
        assert gathered.is_gathered == (kind == "native" and bool(allowed.any()))
        assert gathered.size_bytes >= plain.size_bytes
        rows, scores = made.exact(q, 10, allowed)
        for chosen in (plain, gathered):
            found = made.ask(q, 10, chosen)
            np.testing.assert_array_equal(found[0], rows)
            np.testing.assert_array_equal(found[1], scores)


def test_a_filter_of_another_state_is_not_gathered(engine: str) -> None:
    one, other = (Made(engine, clustered(n, 8)) for n in (200, 900))
    chosen = one.scanner.allow(pack(np.ones(200, bool)), 0)
    with pytest.raises(ValueError, match="another state"):
        other.scanner.gather(chosen)


def test_bits_past_the_last_row_are_no_rows(engine: str) -> None:
    made = Made(engine, clustered(70, 8))
    words = np.full(4, 0xFFFFFFFF, dtype=np.uint32)
    assert made.scanner.allow(words, 0).n == 70
    assert made.scanner.allow(words, 70).is_few


@pytest.mark.parametrize("cosine", [False, True])
def test_a_range_is_all_that_score_so_much(engine: str, cosine: bool) -> None:
    x, q = clustered(500, 10), clustered(6, 10, 1)
    made = Made(engine, x, n_tail=70, cosine=cosine, cuts=(100,))
    allowed = np.arange(500) % 3 > 0
    for query in q:
        own = exact_scores(x, query, cosine=cosine)
        for least in (-np.inf, float(np.sort(own)[10]), float(np.sort(own)[-9]), 1e9):
            for chosen in (None, allowed):
                may = np.ones(500, bool) if chosen is None else chosen
                compiled = None if chosen is None else made.scanner.allow(pack(chosen), 0)
                rows, scores, looked = made.scanner.search_range(
                    query, made.tables(query[None])[0], compiled, 1e6, 0.0, 30, least
                )
                order = np.lexsort((np.arange(500), -own))
                wanted = order[(own[order] >= least) & may[order]]
                assert rows.tolist() == wanted.tolist()
                assert scores.tobytes() == own[wanted].tobytes()
                assert (rows.dtype, scores.dtype, len(looked)) == (np.int64, np.float32, 6)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(2, 400),
    dim=st.integers(1, 40),
    k=st.integers(1, 50),
    levels=st.sampled_from([1, 2, 4, 10**6]),
    share=st.sampled_from([0.0, 0.05, 0.5, 1.0]),
    cosine=st.booleans(),
)
def test_every_engine_is_exact_on_anything(
    seed: int, n: int, dim: int, k: int, levels: int, share: float, cosine: bool
) -> None:
    rng = np.random.default_rng(seed)
    x, q = (rng.integers(-levels, levels + 1, (m, dim)).astype(np.float32) for m in (n, 3))
    options: dict[str, Any] = {
        "n_cells": int(rng.integers(1, 12)),
        "n_tail": int(rng.integers(0, n)),
        "cosine": cosine,
        "cuts": tuple(np.sort(rng.integers(0, n, 2)).tolist()),
        "ids": rng.permutation(n),
    }
    allowed = rng.random(n) < share
    for kind in ["numpy", *(["native"] if native.AVAILABLE else [])]:
        made = Made(kind, x, **options)
        made.check(q, k)
        made.check(q, k, allowed, few=int(rng.integers(0, 20)))


@pytest.mark.skipif(not native.AVAILABLE, reason="compares with native code")
@pytest.mark.parametrize("cosine", [False, True])
def test_both_look_at_the_same_cells_and_find_the_same(cosine: bool) -> None:
    x, q = clustered(5000, 48), clustered(60, 48, 1)
    options: dict[str, Any] = {"n_cells": 80, "n_tail": 300, "cosine": cosine, "cuts": (700,)}
    ours, theirs = (Made(kind, x, **options) for kind in ("numpy", "native"))
    allowed = np.random.default_rng(0).random(5000) < 0.2
    for chosen in (None, allowed):
        found = ours.search(q, 10, chosen, error=2.0, missing=0.05)
        wanted = theirs.search(q, 10, chosen, error=2.0, missing=0.05)
        assert (found[0] == wanted[0]).mean() > 0.99
        assert (found[1] == wanted[1])[found[0] == wanted[0]].all()
        for place in (0, 1, 3):  # cells, blocks, rounds
            assert found[2][place] == pytest.approx(wanted[2][place], rel=0.02)
        assert found[2][2] == pytest.approx(wanted[2][2], rel=0.1)
        assert found[2][1] < 60 * len(ours.codes.blocks)


def test_more_error_allowed_for_reads_more_and_misses_less(engine: str) -> None:
    made = Made(engine, clustered(4000, 32), n_cells=60)
    q = clustered(40, 32, 1)
    wanted = made.exact(q, 10)[0]
    read, hits = [], []
    for error in (0.0, 1.0, 3.0):
        rows, _, looked = made.search(q, 10, error=error, missing=0.001)
        read.append(looked[2])
        hits.append(
            np.mean(
                [len(set(a) & set(b)) for a, b in zip(rows.tolist(), wanted.tolist(), strict=True)]
            )
        )
    assert read == sorted(read)
    assert hits[0] < hits[2]
    assert hits[2] > 9.9
    assert read[2] < 0.5 * 40 * 4000


def test_less_missing_looks_at_more_cells(engine: str) -> None:
    made = Made(engine, clustered(4000, 32), n_cells=60)
    q = clustered(40, 32, 1)
    looked = [made.search(q, 10, error=2.0, missing=m)[2] for m in (0.9, 0.3, 0.01, 0.0)]
    cells = [each[0] for each in looked]
    assert cells == sorted(cells)
    assert cells[0] < cells[3] == 40 * np.count_nonzero(made.codes.count)
    assert looked[0][4] <= 40 * 0.9


def near_to(made: Made, q: Floats, share: float) -> NDArray[np.bool_]:
    """Return the rows that are nearest to a query, a share of all."""
    nearest = np.argsort(-(made.x @ q))[: int(share * len(made.x))]
    return np.isin(np.arange(len(made.x)), nearest)


def test_a_filter_that_goes_with_the_query_asks_for_the_effort_of_none(engine: str) -> None:
    made, q = Made(engine, clustered(4000, 32), n_cells=60), clustered(1, 32, 1)
    with_it, against = near_to(made, q[0], 0.2), ~near_to(made, q[0], 0.2)
    hard, easy = {"error": 3.0, "missing": 0.0}, {"near_error": 0.5, "near_missing": 0.3}
    for allowed, goes in ((with_it, True), (against, False)):
        told = made.search(q, 10, allowed, **hard, **easy)
        asked = {"error": 0.5, "missing": 0.3} if goes else hard
        alike = made.search(q, 10, allowed, **asked)
        assert told[2][5] == goes
        assert told[2][:5] == alike[2][:5]
        assert told[0].tolist() == alike[0].tolist()
    random = np.random.default_rng(0).random(4000) < 0.7  # nearly all, but nowhere enough
    assert made.search(q, 10, random, **hard, **easy)[2][5] == 0
    assert made.search(q, 10, None, **hard, **easy)[2][5] == 0
    # where nobody says more it makes no difference
    assert (
        made.search(q, 10, with_it, **hard)[2][:5]
        == made.search(q, 10, with_it, **hard, near_error=3.0, near_missing=0.0)[2][:5]
    )


def test_threads_share_a_batch(engine: str) -> None:
    made, q = Made(engine, clustered(2000, 24), n_cells=30), clustered(50, 24, 1)
    alone = made.search(q, 5, error=1.0, missing=0.1)
    together = made.search(q, 5, error=1.0, missing=0.1, n_threads=3)
    assert together[0].tolist() == alone[0].tolist()
    assert together[1].tobytes() == alone[1].tobytes()
    assert together[2] == pytest.approx(alone[2])


Change = Callable[[dict[str, Any]], dict[str, Any]]
WRONG: dict[str, tuple[Change, str]] = {
    "stride": (lambda a: {"blocks": np.ascontiguousarray(a["blocks"][:, :-64])}, "stride"),
    "groups": (lambda a: {"n_groups": a["n_groups"] + 8}, "stride"),
    "tail": (lambda a: {"tail": np.zeros((0, 64), np.uint8)}, "tail has another stride"),
    "unit": (lambda a: {"unit": a["unit"][1:].copy()}, "one value a cell"),
    "square": (lambda a: {"square": a["square"][1:].copy()}, "one value a cell"),
    "spread": (lambda a: {"inverse_spread": a["inverse_spread"][1:].copy()}, "one value a cell"),
    "count": (lambda a: {"count": a["count"][1:].copy()}, "one value a cell"),
    "start": (lambda a: {"start": a["start"][1:].copy()}, "one value a cell"),
    "first": (lambda a: {"start": a["start"] + np.uint32(1)}, "start must fit blocks"),
    "order": (lambda a: {"start": a["start"][[0, 2, 1, *range(3, 8)]].copy()}, "start must ascend"),
    "full": (lambda a: {"count": a["count"] + np.uint32(32)}, "rows must fit its blocks"),
    "listed": (lambda a: {"order": a["order"][1:].copy()}, "one number a row in cells"),
    "rows": (lambda a: {"pieces": [x[:300] for x in a["pieces"]]}, "more rows than there are"),
    "padding": (lambda a: {"centers": a["centers"][:, :31].copy()}, "centers must be padded"),
    "narrow": (lambda a: {"dim": 40}, "centers must be padded"),
    "dim": (lambda a: {"dim": 7}, "pieces must have dim columns"),
    "places": (lambda a: {"tail_cell": a["tail_cell"][1:].copy()}, "one cell for each place"),
    "cell": (lambda a: {"tail_cell": a["tail_cell"] + np.uint32(7)}, "out of range"),
    "ring": (lambda a: {"ring": a["ring"][1:].copy()}, "ring must have 65 values"),
    "rings": (lambda a: {"ring": a["ring"] + np.int32(256)}, "a ring is out of range"),
    "between": (lambda a: {"ring": a["ring"] + np.int32(1)}, "a ring is out of range"),
    "below": (lambda a: {"ring": a["ring"] - np.int32(256)}, "a ring is out of range"),
    "ids": (lambda a: {"ids": [np.arange(3)]}, "ids must be one a row"),
    "mapped": (lambda a: {"is_mapped": [True, False]}, "is_mapped must have one value a piece"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_parts_that_do_not_fit_are_refused(engine: str, wrong: str) -> None:
    made = Made(engine, clustered(400, 8), n_tail=40)
    change, message = WRONG[wrong]
    with pytest.raises(ValueError, match=message):
        scanner_class(engine)(**made.arguments | change(made.arguments))


@pytest.mark.parametrize(
    "name", ["centers", "unit", "start", "order", "blocks", "tail_cell", "survival"]
)
def test_parts_of_another_form_are_refused(engine: str, name: str) -> None:
    made = Made(engine, clustered(100, 8), n_tail=40)
    with pytest.raises(TypeError):
        scanner_class(engine)(**made.arguments | {name: made.arguments[name][None]})
    with pytest.raises(TypeError):
        scanner_class(engine)(**made.arguments | {name: [1, 2]})


def test_searches_that_do_not_fit_are_refused(engine: str) -> None:
    made, q = Made(engine, clustered(100, 8), n_tail=10), clustered(2, 8)
    right: dict[str, Any] = EVERYTHING | {
        "queries": q,
        "tables": made.tables(q),
        "filter": None,
        "first": 10,
        "n_threads": 1,
        "rows": np.empty((2, 3), np.int64),
        "scores": np.empty((2, 3), np.float32),
    }
    made.scanner.search(**right)
    other = Made(engine, clustered(100, 8), n_tail=70)
    for change, message in (
        ({"queries": clustered(2, 7)}, "queries must have dim columns"),
        ({"tables": made.tables(q)[:1]}, "tables must fit"),
        ({"tables": made.tables(q)[:, :-1].copy()}, "tables must fit"),
        ({"rows": np.empty((3, 3), np.int64)}, "outputs must fit"),
        ({"scores": np.empty((2, 4), np.float32)}, "outputs must fit"),
        ({"filter": other.scanner.allow(pack(np.ones(100, bool)), 0)}, "another state"),
    ):
        with pytest.raises(ValueError, match=message):
            made.scanner.search(**right | change)
    for wrong in ({"rows": np.empty((2, 3), np.int32)}, {"scores": np.empty((2, 3))}):
        with pytest.raises(TypeError):
            made.scanner.search(**right | wrong)
    one = {name: right[name] for name in ("filter", "error", "missing", "first")} | {"least": 0.0}
    with pytest.raises(ValueError, match="queries must have dim columns"):
        made.scanner.search_range(query=q[0, :7].copy(), tables=right["tables"][0], **one)
    with pytest.raises(ValueError, match="tables must fit"):
        made.scanner.search_range(query=q[0], tables=right["tables"][0, 1:].copy(), **one)
    with pytest.raises(ValueError, match="one bit a row"):
        made.scanner.allow(np.zeros(3, np.uint32), 5)


def test_steps_are_as_fine_as_sums_of_16_bits_allow() -> None:
    rng = np.random.default_rng(0)
    for n_groups, most in ((8, 31), (2112, 31), (2120, 30), (4000, 16)):
        tables = rng.standard_normal((n_groups, 16)).astype(np.float32)
        made = Tables.of(tables, 1.0)
        assert made.lut.max() == most
        assert n_groups * most <= 65535
        low = tables.min(axis=1, keepdims=True)
        assert np.abs(low + made.step * made.lut - tables).max() <= 0.51 * made.step
        assert made.bias == pytest.approx(low.sum(), rel=1e-4)


def test_what_was_looked_at_adds_up() -> None:
    total = Trace(cells=1, blocks=2, rescored=3, rounds=4, missing=0.5, went_along=1)
    total.add(Trace(cells=10, blocks=20, rescored=30, rounds=40, missing=0.25, went_along=1))
    assert total.values() == [11, 22, 33, 44, 0.75, 2]


def test_a_hit_whose_number_has_no_vector_is_passed_over() -> None:
    made, tries = Made("numpy", clustered(100, 8)), Tries.of(1.0, 0.1, SAME, SAME)
    query = Query(made.scanner._parts, made.x[0], made.tables(made.x[:1])[0], None, tries, 10)
    query._k = 2
    query._decide(np.array([100, 5, 2**32 - 2], dtype=np.uint32))
    assert [row for _, _, row in query._found] == [5]
