"""TableIntegration on records small enough to check by hand, and on made ones with known twins."""

import json
from pathlib import Path

import numpy as np
import pytest

from typecase.base.errors import InvalidInputError, NotFittedError
from typecase.integrate import TableIntegration
from typecase.integrate.blocking import near_pairs
from typecase.integrate.communities import communities
from typecase.integrate.conflicts import resolve
from typecase.integrate.corruption import corrupted
from typecase.integrate.pair_judge import Network, _gradients
from typecase.integrate.record_views import Names, Text, view_of
from typecase.integrate.similarity import features_of, n_features

FIELDS = (("title", "text"), ("authors", "names"), ("year", "number"))
WORDS = [
    "graph",
    "neural",
    "ranking",
    "sparse",
    "dense",
    "retrieval",
    "codes",
    "vectors",
    "learning",
    "paper",
    "archive",
    "signal",
    "matter",
    "light",
    "quantum",
    "field",
    "lattice",
    "protein",
    "folding",
    "speech",
    "music",
    "story",
    "garden",
    "river",
    "stone",
    "engine",
    "copper",
    "winter",
    "harbour",
    "violin",
    "market",
    "theory",
    "proof",
    "kernel",
    "tensor",
    "cipher",
    "galaxy",
    "comet",
    "fossil",
]
FAMILIES = [
    "quill",
    "muller",
    "orsted",
    "tanaka",
    "okafor",
    "silva",
    "novak",
    "kowalski",
    "ibrahim",
    "larsen",
]


def made(n: int, rng: np.random.Generator) -> list[dict[str, object]]:
    return [
        {
            "title": " ".join(rng.choice(WORDS, 7)).capitalize() + f": a study of case {k}",
            "authors": [
                f"{chr(65 + int(rng.integers(26)))}da {f}" for f in rng.choice(FAMILIES, 3)
            ],
            "year": int(rng.integers(1990, 2026)),
        }
        for k in range(n)
    ]


@pytest.fixture(scope="module")
def model() -> TableIntegration:
    records = made(400, np.random.default_rng(1))
    return TableIntegration(fields=FIELDS, n_train=400, n_steps=500).fit(records)


def test_what_is_compared_of_a_text() -> None:
    assert view_of("Über-große  Bäume!", "text") == Text(
        plain="uber grosse baume",
        words=("uber", "grosse", "baume"),
        grams=frozenset(
            [
                "ube",
                "ber",
                "erg",
                "rgr",
                "gro",
                "ros",
                "oss",
                "sse",
                "seb",
                "eba",
                "bau",
                "aum",
                "ume",
            ]
        ),
    )
    assert view_of("...", "text") is None


def test_what_is_compared_of_names() -> None:
    both = Names(keys=("muller j", "quill a"), families=("muller", "quill"))
    assert view_of(["Jürgen Müller", "Ada B. Quill"], "names") == both
    assert view_of(["Müller, J.", "Quill, Ada"], "names") == both


def test_the_features_of_a_pair_are_those_of_the_definitions() -> None:
    one = [
        view_of(v, k) for v, k in (("abcd", "text"), (["A B", "C D"], "names"), (2000, "number"))
    ]
    other = [view_of(v, k) for v, k in (("abce", "text"), (["A B"], "names"), (2001, "number"))]
    kinds = ["text", "names", "number"]
    # Runs of three: abc, bcd against abc, bce: one of three in common, one of the two of each.
    text = [0, 0, 1 / 3, 1 / 2, 0, 3 / 4, 1]
    names = [0, 1, 1, 1, 1, 1 / 2, 0]
    number = [0, 0, 1, 1, 1 / 5]
    assert features_of(one, other, kinds) == pytest.approx([*text, *names, *number])
    missing = features_of(one, [None, None, None], kinds)
    assert missing == [1, *[0] * 6, 1, *[0] * 6, 1, *[0] * 4]
    assert n_features(kinds) == len(missing)


def test_the_gradient_is_that_of_the_log_loss() -> None:
    rng = np.random.default_rng(0)
    z, target = rng.standard_normal((6, 3)).astype("f"), np.array([0, 1, 1, 0, 1, 0], dtype="f")
    weights = rng.standard_normal(4 * (3 + 2) + 1).astype("f")

    def loss(w: np.ndarray, x: np.ndarray) -> float:
        network = Network(mean=np.zeros(3, "f"), scale=np.ones(3, "f"), n_hidden=4, weights=w)
        p = network.likely(x).astype(np.float64)
        return float(-np.mean(target * np.log(p) + (1 - target) * np.log(1 - p)))

    by_weight, by_input = _gradients(z, target, weights, 4)
    step = np.float32(1e-2)
    for k in range(len(weights)):
        near = weights.copy(), weights.copy()
        near[0][k] += step
        near[1][k] -= step
        slope = (loss(near[0], z) - loss(near[1], z)) / (2 * step)
        assert by_weight[k] == pytest.approx(slope, abs=2e-3)
    moved = z + step * np.sign(by_input)
    assert loss(weights, moved) > loss(weights, z)


def test_spoiled_copies_are_found_and_others_are_not(model: TableIntegration) -> None:
    rng = np.random.default_rng(2)
    first = made(300, rng)
    second = [corrupted(record, dict(FIELDS), rng) for record in first[:150]]
    records = [*first, *second]
    pairs = model.candidates(records)
    likely = model.judge(records, pairs)
    found = {tuple(pair) for pair in pairs[likely >= 0.5].tolist()}
    twins = {(k, 300 + k) for k in range(150)}
    assert len(found & twins) >= 0.9 * len(twins)
    assert len(found & twins) >= 0.97 * len(found)


def test_a_common_title_alone_is_not_enough(model: TableIntegration) -> None:
    title = "Sparse neural ranking codes: a study of case 7"
    records = [
        {"title": title, "authors": ["Ada Quill", "Bo Tanaka"], "year": 1994},
        {"title": title, "authors": ["Chi Okafor", "Di Silva", "Ed Novak"], "year": 2019},
        {"title": title, "authors": ["A. Quill", "B. Tanaka"], "year": 1995},
    ]
    likely = model.judge(records, [[0, 1], [0, 2]])
    assert likely[0] < 0.5 < likely[1]


def test_judging_is_symmetric_and_a_batch_is_its_pairs(model: TableIntegration) -> None:
    records = made(12, np.random.default_rng(3))
    pairs = np.array([[0, 1], [2, 3], [4, 4], [5, 9]])
    together = model.judge(records, pairs)
    singly = [model.judge(records, [pair])[0] for pair in pairs.tolist()]
    assert together == pytest.approx(singly, abs=1e-6)
    assert together == pytest.approx(model.judge(records, pairs[:, ::-1]), abs=1e-5)


def test_a_no_keeps_out_whom_one_member_likes() -> None:
    pairs = np.array([[0, 1], [1, 2], [0, 2], [3, 4]])
    likely = np.array([0.99, 0.7, 0.01, 0.9], dtype="f")
    groups = communities(6, pairs, likely, threshold=0.5)
    assert groups.tolist() == [0, 0, 1, 2, 2, 3]
    yes = communities(6, pairs, np.array([0.99, 0.9, 0.4, 0.9], dtype="f"), threshold=0.5)
    assert yes.tolist() == [0, 0, 0, 1, 1, 2]


def test_what_is_to_be_apart_is(model: TableIntegration) -> None:
    pairs, likely = [[0, 1], [1, 2], [0, 2]], [0.99, 0.99, 0.99]
    groups = model.group(3, pairs, likely, apart=[[0, 2]])
    assert groups[0] != groups[2]
    assert groups[1] in (groups[0], groups[2])


def test_groups_do_not_depend_on_the_order_of_pairs(model: TableIntegration) -> None:
    rng = np.random.default_rng(4)
    pairs = np.array([(a, b) for a in range(12) for b in range(a)])
    likely = rng.random(len(pairs)).astype("f")
    order = rng.permutation(len(pairs))
    one = model.group(12, pairs, likely)
    assert one.tolist() == model.group(12, pairs[order], likely[order]).tolist()


def test_most_say_it_and_who_is_often_right_is_believed() -> None:
    def views(*titles: str) -> list[tuple[object]]:
        return [(view_of(title, "text"),) for title in titles]

    said = views("alpha beta gamma", "alpha beta gamma", "omega omicron", "one two", "three four")
    groups = np.array([0, 0, 0, 1, 1])
    chosen, trust = resolve(said, groups, ["a", "b", "c", "c", "a"], ["text"])  # type: ignore[arg-type]
    assert chosen.tolist() == [[0], [4]]
    assert trust["a"][0] > trust["c"][0]


def test_resolved_records_take_what_is_there(model: TableIntegration) -> None:
    records = [
        {"title": "One of them", "authors": None, "year": 2001},
        {"title": "One of them", "authors": ["Ada Quill"], "year": None},
        {"title": "Alone", "authors": [], "year": None},
    ]
    assert model.resolve(records, [0, 0, 1], ["x", "y", "x"]) == [
        {"title": "One of them", "authors": ["Ada Quill"], "year": 2001},
        {"title": "Alone", "authors": None, "year": None},
    ]


def test_records_are_near_by_words_and_by_names() -> None:
    said = [("one two", ["Ada Quill"]), ("three four", ["A. Quill"]), ("one five", ["Bo Tanaka"])]
    views = [(view_of(title, "text"), view_of(names, "names")) for title, names in said]
    assert near_pairs(views, field=0, n_near=2, most=9).tolist() == [[0, 2]]
    assert near_pairs(views, field=1, n_near=2, most=9).tolist() == [[0, 1]]


def test_without_chimeras_an_equal_title_counts_for_more() -> None:
    records = made(200, np.random.default_rng(8))
    twins = [{"title": r["title"], "year": r["year"]} for r in records]
    pairs = [[k, 200 + k] for k in range(200)]
    seen = [
        TableIntegration(fields=FIELDS, n_steps=200, chimeras=share)
        .fit(records)
        .judge([*records, *twins], pairs)
        .mean()
        for share in (0.0, 1.0)
    ]
    assert seen[0] > seen[1]


def test_any_two_records_can_be_the_negatives() -> None:
    records = made(60, np.random.default_rng(9))
    model = TableIntegration(fields=FIELDS, n_steps=50, hard_negatives=False)
    assert model.fit(records).is_fitted()


def test_a_corruption_of_ones_own_is_learned_from() -> None:
    def in_latex(record: dict[str, object], rng: np.random.Generator) -> dict[str, object]:
        return record | {"title": str(record["title"]).replace("u", '{\\"u}')}

    records = made(60, np.random.default_rng(5))
    model = TableIntegration(fields=FIELDS, n_steps=50)
    assert model.fit(records, corruptions=[in_latex]).is_fitted()


def test_the_same_seed_learns_the_same(tmp_path: Path) -> None:
    records = made(60, np.random.default_rng(6))
    one = TableIntegration(fields=FIELDS, n_steps=40).fit(records)
    two = TableIntegration(fields=FIELDS, n_steps=40).fit(records)
    assert np.array_equal(one.weights_, two.weights_)
    one.save(tmp_path / "m")
    loaded = TableIntegration.load(tmp_path / "m")
    pairs = one.candidates(records)
    assert np.array_equal(loaded.judge(records, pairs), one.judge(records, pairs))
    assert json.dumps(loaded.fields) == json.dumps(FIELDS)


def test_what_breaks_a_rule_is_named(model: TableIntegration) -> None:
    records = made(12, np.random.default_rng(7))
    with pytest.raises(NotFittedError):
        TableIntegration(fields=FIELDS).judge(records, [[0, 1]])
    with pytest.raises(InvalidInputError, match="first a text"):
        TableIntegration().fit(records)
    with pytest.raises(InvalidInputError, match="first a text"):
        TableIntegration(fields=[("year", "number")]).fit(records)
    with pytest.raises(InvalidInputError, match="of kinds"):
        TableIntegration(fields=[("title", "text"), ("x", "image")]).fit(records)  # type: ignore[dict-item]
    with pytest.raises(InvalidInputError, match="at least 10"):
        TableIntegration(fields=FIELDS).fit(records[:9])
    with pytest.raises(InvalidInputError, match="batch_size"):
        TableIntegration(fields=FIELDS, batch_size=1).fit(records)
    with pytest.raises(InvalidInputError, match="chimeras must be from 0 to 1"):
        TableIntegration(fields=FIELDS, chimeras=1.1).fit(records)
    with pytest.raises(InvalidInputError, match="threshold"):
        TableIntegration(fields=FIELDS, threshold=1.0).fit(records)
    with pytest.raises(InvalidInputError, match="A text is wanted"):
        model.judge([{"title": 3}, {"title": "x"}], [[0, 1]])
    with pytest.raises(InvalidInputError, match="list of names"):
        model.judge([{"title": "y", "authors": "Ada"}, {"title": "x"}], [[0, 1]])
    with pytest.raises(InvalidInputError, match="rows from 0 to 11"):
        model.judge(records, [[0, 12]])
    with pytest.raises(InvalidInputError, match=r"\(n, 2\)"):
        model.judge(records, [[0, 1, 2]])
    with pytest.raises(InvalidInputError, match="finite"):
        model.group(3, [[0, 1]], [np.nan])
    with pytest.raises(InvalidInputError, match="groups and sources"):
        model.resolve(records, [0], ["x"])
    assert model.judge(records, []).shape == (0,)
    assert model.candidates([]).shape == (0, 2)


def test_records_that_are_not_near_each_other_teach_nothing() -> None:
    records = [{"title": chr(97 + k) * 5} for k in range(12)]
    with pytest.raises(InvalidInputError, match="nothing to learn"):
        TableIntegration(fields=[("title", "text")]).fit(records)
