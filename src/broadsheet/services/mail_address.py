"""Mail addresses: which are taken as such."""

from email_validator import EmailNotValidError, validate_email

from broadsheet.model.errors import InvalidValueError

_LONGEST = 254


def mail_address(text: str) -> str:
    """Return an address as it is written to.

    Raises:
        InvalidValueError: it can be nobody's.
    """
    said = text.strip()
    if len(said) > _LONGEST:
        raise InvalidValueError(f"A mail address has at most {_LONGEST} characters.")
    try:
        return validate_email(said, check_deliverability=False).normalized
    except EmailNotValidError as e:
        raise InvalidValueError(f"This is no mail address: {e}") from e
