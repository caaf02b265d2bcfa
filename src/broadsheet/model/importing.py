"""What an import reads, refuses and reports."""

from dataclasses import dataclass, field

from broadsheet.model.paper import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A record with its line in its file (from 1), and where reading goes on after it."""

    record: Record
    line: int
    resume: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """Something that could not be taken in, and why.

    Args:
        file: the file's name as the user gave it.
        line: from 1; 0 when the whole file is meant.
        reason: a short sentence, the same words for the same fault.
        excerpt: the first 200 characters of what came, made printable.
        resume: where reading goes on after it.
    """

    file: str
    line: int
    reason: str
    excerpt: str = ""
    resume: int = 0


@dataclass(slots=True, kw_only=True)
class ImportReport:
    """The summary of one import.

    Args:
        new_papers: papers that were not there before.
        new_records: source records that were not there before.
        changed: records that were there and say something else now.
        unchanged: records that were there and say the same.
        rejected: how many were refused; `rejects` holds the first of them, the file holds all.
        skipped: files in a folder that hold no papers, each with the reason.
        is_complete: whether the end of every file was reached; False when it was stopped.
    """

    files: int = 0
    new_papers: int = 0
    new_records: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    seconds: float = 0.0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    rejects_file: str = ""
    is_complete: bool = True
