"""Who asks the API."""

from fastapi import Request

from broadsheet.model.errors import SignInNeededError
from broadsheet.model.readers import Reader
from broadsheet.services.accounts import AccountService

SESSION_COOKIE = "broadsheet"


class Who:
    """Says which reader asks.

    Args:
        accounts: knows readers by what they show.
    """

    def __init__(self, accounts: AccountService) -> None:
        self.accounts = accounts

    def visitor(self, request: Request) -> Reader | None:
        """Return the reader who asks, None for a stranger."""
        return self.accounts.visitor(request.cookies.get(SESSION_COOKIE, ""))

    def reader(self, request: Request) -> Reader:
        """Return the reader who asks.

        Raises:
            SignInNeededError: nobody has signed in.
        """
        visitor = self.visitor(request)
        if visitor is None:
            raise SignInNeededError("Only readers may ask this.")
        return visitor
