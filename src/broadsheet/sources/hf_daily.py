"""Hugging Face's daily papers: what its readers put forward on a day, with their votes.

An entry is `{paper: {...}, publishedAt, title, numComments}`, or the bare paper. The outer
`publishedAt` is New York time with a mark of UTC: only the inner one counts. A day begins at 21:30
of the evening before in New York. What a machine wrote of a paper (`ai_summary`) has no licence
and is left out.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from broadsheet.model.announcing import arxiv_today
from broadsheet.model.errors import InvalidValueError, RetryError, SourceError
from broadsheet.model.harvest import About, Answer, Page, Plan, Request
from broadsheet.model.identifiers import arxiv_id
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Record
from broadsheet.model.ports import Clock
from broadsheet.sources.documents import Item, read_document, record_or_fault, with_hash
from broadsheet.sources.fields import (
    bounded_text,
    clean_keywords,
    latest_day,
    partial_date,
    required_title,
    web_address,
)
from broadsheet.sources.json_answers import json_answer
from broadsheet.sources.json_documents import (
    Object,
    list_at,
    number_at,
    object_at,
    objects,
    parse_json,
    text_at,
    texts_at,
)
from broadsheet.sources.moments import new_york_day
from broadsheet.sources.names import clean_names

BASE = "https://huggingface.co/api/daily_papers"
_FIRST_DAY = date(2023, 5, 4)
_PAGE = 100  # the most that the server gives at once
_MOST_PAGES = 10  # of one day
_ROLLOVER = timedelta(hours=2, minutes=30)  # before midnight
_REPOSITORY = re.compile(
    r"(?:(?:https?://)?(?:www\.)?github\.com/)?"
    r"([A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}?)(?:\.git)?/?\Z"
)
_MOST_COUNTED = 2**31


class HfDaily:
    """Reads and asks Hugging Face's daily papers.

    Args:
        clock: the present moment, by which dates of the future are refused.
    """

    about = About(
        name="hf_daily",
        title="Hugging Face daily papers",
        gives="The papers that readers put forward each day, with votes and code.",
        rules="Public API, no key; one request for each day.",
        home="https://huggingface.co/docs/hub/api#get-apidailypapers",
        interval_s=1.0,
    )

    def __init__(self, *, clock: Clock) -> None:
        self.clock = clock

    def recognises(self, head: bytes) -> bool:
        """Whether it is JSON with the keys that all shapes of an entry have."""
        return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{") and all(
            key in head for key in (b'"publishedAt"', b'"upvotes"', b'"title"')
        )

    def read(self, stream: BinaryIO, *, file: str, start: int = 0) -> Iterator[Located | Reject]:
        """Yield the papers of a saved answer, or of one entry a line."""
        return read_document(stream, file=file, start=start, parse=self._parse)

    def first(self, plan: Plan) -> Request:
        """Ask for the first day that is wanted, today's in New York at the latest.

        Raises:
            InvalidValueError: a selection is given.
        """
        if plan.selection:
            raise InvalidValueError("Hugging Face's daily papers come whole: select nothing.")
        return _ask(plan, min(max(plan.since or _FIRST_DAY, _FIRST_DAY), arxiv_today(plan.now)), 0)

    def page(self, plan: Plan, request: Request, answer: Answer) -> Page:
        """Read a day's papers; the next day's follow until today."""
        value = json_answer(answer, "Hugging Face")
        if not isinstance(value, list):
            raise RetryError("Hugging Face's answer is no list.")
        items = tuple(self._items(value))
        return Page(items=items, next=_following(plan, request, is_full=len(value) >= _PAGE))

    def _parse(self, data: bytes) -> Iterator[Item]:
        yield from self._items(parse_json(data))

    def _items(self, value: Any) -> Iterator[Item]:
        latest = latest_day(self.clock)
        for row in objects(value):

            def record(row: Object = row) -> Record:
                return with_hash(_record(row, latest))

            yield record_or_fault(record, text_at(row, "title") or text_at(row, "paper", "title"))


def _ask(plan: Plan, day: date, number: int) -> Request:
    words: dict[str, object] = {"date": day.isoformat(), "limit": _PAGE}
    if number:
        words["p"] = number
    return Request(url=f"{plan.base or BASE}?{urlencode(words)}", accept="application/json")


def _following(plan: Plan, request: Request, *, is_full: bool) -> Request | None:
    """Return the question for more of the same day after a full page, else for the next day."""
    asked = dict(parse_qsl(urlsplit(request.url).query))
    day, number = date.fromisoformat(asked["date"]), int(asked.get("p", 0)) + 1
    if not is_full or number == _MOST_PAGES:
        day, number = day + timedelta(days=1), 0
    return _ask(plan, day, number) if day <= arxiv_today(plan.now) else None


def _record(row: Object, latest: str) -> Record:
    paper = object_at(row, "paper") if "paper" in row else row
    name = bounded_text(text_at(paper, "id"), "id")
    if not name:
        raise SourceError("no id")
    eprint = arxiv_id(name)
    published = text_at(paper, "publishedAt")
    put = text_at(paper, "submittedOnDailyAt")
    return Record(
        source="hf_daily",
        source_id=eprint or name,
        title=required_title(text_at(paper, "title") or text_at(row, "title")),
        abstract=bounded_text(text_at(paper, "summary") or text_at(row, "summary"), "abstract"),
        authors=clean_names(_shown(paper)),
        submitted=partial_date(published, "publishedAt", latest) if published else None,
        featured=new_york_day(put, "submittedOnDailyAt", latest, ahead=_ROLLOVER),
        url=f"https://huggingface.co/papers/{quote(eprint or name, safe='/')}",
        arxiv_id=eprint,
        code=_code(text_at(paper, "githubRepo").strip()),
        keywords=clean_keywords(texts_at(paper, "ai_keywords")),
        counts=tuple(_counts(row, paper)),
    )


def _shown(paper: Object) -> Iterator[str]:
    """Yield the names of the authors that are not hidden."""
    for author in list_at(paper, "authors"):
        if isinstance(author, dict) and not author.get("hidden"):
            yield text_at(author, "name")


def _code(said: str) -> str:
    """Return the address of a repository that is named by address or as `owner/name`."""
    repository = _REPOSITORY.match(said)
    return f"https://github.com/{repository[1]}" if repository else web_address(said)


def _counts(row: Object, paper: Object) -> Iterator[tuple[str, int]]:
    """Yield the counters that are there: an absent one is not known, not nought."""
    for name, holder, key in (
        ("upvotes", paper, "upvotes"),
        ("stars", paper, "githubStars"),
        ("comments", row, "numComments"),
    ):
        number = number_at(holder, key)
        if number is not None and 0 <= number < _MOST_COUNTED:
            yield name, number
