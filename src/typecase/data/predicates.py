"""What a filter asks of attributes, as values: `Attribute("year").between(2020, 2024)`.

Expressions are frozen and hashable. Order and repetition of parts make no difference, so that
equal expressions are found under one key: `a & b == b & a`, `a | a == a`, `~~a == a`.

Matching is two-valued. A row without a value (None) matches no comparison, and `~p` matches
exactly the rows that p does not: rows without a value among them. Every law of Boolean algebra
holds, and "not read by ada" finds what nobody has read. Where only rows with a value should
come, say so: `~(venue == "ICML") & venue.is_present()`.

For an attribute with several values a row, a comparison matches where one of them does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from typecase.base.errors import InvalidInputError
from typecase.data.scalars import Kind, Scalar, as_json, as_scalar, kind_of, show

MAX_DEPTH = 100
"""Of parts within parts."""

MAX_PARTS = 100_000
"""In one expression."""

_SHOWN_VALUES = 5


class Predicate:
    """A condition on the attributes of a row; combine with `&`, `|` and `~`."""

    __slots__ = ()

    def __and__(self, other: "Predicate") -> "Predicate":
        """Return what matches where both do."""
        return all_of([self, other]) if isinstance(other, Predicate) else NotImplemented

    def __or__(self, other: "Predicate") -> "Predicate":
        """Return what matches where one of them does."""
        return any_of([self, other]) if isinstance(other, Predicate) else NotImplemented

    def __invert__(self) -> "Predicate":
        """Return what matches where this does not, rows without a value included."""
        return self.part if isinstance(self, Not) else Not(self)

    def __bool__(self) -> bool:
        raise InvalidInputError(
            "A predicate is neither true nor false: join with & | ~ (not with and, or, not), "
            "and ask for a range with between()."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the expression as what JSON can hold; `predicate_from_dict` takes it back."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Isin(Predicate):
    """The value is one of some; none of them matches nothing. Made by `Attribute`."""

    attribute: str
    kind: Kind | None
    """Of the values; None when there are none."""
    values: tuple[Scalar, ...]
    """Ascending, unique."""

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        return {"isin": self.attribute, "values": [as_json(v) for v in self.values]}

    def __str__(self) -> str:
        if len(self.values) == 1:
            return f"{self.attribute} == {show(self.values[0])}"
        shown = ", ".join(show(v) for v in self.values[:_SHOWN_VALUES])
        more = len(self.values) - _SHOWN_VALUES
        return f"{self.attribute} in ({shown}{f', and {more} more' if more > 0 else ''})"


@dataclass(frozen=True, slots=True)
class Range(Predicate):
    """The value lies between two others. Made by `Attribute`."""

    attribute: str
    kind: Kind
    low: Scalar | None
    """None: no lower bound."""
    high: Scalar | None
    low_open: bool = False
    """The bound itself does not match."""
    high_open: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        out: dict[str, Any] = {"range": self.attribute}
        if self.low is not None:
            out["gt" if self.low_open else "ge"] = as_json(self.low)
        if self.high is not None:
            out["lt" if self.high_open else "le"] = as_json(self.high)
        return out

    def __str__(self) -> str:
        below, above = "<" if self.low_open else "<=", "<" if self.high_open else "<="
        if self.low is None:
            return f"{self.attribute} {above} {show(self.high)}"
        if self.high is None:
            return f"{self.attribute} {below.replace('<', '>')} {show(self.low)}"
        return f"{show(self.low)} {below} {self.attribute} {above} {show(self.high)}"


@dataclass(frozen=True, slots=True)
class Prefix(Predicate):
    """The string starts with another. Made by `Attribute`."""

    attribute: str
    prefix: str

    @property
    def kind(self) -> Kind:
        """Always "str"."""
        return "str"

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        return {"startswith": self.attribute, "prefix": self.prefix}

    def __str__(self) -> str:
        return f"{self.attribute} startswith {show(self.prefix)}"


@dataclass(frozen=True, slots=True)
class Present(Predicate):
    """The row has a value; a list of values may be empty. Made by `Attribute`."""

    attribute: str

    @property
    def kind(self) -> None:
        """None: it fits any attribute."""
        return

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        return {"present": self.attribute}

    def __str__(self) -> str:
        return f"{self.attribute} is present"


Leaf = Isin | Range | Prefix | Present


@dataclass(frozen=True, slots=True)
class Not(Predicate):
    """What the part does not match. Made by `~`."""

    part: Predicate

    def __post_init__(self) -> None:
        _check_size(self)

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        return {"not": self.part.to_dict()}

    def __str__(self) -> str:
        return f"not ({self.part})"


@dataclass(frozen=True, slots=True)
class And(Predicate):
    """What all parts match. Made by `&` and `all_of`."""

    parts: tuple[Predicate, ...]
    """Two or more, unique, none of them an And, in one order."""

    def __post_init__(self) -> None:
        _check_size(self)

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        return {"and": [part.to_dict() for part in self.parts]}

    def __str__(self) -> str:
        return " and ".join(_bracketed(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or(Predicate):
    """What one of the parts matches. Made by `|` and `any_of`."""

    parts: tuple[Predicate, ...]
    """Two or more, unique, none of them an Or, in one order."""

    def __post_init__(self) -> None:
        _check_size(self)

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        return {"or": [part.to_dict() for part in self.parts]}

    def __str__(self) -> str:
        return " or ".join(_bracketed(part) for part in self.parts)


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """The name of an attribute; comparing it gives a Predicate.

    Values are whole numbers of int64, finite floats, booleans, strings or dates (`date`, or
    `datetime64` of whole days).

    Raises:
        InvalidInputError: a value is none of these, or values of several kinds come together.
    """

    name: str

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise InvalidInputError(f"An attribute's name must be a string, got {self.name!r}.")

    __hash__ = None  # type: ignore[assignment]
    # So that a NumPy scalar on the left leaves the comparison to us
    __array_ufunc__: ClassVar[None] = None

    def __eq__(self, value: Any) -> Predicate:  # type: ignore[override]
        """Return what matches where the value is this, or one of the values."""
        return self.isin([value])

    def __ne__(self, value: Any) -> Predicate:  # type: ignore[override]
        """Return `~(attribute == value)`: rows without a value match."""
        return ~self.isin([value])

    def __lt__(self, value: Any) -> Predicate:
        return self.range(None, value, high_open=True)

    def __le__(self, value: Any) -> Predicate:
        return self.range(None, value)

    def __gt__(self, value: Any) -> Predicate:
        return self.range(value, None, low_open=True)

    def __ge__(self, value: Any) -> Predicate:
        return self.range(value, None)

    def between(self, low: Any, high: Any) -> Predicate:
        """Return what matches from low to high, both included; None is no bound.

        Strings are in code point order.
        """
        return self.range(low, high)

    def isin(self, values: Iterable[Any]) -> Predicate:
        """Return what matches where the value is one of these; of none, nothing."""
        if isinstance(values, str | bytes):
            raise InvalidInputError("isin takes a list of values; put one string into a list.")
        scalars = [as_scalar(value, name=self.name) for value in values]
        kinds = sorted({kind_of(scalar) for scalar in scalars})
        if len(kinds) > 1:
            raise InvalidInputError(f"{self.name} is compared with {kinds[0]} and {kinds[1]}.")
        ordered: list[Any] = sorted(set(scalars))
        return Isin(self.name, kinds[0] if kinds else None, tuple(ordered))

    def startswith(self, prefix: str) -> Predicate:
        """Return what matches where the string starts so; "" is any string."""
        scalar = as_scalar(prefix, name=self.name)
        if not isinstance(scalar, str):
            raise InvalidInputError(f"startswith takes a string, got {prefix!r}.")
        return Prefix(self.name, scalar)

    def is_present(self) -> Predicate:
        """Return what matches where there is a value; `~` of it where there is none."""
        return Present(self.name)

    def range(
        self, low: Any, high: Any, *, low_open: bool = False, high_open: bool = False
    ) -> Predicate:
        """Return what matches between two bounds; None is none, an open one does not match."""
        ends = [None if end is None else as_scalar(end, name=self.name) for end in (low, high)]
        kinds = sorted({kind_of(end) for end in ends if end is not None})
        if not kinds or kinds[0] == "bool" or len(kinds) > 1:
            given = " and ".join(kinds) or "None"
            raise InvalidInputError(f"{self.name} has no range with bounds of {given}.")
        low_open, high_open = low_open and low is not None, high_open and high is not None
        return Range(self.name, kinds[0], ends[0], ends[1], low_open, high_open)


def all_of(predicates: Iterable[Predicate]) -> Predicate:
    """Return what matches where all of at least one predicate do."""
    return _joined(predicates, And, "all_of")


def any_of(predicates: Iterable[Predicate]) -> Predicate:
    """Return what matches where one of at least one predicate does."""
    return _joined(predicates, Or, "any_of")


def _joined(predicates: Iterable[Predicate], cls: type[And] | type[Or], name: str) -> Predicate:
    parts: set[Predicate] = set()
    for predicate in predicates:
        if not isinstance(predicate, Predicate):
            kind = type(predicate).__name__
            raise InvalidInputError(f"{name} takes predicates, got {kind}.")
        parts.update(predicate.parts if isinstance(predicate, cls) else [predicate])
    if not parts:
        raise InvalidInputError(f"{name} takes at least one predicate, got none.")
    return parts.pop() if len(parts) == 1 else cls(tuple(sorted(parts, key=repr)))


def _parts(predicate: Predicate) -> tuple[Predicate, ...]:
    if isinstance(predicate, And | Or):
        return predicate.parts
    return (predicate.part,) if isinstance(predicate, Not) else ()


def _check_size(predicate: Predicate) -> None:
    level: list[Predicate] = [predicate]
    n_parts = 0
    for _ in range(MAX_DEPTH):
        level = [part for outer in level for part in _parts(outer)]
        n_parts += len(level)
        if not level:
            return
        if n_parts > MAX_PARTS:
            raise InvalidInputError(f"A predicate may have {MAX_PARTS} parts, this one has more.")
    raise InvalidInputError(f"A predicate may be nested {MAX_DEPTH} deep, this one is deeper.")


def _bracketed(part: Predicate) -> str:
    return f"({part})" if isinstance(part, And | Or) else str(part)
