"""The indexes of a library, found by words and by meaning. Wiring comes in through here."""

from collections.abc import Callable
from pathlib import Path

from broadsheet.model.ports import Reading
from broadsheet.search.encoders import Encoders, encoder_of
from broadsheet.search.searcher import LibrarySearcher
from broadsheet.search.vector_copies import VectorFiles
from typecase.encoders.contract import TextEncoder

__all__ = ["VectorFiles", "encoder_of", "open_searcher"]


def open_searcher(
    folder: Path,
    reading: Reading,
    *,
    encoder: Callable[[], TextEncoder],
    reopen: Callable[[str], TextEncoder] = encoder_of,
) -> LibrarySearcher:
    """Return the searcher of a library; nothing is read before it is asked.

    Args:
        folder: of the indexes; made when they are written.
        reading: the library's database.
        encoder: makes the encoder of the settings, when it is first needed.
        reopen: makes the encoder of a name, for searching older vectors while those of a newly
            set model are being made.
    """
    return LibrarySearcher(
        folder=folder, reading=reading, encoders=Encoders(make=encoder, reopen=reopen)
    )
