"""What the bench of merging takes for one paper and for two, and how it counts."""

import numpy as np
import pytest
from bench.merging.collections import Item
from bench.merging.gold import contradict, find_gold
from bench.merging.measuring import Ruler, kinds_of
from bench.merging.methods import Pairs

TEXT = " ".join(f"word{chr(97 + k % 26)}{chr(97 + k // 26)}" for k in range(60))
OTHER = " ".join(f"other{chr(97 + k % 26)}{chr(97 + k // 26)}" for k in range(60))


def item(name: str, *named: str, abstract: str = "", authors: tuple[str, ...] = ("Ada L",)) -> Item:
    return Item(
        id=name,
        issue=name.partition(":")[0],
        title="A title",
        authors=authors,
        year=2020,
        abstract=abstract,
        venue="",
        named=frozenset(named),
        comment="",
    )


ITEMS = {
    one.id: one
    for one in (
        item("arxiv:1", "arxiv:1", abstract=TEXT),
        item("arxiv:2", "arxiv:2"),
        item("conf:a", "arxiv:1"),
        item("acl:x", "acl:x", abstract=TEXT),
        item("acl:y", "acl:y", abstract=OTHER, authors=("Bo M",)),
        item("conf:b", abstract=TEXT, authors=("Bo M",)),
    )
}


def test_one_paper_by_identifier_or_text_never_by_title() -> None:
    gold = find_gold(ITEMS)
    assert gold.same == {
        ("arxiv:1", "conf:a"): "identifier",
        ("acl:x", "arxiv:1"): "text",
        ("arxiv:1", "conf:b"): "text",
        ("acl:x", "conf:b"): "text",
    }
    assert gold.kind(("acl:x", "conf:a"), ITEMS) == "chain"


def test_two_papers_by_what_their_twins_are() -> None:
    gold = find_gold(ITEMS)
    assert gold.kind(("arxiv:2", "conf:a"), ITEMS) == "different"
    # conf:a is arxiv:1, which is acl:x, and acl:y is another.
    assert gold.kind(("acl:y", "conf:a"), ITEMS) == "different"
    assert gold.kind(("acl:y", "arxiv:2"), ITEMS) == "unknown"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("doi:10.1/x", "doi:10.1/y", True),
        ("doi:10.1/x", "doi:10.2/x", False),
        ("arxiv:1", "arxiv:2", True),
        ("arxiv:1", "acl:1", False),
    ],
)
def test_which_identifiers_contradict(one: str, other: str, expected: bool) -> None:
    assert contradict(item("arxiv:p", one), item("conf:q", other)) is expected


def test_precision_and_recall_are_counted_across_collections() -> None:
    records = list(ITEMS.values())
    rows = np.array([[0, 2], [1, 2], [0, 1], [0, 3]])
    pairs = Pairs(records=records, rows=rows, features=np.zeros((4, 1), np.float32))
    gold = find_gold(ITEMS)
    kinds = kinds_of(records, rows, gold, ITEMS)
    ruler = Ruler(pairs, gold, kinds, counted=("identifier", "text"))
    found = ruler.figures(np.array([True, True, True, False]))
    assert (found["precision"], found["recall"]) == (0.5, 0.25)
    assert (found["right"], found["wrong"], found["within_wrong"]) == (1, 1, 1)
    scores = np.array([0.9, 0.2, 0.9, 0.8], dtype=np.float32)
    assert ruler.recall_at_precision(scores) == 0.5
    assert ruler.threshold(scores) == pytest.approx(0.8)
