"""Words of which one must be given."""

from typing import TypeVar

from broadsheet.model.errors import InvalidValueError

Word = TypeVar("Word", bound=str)


def choice(word: str, allowed: tuple[Word, ...], what: str) -> Word:
    """Return the allowed word that was given.

    Args:
        what: names it in the refusal, as `change`.

    Raises:
        InvalidValueError: it is none of them.
    """
    for one in allowed:
        if one == word:
            return one
    raise InvalidValueError(f"There is no {what} {word[:40]!r}; it is one of {', '.join(allowed)}.")
