"""bm25s over texts: a job as JSON comes in on standard input, rankings go out as JSON.

Runs in an environment of its own, without broadsheet: `pip install bm25s PyStemmer`.
"""

import json
import sys

import bm25s
import Stemmer


def main() -> None:
    job = json.load(sys.stdin)
    stemmer = Stemmer.Stemmer("english")
    index = bm25s.BM25()
    index.index(_tokens(job["texts"], stemmer), show_progress=False)
    rows, _ = index.retrieve(
        _tokens(list(job["queries"].values()), stemmer), k=job["k"], show_progress=False
    )
    ids = job["ids"]
    json.dump(
        {
            q: [ids[row] for row in found]
            for q, found in zip(job["queries"], rows.tolist(), strict=True)
        },
        sys.stdout,
    )


def _tokens(texts: list[str], stemmer: "Stemmer.Stemmer") -> "bm25s.tokenization.Tokenized":
    return bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False)


if __name__ == "__main__":
    main()
