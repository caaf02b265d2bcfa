"""Papers as they were read last, so that a page need not read again what another has shown."""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

from sqlalchemy import Connection

from broadsheet.model.paper import Paper
from broadsheet.store import papers
from broadsheet.store.papers import Stored

MOST = 4_096
"""Some 6 kB each."""


class KeptPapers:
    """The papers that were asked for of late, forgotten when any has changed. Safe for threads.

    `seq` is the number of the last change, as the connection sees it.
    """

    def __init__(self) -> None:
        self._seq = 0
        self._kept: OrderedDict[int, Stored] = OrderedDict()
        self._lock = Lock()

    def listed(self, connection: Connection, seq: int, keys: Sequence[int]) -> list[Paper]:
        """Return those of these keys that are in lists, in their order."""
        wanted = [int(key) for key in keys]
        found = self._of(connection, seq, wanted)
        return [found[k].paper for k in wanted if k in found and found[k].is_listed]

    def one(self, connection: Connection, seq: int, key: int) -> Paper | None:
        """Return the paper of a key, in lists or not."""
        found = self._of(connection, seq, [key]).get(key)
        return found.paper if found is not None else None

    def _of(self, connection: Connection, seq: int, keys: Sequence[int]) -> dict[int, Stored]:
        if not keys:
            return {}
        with self._lock:
            if seq != self._seq:
                self._seq = seq
                self._kept.clear()
            found = {key: self._kept[key] for key in keys if key in self._kept}
            for key in found:
                self._kept.move_to_end(key)
        read = papers.by_key(connection, [key for key in keys if key not in found])
        with self._lock:
            if seq == self._seq:
                self._kept.update(read)
                while len(self._kept) > MOST:
                    self._kept.popitem(last=False)
        return found | read
