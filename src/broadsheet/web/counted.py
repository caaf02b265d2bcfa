"""Numbers of things, as text."""


def number(count: int) -> str:
    """Return a number with its thousands apart."""
    return f"{count:,}"


def plural(count: int, noun: str) -> str:
    """Return a number of things: `1 category`, `2 categories`."""
    many = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"
    return f"{count:,} {noun if count == 1 else many}"
