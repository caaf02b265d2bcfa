"""All use cases of one open library, as the faces receive them."""

from collections.abc import Callable
from dataclasses import dataclass

from broadsheet.model.settings import Settings
from broadsheet.services.accounts import AccountService
from broadsheet.services.collections import CollectionService
from broadsheet.services.embedding import EmbeddingService
from broadsheet.services.exporting import ExportService
from broadsheet.services.follows import FollowService
from broadsheet.services.harvesting import HarvestService
from broadsheet.services.importing import ImportService
from broadsheet.services.library import LibraryService
from broadsheet.services.marks import MarkService
from broadsheet.services.merges import MergeService
from broadsheet.services.reading import ReadingService
from broadsheet.services.search import SearchService


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One of each, sharing one store and one searcher.

    Args:
        close: gives back what is open; to be called once, at the end.
    """

    settings: Settings
    accounts: AccountService
    marks: MarkService
    collections: CollectionService
    follows: FollowService
    importing: ImportService
    merges: MergeService
    harvesting: HarvestService
    embedding: EmbeddingService
    reading: ReadingService
    search: SearchService
    exporting: ExportService
    library: LibraryService
    close: Callable[[], None]
