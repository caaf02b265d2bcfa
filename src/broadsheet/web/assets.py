"""Style sheet, script and mark, under addresses that hold a hash of their content."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file of `static/`, with the address that changes when its bytes do."""

    name: str
    address: str
    body: bytes
    media_type: str


class Assets:
    """All files of the folder, read once.

    Args:
        folder: where they lie; files of other kinds are not served.
    """

    def __init__(self, *, folder: Path = FOLDER) -> None:
        files = sorted(p for p in folder.iterdir() if p.suffix in _TYPES)
        self._by_name = {path.name: _read(path) for path in files}
        self._by_address = {asset.address: asset for asset in self._by_name.values()}

    def address(self, name: str) -> str:
        """Return the address of a file, as `/static/paper.1a2b3c4d.css`."""
        return self._by_name[name].address

    def addresses(self) -> list[str]:
        """Return the addresses of all files."""
        return sorted(self._by_address)

    def at(self, address: str) -> Asset | None:
        """Return the file at an address; None when there is none, or it has other bytes now."""
        return self._by_address.get(address)

    def named(self, name: str) -> Asset:
        """Return a file by its name."""
        return self._by_name[name]


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    digest = hashlib.sha256(body).hexdigest()[:12]
    return Asset(
        name=path.name,
        address=f"/static/{path.stem}.{digest}{path.suffix}",
        body=body,
        media_type=_TYPES[path.suffix],
    )
