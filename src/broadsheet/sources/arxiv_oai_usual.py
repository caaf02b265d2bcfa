"""Records in arXiv's usual spelling, out of a page without a tree of it.

A page is 2,000 records, and to parse and walk a tree of their elements takes longer than to clean
what they say. arXiv's server spells each in the same way: the same elements in one order, and
texts without mark-up. One expression reads that, and what it matches from end to end is
well-formed. A page with anything else in it goes to the XML parser, and so does what stands around
the records.
"""

import re
from functools import lru_cache

from broadsheet.model.errors import SourceError
from broadsheet.sources.arxiv_oai_records import RAW, RawSaid
from broadsheet.sources.xml_documents import parse_xml

_HEAD = re.compile(
    r"""(?:<\?xml version=["']1\.0["'](?: encoding=["']utf-8["'])? ?\?>)?\s*<OAI-PMH\s""",
    re.IGNORECASE,
)
_LISTS = ("<ListRecords>", "<GetRecord>")
_END = "</record>"
# No XML has these but the carriage return, which it takes for a line's end.
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n")
_REFERENCE = re.compile(r"&(?:(lt|gt|amp|quot|apos)|#([0-9]{1,7})|#x([0-9a-fA-F]{1,6}));")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}


# Each part takes all it can and gives nothing back (`*+`, `?+`): one pass, whatever the text.
def _element(name: str, *, read: bool = False) -> str:
    """Return the expression of an element that holds text, or is not there."""
    text = "([^<]*+)" if read else "[^<]*+"
    return rf"(?:<{name}>{text}</{name}>\s*+)?+"


_VERSION = (
    r"""<version version=(?:"v[0-9]{1,4}"|'v[0-9]{1,4}')>\s*+"""
    rf"{_element('date')}{_element('size')}{_element('source_type')}</version>\s*+"
)
_IN_VERSION = re.compile(
    r"""<version version=["']v([0-9]+)["']>\s*+"""
    rf"{_element('date', read=True)}{_element('size')}{_element('source_type', read=True)}"
)
_RECORD = re.compile(
    r"(<record>\s*+<header>\s*+"
    + _element("identifier")
    + _element("datestamp", read=True)
    + r"(?:<setSpec>[^<]*+</setSpec>\s*+)*+</header>\s*+<metadata>\s*+(<arXivRaw\b[^<>]*+>)\s*+"
    + _element("id", read=True)
    + _element("submitter")
    + f"((?:{_VERSION})*+)"
    + "".join(_element(name, read=True) for name in ("title", "authors", "categories", "comments"))
    + "".join(map(_element, ("proxy", "report-no", "acm-class", "msc-class")))
    + "".join(_element(name, read=True) for name in ("journal-ref", "doi", "license", "abstract"))
    + rf"</arXivRaw>\s*+</metadata>\s*+{_END}\s*+)"
)


def usual_records(data: bytes) -> tuple[bytes, list[RawSaid]]:
    """Return a document without its records, and those; the whole and none where it is unusual."""
    try:
        text = data.decode()
        begin, end = text.find("<record>"), text.rfind(_END) + len(_END)
        found = _RECORD.findall(text, max(begin, 0), end)
        if sum([len(record[0]) for record in found]) != end - begin:
            return data, []
        before, after = text[:begin], text[end:]
        if not _can_stand_between(before, after) or _is_broken(data):
            return data, []
        if not all(map(_opens_raw, {record[2] for record in found})):
            return data, []
        return (before + after).encode(), list(map(_said, found))
    except (UnicodeDecodeError, SourceError):
        return data, []


def _can_stand_between(before: str, after: str) -> bool:
    """Whether records between the two are no part of a comment, an instruction or an attribute."""
    opened = "<!" not in before and before.rfind("<?") <= 0 and before.rstrip().endswith(_LISTS)
    return _HEAD.match(before) is not None and opened and "<!" not in after and "<?" not in after


def _is_broken(data: bytes) -> bool:
    """Whether it holds what no text of XML may hold."""
    return b"]]>" in data or len(data.translate(None, _CONTROLS)) < len(data)


@lru_cache(maxsize=64)
def _opens_raw(tag: str) -> bool:
    """Whether a tag, as it stands, opens a record of `arXivRaw`."""
    try:
        return bool(parse_xml(f"{tag}</arXivRaw>".encode()).tag == f"{RAW}arXivRaw")
    except SourceError:
        return False


def _said(record: tuple[str, ...]) -> RawSaid:
    whole, datestamp, _, name, versions, *texts = record
    if "&" not in whole:
        return RawSaid(datestamp.strip(), _IN_VERSION.findall(versions), name, *texts)
    _resolved(whole)
    said = [tuple(map(_resolved, version)) for version in _IN_VERSION.findall(versions)]
    return RawSaid(_resolved(datestamp).strip(), said, *map(_resolved, (name, *texts)))


def _resolved(text: str) -> str:
    """Return a text with its references as the characters they mean.

    Raises:
        SourceError: one is none that XML knows by itself.
    """
    if "&" not in text:
        return text
    resolved, n = _REFERENCE.subn(_character, text)
    if n != text.count("&"):
        raise SourceError("a reference to nothing")
    return resolved


def _character(reference: re.Match[str]) -> str:
    if name := reference[1]:
        return _NAMED[name]
    code = int(reference[2]) if reference[2] else int(reference[3], 16)
    if code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE:
        return chr(code)
    if 0x10000 <= code < 0x110000:
        return chr(code)
    raise SourceError("a reference to no character of XML")
