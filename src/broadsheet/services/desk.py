"""The admin's desk: how the installation is, who reads, what is on its way, and what was done."""

from dataclasses import dataclass
from typing import Any

from broadsheet.model.errors import NotFoundError
from broadsheet.model.letters import Letter
from broadsheet.model.operations import Operations
from broadsheet.model.readers import Reader
from broadsheet.model.saved_ports import Post
from broadsheet.services.audit import AuditService
from broadsheet.services.operations import OperationsService
from broadsheet.services.readership import ReadershipService

_LETTERS, _ACTS = 20, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What lies on it.

    Args:
        letters: the number of letters of each state.
        dead: letters that were given up, newest first; nothing of their text.
        unsure: letters that may have arrived when the program ended, newest first.
        audit: what was done last, newest first.
    """

    operations: Operations
    readers: tuple[Reader, ...]
    letters: dict[str, int]
    dead: tuple[Letter, ...]
    unsure: tuple[Letter, ...]
    audit: tuple[dict[str, Any], ...]


class DeskService:
    """What an admin looks at and does. Who may call it is for the faces to ask."""

    def __init__(
        self,
        *,
        operations: OperationsService,
        readership: ReadershipService,
        post: Post,
        audit: AuditService,
    ) -> None:
        self.operations = operations
        self.readership = readership
        self.post = post
        self.audit = audit

    def state(self) -> Desk:
        """Return everything that lies on the desk."""
        return Desk(
            operations=self.operations.state(),
            readers=tuple(self.readership.all()),
            letters=self.post.count_letters(),
            dead=tuple(self.post.letters("dead", limit=_LETTERS)),
            unsure=tuple(self.post.letters("unsure", limit=_LETTERS)),
            audit=tuple(self.audit.last(limit=_ACTS)),
        )

    def try_again(self, by: Reader, key: str) -> None:
        """Send a letter that was given up once more.

        Raises:
            NotFoundError: there is no such dead letter.
        """
        if not self.post.revive(key):
            raise NotFoundError("There is no dead letter of this name; it may be on its way again.")
        self.audit.note("letter tried again", by, letter=key)

    def change_reader(self, by: Reader, id: str, *, do: str) -> None:
        """Make a reader admin or no longer, shut one out or let one in again.

        Raises:
            NotFoundError: there is no such reader or no such change.
            NotAllowedError: no admin would be left.
        """
        reader = next((r for r in self.readership.all() if r.id == id), None)
        if reader is None:
            raise NotFoundError("There is no such reader.")
        changes = {
            "admin": lambda: self.readership.set_admin(reader, True),
            "reader": lambda: self.readership.set_admin(reader, False),
            "disable": lambda: self.readership.set_disabled(reader, True),
            "enable": lambda: self.readership.set_disabled(reader, False),
        }
        if do not in changes:
            raise NotFoundError(f"There is no change {do[:20]!r}.")
        changes[do]()
