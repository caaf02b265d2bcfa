"""Every format, in the order in which they are asked whether a file is theirs."""

import logging
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import entry_points
from typing import cast

from broadsheet.model.errors import SourceError
from broadsheet.model.ports import Clock
from broadsheet.model.source_ports import Format, Wire
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

log = logging.getLogger(__name__)

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
)
# What may look like anything comes last.
BROAD = (Exchange, PortalPage)
GROUP = "broadsheet.sources"


def formats(clock: Clock) -> tuple[Format, ...]:
    """Return one reader of each format, those of other distributions among them.

    Another distribution adds a source by an entry point of the group `broadsheet.sources`, which
    names a class like those above. One that cannot be loaded is left out, with a warning.

    Args:
        clock: the present moment, by which dates of the future are refused.
    """
    makers: tuple[Callable[..., Format], ...] = (*FORMATS, *_others(), *BROAD)
    return tuple([made(clock=clock) for made in makers])


@lru_cache(maxsize=1)
def _others() -> tuple[Callable[..., Format], ...]:
    known = {made.about.name for made in (*FORMATS, *BROAD)}
    found: list[Callable[..., Format]] = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            made = entry.load()
            if made.about.name in known:
                raise SourceError(f"there is a source {made.about.name!r} already")
        except Exception as e:  # whatever another's code raises
            log.warning("the source of entry point %s is left out: %s", entry.name, e)
            continue
        known.add(made.about.name)
        found.append(made)
    return tuple(found)


def all_wires(clock: Clock) -> dict[str, Wire]:
    """Return the sources that can be asked over the network, by name."""
    made = [cast(Wire, one) for one in formats(clock) if hasattr(one, "first")]
    return {one.about.name: one for one in made}
