"""The process that reads ahead: `python -m broadsheet.sources.reading_process WORDS… < FILE`.

WORDS are the format, the file's name, the place to start from and the present moment. Frames go to
standard output: a length, then a list of items; one of length 0 says that the file has ended.
"""

import os
import sys
from datetime import datetime
from itertools import islice

import msgspec

from broadsheet.model.importing import Located, Reject
from broadsheet.sources.ahead import LENGTH_BYTES, Item, read_here
from broadsheet.sources.formats import formats

_FRAME_ITEMS = 250
_encode = msgspec.msgpack.Encoder().encode


def main(words: list[str]) -> None:
    """Write the frames of the file on standard input."""
    form, name, start, moment = words
    now = datetime.fromisoformat(moment)
    source = next(f for f in formats(lambda: now) if f.about.name == form)
    with os.fdopen(0, "rb") as raw, os.fdopen(1, "wb") as out:
        items = read_here(raw, source, name=name, start=int(start))
        while batch := list(islice(items, _FRAME_ITEMS)):
            frame = _encode([_item(item) for item in batch])
            out.write(len(frame).to_bytes(LENGTH_BYTES, "big") + frame)
        out.write(bytes(LENGTH_BYTES))


def _item(item: Located | Reject) -> Item:
    if isinstance(item, Located):
        return Item(located=item, reject=None)
    return Item(located=None, reject=item)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (BrokenPipeError, KeyboardInterrupt):
        os._exit(1)  # nobody reads any more: nothing is to be flushed or said
