"""Follows: the authors, categories and topics whose new papers a reader wants to see."""

import unicodedata
from dataclasses import dataclass
from typing import Literal, get_args

from broadsheet.model.errors import InvalidValueError

FollowKind = Literal["author", "category", "topic"]
FOLLOW_KINDS: tuple[FollowKind, ...] = get_args(FollowKind)
LONGEST_TOPIC = 100
MOST_FOLLOWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """What a reader follows.

    Args:
        value: an author's name key, a category's code, or the words of a topic.
        name: as it is shown.
    """

    kind: FollowKind
    value: str
    name: str
    at: str = ""


def topic_of(text: str) -> str:
    """Return the words of a topic as they are kept.

    Raises:
        InvalidValueError: there is none, or there are too many.
    """
    topic = " ".join(unicodedata.normalize("NFKC", text).split())
    is_odd = any(unicodedata.category(c)[0] == "C" for c in topic)
    if not any(c.isalnum() for c in topic) or len(topic) > LONGEST_TOPIC or is_odd:
        raise InvalidValueError(
            f"A topic is words, at most {LONGEST_TOPIC} characters; got {text[:60]!r}."
        )
    return topic
