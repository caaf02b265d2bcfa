"""Every format, in the order in which they are asked whether a file is theirs."""

from typing import cast

from broadsheet.model.ports import Clock, Format, Wire
from broadsheet.sources.acl_anthology import AclAnthology
from broadsheet.sources.arxiv_api import ArxivApi
from broadsheet.sources.arxiv_oai import ArxivOai
from broadsheet.sources.arxiv_rss import ArxivRss
from broadsheet.sources.arxiv_snapshot import ArxivSnapshot
from broadsheet.sources.bibtex import BibTeX
from broadsheet.sources.crossref import Crossref
from broadsheet.sources.csl_json import CslJson
from broadsheet.sources.exchange import Exchange
from broadsheet.sources.feed import Feed
from broadsheet.sources.hf_daily import HfDaily
from broadsheet.sources.openalex import OpenAlex
from broadsheet.sources.openreview import OpenReview
from broadsheet.sources.portal_page import PortalPage
from broadsheet.sources.ris import Ris
from broadsheet.sources.semantic_scholar import SemanticScholar
from broadsheet.sources.zotero import Zotero

# One line a format. Those that are told by a name of their own come before the broad ones.
FORMATS = (
    ArxivOai,
    ArxivApi,
    ArxivRss,
    AclAnthology,
    Zotero,
    ArxivSnapshot,
    OpenAlex,
    OpenReview,
    SemanticScholar,
    Crossref,
    HfDaily,
    CslJson,
    Feed,
    BibTeX,
    Ris,
    Exchange,
    PortalPage,
)


def formats(clock: Clock) -> tuple[Format, ...]:
    """Return one reader of each format.

    Args:
        clock: the present moment, by which dates of the future are refused.
    """
    return tuple([made(clock=clock) for made in FORMATS])


def all_wires(clock: Clock) -> dict[str, Wire]:
    """Return the sources that can be asked over the network, by name."""
    made = [cast(Wire, one) for one in formats(clock) if hasattr(one, "first")]
    return {one.about.name: one for one in made}
