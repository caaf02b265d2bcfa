"""Saved text pages of a paper portal: a title line, then its abstract, blank lines between.

Header lines and dates without a year stand around them and are passed over: a line is a title
when an abstract follows it.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import BinaryIO

from broadsheet.model.errors import BroadsheetError
from broadsheet.model.harvest import About
from broadsheet.model.identifiers import title_key
from broadsheet.model.importing import Located, Reject
from broadsheet.model.paper import Record
from broadsheet.model.ports import Clock
from broadsheet.sources.fields import bounded_text, required_title
from broadsheet.sources.json_rows import hash_of
from broadsheet.sources.lines import read_lines, reject

_TITLE_BYTES = 400
_TEXT_BYTES = 200
_SURE_TEXT_BYTES = 400
_SENTENCE_WORDS = 12
_DATE = re.compile(
    r"(?:[A-Z][a-z]{2,8}\.? \d{1,2}(?:,? \d{4})?|\d{1,2} [A-Z][a-z]{2,8}(?: \d{4})?)\Z"
)
_MARKUP = (b"#", b"|", b"```", b"- ", b"* ", b"{", b"[", b"<", b"@", b"%", b"//", b"/*")


class PortalPage:
    """Reads saved pages. Entries have no id, date or authors: the title is all they go by.

    Args:
        clock: the present moment; pages name no day that could be held against it.
    """

    about = About(
        name="portal_page",
        title="Saved pages of a paper portal",
        gives="Titles and abstracts of the text of a saved page.",
        rules="Pages that you saved yourself.",
        home="docs/guides/first-hour.md",
    )

    def __init__(self, *, clock: Clock) -> None:
        self.clock = clock

    def recognises(self, head: bytes) -> bool:
        """Whether long lines mostly follow short ones, and nothing looks like mark-up or code."""
        lines = [line.strip() for line in head.removeprefix(b"\xef\xbb\xbf").splitlines()]
        lines = [line for line in lines if line]
        if b"\0" in head or any(line.startswith(_MARKUP) for line in lines):
            return False
        long = [i for i, line in enumerate(lines) if len(line) >= _SURE_TEXT_BYTES]
        titled = [i for i in long if i > 0 and len(lines[i - 1]) < _TEXT_BYTES]
        short = [line for line in lines[:20] if _DATE.match(line.decode("utf-8", "replace"))]
        return len(titled) >= max(2 - len(short), 1) and len(titled) >= 0.9 * len(long)

    def read(self, stream: BinaryIO, *, file: str, start: int = 0) -> Iterator[Located | Reject]:
        """Yield the entries from line `start` + 1 on."""
        title: tuple[int, bytes] | None = None
        for item in read_lines(stream, file=file, start=start):
            if isinstance(item, Reject):
                yield item
                continue
            number, line = item[0], item[1].strip()
            if not line:
                continue
            if not _is_text(line):
                title = None if _DATE.match(line.decode("utf-8", "replace")) else (number, line)
            elif title is None:
                yield reject(file, number, "an abstract with no title", line)
            else:
                yield _entry(title, line, number, file)
                title = None


def _is_text(line: bytes) -> bool:
    if len(line) >= _TITLE_BYTES:
        return True
    is_sentence = line.endswith(b".") and len(line.split()) >= _SENTENCE_WORDS
    return is_sentence or (len(line) >= _TEXT_BYTES and len(line.split()) >= 2 * _SENTENCE_WORDS)


def _entry(title: tuple[int, bytes], text: bytes, number: int, file: str) -> Located | Reject:
    line, name = title
    both = name + b"\n" + text
    if b"\0" in both:
        return _refused(file, line, number, "NUL in the text", both)
    try:
        said = required_title(name.decode())
        key = title_key(said) or said
        record = Record(
            source="portal",
            source_id=hashlib.blake2b(key.encode(), digest_size=8).hexdigest(),
            title=said,
            abstract=bounded_text(text.decode(), "abstract"),
            raw_hash=hash_of(both),
        )
    except UnicodeDecodeError:
        return _refused(file, line, number, "not UTF-8", both)
    except BroadsheetError as e:
        return _refused(file, line, number, str(e), both)
    return Located(record=record, line=line, resume=number)


def _refused(file: str, line: int, resume: int, reason: str, data: bytes) -> Reject:
    made = reject(file, line, reason, data)
    return Reject(file=file, line=line, reason=reason, excerpt=made.excerpt, resume=resume)
