"""Mail without a server: each message is a file in a folder."""

import hashlib
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path

from broadsheet.model.letters import LetterError


class FolderMailer:
    """Lays messages into a folder as `.eml` files (`model.saved_ports.Mailer`).

    A message that comes again replaces itself: its name is made from its Message-ID.
    """

    def __init__(self, *, folder: Path) -> None:
        self.folder = folder

    def send(self, message: bytes, *, to: str, begin: Callable[[], None]) -> None:
        """Write a message.

        Raises:
            LetterError: the folder cannot be written.
        """
        name = hashlib.sha256(str(message_from_bytes(message)["Message-ID"]).encode()).hexdigest()
        begin()
        path = self.folder / f"{name[:20]}.eml"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            part.write_bytes(message)
            part.replace(path)
        except OSError as e:
            raise LetterError(f"{self.folder} cannot be written: {e.strerror}.") from e

    def close(self) -> None:
        """Nothing is open."""
