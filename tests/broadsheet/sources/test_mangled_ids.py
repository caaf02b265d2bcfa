"""arXiv ids that became decimal numbers."""

import pytest

from broadsheet.sources.mangled_ids import mended_arxiv_id


@pytest.mark.parametrize(
    ("number", "submitted", "mended"),
    [
        ("704.0047", "2007-04-01", "0704.0047"),
        ("704.005", "2007-04-01", "0704.0050"),
        ("1008.5", "2010-08-30", "1008.5000"),
        ("1501.0403800000001", "2014-12-16", "1501.04038"),
        ("1501.0022099999999", "2015-01-01", "1501.00221"),
        ("1509.0105", "2015-09-03", "1509.01050"),
        ("1509.0105", "2015", None),
        ("1509.0105", None, None),
        ("1509.0105", "2019-01-01", None),
        ("1509.0105", "2011-01-01", None),
        ("1399.5", "2013-01-01", None),
        ("0704.99999", "2007-04-01", None),
        ("12.5", "2012-05-01", None),
        ("P18-1001", "2018-05", None),
    ],
)
def test_mended_arxiv_id(number: str, submitted: str | None, mended: str | None) -> None:
    assert mended_arxiv_id(number, submitted) == mended
