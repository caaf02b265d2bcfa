"""What is written down of doors: who came in, who failed to, who changed what."""

from typing import Any

from broadsheet.model.reader_ports import Trail
from broadsheet.model.readers import Reader


class AuditService:
    """Keeps acts that an admin may have to look up later.

    Args:
        trail: keeps them. No secret, name or address goes in: names that failed go in hashed.
    """

    def __init__(self, *, trail: Trail) -> None:
        self.trail = trail

    def note(self, action: str, reader: Reader | None = None, **detail: Any) -> None:
        """Keep that something was done, by or to a reader."""
        self.trail.note(action, reader=None if reader is None else reader.key, detail=detail)

    def last(self, *, limit: int = 100) -> list[dict[str, Any]]:
        """Return what was done last, newest first."""
        return self.trail.last(limit=limit)
