"""What a paper is or has, as searches ask for it by `is:` and `has:`."""

IS = ("withdrawn", "retracted", "published")
HAS = ("code", "doi")


def flags_of(
    *, standing: str, venue: str, journal_ref: str, code: str, doi: str | None
) -> tuple[str, ...]:
    """Return the flags of a paper."""
    said = {
        "withdrawn": standing == "withdrawn",
        "retracted": standing == "retracted",
        "published": bool(venue or journal_ref),
        "code": bool(code),
        "doi": bool(doi),
    }
    return tuple(flag for flag, holds in said.items() if holds)
