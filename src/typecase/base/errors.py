"""Everything that floor 1 raises on purpose, under one base.

Each error is also the builtin that a caller would expect, so both kinds of `except` work.
"""


class TypecaseError(Exception):
    """Base of every error that the engine raises on purpose."""


class InvalidInputError(TypecaseError, ValueError):
    """An argument breaks a rule; the message names the argument, the rule and what came."""


class NotFittedError(TypecaseError, ValueError, AttributeError):
    """A method was used before `fit`."""


class UnknownNameError(TypecaseError, KeyError, AttributeError):
    """No room or no method has this name; the message gives the nearest one."""

    def __str__(self) -> str:
        # KeyError would show the repr of the sentence.
        return str(self.args[0]) if self.args else ""


class UnknownIdError(TypecaseError, KeyError):
    """An id was asked for that is not there."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class CorruptFileError(TypecaseError, ValueError):
    """A file's content is not what its manifest says; the message names the file."""


class FormatVersionError(TypecaseError, ValueError):
    """A folder was written in a format that this version cannot read."""


class StorageError(TypecaseError, OSError):
    """The operating system refused a read or a write; what was saved before stands."""


class LockedError(TypecaseError, BlockingIOError):
    """Another process is writing to this folder."""


class MissingExtraError(TypecaseError, ImportError):
    """A method needs an optional library; the message says what to install."""
