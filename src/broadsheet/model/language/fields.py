"""The fields of the language: how each is written, what it takes, what it does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from typing import Literal

from broadsheet.model.dates import check_date, first_number, last_number
from broadsheet.model.errors import InvalidValueError
from broadsheet.model.flags import HAS, IS
from broadsheet.model.identifiers import name_key

MARKS = ("saved", "read", "voted", "noted", "tagged")
SORTS = ("relevance", "newest")
OPTIONS = ("recent", "diverse", "rerank")

Role = Literal["condition", "soft", "setting"]
_MOST_DIGITS_OF_YEAR = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """One field.

    Args:
        role: whether papers pass it or not (`condition`), are ordered by it (`soft`), or it says
            how to answer (`setting`).
        normal: gives a value in normal form, or raises InvalidValueError.
        also: other names under which it is understood.
        choices: all the values, where they are few.
    """

    name: str
    role: Role
    says: str
    example: str
    normal: Callable[[str], str]
    also: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


def _words(value: str) -> str:
    text = " ".join(value.split())
    if not any(c.isalnum() for c in text):
        raise InvalidValueError("There is no word in it.")
    return text


def _one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    def normal(value: str) -> str:
        known = value.strip().casefold()
        if known in choices:
            return known
        near = get_close_matches(known, choices, n=1)
        raise InvalidValueError(
            f"Did you mean {near[0]}?" if near else f"It takes {', '.join(choices)}."
        )

    return normal


def _author(value: str) -> str:
    key = name_key(value)
    if not key:
        raise InvalidValueError("There is no name in it.")
    return key


def _code(value: str) -> str:
    code = value.strip()
    if not code or any(c.isspace() for c in code):
        raise InvalidValueError("A category is a code, as cs.CL.")
    return code


def _date(value: str) -> str:
    """Return `first..last` of a day, month or year, a comparison with one, or a span of two."""
    text = value.strip()
    if ".." in text:
        first, _, last = text.partition("..")
        if not first and not last:
            raise InvalidValueError("A span has a beginning or an end, as 2024..2025-06.")
        first, last = _one_date(first) if first else "", _one_date(last) if last else ""
        if first and last and last_number(last) < first_number(first):
            raise InvalidValueError("This span ends before it begins.")
        return f"{first}..{last}"
    for sign in (">=", "<=", ">", "<"):
        if text.startswith(sign):
            return _compared(sign, _one_date(text.removeprefix(sign)))
    day = _one_date(text)
    return f"{day}..{day}"


def _compared(sign: str, day: str) -> str:
    if sign == ">=":
        return f"{day}.."
    if sign == "<=":
        return f"..{day}"
    return f"{_stepped(day, 1)}.." if sign == ">" else f"..{_stepped(day, -1)}"


def _stepped(day: str, step: int) -> str:
    """Return the year, month or day after (1) or before (-1) one."""
    numbers = [int(part) for part in day.split("-")]
    try:
        if len(numbers) == 3:
            return (date(*numbers) + timedelta(days=step)).isoformat()
        months = numbers[0] * 12 + (numbers[1] - 1 + step if len(numbers) == 2 else 12 * step)
        year, month = divmod(months, 12)
        return check_date(
            f"{year:04}-{month + 1:02}" if len(numbers) == 2 else f"{year:04}", name="date"
        )
    except (ValueError, OverflowError) as e:
        raise InvalidValueError("There is no date beyond this one.") from e


def _one_date(text: str) -> str:
    try:
        return check_date(text.strip(), name="date")
    except InvalidValueError as e:
        raise InvalidValueError("A date is a year, month or day, as 2024-05.") from e


def _year(value: str) -> str:
    span = _date(value)
    if any(len(end) > _MOST_DIGITS_OF_YEAR for end in span.split("..")):
        raise InvalidValueError("A year has four digits; announced: takes months and days.")
    return span


FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec(
        name="meaning",
        role="soft",
        says="Near in meaning to words, whichever words the paper uses.",
        example='meaning:"cheaper attention"',
        normal=_words,
        also=("about",),
    ),
    FieldSpec(
        name="near",
        role="soft",
        says="Near in meaning to a paper, named by its id.",
        example="near:2301.00001",
        normal=_words,
        also=("like",),
    ),
    FieldSpec(
        name="task",
        role="soft",
        says="Solves the same task as words say, or as a paper does.",
        example='task:"question answering"',
        normal=_words,
    ),
    FieldSpec(
        name="method",
        role="soft",
        says="Uses the same method.",
        example="method:near:2301.00001",
        normal=_words,
    ),
    FieldSpec(
        name="data",
        role="soft",
        says="Works on the same data.",
        example='data:"ImageNet"',
        normal=_words,
        also=("dataset",),
    ),
    FieldSpec(
        name="cat",
        role="condition",
        says="In a category; `cs` takes all of `cs.*`, and cross-listings count.",
        example="cat:cs.IR,cs.CL",
        normal=_code,
        also=("category",),
    ),
    FieldSpec(
        name="author",
        role="condition",
        says="By an author.",
        example='author:"Ada Lovelace"',
        normal=_author,
        also=("by",),
    ),
    FieldSpec(
        name="venue",
        role="condition",
        says="Published at a venue; `NeurIPS` takes `NeurIPS 2023` too.",
        example="venue:NeurIPS",
        normal=_words,
    ),
    FieldSpec(
        name="source",
        role="condition",
        says="Told of by a source.",
        example="source:arxiv",
        normal=_words,
    ),
    FieldSpec(
        name="year",
        role="condition",
        says="Of a year, a span of years, or before or after one.",
        example="year:2023..2025",
        normal=_year,
    ),
    FieldSpec(
        name="announced",
        role="condition",
        says="Announced on a day, in a month, or before or after one.",
        example="announced:>2026-09",
        normal=_date,
        also=("date",),
    ),
    FieldSpec(
        name="has",
        role="condition",
        says="Has code, or a DOI.",
        example="has:code",
        normal=_one_of(HAS),
        choices=HAS,
    ),
    FieldSpec(
        name="is",
        role="condition",
        says="Withdrawn, retracted or published; or marked by you.",
        example="-is:withdrawn",
        normal=_one_of((*IS, *MARKS)),
        choices=(*IS, *MARKS),
    ),
    FieldSpec(
        name="tag",
        role="condition",
        says="Bears one of your tags.",
        example="tag:thesis",
        normal=_words,
    ),
    FieldSpec(
        name="sort",
        role="setting",
        says="The order: best first, or newest first.",
        example="sort:newest",
        normal=_one_of(SORTS),
        choices=SORTS,
    ),
    FieldSpec(
        name="with",
        role="setting",
        says="Prefers recent papers, spreads the answers, or reads the best ones twice.",
        example="with:diverse",
        normal=_one_of(OPTIONS),
        choices=OPTIONS,
    ),
)

_BY_NAME = {name: spec for spec in FIELDS for name in (spec.name, *spec.also)}


def field_named(name: str) -> FieldSpec | None:
    """Return a field by any of its names, in any case."""
    return _BY_NAME.get(name.casefold())


def nearest_field(name: str) -> str | None:
    """Return the field that a misspelt name may mean."""
    near = get_close_matches(name.casefold(), _BY_NAME, n=1, cutoff=0.6)
    return near[0] if near else None
