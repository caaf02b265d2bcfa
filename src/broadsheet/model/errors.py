"""Every error that Broadsheet raises on purpose; each message says what to do."""


class BroadsheetError(Exception):
    """The base of all errors of this floor."""


class InvalidValueError(BroadsheetError, ValueError):
    """An argument, option or field breaks a rule; the message names it."""


class QueryError(InvalidValueError):
    """A search or an address cannot be understood."""


class QuerySyntaxError(QueryError):
    """A search cannot be read.

    Args:
        at, until: where in the text the fault stands, in characters.
        text: the search.
    """

    def __init__(self, message: str, *, at: int, until: int, text: str = "") -> None:
        super().__init__(message)
        self.at = at
        self.until = until
        self.text = text


class NotFoundError(BroadsheetError, LookupError):
    """No such paper, author, category or day."""


class GoneError(NotFoundError):
    """A paper that was here, and whose sources have all deleted it."""


class SettingsError(InvalidValueError):
    """A setting is unknown or has a value that it cannot have."""


class LibraryError(BroadsheetError):
    """The library folder cannot be used as it is."""


class LibraryVersionError(LibraryError):
    """The library was written by a newer Broadsheet."""


class StoreError(BroadsheetError):
    """The database refused; the driver's own error is the cause."""


class StoreBusyError(StoreError):
    """Another process holds the database for too long."""


class DiskFullError(StoreError, OSError):
    """No space is left where the library lies."""


class SourceError(BroadsheetError):
    """A file or an answer cannot be read as what it claims to be, or a server refuses."""


class RetryError(SourceError):
    """A server is busy or its answer is broken; asking again later may help.

    Args:
        after_s: how many seconds the server asks to wait, where it says.
    """

    def __init__(self, message: str, *, after_s: float | None = None) -> None:
        super().__init__(message)
        self.after_s = after_s


class RestartError(SourceError):
    """A harvest's place has expired at the server: it begins anew from the last complete day."""


class MissingExtraError(BroadsheetError, ImportError):
    """What was asked for needs a package that is not installed; the message names it."""


class IndexBrokenError(BroadsheetError):
    """A derived index is damaged; it can be rebuilt from the database."""


class SignInNeededError(BroadsheetError):
    """Only a reader who has signed in may do this."""


class NotAllowedError(BroadsheetError):
    """This reader may not do this."""


class TooManyTriesError(BroadsheetError):
    """Tried too often; the message says how long to wait.

    Args:
        after_s: how many seconds to wait.
    """

    def __init__(self, message: str, *, after_s: int) -> None:
        super().__init__(message)
        self.after_s = after_s


class BackupError(BroadsheetError):
    """A backup cannot be made, read or restored; what was there before stays as it was."""


class ProviderError(BroadsheetError):
    """Who should vouch for a reader does not answer, or not as it should."""
