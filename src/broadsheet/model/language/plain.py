"""Text that is no search, as one of plain words: a title, a passage, a question."""

import re

from broadsheet.model.language.reading import MAX_CHARACTERS, SAME_SIGNS

_SIGNS = re.compile(r"[\"()^|]")
_MINUS = re.compile(r"(?<!\S)-+")
_FIELD = re.compile(r"([A-Za-z]):(?=\S)")
_BARE = re.compile(r"(saved):", re.IGNORECASE)
_JOINER = re.compile(r"(?<!\S)(OR|AND|NOT)(?!\S)")


def as_words(text: str) -> str:
    """Return a search for the words of a text; what would be a sign in a search is none."""
    words = " ".join(_SIGNS.sub(" ", text.translate(SAME_SIGNS)).split())
    words = _FIELD.sub(r"\1: ", _BARE.sub(r"\1 ", words))
    words = _MINUS.sub(" ", words)
    words = _JOINER.sub(lambda found: found[0].lower(), words)
    return _cut(" ".join(words.split()))


def _cut(words: str) -> str:
    if len(words) <= MAX_CHARACTERS:
        return words
    return words[:MAX_CHARACTERS].rpartition(" ")[0] or words[:MAX_CHARACTERS]
