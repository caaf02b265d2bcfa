"""Every format, in the order in which they are asked whether a file is theirs."""

from broadsheet.model.ports import Clock, Source
from broadsheet.sources.arxiv_snapshot import ArxivSnapshot
from broadsheet.sources.exchange import Exchange
from broadsheet.sources.portal_page import PortalPage


def formats(clock: Clock) -> tuple[Source, ...]:
    """Return one reader of each format.

    Args:
        clock: the present moment, by which dates of the future are refused.
    """
    return (ArxivSnapshot(clock=clock), Exchange(clock=clock), PortalPage())
