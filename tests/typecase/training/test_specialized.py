"""Heads trained on a folder of judged documents."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from typecase.base.errors import InvalidInputError
from typecase.data.faceted import Document, write_faceted
from typecase.spaces import SpecializedEmbeddings
from typecase.training import specialized
from typecase.training.specialized import lessons, train_heads


class LetterEncoder:
    """Counts letters: texts of the same words are near."""

    model_id = "letters"
    dim = 26

    def __init__(self, *, model: str = "") -> None:
        self.model = model

    def encode(self, texts: Sequence[str], *, kind: str = "document") -> np.ndarray:
        counts = [[text.lower().count(chr(97 + k)) for k in range(26)] for text in texts]
        x = np.array(counts, dtype=np.float32) + 0.01
        return x / np.linalg.norm(x, axis=1, keepdims=True)


def documents() -> list[Document]:
    names = ("parsing", "tagging", "summaries")
    return [
        Document(
            id=str(k),
            title=f"On {names[k % 3]}",
            abstract="zebra " * (k % 4),
            labels={"task": (names[k % 3].title(),), "method": (f"only {k}",)},
            views={"task": f"We do {names[k % 3]}."} if k % 2 else {},
        )
        for k in range(18)
    ]


def test_a_document_and_its_view_share_a_name_of_their_own() -> None:
    found = lessons(documents()[:2], "task")
    assert found.texts == ["On parsing\n", "We do tagging.", "On tagging\nzebra "]
    assert found.names == [{"parsing"}, {"tagging", "=1"}, {"tagging", "=1"}]
    assert found.phrases == []


def test_names_of_several_documents_are_phrases() -> None:
    assert lessons(documents(), "task").phrases == ["parsing", "summaries", "tagging"]
    assert lessons(documents(), "method").phrases == []


def test_heads_find_what_a_typed_name_means() -> None:
    encoder = LetterEncoder()
    params = {"n_dims": 8, "n_steps": 60, "learning_rate": 0.01}
    head = train_heads(documents(), encoder, facets=["task"], params=params)["task"]
    texts = [one.text for one in documents()]
    scores = (
        head.transform(encoder.encode(["parsing"], kind="query"))
        @ head.transform(encoder.encode(texts)).T
    )
    assert set(np.argsort(-scores[0])[:6].tolist()) == {0, 3, 6, 9, 12, 15}


def test_a_facet_of_which_nothing_is_known_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="No document has a colour"):
        train_heads(documents(), LetterEncoder(), facets=["colour"])
    with pytest.raises(InvalidInputError, match="at least 8 rows"):
        train_heads(documents(), LetterEncoder(), facets=["method"], params={"n_dims": 4})


def test_the_script_writes_heads_and_their_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").mkdir()
    write_faceted(tmp_path / "in" / "documents.jsonl", documents())
    out = tmp_path / "out"
    words = [str(tmp_path / "in"), "--out", str(out), "--facets", "task", "--dims", "8"]
    monkeypatch.setattr(sys, "argv", ["specialized", *words])
    real = specialized.get
    monkeypatch.setattr(
        specialized, "get", lambda room, n: LetterEncoder if room == "encoders" else real(room, n)
    )
    specialized.main()
    card = json.loads((out / "card.json").read_text("utf-8"))
    assert card == {"model_id": "letters", "facets": {"task": {"texts": 27, "names": 3}}}
    assert SpecializedEmbeddings.load(out / "task").n_dims_out == 8
