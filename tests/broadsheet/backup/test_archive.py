"""Archives that are cut, damaged, or made to do harm."""

import io
import random
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import zstandard

from broadsheet.model.backup import BackupManifest, Member
from broadsheet.model.errors import BackupError, BroadsheetError, LibraryVersionError
from broadsheet.services.restoring import RestoreService

Members = list[tuple[tarfile.TarInfo, bytes]]


def unpacked(file: Path) -> Members:
    """Return what stands in a backup."""
    raw = zstandard.ZstdDecompressor().stream_reader(file.read_bytes()).read()
    with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
        return [(header, tar.extractfile(header).read()) for header in tar]  # type: ignore[union-attr]


def pack(file: Path, members: Members) -> None:
    """Write a backup as an ill-meaning one would."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for header, content in members:
            header.size = len(content)
            tar.addfile(header, io.BytesIO(content))
    file.write_bytes(zstandard.ZstdCompressor().compress(out.getvalue()))


def changed(file: Path, change: Callable[[BackupManifest], BackupManifest]) -> Members:
    """Return the members of a backup with another manifest."""
    (header, said), *members = unpacked(file)
    manifest = change(msgspec.json.decode(said, type=BackupManifest))
    return [(header, msgspec.json.encode(manifest)), *members]


def refused(restoring: RestoreService, file: Path, match: str) -> None:
    """Check that a backup is refused, and that nothing has come of it."""
    new, before = file.parent / "new", sorted(file.parent.parent.rglob("*"))
    with pytest.raises(BroadsheetError, match=match) as said:
        restoring.run(file, new)
    assert isinstance(said.value, BackupError | LibraryVersionError)
    assert sorted(file.parent.parent.rglob("*")) == before
    with pytest.raises(BroadsheetError, match=match):
        restoring.check(file)


def test_cut_anywhere_it_is_refused(backup: Path, restoring: RestoreService) -> None:
    whole = backup.read_bytes()
    chance = random.Random(5)
    lengths = {0, 1, 4, 100, len(whole) - 1, len(whole) - 4, *chance.sample(range(len(whole)), 12)}
    for length in sorted(lengths):
        backup.write_bytes(whole[:length])
        with pytest.raises(BackupError, match=r"cut off within|damaged within"):
            restoring.run(backup, backup.parent / "new")
        assert not (backup.parent / "new").exists()


def test_damaged_anywhere_it_is_refused(backup: Path, restoring: RestoreService) -> None:
    whole = backup.read_bytes()
    for place in random.Random(6).sample(range(len(whole)), 25):
        backup.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        with pytest.raises(BackupError):
            restoring.check(backup)


def test_the_member_that_is_damaged_is_named(backup: Path, restoring: RestoreService) -> None:
    members = unpacked(backup)
    header, content = members[-1]
    members[-1] = header, content[:-1] + b"?"
    pack(backup, members)
    refused(restoring, backup, f"{header.name} is damaged")


def test_something_behind_the_end_is_refused(backup: Path, restoring: RestoreService) -> None:
    backup.write_bytes(backup.read_bytes() + b"more")
    refused(restoring, backup, "more than a backup")


@pytest.mark.parametrize("content", [b"", b"text" * 1000, b"\0" * 5000, b"\x28\xb5\x2f\xfd rest"])
def test_what_is_no_backup_is_refused(
    content: bytes, backup: Path, restoring: RestoreService
) -> None:
    backup.write_bytes(content)
    refused(restoring, backup, "backup|cut off")


def test_a_file_that_is_not_there_is_named(tmp_path: Path, restoring: RestoreService) -> None:
    with pytest.raises(BackupError, match=r"none\.bsb cannot be read"):
        restoring.run(tmp_path / "none.bsb", tmp_path / "new")


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../out",
        "indexes/vectors/../../../out.npy",
        "indexes/vectors/a/../b.npy",
        "indexes/vectors//a.npy",
        "indexes/words/cursor.json",
        "indexes\\vectors\\a.npy",
        "broadsheet.sqlite-wal",
        ".hidden",
        "",
        "indexes/vectors/a\n.npy",
        "indexes/vectors/" + "a" * 90 + ".npy",
    ],
)
def test_a_name_that_no_backup_holds_is_refused(
    name: str, backup: Path, restoring: RestoreService
) -> None:
    evil = Member(name=name, size_bytes=0, sha256="0" * 64)
    pack(backup, changed(backup, lambda m: replace(m, members=(*m.members, evil))))
    refused(restoring, backup, "no backup holds")


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE],
)
def test_a_member_that_is_no_plain_file_is_refused(
    kind: bytes, backup: Path, restoring: RestoreService
) -> None:
    members = unpacked(backup)
    header, _ = members[1]
    header.type, header.linkname = kind, "/etc/passwd"
    members[1] = header, b""
    pack(backup, members)
    refused(restoring, backup, "no plain file")


def test_a_member_of_another_name_or_size_is_refused(
    backup: Path, restoring: RestoreService
) -> None:
    members = unpacked(backup)
    members[1], members[2] = members[2], members[1]
    pack(backup, members)
    refused(restoring, backup, "not what the manifest says")
    header, content = members[1]
    members[1] = members[2]
    members[2] = header, content + b"more"
    pack(backup, members)
    refused(restoring, backup, "not what the manifest says")


def test_a_member_too_many_is_refused(backup: Path, restoring: RestoreService) -> None:
    pack(backup, [*unpacked(backup), (tarfile.TarInfo("more"), b"more")])
    refused(restoring, backup, "more than its manifest says")


def test_a_small_file_that_unpacks_to_much_fills_no_memory(
    backup: Path, restoring: RestoreService
) -> None:
    bomb = zstandard.ZstdCompressor(level=1).compress(b"\0" * (1 << 28))
    backup.write_bytes(bomb)
    refused(restoring, backup, "damaged where")
    pack(backup, [(tarfile.TarInfo("manifest.json"), b" " * ((1 << 24) + 1))])
    refused(restoring, backup, "no backup of Broadsheet")


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"format": "other"}, "none of a backup"),
        ({"format_version": 2}, "newer Broadsheet"),
        ({"members": ()}, "none of a backup"),
        ({"schema": "9999"}, "newer Broadsheet"),
        (
            {"members": (Member(name="broadsheet.sqlite", size_bytes=-1, sha256="0" * 64),)},
            "damaged where",
        ),
        (
            {"members": (Member(name="broadsheet.sqlite", size_bytes=0, sha256="no hash"),)},
            "damaged where",
        ),
        ({"rows": {"papers": 39}}, "rows"),
    ],
)
def test_a_manifest_that_cannot_be_is_refused(
    values: dict[str, object], match: str, backup: Path, restoring: RestoreService
) -> None:
    pack(backup, changed(backup, lambda m: replace(m, **values)))
    with pytest.raises(BroadsheetError, match=match):
        restoring.run(backup, backup.parent / "new")
    assert not (backup.parent / "new").exists()


@pytest.mark.parametrize(
    "said",
    [b"", b"{}", b"[1]", b'{"format": 3}', b'{"format": "\x81"}', b"\xff\xfe", b"{" * 999],
)
def test_a_manifest_that_is_none_is_refused(
    said: bytes, backup: Path, restoring: RestoreService
) -> None:
    (header, _), *members = unpacked(backup)
    pack(backup, [(header, said), *members])
    refused(restoring, backup, r"manifest\.json is damaged")
