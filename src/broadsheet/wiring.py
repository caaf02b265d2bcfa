"""The one place that knows every room: settings in, use cases out."""

import os
import time
import tomllib
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from broadsheet import __version__
from broadsheet.judging import TrainedJudge
from broadsheet.model.backup import SETTINGS_FILE, VECTORS
from broadsheet.model.errors import LibraryError, SettingsError
from broadsheet.model.harvest import About
from broadsheet.model.ports import Stop, Store
from broadsheet.model.settings import Settings, SourceSettings, sentence_of
from broadsheet.search import VectorFiles, encoder_of, open_searcher
from broadsheet.services.backup import BackupService
from broadsheet.services.bundle import Services
from broadsheet.services.collections import CollectionService
from broadsheet.services.desk import DeskService
from broadsheet.services.embedding import EmbeddingService
from broadsheet.services.exporting import ExportService
from broadsheet.services.follows import FollowService
from broadsheet.services.harvesting import HarvestService
from broadsheet.services.importing import ImportService
from broadsheet.services.library import LibraryService
from broadsheet.services.marks import MarkService
from broadsheet.services.merges import MergeService
from broadsheet.services.moving_in import end_cut_restore
from broadsheet.services.operations import OperationsService
from broadsheet.services.reading import ReadingService
from broadsheet.services.restoring import RestoreService
from broadsheet.services.search import SearchService
from broadsheet.services.search_editions import SearchEditions
from broadsheet.services.trend_choice import TrendChoice
from broadsheet.services.trend_growth import Growth
from broadsheet.services.trending import TrendingService
from broadsheet.services.troubles import TroubleFile
from broadsheet.store import (
    SqlCollections,
    SqlFollows,
    SqliteFiles,
    SqlKept,
    SqlMarks,
    SqlPost,
    SqlTrends,
    open_store,
)
from broadsheet.store.opening import DATABASE
from broadsheet.wiring_mail import letters_of, telling_of
from broadsheet.wiring_readers import readers_of
from broadsheet.wiring_secrets import secret_in

_PREFIX = "BROADSHEET_"


def read_settings(
    *,
    config: Path | None = None,
    environment: Mapping[str, str] | None = None,
    **given: Any,
) -> Settings:
    """Return the settings in force: the command line over environment over TOML over defaults.

    Args:
        config: the TOML file; by default `broadsheet.toml` in the library, where there is one.
        environment: `BROADSHEET_NAME`, or `BROADSHEET_NAME_FILE` naming a file that holds it.
        given: what the command line sets; None is taken as not given.

    Raises:
        SettingsError: an unknown key or a value that cannot be; the message names where.
    """
    environment = os.environ if environment is None else environment
    above = _from_environment(environment)
    above.update({name: value for name, value in given.items() if value is not None})
    library = Path(above.get("library", Settings().library))
    values = {**_from_file(config, library / SETTINGS_FILE), **above}
    try:
        return Settings(**values)
    except ValidationError as e:
        raise SettingsError(sentence_of(e)) from e


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for variable, value in environment.items():
        if not variable.startswith(_PREFIX):
            continue
        name = variable.removeprefix(_PREFIX).lower()
        if name.endswith("_file") and name.removesuffix("_file") in Settings.model_fields:
            name, value = name.removesuffix("_file"), secret_in(Path(value), setting=variable)
        if name not in Settings.model_fields:
            raise SettingsError(f"{variable} is no setting. There are: {_names()}.")
        values[name] = value
    return values


def _from_file(config: Path | None, default: Path) -> dict[str, Any]:
    path = config or default
    if config is None and not default.is_file():
        return {}
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except OSError as e:
        raise SettingsError(f"The settings file {path} cannot be read.") from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise SettingsError(f"{path} is no TOML: {e}") from e
    for name in values:
        if name not in Settings.model_fields:
            raise SettingsError(f"{name} in {path} is no setting. There are: {_names()}.")
    return values


def _names() -> str:
    return ", ".join(sorted(Settings.model_fields))


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def open_library(
    settings: Settings,
    *,
    create: bool = False,
    stop: Stop | None = None,
    started: datetime | None = None,
) -> Services:
    """Open the library that the settings name, and join its parts.

    Args:
        create: make the folder when there is none.
        stop: asked while a harvest waits for its turn.
        started: since when this process serves; None when it does not.

    Raises:
        LibraryError: there is no library and none is to be made, or it cannot be used.
    """
    folder = settings.library
    end_cut_restore(folder)
    if not create and not (folder / DATABASE).is_file():
        raise LibraryError(
            f"There is no library at {folder}. Make one: broadsheet --library {folder} init"
        )
    store = open_store(folder=folder, clock=now)
    searcher = open_searcher(
        folder / "indexes",
        store,
        encoder=lambda: encoder_of(settings.encoder, n_jobs=settings.threads or None),
    )
    reading = ReadingService(reading=store, clock=now)
    trends = SqlTrends.beside(store)
    trending = TrendingService(
        inputs=trends,
        reading=reading,
        choice=TrendChoice(kept=SqlKept.beside(store), file=settings.trending),
        growth=Growth(searcher=searcher, inputs=trends),
        clock=now,
    )
    search = SearchService(reading=store, searcher=searcher)
    editions = SearchEditions(reading=reading, searcher=searcher)
    harvesting = cache(lambda: _harvesting(settings, store, stop or (lambda: False)))
    if settings.sources:
        harvesting()  # names that are none are refused now, not at the first harvest
    operations = OperationsService(
        folder=folder,
        store=store,
        searcher=searcher,
        make_harvesting=harvesting,
        troubles=TroubleFile(folder=folder, clock=now),
        clock=now,
        version=__version__,
        schema=SqliteFiles.schema,
        every_h=settings.sync_every_h,
        started=started,
    )
    readers = readers_of(settings, store, now, letters=letters_of(settings, store, now))
    return Services(
        settings=settings,
        desk=DeskService(
            operations=operations,
            readership=readers["readership"],
            post=SqlPost.beside(store),
            audit=readers["audit"],
        ),
        make_importing=cache(lambda: _importing(folder, store)),
        make_harvesting=harvesting,
        **readers,
        **telling_of(settings, store, store, searcher, trending, now),
        marks=MarkService(marks=SqlMarks.beside(store), reading=store),
        collections=CollectionService(collections=SqlCollections.beside(store), reading=store),
        follows=FollowService(
            follows=SqlFollows.beside(store), reading=store, pages=reading, editions=editions
        ),
        merges=MergeService(store=store),
        embedding=EmbeddingService(searcher=searcher),
        reading=reading,
        search=search,
        search_editions=editions,
        trending=trending,
        exporting=ExportService(store=store, reading=reading, search=search),
        library=LibraryService(folder=folder, store=store, searcher=searcher),
        backup=BackupService(
            folder=folder,
            databases=SqliteFiles(),
            vectors=VectorFiles(root=folder / VECTORS),
            clock=now,
            version=__version__,
        ),
        operations=operations,
        close=store.close,
    )


def known_sources(settings: Settings) -> list[About]:
    """Return every source that there is, without a library.

    Raises:
        SettingsError: the settings name one that there is not, or a key that cannot be read.
    """
    from broadsheet.sources import all_wires, formats

    _keys(settings, all_wires(now))
    return [form.about for form in formats(now)]


# What reads all formats and asks servers takes a third of the time in which a command starts, and
# most commands do neither: the functions around here load it.


def _importing(folder: Path, store: Store) -> ImportService:
    from broadsheet.sources import FileSources

    return ImportService(
        store=store,
        sources=FileSources(clock=now),
        clock=now,
        rejects_folder=folder / "rejects",
        judge=TrainedJudge(),
    )


def metrics_token(settings: Settings) -> str:
    """Return the token that opens the metrics; empty when the settings name none.

    Raises:
        SettingsError: its file cannot be read, or is empty.
    """
    path = settings.metrics_token_file
    if path is None:
        return ""
    token = secret_in(path, setting="metrics_token_file")
    if not token:
        raise SettingsError(f"metrics_token_file names {path}, which is empty.")
    return token


def restore_service() -> RestoreService:
    """Return what makes libraries from backups."""
    return RestoreService(databases=SqliteFiles(), clock=now)


def _harvesting(settings: Settings, store: Store, stop: Stop) -> HarvestService:
    from broadsheet.sources import HttpWeb, all_wires, formats

    wires = all_wires(now)
    keys = _keys(settings, wires)
    chosen = settings.sources
    bases = {name: one.base for name, one in chosen.items() if one.base}
    return HarvestService(
        store=store,
        wires=wires,
        described=[form.about for form in formats(now)],
        web=HttpWeb(
            contact=settings.contact,
            keys=keys,
            inside=[place for base in bases.values() if (place := _host_and_port(base))],
        ),
        clock=now,
        wait=lambda seconds: _wait(seconds, stop),
        keep_raw=settings.keep_raw,
        selections={name: one.selections for name, one in chosen.items() if one.selections},
        bases=bases,
        judge=TrainedJudge(),
        intervals={
            name: one.interval_s for name, one in chosen.items() if one.interval_s is not None
        },
    )


def _keys(settings: Settings, wires: Collection[str]) -> dict[str, str]:
    """Return the key of each source of the settings that has one."""
    for name in settings.sources:
        if name not in wires:
            known = ", ".join(wires)
            raise SettingsError(f"sources.{name}: no such source. There are: {known}.")
    return {name: key for name, one in settings.sources.items() if (key := _key(name, one))}


def _key(name: str, chosen: SourceSettings) -> str:
    if chosen.key_file is None:
        return chosen.key
    return secret_in(chosen.key_file, setting=f"sources.{name}.key_file")


def _host_and_port(address: str) -> str:
    parts = urlsplit(address)
    if parts.hostname is None:
        return ""
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def _wait(seconds: float, stop: Stop) -> bool:
    """Wait, looking twice a second whether to stop; return whether to."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if stop():
            return True
        time.sleep(min(left, 0.5))
    return stop()
