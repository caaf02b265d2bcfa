"""All use cases of one open library, as the faces receive them."""

from collections.abc import Callable
from dataclasses import dataclass

from broadsheet.model.settings import Settings
from broadsheet.services.accounts import AccountService
from broadsheet.services.alerts import AlertService
from broadsheet.services.audit import AuditService
from broadsheet.services.backup import BackupService
from broadsheet.services.collections import CollectionService
from broadsheet.services.desk import DeskService
from broadsheet.services.digests import DigestService
from broadsheet.services.embedding import EmbeddingService
from broadsheet.services.exporting import ExportService
from broadsheet.services.follows import FollowService
from broadsheet.services.harvesting import HarvestService
from broadsheet.services.importing import ImportService
from broadsheet.services.library import LibraryService
from broadsheet.services.marks import MarkService
from broadsheet.services.merges import MergeService
from broadsheet.services.operations import OperationsService
from broadsheet.services.outside import OutsideService
from broadsheet.services.passkeys import PasskeyService
from broadsheet.services.profile import ProfileService
from broadsheet.services.readership import ReadershipService
from broadsheet.services.reading import ReadingService
from broadsheet.services.returning import ReturningService
from broadsheet.services.search import SearchService
from broadsheet.services.search_editions import SearchEditions
from broadsheet.services.sending import SendingService
from broadsheet.services.sessions import SessionService
from broadsheet.services.subscribing import SubscribingService
from broadsheet.services.tokens import TokenService
from broadsheet.services.trending import TrendingService


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One of each, sharing one store and one searcher.

    Args:
        make_importing, make_harvesting: return the service, the same each time; what reads the
            formats of all sources is loaded with the first of them.
        close: gives back what is open; to be called once, at the end.
    """

    settings: Settings
    accounts: AccountService
    alerts: AlertService
    subscribing: SubscribingService
    digests: DigestService
    sending: SendingService
    returning: ReturningService
    make_importing: Callable[[], ImportService]
    make_harvesting: Callable[[], HarvestService]
    sessions: SessionService
    profile: ProfileService
    passkeys: PasskeyService
    outside: OutsideService
    tokens: TokenService
    readership: ReadershipService
    audit: AuditService
    marks: MarkService
    collections: CollectionService
    follows: FollowService
    merges: MergeService
    embedding: EmbeddingService
    reading: ReadingService
    search: SearchService
    search_editions: SearchEditions
    trending: TrendingService
    exporting: ExportService
    library: LibraryService
    backup: BackupService
    desk: DeskService
    operations: OperationsService
    close: Callable[[], None]

    @property
    def importing(self) -> ImportService:
        """Takes files in."""
        return self.make_importing()

    @property
    def harvesting(self) -> HarvestService:
        """Brings in what sources have."""
        return self.make_harvesting()
