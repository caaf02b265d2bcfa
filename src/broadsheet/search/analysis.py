"""Text to terms, the same for papers and queries, and what a typed query asks for."""

import re
from collections import Counter
from dataclasses import dataclass, replace

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from broadsheet.model.identifiers import arxiv_id, doi, title_key
from broadsheet.model.query import MAX_TEXT
from broadsheet.search.stop_words import STOP_WORDS

ANALYZER = "english"
"""The name under which an index knows the analyzer."""

_LONGEST_TERM_BYTES = 60
_SHORTEST_NAME = 4
_LONGEST_NAME = 400
_MOST_PHRASES = 8
_WORD_PER_CHARACTER = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003134f]"
)
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»″＂", '"'))
_QUOTED = re.compile(r'"([^"]*)"')


def make_analyzer() -> TextAnalyzer:
    """Return what turns text into terms: lower case, no accents, English stems."""
    return (
        TextAnalyzerBuilder(Tokenizer.simple())
        .filter(Filter.remove_long(_LONGEST_TERM_BYTES))
        .filter(Filter.lowercase())
        .filter(Filter.ascii_fold())
        .filter(Filter.stemmer("english"))
        .build()
    )


_TERMS = make_analyzer()
_WORDS = TextAnalyzerBuilder(Tokenizer.simple()).build()


def encodable(text: str) -> str:
    """Return text with a question mark for each lone surrogate, which no index takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def plain(text: str) -> str:
    """Return text that the analyzer takes.

    Characters of scripts that write no blanks between words (Chinese, Japanese, Thai, Lao,
    Burmese, Khmer) become a word each, so that a run of them can be found as a phrase.
    """
    return text if text.isascii() else _WORD_PER_CHARACTER.sub(r" \g<0> ", encodable(text))


def terms_of(text: str) -> list[str]:
    """Return the terms of text, in order."""
    terms: list[str] = _TERMS.analyze(plain(text))
    return terms


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it was first typed, the term under which the index holds it, how often it came."""

    typed: str
    term: str
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a typed query asks for.

    Args:
        text: the query without its quotation marks, for its meaning.
        words: distinct by term, stop words left out unless there is nothing else.
        phrases: terms of what stands between quotation marks, of two words or more.
        names: arXiv ids and DOIs that it holds, or the whole of it, as `ident` has them.
        is_only_names: nothing but ids was typed.
    """

    text: str
    words: tuple[Word, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    names: tuple[str, ...] = ()
    is_only_names: bool = False

    def without_phrases(self) -> "Asked":
        """Return the same for words that may stand anywhere."""
        return replace(self, phrases=())


def read_query(text: str) -> Asked:
    """Return what a text asks for; any text can be read, none is an error."""
    text = encodable(text[:MAX_TEXT]).translate(_QUOTES)
    bare = " ".join(text.replace('"', " ").replace("\0", " ").split())
    tokens = bare.split()
    names = [name for token in tokens[:8] for name in (arxiv_id(token) or doi(token),) if name]
    phrases = (tuple(terms_of(quoted)) for quoted in _QUOTED.findall(text))
    return Asked(
        text=bare,
        words=_words(plain(bare)),
        phrases=tuple(dict.fromkeys(p for p in phrases if len(p) > 1))[:_MOST_PHRASES],
        names=tuple(dict.fromkeys([*names, *_whole_names(bare)])),
        is_only_names=bool(tokens) and len(names) == len(tokens),
    )


def title_name(title: str) -> str:
    """Return the name under which a paper is found when its whole title is typed."""
    return f"title:{title_key(title)}"


def _whole_names(text: str) -> list[str]:
    if not _SHORTEST_NAME <= len(text) <= _LONGEST_NAME:
        return []
    return [text.lower(), title_name(text)] if title_key(text) else [text.lower()]


def _words(text: str) -> tuple[Word, ...]:
    typed = _WORDS.analyze(text)
    chosen = [word for word in typed if word.lower() not in STOP_WORDS] or typed
    first: dict[str, str] = {}
    times: Counter[str] = Counter()
    for word in chosen:
        for term in _TERMS.analyze(word):
            first.setdefault(term, word)
            times[term] += 1
    return tuple(Word(word, term, times[term]) for term, word in first.items())
