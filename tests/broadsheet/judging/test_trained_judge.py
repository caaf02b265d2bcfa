"""The judge that comes with the package."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from broadsheet.judging import TrainedJudge
from broadsheet.judging.fields import compared
from broadsheet.judging.trained_judge import SHIPPED, read_judge, write_judge
from broadsheet.model.errors import LibraryError
from broadsheet.model.merging import merge
from broadsheet.model.paper import Record

TEXT = (
    "We measure how small trees grow in poor soil over nine years, and find that their height "
    "follows the rain of the year before. A model with two parameters explains most of it."
)
OTHER_TEXT = (
    "A compiler for query languages is described. It keeps plans of joins in one graph, and we "
    "prove that its rewriting ends. Examples show queries that run twice as fast."
)
PREPRINT = Record(
    source="arxiv",
    source_id="1",
    title="Growing: On the growth of rather small trees",
    abstract=TEXT,
    authors=("Ada Quill", "Bo Tanaka"),
    submitted="2019-05-02",
)
PRINTED = Record(
    source="acl",
    source_id="2",
    title="On the Growth of Rather Small Trees",
    abstract=TEXT,
    authors=("A. Quill", "B. Tanaka"),
    submitted="2020",
    venue="Trees",
)
LATER = replace(PRINTED, authors=("Chi Okafor", "Di Silva"), abstract=OTHER_TEXT, submitted="2003")


def test_a_paper_under_a_shortened_title_and_initials_is_one() -> None:
    (opinion,) = TrainedJudge().judge([(merge([PREPRINT]), merge([PRINTED]))])
    assert opinion.is_one
    assert opinion.likely > 0.9
    assert opinion.grounds.startswith(f"judged {opinion.likely:.3f}; for it: title, ")
    assert "authors" in opinion.grounds
    assert "abstract" in opinion.grounds


def test_a_title_alone_does_not_outweigh_all_that_differs() -> None:
    (opinion,) = TrainedJudge().judge([(merge([PREPRINT]), merge([LATER]))])
    assert not opinion.is_one
    assert "against it: " in opinion.grounds


def test_a_batch_is_its_pairs() -> None:
    judge = TrainedJudge()
    pairs = [(merge([PREPRINT]), merge([other])) for other in (PRINTED, LATER, PREPRINT)]
    together, singly = judge.judge(pairs), [judge.judge([pair])[0] for pair in pairs]
    assert [o.likely for o in together] == pytest.approx([o.likely for o in singly], abs=1e-6)
    assert [o.grounds for o in together] == [o.grounds for o in singly]
    assert judge.judge([]) == []


def test_tex_is_no_difference() -> None:
    said = {"authors": (), "year": None, "abstract": "", "venue": ""}
    one = compared(title=r"P{\O}DA on $\mathbf{x}$", **said)  # type: ignore[arg-type]
    assert one == {"title": "PDA on x", "authors": None, "year": None} | {
        "abstract": None,
        "venue": None,
    }


def test_what_is_written_is_read(tmp_path: Path) -> None:
    model = read_judge(SHIPPED)
    write_judge(tmp_path / "j.json", model, card={"method": "test"})
    assert read_judge(tmp_path / "j.json").get_state().keys() == model.get_state().keys()
    pair = [(merge([PREPRINT]), merge([PRINTED]))]
    assert TrainedJudge(path=tmp_path / "j.json").judge(pair) == TrainedJudge().judge(pair)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"n_hidden": 2, "threshold": 0.5, "mean_": [1]}', "no JSON"]
)
def test_damaged_weights_are_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "j.json").write_text(text, "utf-8")
    judge = TrainedJudge(path=tmp_path / "j.json")
    with pytest.raises(LibraryError, match="Install broadsheet anew"):
        judge.judge([(merge([PREPRINT]), merge([PRINTED]))])


def test_absent_weights_are_named(tmp_path: Path) -> None:
    judge = TrainedJudge(path=tmp_path / "none.json")
    with pytest.raises(LibraryError, match="cannot be read"):
        judge.judge([(merge([PREPRINT]), merge([PRINTED]))])


def test_weights_of_another_size_are_refused(tmp_path: Path) -> None:
    model = read_judge(SHIPPED)
    model.weights_ = model.weights_[:-1]
    write_judge(tmp_path / "j.json", model, card={})
    with pytest.raises(LibraryError):
        read_judge(tmp_path / "j.json")
