"""What a backup holds, what came of making or restoring one, and what both need of the rooms."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from broadsheet.model.ports import Progress

SETTINGS_FILE = "broadsheet.toml"
"""The settings in a library's folder."""

VECTORS = "indexes/vectors"
"""The folder of vectors in a library's folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of a backup.

    Args:
        name: its path in the library's folder, with slashes.
        sha256: of its content, in hex.
    """

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseState:
    """What is compared to tell that a copy of a database is the same.

    Args:
        schema: the revision of its schema.
        rows: how many each table has.
    """

    schema: str
    rows: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupManifest:
    """The first thing in a backup: what else is in it.

    Args:
        format: always the same word.
        format_version: grows when an older Broadsheet could not read it.
        broadsheet: the version that made it.
        made_at: when, as ISO text in UTC.
        schema, rows: of the database.
        members: in the order in which they follow.
        left_out: what was not taken along, and why.
    """

    format: str
    format_version: int
    broadsheet: str
    made_at: str
    schema: str
    rows: dict[str, int]
    members: tuple[Member, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFile:
    """A file that is open and stays what it is until it is let go."""

    member: Member
    stream: IO[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """What came of making, checking or restoring a backup.

    Args:
        size_bytes: of the backup's file.
        unpacked_bytes: of its members.
        kept_aside: the folder with what was there before; None when nothing was.
    """

    file: Path
    size_bytes: int
    unpacked_bytes: int
    members: int
    papers: int
    schema: str
    made_at: str
    has_vectors: bool
    left_out: tuple[str, ...] = ()
    kept_aside: Path | None = None


class Databases(Protocol):
    """The files of databases, looked at from outside."""

    schema: str
    """The revision that this Broadsheet reads and writes."""

    def knows(self, schema: str) -> bool:
        """Return whether this Broadsheet can open a database of a revision."""
        ...

    def copy(self, source: Path, to: Path, *, progress: Progress | None = None) -> DatabaseState:
        """Copy a database as it is at one moment, whoever writes meanwhile.

        Raises:
            StoreError: it cannot be read, or there is no space.
        """
        ...

    def check(self, path: Path) -> DatabaseState:
        """Look through a database that nobody has open; return what it holds.

        Raises:
            StoreError: it is damaged, or none of ours.
        """
        ...

    def alone(self, path: Path) -> AbstractContextManager[None]:
        """Keep everybody else away from a database, which may be damaged.

        Raises:
            StoreBusyError: somebody has it open.
        """
        ...


class Vectors(Protocol):
    """The files of vectors."""

    def held(
        self, progress: Progress | None
    ) -> AbstractContextManager[tuple[Sequence[HeldFile], Sequence[str]]]:
        """Open what belongs together, each file compared with its checksum.

        Gives the files and, for what is damaged, why it was left out.
        """
        ...
