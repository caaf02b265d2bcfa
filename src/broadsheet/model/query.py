"""A search, with one grammar for the page's address, the API and the command line.

`q=words&cat=cs.CL&cat=cs&from=2024&to=2025-06&author=name&venue=NeurIPS&source=arxiv&sort=newest&page=2`
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, cast, get_args
from urllib.parse import urlencode

from broadsheet.model.dates import check_date, first_number, last_number
from broadsheet.model.errors import InvalidValueError, QueryError
from broadsheet.model.identifiers import name_key
from broadsheet.model.language.plan import Plan, plan_for
from broadsheet.model.paper import Paper
from broadsheet.model.reasons import Why

Sort = Literal["relevance", "newest"]
Mode = Literal["fused", "words", "meaning", "reranked"]
MAX_VALUES = 50
MAX_PAGE = 500
MAX_LIST_PAGE = 100_000
PER_PAGE = 20
MAX_PER_PAGE = 100
_MAX_DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which papers may appear. Values of one field are joined by OR, fields by AND.

    Args:
        categories: codes; `cs` takes all of `cs.*`; a cross-listed category counts.
        since, until: partial dates, both included; until `2025-06` covers all of June.
        authors: name keys (`model.identifiers.name_key`).
        venues: venue names, compared without case; `NeurIPS` takes `NeurIPS 2023` too.
        sources: names of sources.
        flags: of `model.flags`.
    """

    categories: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    authors: tuple[str, ...] = ()
    venues: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self != Filters()

    def within(self, since: str, until: str) -> "Filters":
        """Return the same for papers of these days alone, both partial dates included."""
        return replace(
            self,
            since=max(self.since or since, since, key=first_number),
            until=min(self.until or until, until, key=last_number),
        )

    @property
    def is_span(self) -> bool:
        """Whether they ask for days alone, or for nothing."""
        return self == Filters(since=self.since, until=self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A search as it was asked: text, filters, order, page.

    Args:
        text: in the language of searches (`model.language`); what orders nothing lists by date.
    """

    text: str = ""
    filters: Filters = field(default_factory=Filters)
    sort: Sort = "relevance"
    mode: Mode = "fused"
    page: int = 1
    per_page: int = PER_PAGE

    @property
    def plan(self) -> Plan:
        """What the text asks for.

        Raises:
            QuerySyntaxError: it is no search.
        """
        return plan_for(self.text)

    def to_params(self) -> list[tuple[str, str]]:
        """Return the pairs of the address, defaults left out; `parse_query` reads them back."""
        f = self.filters
        pairs = [("q", self.text)] if self.text else []
        pairs += [("cat", c) for c in f.categories]
        pairs += [(n, v) for n, v in (("from", f.since), ("to", f.until)) if v]
        pairs += [("author", a) for a in f.authors]
        pairs += [("venue", v) for v in f.venues]
        pairs += [("source", s) for s in f.sources]
        defaults = Query()
        for name in ("sort", "mode", "page", "per_page"):
            if getattr(self, name) != getattr(defaults, name):
                pairs.append((name, str(getattr(self, name))))
        return pairs

    def address(self) -> str:
        """Return the query string of the page's address."""
        return urlencode(self.to_params())


_LISTS = {"cat": "categories", "author": "authors", "venue": "venues", "source": "sources"}
_SINGLE = {"q", "from", "to", "sort", "mode", "page", "per_page"}


def parse_query(params: Mapping[str, Sequence[str]]) -> Query:
    """Return the query of an address's parameters, each with all its values.

    Empty values are taken as absent, as a form sends them.

    Raises:
        QuerySyntaxError: the text is no search; the error has the place.
        QueryError: an unknown name, a value twice where one may stand, or a value out of range;
            the message names it.
    """
    given = {name: [v for v in map(_clean, values) if v] for name, values in params.items()}
    given = {name: values for name, values in given.items() if values}
    for name, values in given.items():
        _check_name(name, values)
    one = {name: values[0] for name, values in given.items() if name in _SINGLE}
    many = {target: tuple(dict.fromkeys(given.get(n, ()))) for n, target in _LISTS.items()}
    many["authors"] = tuple(key for key in map(name_key, many["authors"]) if key)
    text = " ".join(one.get("q", "").split())
    said = plan_for(text).sort
    return Query(
        text=text,
        filters=Filters(since=_date(one, "from"), until=_date(one, "to"), **many),
        sort=cast(Sort, said or _choice(one, "sort", get_args(Sort), "relevance")),
        mode=cast(Mode, _choice(one, "mode", get_args(Mode), "fused")),
        page=_number(one, "page", 1, MAX_PAGE),
        per_page=_number(one, "per_page", PER_PAGE, MAX_PER_PAGE),
    )


def parse_page(values: Sequence[str]) -> int:
    """Return the `page` of an address that lists by date, 1 where none is given.

    Raises:
        QueryError: it is given twice, or out of range.
    """
    given = [v for v in map(_clean, values) if v]
    _check_name("page", given)
    return _number({"page": given[0]} if given else {}, "page", 1, MAX_LIST_PAGE)


def _check_name(name: str, values: list[str]) -> None:
    if name not in _SINGLE and name not in _LISTS:
        raise QueryError(f"{name[:40]!r} is no search parameter.")
    if name in _SINGLE and len(values) > 1:
        raise QueryError(f"{name!r} may be given once.")
    if len(values) > MAX_VALUES:
        raise QueryError(f"{name!r} may be given {MAX_VALUES} times at most.")


def _clean(value: str) -> str:
    """Return a value without what no text holds: NULs, and halves of characters (surrogates)."""
    return value.encode("utf-8", "replace").decode("utf-8").replace("\0", " ").strip()


def _date(one: Mapping[str, str], name: str) -> str | None:
    if name not in one:
        return None
    try:
        return check_date(one[name], name=name)
    except InvalidValueError as e:
        raise QueryError(str(e)) from e


def _choice(one: Mapping[str, str], name: str, allowed: tuple[str, ...], default: str) -> str:
    value = one.get(name, default)
    if value not in allowed:
        raise QueryError(f"{name!r} must be one of {', '.join(allowed)}; got {value[:40]!r}.")
    return value


def _number(one: Mapping[str, str], name: str, default: int, largest: int) -> int:
    value = one.get(name, str(default))
    is_number = value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS
    if not is_number or not 1 <= int(value) <= largest:
        raise QueryError(f"{name!r} must be a number from 1 to {largest}; got {value[:40]!r}.")
    return int(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A paper's key in a ranking, with its score (higher is better) and the reason."""

    key: int
    score: float
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """One page of a ranking. `total` counts what can be paged through.

    Args:
        note: a sentence to show when something was left out, as while vectors are still coming.
    """

    items: tuple[Ranked, ...]
    total: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Papers that answer a search, by day: some of their keys, and how many there are in all.

    Args:
        days: of each, as `model.dates` numbers them; 0 where it is not known.
        note: as of a `Ranking`.
    """

    keys: tuple[int, ...]
    days: tuple[int, ...]
    total: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A paper found, with its score and why."""

    paper: Paper
    score: float
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """The answer to a query."""

    query: Query
    hits: tuple[Hit, ...]
    total: int
    note: str = ""
