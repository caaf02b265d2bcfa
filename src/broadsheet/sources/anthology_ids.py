"""How the ACL Anthology names collections, volumes and papers, before 2020 and since."""

import re

from broadsheet.model.errors import SourceError
from broadsheet.model.identifiers import anthology_id

_COLLECTION = re.compile(r"[A-Z][0-9]{2}|[0-9]{4}\.[a-z0-9_]{1,30}")
_VOLUME = re.compile(r"[a-z0-9_]{1,30}")
_NUMBER = re.compile(r"[0-9]{1,4}")
_OLDEST_OF_CENTURY = 50


def is_collection(name: str) -> bool:
    """Whether it is a collection's id, as `2026.acl` or `P18`."""
    return _COLLECTION.fullmatch(name) is not None


def year_of(collection: str) -> str:
    """Return the year in a collection's id; "" for what is none."""
    if not is_collection(collection):
        return ""
    if collection[0].isdigit():
        return collection[:4]
    century = 19 if int(collection[1:]) >= _OLDEST_OF_CENTURY else 20
    return f"{century}{collection[1:]}"


def full_id(collection: str, volume: str, number: str) -> str:
    """Return a paper's id, as `2026.acl-long.1` or `J89-1001`; front matter has the number 0.

    Raises:
        SourceError: the parts make none.
    """
    made = ""
    if is_collection(collection) and _NUMBER.fullmatch(number):
        is_old = collection[0].isalpha()
        made = (_old_id if is_old else _new_id)(collection, volume, number)
    found = anthology_id(made)
    if found is None:
        raise SourceError("no Anthology id")
    return found


def _new_id(collection: str, volume: str, number: str) -> str:
    return f"{collection}-{volume}.{number}" if _VOLUME.fullmatch(volume) else ""


def _old_id(collection: str, volume: str, number: str) -> str:
    """Return an id of before 2020: four digits, of which workshops give two to the volume."""
    if not _NUMBER.fullmatch(volume):
        return ""
    if collection[0] == "W" or collection == "C69" or (collection == "D19" and int(volume) >= 5):
        return f"{collection}-{int(volume):02d}{int(number):02d}"
    return f"{collection}-{int(volume)}{int(number):03d}"
