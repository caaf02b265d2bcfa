"""Who reads here."""

from broadsheet.model.errors import NotFoundError
from broadsheet.model.reader_ports import Accounts
from broadsheet.model.readers import AccountMode, Reader

_ONLY_READER = "Reader"


class AccountService:
    """Says who is asking.

    Args:
        accounts: readers as they are kept.
        mode: `single` has one reader, who needs no password; in the others people sign in.
    """

    def __init__(self, *, accounts: Accounts, mode: AccountMode) -> None:
        self.accounts = accounts
        self.mode = mode

    def visitor(self, session: str) -> Reader | None:
        """Return the reader of a session's secret; in single mode the one reader there is."""
        if self.mode == "single":
            return self._only_reader()
        return None

    def named(self, name: str) -> Reader:
        """Return the reader of a name, for who has the machine itself.

        Raises:
            NotFoundError: nobody has it.
        """
        found = self.accounts.by_name(name)
        if found is None:
            raise NotFoundError(f"No reader here is called {name[:60]!r}.")
        return found

    def _only_reader(self) -> Reader:
        """Return the one reader of a library without accounts, made when it first comes."""
        found = self.accounts.first_reader()
        return found or self.accounts.add_reader(name=_ONLY_READER, role="admin")
