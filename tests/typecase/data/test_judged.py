"""Judged collections: read as they lie, broken lines named."""

import gzip
import json
from pathlib import Path

import pytest

from typecase.base.errors import CorruptFileError, InvalidInputError
from typecase.data.judged import Text, read_judged, splits


def write_lines(path: Path, lines: list[str]) -> None:
    content = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    corpus = [{"_id": "1", "title": "One", "text": "first"}, {"_id": "2", "text": "second"}]
    write_lines(tmp_path / "corpus.jsonl.gz", [json.dumps(item) for item in corpus])
    for split in ("_dev", "_train"):
        queries = [{"_id": f"q{split}", "text": "which?"}, {"_id": "unjudged", "text": "?"}]
        write_lines(tmp_path / f"queries{split}.jsonl", [json.dumps(item) for item in queries])
        write_lines(
            tmp_path / f"qrels{split}.tsv.gz", ["query-id\tcorpus-id\tscore", f"q{split}\t2\t1"]
        )
    return tmp_path


def test_a_split_is_read(folder: Path) -> None:
    judged = read_judged(folder, "dev")
    assert judged.corpus_ids == ["1", "2"]
    assert judged.texts == [Text(title="One", text="first"), Text(title="", text="second")]
    assert judged.queries == {"q_dev": "which?"}
    assert judged.qrels == {"q_dev": {"2": 1}}


def test_splits_are_listed_and_must_be_named_when_there_are_two(folder: Path) -> None:
    assert splits(folder) == ["dev", "train"]
    with pytest.raises(InvalidInputError, match=r"\['dev', 'train'\]"):
        read_judged(folder)


def test_a_broken_line_is_named(folder: Path) -> None:
    write_lines(folder / "queries_dev.jsonl", ['{"_id": "a", "text": "fine"}', "{broken"])
    with pytest.raises(CorruptFileError, match=r"queries_dev\.jsonl, line 2"):
        read_judged(folder, "dev")


def test_a_cut_off_archive_is_named(folder: Path) -> None:
    path = folder / "corpus.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(CorruptFileError, match=r"corpus\.jsonl\.gz is cut off"):
        read_judged(folder, "dev")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"holds no corpus\.jsonl"):
        read_judged(tmp_path)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "split", "n_texts", "n_queries"),
    [
        ("ir_scifact", None, 5183, 809),
        ("ir_nfcorpus", "dev", 3395, 324),
        ("ir_cranfield", None, 1400, 225),
        ("ir_npl", None, 11429, 93),
    ],
)
def test_the_real_collections_are_read(
    shared_data: Path, name: str, split: str | None, n_texts: int, n_queries: int
) -> None:
    judged = read_judged(shared_data / name, split)
    assert len(judged.texts) == n_texts
    assert len(judged.queries) == n_queries
    assert set(judged.queries) == set(judged.qrels)
