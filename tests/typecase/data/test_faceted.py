"""Documents with judged facets, read from lines."""

import gzip
from pathlib import Path

import pytest

from typecase.base.errors import CorruptFileError, InvalidInputError
from typecase.data.faceted import Document, name_key, read_faceted, write_faceted

LINE = (
    '{"id": "p1", "title": "T", "abstract": "A", "task": ["Parsing", "parsing"], '
    '"dataset": [], "views": {"task": "We parse."}}\n'
)


def test_a_line_is_a_document(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(LINE, "utf-8")
    with gzip.open(tmp_path / "b.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.write('{"id": 7, "method": ["LSTM"]}\n')
    first, second = read_faceted(tmp_path)
    assert first == Document(
        id="p1",
        title="T",
        abstract="A",
        labels={"task": ("Parsing", "parsing")},
        views={"task": "We parse."},
    )
    assert first.text == "T\nA"
    assert first.names("task") == {"parsing"}
    assert first.names("dataset") == frozenset()
    assert (second.id, second.names("method")) == ("7", {"lstm"})


def test_what_is_written_is_read(tmp_path: Path) -> None:
    documents = [
        Document(id="a", title="Ü", labels={"task": ("x",)}, views={"task": "v"}),
        Document(id="b", abstract="text"),
    ]
    write_faceted(tmp_path / "documents.jsonl", documents)
    assert read_faceted(tmp_path) == documents


@pytest.mark.parametrize(
    ("name", "key"),
    [("CIFAR-10", "cifar 10"), ("  BERT_base ", "bert base"), ("(…)", ""), ("naïve", "naïve")],
)
def test_names_are_compared_by_their_words(name: str, key: str) -> None:
    assert name_key(name) == key


@pytest.mark.parametrize(
    "line", ["{", "[1]", '{"title": "no id"}', '{"id": "a", "task": "no list"}', '{"id": "a"']
)
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.jsonl").write_text(f'{{"id": "first"}}\n{line}\n', "utf-8")
    with pytest.raises(CorruptFileError, match=r"a\.jsonl, line 2"):
        read_faceted(tmp_path)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(LINE.encode())[:-12])
    with pytest.raises(CorruptFileError, match=r"a\.jsonl\.gz"):
        read_faceted(tmp_path)


def test_no_file_and_an_id_twice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="holds no"):
        read_faceted(tmp_path)
    (tmp_path / "a.jsonl").write_text(LINE + LINE, "utf-8")
    with pytest.raises(InvalidInputError, match="'p1' comes twice"):
        read_faceted(tmp_path)
