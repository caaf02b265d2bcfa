"""What an import keeps between its transactions."""

from dataclasses import dataclass

from broadsheet.model.paper import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """How far a file has been read.

    Args:
        fingerprint: names the file's content: its size and a hash of it.
        name: the file's name without its folder.
        resume: where reading goes on; the source's own measure.
        done: whether the end was reached.
        records: how many good records were read so far.
    """

    fingerprint: str
    name: str
    resume: int
    done: bool
    records: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleMatch:
    """A paper that bears a title, with what tells papers of one title apart."""

    paper: int
    first_author: str
    year: int | None
    text_hash: str
    arxiv_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """A source record as stored.

    Args:
        raw_hash: the hash of what the source said.
        fingerprint, line: the content and line that brought it last; the same id again on
            another line of the same content is a duplicate.
        is_gone: whether its source had deleted it.
    """

    paper: int
    raw_hash: str
    fingerprint: str
    line: int
    is_gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """A record with the paper that identity gave it: an existing key, or a new paper's label.

    Args:
        origin: the name of the file that brought it; with source and source_id it names the
            record, so that one paper in two files is one paper with two records.
        fingerprint, line: where in which content it stood.
        paper: the key of an existing paper, or None for a new one.
        group: records of this batch with the same group make one new paper.
        rule: what joined it to a paper that others had made; empty where it made its own.
        evidence: what the rule went by, for people.
    """

    record: Record
    origin: str
    fingerprint: str
    line: int
    paper: int | None
    group: int = 0
    rule: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRow:
    """A record, or a paper, that was joined to a paper which others had made, and why.

    Args:
        paper: the public id of the paper that the record is of now.
        rule: `arxiv`, `doi` or another scheme of identifiers, `text`, `title`, `judge`, or `both`
            where papers were joined that one record names.
        title: what the record itself calls it.
        joined: the address of the paper that was joined, where it was not the record alone.
        at, undone_at: ISO texts in UTC; undone_at is empty while the merge stands.
    """

    number: int
    paper: str
    source: str
    source_id: str
    origin: str
    title: str
    rule: str
    evidence: str
    at: str
    undone_at: str = ""
    joined: str = ""
