"""Text to terms, the same for papers and queries, and what a typed query asks for."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tantivy import Filter, TextAnalyzer, TextAnalyzerBuilder, Tokenizer

from broadsheet.model.identifiers import arxiv_id, doi, title_key
from broadsheet.model.language.plan import Condition, Plan, plan_for
from broadsheet.model.language.tree import Soft, Words
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
    """A word as it was first typed, the term under which the index holds it, how much it counts.

    Args:
        times: how often it came, by its weights; never below 0.
    """

    typed: str
    term: str
    times: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a search asks of the indexes.

    Args:
        text: the words that speak for a paper, for their meaning.
        words: distinct by term, stop words left out unless there is nothing else.
        demanded: those of `words` that stand outside of OR.
        against: words that count against a paper.
        phrases: terms of what must stand side by side.
        softs: what papers are near to, or far from.
        condition: what papers must meet besides.
        names: arXiv ids and DOIs that it holds, or the whole of it, as `ident` has them.
        is_only_names: nothing but ids was typed.
        options: of `language.fields.OPTIONS`.
    """

    text: str = ""
    words: tuple[Word, ...] = ()
    demanded: tuple[Word, ...] = ()
    against: tuple[Word, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    softs: tuple[Soft, ...] = ()
    condition: Condition | None = None
    names: tuple[str, ...] = ()
    is_only_names: bool = False
    options: frozenset[str] = frozenset()

    def without_phrases(self) -> "Asked":
        """Return the same for words that may stand anywhere."""
        return replace(self, phrases=())

    def only_against(self) -> "Asked":
        """Return the words that count against a paper, as if they were for it."""
        return Asked(words=self.against)

    @property
    def is_ranked(self) -> bool:
        """Whether there is anything to order papers by."""
        return bool(self.words or any(soft.weight > 0 for soft in self.softs))


def read_query(text: str) -> Asked:
    """Return what a search asks for.

    Raises:
        QuerySyntaxError: it is none; of any text, `as_words` makes one.
    """
    return asked_of(plan_for(text))


def asked_of(plan: Plan) -> Asked:
    """Return what a plan asks for."""
    text = _bare(plan.text)
    tokens = text.split()
    names = [name for token in tokens[:8] for name in (arxiv_id(token) or doi(token),) if name]
    phrases = (tuple(terms_of(phrase)) for phrase in plan.phrases)
    said = (*plan.words, *plan.either)
    is_words_alone = len(said) == 1 and not plan.softs
    return Asked(
        text=text,
        words=_words([w for w in said if w.weight > 0]),
        demanded=_words([w for w in plan.words if w.weight > 0]),
        against=_words([w for w in said if w.weight < 0]),
        phrases=tuple(dict.fromkeys(p for p in phrases if p))[:_MOST_PHRASES],
        softs=plan.softs,
        condition=plan.condition,
        names=tuple(dict.fromkeys([*names, *_whole_names(text)])) if is_words_alone else (),
        is_only_names=is_words_alone and bool(tokens) and len(names) == len(tokens),
        options=plan.options,
    )


def _bare(text: str) -> str:
    return " ".join(encodable(text).replace("\0", " ").split())


def title_name(title: str) -> str:
    """Return the name under which a paper is found when its whole title is typed."""
    return f"title:{title_key(title)}"


def _whole_names(text: str) -> list[str]:
    if not _SHORTEST_NAME <= len(text) <= _LONGEST_NAME:
        return []
    return [text.lower(), title_name(text)] if title_key(text) else [text.lower()]


def _words(parts: Sequence[Words]) -> tuple[Word, ...]:
    """Return the terms of some parts, each once; what is said twice counts twice."""
    typed = [
        (word, abs(part.weight)) for part in parts for word in _WORDS.analyze(plain(part.text))
    ]
    chosen = [(word, w) for word, w in typed if word.lower() not in STOP_WORDS] or typed
    first: dict[str, str] = {}
    times: dict[str, float] = defaultdict(float)
    for word, weight in chosen:
        for term in _TERMS.analyze(word):
            first.setdefault(term, word)
            times[term] += weight
    return tuple(Word(word, term, times[term]) for term, word in first.items())
