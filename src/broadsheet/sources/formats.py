"""Every format, in the order in which they are asked whether a file is theirs."""

from broadsheet.model.ports import Clock, Format
from broadsheet.sources.acl_anthology import AclAnthology
from broadsheet.sources.arxiv_oai import ArxivOai
from broadsheet.sources.arxiv_snapshot import ArxivSnapshot
from broadsheet.sources.bibtex import BibTeX
from broadsheet.sources.csl_json import CslJson
from broadsheet.sources.exchange import Exchange
from broadsheet.sources.portal_page import PortalPage
from broadsheet.sources.ris import Ris
from broadsheet.sources.zotero import Zotero

# One line a format. Those that are told by a name of their own come before the broad ones.
FORMATS = (
    ArxivOai,
    AclAnthology,
    Zotero,
    ArxivSnapshot,
    CslJson,
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
