"""arXiv over OAI-PMH: `arXivRaw` with its versions, and `arXiv` and `oai_dc` where they come.

A page holds 2,000 records. Its resumption token is opaque, is sent alone, and expires at the next
midnight UTC. A record's datestamp is the day of its last change, nothing else.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import BinaryIO
from urllib.parse import urlencode

from lxml import etree

from broadsheet.model.errors import InvalidValueError, RestartError, RetryError, SourceError
from broadsheet.model.harvest import About, Answer, Page, Plan, Request
from broadsheet.model.identifiers import arxiv_id
from broadsheet.model.importing import Located, Reject
from broadsheet.model.ports import Clock
from broadsheet.sources.arxiv_oai_records import MAKERS, OAI, RAW, SPLIT, RawSaid, raw_record
from broadsheet.sources.arxiv_oai_usual import usual_records
from broadsheet.sources.documents import Item, read_document, record_or_fault
from broadsheet.sources.fields import latest_day
from broadsheet.sources.xml_answers import answered_xml
from broadsheet.sources.xml_documents import parse_xml, root_name, text_of

BASE = "https://oaipmh.arxiv.org/oai"
_ROOTS = (f"{OAI}OAI-PMH", f"{OAI}record", "record", f"{RAW}arXivRaw", f"{SPLIT}arXiv")
_SET = re.compile(r"[a-z-]+(?::[a-z-]+)?(?::[A-Za-z-]+)?\Z")


class ArxivOai:
    """Reads and asks arXiv's OAI-PMH server.

    Args:
        clock: the present moment, by which dates of the future are refused.
    """

    about = About(
        name="arxiv",
        title="arXiv (OAI-PMH)",
        gives="Every arXiv paper with all versions, replacements and withdrawals, by day.",
        rules="Metadata is CC0. One request in three seconds over all your machines.",
        home="https://info.arxiv.org/help/oa/index.html",
        interval_s=3.0,
        selects="sets such as cs, cs:cs:CL or physics:hep-th",
    )

    def __init__(self, *, clock: Clock) -> None:
        self.clock = clock

    def recognises(self, head: bytes) -> bool:
        """Whether it is an answer of an OAI server, or a record out of one."""
        return root_name(head) in _ROOTS

    def read(self, stream: BinaryIO, *, file: str, start: int = 0) -> Iterator[Located | Reject]:
        """Yield the records of a saved answer."""
        return read_document(stream, file=file, start=start, parse=self._parse)

    def first(self, plan: Plan) -> Request:
        """Ask for the first page of a set, from a day on.

        Raises:
            InvalidValueError: more than one set, or no name of a set.
        """
        if len(plan.selection) > 1:
            raise InvalidValueError("arXiv's OAI server gives one set at a time: sync each apart.")
        words = {"verb": "ListRecords", "metadataPrefix": "arXivRaw"}
        for name in plan.selection:
            if not _SET.match(name):
                raise InvalidValueError(f"{name!r} is no OAI set; sets are as cs or cs:cs:CL.")
            words["set"] = name
        if plan.since is not None:
            words["from"] = plan.since.isoformat()
        return Request(url=f"{plan.base or BASE}?{urlencode(words)}", accept="text/xml")

    def page(self, plan: Plan, request: Request, answer: Answer) -> Page:
        """Read a page of records; a day without any is a page without any."""
        rest, said = usual_records(answer.body)
        root = answered_xml(replace(answer, body=rest), who="arXiv", roots=(f"{OAI}OAI-PMH",))
        moment = text_of(root.find(f"{OAI}responseDate")).strip()
        error = root.find(f"{OAI}error")
        if error is not None:
            _raise_for(error)
            return Page(items=(), moment=moment)
        if root.find(f"{OAI}ListRecords") is None and root.find(f"{OAI}GetRecord") is None:
            raise RetryError("arXiv's answer is cut off.")
        token = text_of(root.find(f"{OAI}ListRecords/{OAI}resumptionToken")).strip()
        following = None
        if token:
            words = urlencode({"verb": "ListRecords", "resumptionToken": token})
            following = Request(url=f"{plan.base or BASE}?{words}", accept="text/xml")
        items = tuple(self._items(said, root))
        return Page(items=items, next=following, moment=moment, gone=_gone(root))

    def _parse(self, data: bytes) -> Iterator[Item]:
        rest, said = usual_records(data)
        root = parse_xml(rest)
        error = root.find(f"{OAI}error")
        if error is not None:
            if error.get("code") == "noRecordsMatch":
                return
            raise SourceError(f"an error of the server, no papers: {_said(error)}")
        yield from self._items(said, root)

    def _items(self, said: Sequence[RawSaid], root: etree._Element) -> Iterator[Item]:
        """Yield the records that have been read as they are usual, else those of the tree."""
        latest = latest_day(self.clock)
        for record in said:
            excerpt = (record.id, " ", record.title.strip())
            yield record_or_fault(partial(raw_record, record, latest), excerpt)
        for element in root.iter(*MAKERS):
            yield record_or_fault(partial(MAKERS[element.tag], element, latest), _excerpt(element))


def _raise_for(error: etree._Element) -> None:
    """Raise what an OAI error means; nothing for a quiet day."""
    code = error.get("code", "")
    if code == "noRecordsMatch":
        return
    if code == "badResumptionToken":
        raise RestartError(f"arXiv no longer knows the place: {_said(error)}")
    raise SourceError(f"arXiv refuses ({code or 'no code'}): {_said(error)}")


def _said(error: etree._Element) -> str:
    return " ".join(text_of(error).split())[:200] or "no reason is given"


def _gone(root: etree._Element) -> tuple[str, ...]:
    found = (
        arxiv_id(text_of(header.find(f"{OAI}identifier")))
        for header in root.iter(f"{OAI}header")
        if header.get("status") == "deleted"
    )
    return tuple(name for name in found if name)


def _excerpt(element: etree._Element) -> Iterator[str]:
    yield " ".join(text_of(element)[:400].split())
