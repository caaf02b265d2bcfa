"""Papers to export: one that is plain, the awkward ones, and whatever Hypothesis thinks of."""

from datetime import date

from hypothesis import strategies as st
from msgspec.structs import replace

from broadsheet.model.paper import Author, Imprint, Paper, SourceRef, Version
from broadsheet.services.export.publication import KINDS

PAPER = Paper(
    key=1,
    id="1706.03762",
    title="Attention Is All You Need",
    abstract="Not in the entry.",
    summary="",
    authors=(
        Author(name="Ashish Vaswani", key="ashish-vaswani"),
        Author(name="Noam Shazeer", key="noam-shazeer"),
    ),
    categories=("cs.CL", "cs.LG"),
    day="2017-06-12",
    submitted="2017-06-12",
    updated=None,
    announced=None,
    venue="",
    comment="",
    journal_ref="",
    licence="",
    arxiv_id="1706.03762",
    doi=None,
)
BARE = replace(
    PAPER,
    id="a-title-alone-1a2b3c",
    title="A title alone",
    abstract="",
    authors=(),
    categories=(),
    day=None,
    submitted=None,
    arxiv_id=None,
)
JOURNAL = replace(
    PAPER,
    venue="Journal of Things 2018",
    doi="10.1000/a--b_(c)",
    keywords=("attention", "sequence, models"),
    standing="retracted",
    imprint=Imprint(
        kind="article-journal",
        volume="12",
        issue="3",
        pages="101-120",
        publisher="Things & Sons",
        language="en",
    ),
)


def named(*names: str) -> tuple[Author, ...]:
    """Authors of these names."""
    return tuple(Author(name=name, key="k") for name in names)


_PIECES = r"""$ $x$ $\alpha_1$ $\frac{a}{b}$ \( \) { } {B} \ \\ \alpha \"u % & # _ ^ ~ - -- -10 /
" ' `` '' @ , ; and And AND others et al. Jr. III van der de la ATLAS Collaboration TY - ER -
http://a.b/c_d?e=%20 \u0000 é ß Ł 王 小明 한국 ا عربي עברית 🙂"""
_TEXTS = (
    st.lists(st.sampled_from([*_PIECES.split(), " ", "\n", "\r\n", "\0", "\ud800", "\x85", "\t"]))
    .map("".join)
    .filter(lambda text: len(text) < 300)
) | st.text(max_size=40)
_DAYS = st.builds(
    lambda day, length: day.isoformat()[:length],
    st.dates(min_value=date(1500, 1, 1), max_value=date(2027, 1, 1)),
    st.sampled_from([4, 7, 10]),
)
_IMPRINTS = st.builds(
    Imprint,
    kind=st.sampled_from(["", "article", *KINDS, "unknown"]),
    volume=_TEXTS,
    issue=_TEXTS,
    pages=_TEXTS | st.sampled_from(["1-2", "1–2", "e12", "1-2, 4-5", "-"]),
    publisher=_TEXTS,
    language=_TEXTS,
)
_SOURCES = st.builds(
    SourceRef,
    source=st.sampled_from(["arxiv", "acl", "shelf", "openalex"]),
    source_id=_TEXTS,
    origin=_TEXTS,
    url=_TEXTS | st.just("https://a.org/{b}%20c#d"),
    first_seen=st.just("2026-11-22T09:30:00+00:00"),
)

ANY_PAPER = st.builds(
    Paper,
    key=st.integers(1, 2**31),
    id=_TEXTS,
    title=_TEXTS,
    abstract=_TEXTS,
    summary=_TEXTS,
    authors=st.lists(st.builds(Author, name=_TEXTS, key=_TEXTS), max_size=4).map(tuple),
    categories=st.lists(_TEXTS, max_size=2).map(tuple),
    day=st.none() | _DAYS,
    submitted=st.none() | _DAYS,
    updated=st.none() | _DAYS,
    announced=st.none() | _DAYS,
    modified=st.none() | _DAYS,
    featured=st.none() | _DAYS,
    venue=_TEXTS | st.sampled_from(["NeurIPS 2017", "Nature"]),
    comment=_TEXTS,
    journal_ref=_TEXTS,
    licence=_TEXTS,
    arxiv_id=st.sampled_from([None, "1706.03762", "math/0309136"]),
    doi=st.none() | st.sampled_from(["10.1000/a%b", "10.1000/{x}(1)\\y", "10.1000/a--b_c"]),
    versions=st.lists(
        st.builds(Version, number=st.integers(1, 9999), date=st.none() | _DAYS), max_size=2
    ).map(tuple),
    sources=st.lists(_SOURCES, max_size=2).map(tuple),
    standing=st.sampled_from(["", "retracted", "withdrawn"]),
    code=_TEXTS,
    keywords=st.lists(_TEXTS, max_size=3).map(tuple),
    imprint=st.none() | _IMPRINTS,
    twins=st.lists(st.sampled_from(["isbn:9780306406157", "acl:P18-1001"]), max_size=2).map(tuple),
)
"""Papers of any content that a store could hand out, and some that none should."""
