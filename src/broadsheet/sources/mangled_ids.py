"""arXiv ids that went through a spreadsheet and came out as decimal numbers.

`0704.0050` became `704.005`, `1501.04038` became `1501.0403800000001`. The number can be read
back, and the record's date says whether it is an arXiv id at all: the month of the id is the
month of the submission or soon after.
"""

import re

from broadsheet.model.identifiers import arxiv_id

_NUMBER = re.compile(r"(\d{3,4})\.(\d{1,18})\Z")
_FIRST_OF_FIVE_DIGITS = 1501
_MONTHS_LATER = 24


def mended_arxiv_id(text: str, submitted: str | None) -> str | None:
    """Return the arXiv id that a decimal number was, or None where the date does not bear it out.

    Args:
        submitted: the partial date of the submission; without its month nothing is mended.
    """
    match = _NUMBER.match(text)
    if match is None or submitted is None or len(submitted) < len("2007-04"):
        return None
    month = match[1].zfill(4)
    digits = 5 if int(month) >= _FIRST_OF_FIVE_DIGITS else 4
    rounded = (int(match[2][: digits + 1].ljust(digits + 1, "0")) + 5) // 10
    mended = arxiv_id(f"{month}.{rounded:0{digits}d}")
    later = (2000 + int(month[:2])) * 12 + int(month[2:])
    later -= int(submitted[:4]) * 12 + int(submitted[5:7])
    return mended if 0 <= later <= _MONTHS_LATER else None
