"""What the use cases need of sources: their files, their wires, and the way out to them."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Protocol

from broadsheet.model.harvest import About, Answer, Page, Plan, Request
from broadsheet.model.importing import Located, Reject


class Format(Protocol):
    """One format of papers, as it lies in a file. One file in `sources/` each."""

    about: About

    def recognises(self, head: bytes) -> bool:
        """Whether a file that begins with these (decompressed) bytes is of this format."""
        ...

    def read(self, stream: BinaryIO, *, file: str, start: int = 0) -> Iterator[Located | Reject]:
        """Yield what stands in stream, in order, from the place `start` (a `resume`) on.

        Never raises for what a file holds: what cannot be read is yielded as a Reject.
        """
        ...


class Wire(Format, Protocol):
    """A source that can be asked over the network; its answers are also read as files."""

    def first(self, plan: Plan) -> Request:
        """Return the question that begins a harvest.

        Raises:
            InvalidValueError: the selection names what the source does not have.
        """
        ...

    def page(self, plan: Plan, request: Request, answer: Answer) -> Page:
        """Read the answer to a request; never raises anything else for what an answer holds.

        Raises:
            RetryError: the server is busy or its answer is broken: ask again later.
            RestartError: the request has expired: begin anew from the last complete day.
            SourceError: the server refuses; asking again would not help.
        """
        ...


class Web(Protocol):
    """The way out: one question over HTTP at a time."""

    def fetch(self, request: Request, *, about: About) -> Answer:
        """Ask, following redirects to public places; whatever status comes is an answer.

        Raises:
            RetryError: no answer in time, or one that was cut off or too large.
            SourceError: the address is none that may be asked.
        """
        ...


class OpenPapers(Protocol):
    """A file of papers, opened and recognised by its content."""

    size_bytes: int
    """Bytes of the file on disk."""

    fingerprint: str
    """Names the file and its content: equal ones need not be read again."""

    refusal: str
    """Why nothing in it can be read, or an empty string."""

    is_empty: bool
    """Whether nothing stands in it."""

    is_foreign: bool
    """Whether it does not even claim to hold papers, as a licence or a picture."""

    def bytes_read(self) -> int:
        """Return how much of the file on disk has been read."""
        ...

    def records(self, *, start: int = 0) -> Iterator[Located | Reject]:
        """Yield what stands in it from the place `start` (a `resume`) on."""
        ...


class Sources(Protocol):
    """The door to files, whatever their format and compression."""

    def open(self, path: Path, *, name: str) -> AbstractContextManager[OpenPapers]:
        """Open a file; `name` is how rejects call it.

        Raises:
            SourceError: the operating system does not let it be read.
        """
        ...
