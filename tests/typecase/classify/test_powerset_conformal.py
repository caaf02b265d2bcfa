"""PowersetConformal against the formula, and its search against a look at every set."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from typecase.base.errors import InvalidInputError, NotFittedError
from typecase.classify import PowersetConformal
from typecase.classify.powerset_search import sets_by_cost

SCORES = np.array([[0.9, 0.2], [0.6, 0.4], [0.1, 0.7]], dtype=np.float32)
LABELS = np.array([[1, 0], [1, 1], [1, 1]], dtype=bool)


def some_rows(n: int, n_labels: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores, and labels that are drawn with them as chances."""
    rng = np.random.default_rng(seed)
    scores = (rng.random((n, n_labels)) ** 2).astype(np.float32)
    return scores, rng.random((n, n_labels)) < scores


def by_formula(model: PowersetConformal, scores, labels, known) -> float:
    """The class's formula for one row, in floats."""
    far = [abs(float(y) - float(s)) for y, s in zip(labels, scores, strict=True)]
    if model.measure == "norm":
        cost = sum(d**model.power for d in far)
    else:
        cost = sum(-np.log(1 - min(max(d, model.floor), 1 - model.floor)) for d in far)
    if model.unseen and not any(np.array_equal(labels, row) for row in known):
        cost += model.unseen
    if model.size:
        counts = [1 + sum(row.sum() == m for row in known) for m in range(len(scores) + 1)]
        cost += model.size * np.log(max(counts) / counts[int(labels.sum())])
    return cost


def all_sets(n_labels: int) -> np.ndarray:
    return np.array(list(product([False, True], repeat=n_labels)))


def test_nonconformity_and_p_value_by_hand() -> None:
    model = PowersetConformal(power=1).fit(SCORES, LABELS)

    # 0.1 + 0.2, 0.4 + 0.6, 0.9 + 0.3
    assert model.calibration_ / 2**32 == pytest.approx([0.3, 1.0, 1.2])
    # ({}, {1}, {0}, {0, 1}) cost 0.5, 1.1, 0.9, 1.5 for these scores
    scores = np.tile(np.array([[0.3, 0.2]], dtype=np.float32), (4, 1))
    p = model.p_value(scores, all_sets(2))
    assert p.tolist() == [3 / 4, 2 / 4, 3 / 4, 1 / 4]


def test_sets_above_alpha_come_best_first() -> None:
    model = PowersetConformal(power=1).fit(SCORES, LABELS)

    (found,) = model.predict_sets([[0.3, 0.2]], 0.3)

    assert found.sets == [(), (0,), (1,)]
    assert found.p_values.tolist() == [3 / 4, 3 / 4, 2 / 4]
    assert found.is_complete
    assert found.in_some().tolist() == [True, True]
    assert found.in_all().tolist() == [False, False]


def test_what_every_set_holds_is_sure() -> None:
    model = PowersetConformal(power=1).fit(SCORES, LABELS)

    (found,) = model.predict_sets([[0.95, 0.6]], 0.3)

    assert found.sets == [(0, 1), (0,)]
    assert found.in_all().tolist() == [True, False]


def test_an_alpha_that_so_few_rows_cannot_hold_gives_all_sets() -> None:
    (found,) = PowersetConformal().fit(SCORES, LABELS).predict_sets([[0.3, 0.2]], 0.1)

    assert len(found.sets) == 4


def test_nothing_conforms_to_scores_unlike_all_that_were_seen() -> None:
    model = PowersetConformal().fit(LABELS.astype(float), LABELS)

    (found,) = model.predict_sets([[0.5, 0.5]], 0.3)

    assert found.sets == []
    assert found.in_all().tolist() == [False, False]


PENALTIES = [(0.0, 0.0), (0.4, 0.0), (0.0, 0.2), (0.4, 0.2)]


@pytest.mark.parametrize(("unseen", "size"), PENALTIES)
@pytest.mark.parametrize("d", [{"power": 1}, {"power": 3.5}, {"measure": "likelihood"}])
def test_p_values_are_those_of_the_formula(d: dict, unseen: float, size: float) -> None:
    scores, labels = some_rows(90, 5)
    known = some_rows(20, 5, seed=1)[1]
    model = PowersetConformal(**d, unseen=unseen, size=size)
    model.fit(scores[:50], labels[:50], known=known)
    costs = [by_formula(model, s, y, known) for s, y in zip(scores, labels, strict=True)]

    p = model.p_value(scores[50:], labels[50:])

    expected = [(1 + sum(c >= own - 1e-8 for c in costs[:50])) / 51 for own in costs[50:]]
    assert p == pytest.approx(expected)


@pytest.mark.parametrize(("unseen", "size"), PENALTIES)
@pytest.mark.parametrize("measure", ["norm", "likelihood"])
@given(st.integers(1, 8), st.sampled_from([1, 2, 3.5]), st.floats(0.02, 0.6), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_the_search_finds_exactly_what_a_look_at_every_set_finds(
    measure: str,
    unseen: float,
    size: float,
    n_labels: int,
    power: float,
    alpha: float,
    seed: int,
) -> None:
    scores, labels = some_rows(30, n_labels, seed)
    scores[:, 0] = np.round(scores[:, 0], 1)  # so that there are ties
    model = PowersetConformal(measure=measure, power=power, unseen=unseen, size=size)
    model.fit(scores[:25], labels[:25], known=some_rows(10, n_labels, seed + 1)[1])
    every = all_sets(n_labels)

    for row, found in zip(scores[25:], model.predict_sets(scores[25:], alpha), strict=True):
        p = model.p_value(np.tile(row, (len(every), 1)), every)
        expected = {tuple(np.flatnonzero(y).tolist()): v for y, v in zip(every, p, strict=True)}
        assert dict(zip(found.sets, found.p_values, strict=True)) == {
            y: v for y, v in expected.items() if v > alpha
        }
        assert found.p_values.tolist() == sorted(found.p_values.tolist(), reverse=True)
        assert found.is_complete


@pytest.mark.parametrize("measure", ["norm", "likelihood"])
@pytest.mark.parametrize(("unseen", "size"), PENALTIES)
def test_labels_in_some_set_are_told_without_the_sets(
    measure: str, unseen: float, size: float
) -> None:
    scores, labels = some_rows(60, 7)
    model = PowersetConformal(measure=measure, unseen=unseen, size=size)
    model.fit(scores[:30], labels[:30], known=labels[30:50])
    for alpha in (0.02, 0.2, 0.5, 0.9):
        found = model.labels_in_some(scores[50:], alpha)
        sets = model.predict_sets(scores[50:], alpha, limit=1 << 7)
        assert found.tolist() == [one.in_some().tolist() for one in sets]


def test_of_no_rows_no_labels_are_told() -> None:
    scores, labels = some_rows(20, 4)
    model = PowersetConformal().fit(scores, labels)
    assert model.labels_in_some(np.zeros((0, 4)), 0.1).shape == (0, 4)
    with pytest.raises(InvalidInputError, match="alpha"):
        model.labels_in_some(scores, 1.5)


def test_the_search_makes_no_more_sets_than_are_cheap_enough() -> None:
    absent, present = np.full(200, 0), np.full(200, 10)

    found = list(sets_by_cost(absent, present, 15))

    assert len(found) == 201  # of 2^200


@pytest.mark.parametrize(("unseen", "size"), PENALTIES)
def test_a_cut_list_holds_the_best_and_says_that_it_is_cut(unseen: float, size: float) -> None:
    scores, labels = some_rows(60, 10)
    model = PowersetConformal(unseen=unseen, size=size)
    model.fit(scores[:50], labels[:50], known=labels[:30])

    whole = model.predict_sets(scores[50:], 0.05, limit=2000)
    cut = model.predict_sets(scores[50:], 0.05, limit=3)

    assert all(found.is_complete for found in whole)
    for few, many in zip(cut, whole, strict=True):
        assert few.is_complete == (len(many.sets) <= 3)
        assert few.p_values.tolist() == many.p_values[:3].tolist()


def test_a_search_that_looks_long_without_finding_stops_and_says_so() -> None:
    known = np.zeros((500, 12), dtype=bool)  # any label at all costs 10 log 501
    scores, labels = np.full((20, 12), 0.5, dtype=np.float32), np.zeros((20, 12), dtype=bool)
    labels[:10, 0] = True
    model = PowersetConformal(size=10).fit(scores, labels, known=known)

    (found,) = model.predict_sets(scores[:1], 0.2, limit=3)

    assert not found.is_complete
    assert found.n_looked_at == 300


def test_the_true_set_is_missed_as_often_as_alpha_and_hardly_less_often() -> None:
    scores, labels = some_rows(6000, 6)
    model = PowersetConformal(unseen=0.3, size=0.1)
    model.fit(scores[:2000], labels[:2000], known=some_rows(300, 6, seed=7)[1])

    p = model.p_value(scores[2000:], labels[2000:])

    for alpha in (0.05, 0.1, 0.2):
        assert np.mean(p > alpha) == pytest.approx(1 - alpha, abs=0.025)


def test_a_batch_is_its_rows_and_rows_may_come_in_any_order() -> None:
    scores, labels = some_rows(40, 5)
    model = PowersetConformal().fit(scores, labels)
    turned = PowersetConformal().fit(scores[::-1], labels[::-1])

    assert np.array_equal(model.calibration_, turned.calibration_)
    whole = model.predict_sets(scores, 0.1)
    single = [model.predict_sets(row[None], 0.1)[0] for row in scores]
    assert [one.sets for one in whole] == [one.sets for one in single]
    assert np.array_equal(
        model.p_value(scores, labels),
        [model.p_value(s[None], y[None])[0] for s, y in zip(scores, labels, strict=True)],
    )


def test_what_is_loaded_says_the_same(tmp_path: Path) -> None:
    scores, labels = some_rows(40, 5)
    model = PowersetConformal(unseen=0.5, size=0.1).fit(scores, labels, known=labels[:9])
    model.save(tmp_path / "model")

    loaded = PowersetConformal.load(tmp_path / "model", mmap=True)

    assert np.array_equal(loaded.p_value(scores, labels), model.p_value(scores, labels))
    before, after = (m.predict_sets(scores, 0.1) for m in (model, loaded))
    assert [one.sets for one in before] == [one.sets for one in after]


def test_before_fit_nothing_is_said() -> None:
    with pytest.raises(NotFittedError):
        PowersetConformal().p_value(SCORES, LABELS)
    with pytest.raises(NotFittedError):
        PowersetConformal().predict_sets(SCORES, 0.1)


@pytest.mark.parametrize(
    ("params", "scores", "labels", "known", "said"),
    [
        ({"power": 0.5}, SCORES, LABELS, None, "power must be from 1"),
        ({"measure": "far"}, SCORES, LABELS, None, "measure must be one of"),
        ({"floor": 0}, SCORES, LABELS, None, "floor must be from"),
        ({"power": "2"}, SCORES, LABELS, None, "power must be from 1"),
        ({"unseen": -1}, SCORES, LABELS, LABELS, "unseen must be from 0"),
        ({"unseen": float("nan")}, SCORES, LABELS, LABELS, "unseen must be from 0"),
        ({"unseen": 1}, SCORES, LABELS, None, "known must be given"),
        ({"size": 1}, SCORES, LABELS, None, "known must be given"),
        ({"size": 1}, SCORES, LABELS, LABELS[:, :1], "known must have 2 columns"),
        ({}, SCORES[:0], LABELS[:0], None, "at least 1 rows"),
        ({}, SCORES * np.nan, LABELS, None, "finite"),
        ({}, SCORES * 2, LABELS, None, "scores must be from 0 to 1"),
        ({}, SCORES, LABELS[:2], None, "labels must have 3 rows"),
        ({}, SCORES, LABELS * 2, None, "booleans"),
    ],
)
def test_what_breaks_a_rule_is_refused(params, scores, labels, known, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        PowersetConformal(**params).fit(scores, labels, known=known)


@pytest.mark.parametrize("alpha", [0, 1, -0.1, 1.5, float("nan"), "0.1", True])
def test_an_alpha_that_is_no_share_is_refused(alpha: float) -> None:
    with pytest.raises(InvalidInputError, match="alpha must be between 0 and 1"):
        PowersetConformal().fit(SCORES, LABELS).predict_sets(SCORES, alpha)


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="limit must be at least 1"):
        PowersetConformal().fit(SCORES, LABELS).predict_sets(SCORES, 0.1, limit=0)
