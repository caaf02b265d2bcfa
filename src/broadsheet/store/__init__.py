"""The database of a library: schema, migrations, questions and transactions.

`open_store` is the door. No error of the driver leaves this room.
"""

from broadsheet.store.accounts import SqlAccounts as SqlAccounts
from broadsheet.store.attempts import SqlAttempts as SqlAttempts
from broadsheet.store.audit import SqlTrail as SqlTrail
from broadsheet.store.belongings import SqlBelongings as SqlBelongings
from broadsheet.store.collections import SqlCollections as SqlCollections
from broadsheet.store.copying import SqliteFiles as SqliteFiles
from broadsheet.store.follows import SqlFollows as SqlFollows
from broadsheet.store.invitations import SqlInvitations as SqlInvitations
from broadsheet.store.kept import SqlKept as SqlKept
from broadsheet.store.marks import SqlMarks as SqlMarks
from broadsheet.store.opening import open_store as open_store
from broadsheet.store.passkeys import SqlPasskeys as SqlPasskeys
from broadsheet.store.post import SqlPost as SqlPost
from broadsheet.store.saved import SqlSavedQueries as SqlSavedQueries
from broadsheet.store.sessions import SqlSessions as SqlSessions
from broadsheet.store.store import SqlStore as SqlStore
from broadsheet.store.tokens import SqlTokens as SqlTokens
from broadsheet.store.trends import SqlTrends as SqlTrends
