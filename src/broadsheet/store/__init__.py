"""The database of a library: schema, migrations, questions and transactions.

`open_store` is the door. No error of the driver leaves this room.
"""

from broadsheet.store.accounts import SqlAccounts as SqlAccounts
from broadsheet.store.collections import SqlCollections as SqlCollections
from broadsheet.store.follows import SqlFollows as SqlFollows
from broadsheet.store.marks import SqlMarks as SqlMarks
from broadsheet.store.opening import open_store as open_store
from broadsheet.store.store import SqlStore as SqlStore
