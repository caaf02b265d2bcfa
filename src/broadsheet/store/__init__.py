"""The database of a library: schema, migrations, questions and transactions.

`open_store` is the door. No error of the driver leaves this room.
"""

from broadsheet.store.accounts import SqlAccounts as SqlAccounts
from broadsheet.store.copying import SqliteFiles as SqliteFiles
from broadsheet.store.kept import SqlKept as SqlKept
from broadsheet.store.opening import open_store as open_store
from broadsheet.store.post import SqlPost as SqlPost
from broadsheet.store.saved import SqlSavedQueries as SqlSavedQueries
from broadsheet.store.store import SqlStore as SqlStore
from broadsheet.store.trends import SqlTrends as SqlTrends
