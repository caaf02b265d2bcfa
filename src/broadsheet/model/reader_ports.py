"""What the use cases of readers need of the store."""

from typing import Protocol

from broadsheet.model.readers import Reader, Role


class Accounts(Protocol):
    """Readers as they are kept."""

    def by_key(self, key: int) -> Reader | None:
        """Return the reader of a key."""
        ...

    def by_name(self, name: str) -> Reader | None:
        """Return the reader of a name, in any spelling of it."""
        ...

    def first_reader(self) -> Reader | None:
        """Return the reader who was there first."""
        ...

    def add_reader(self, *, name: str, role: Role, email: str = "", password: str = "") -> Reader:
        """Keep a new reader.

        Args:
            password: its hash, or empty when it has none.

        Raises:
            InvalidValueError: the name or the address is taken.
        """
        ...
