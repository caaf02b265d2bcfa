"""The one place that knows every room: settings in, use cases out."""

import os
import time
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from broadsheet.judging import TrainedJudge
from broadsheet.model.errors import LibraryError, SettingsError
from broadsheet.model.ports import Stop, Store
from broadsheet.model.settings import Settings, SourceSettings
from broadsheet.search import encoder_of, open_searcher
from broadsheet.services.bundle import Services
from broadsheet.services.embedding import EmbeddingService
from broadsheet.services.exporting import ExportService
from broadsheet.services.harvesting import HarvestService
from broadsheet.services.importing import ImportService
from broadsheet.services.library import LibraryService
from broadsheet.services.merges import MergeService
from broadsheet.services.reading import ReadingService
from broadsheet.services.search import SearchService
from broadsheet.sources import FileSources, HttpWeb, all_wires, formats
from broadsheet.store import open_store
from broadsheet.store.opening import DATABASE

_PREFIX = "BROADSHEET_"
_CONFIG = "broadsheet.toml"
LOG_FORMAT = "%(levelname)s %(name)s: %(message)s"


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
    values = {**_from_file(config, library / _CONFIG), **above}
    try:
        return Settings(**values)
    except ValidationError as e:
        raise SettingsError(_sentence(e)) from e


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for variable, value in environment.items():
        if not variable.startswith(_PREFIX):
            continue
        name = variable.removeprefix(_PREFIX).lower()
        if name.endswith("_file") and name.removesuffix("_file") in Settings.model_fields:
            name, value = name.removesuffix("_file"), _secret(variable, Path(value))
        if name not in Settings.model_fields:
            raise SettingsError(f"{variable} is no setting. There are: {_names()}.")
        values[name] = value
    return values


def _secret(variable: str, path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as e:
        raise SettingsError(f"{variable} names {path}, which cannot be read.") from e


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


def _sentence(error: ValidationError) -> str:
    parts = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
    return "; ".join(parts) + "."


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def open_library(settings: Settings, *, create: bool = False, stop: Stop | None = None) -> Services:
    """Open the library that the settings name, and join its parts.

    Args:
        create: make the folder when there is none.
        stop: asked while a harvest waits for its turn.

    Raises:
        LibraryError: there is no library and none is to be made, or it cannot be used.
    """
    folder = settings.library
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
    search = SearchService(reading=store, searcher=searcher)
    return Services(
        settings=settings,
        importing=ImportService(
            store=store,
            sources=FileSources(clock=now),
            clock=now,
            rejects_folder=folder / "rejects",
            judge=TrainedJudge(),
        ),
        merges=MergeService(store=store),
        harvesting=_harvesting(settings, store, stop or (lambda: False)),
        embedding=EmbeddingService(searcher=searcher),
        reading=reading,
        search=search,
        exporting=ExportService(store=store, reading=reading, search=search),
        library=LibraryService(folder=folder, store=store, searcher=searcher),
        close=store.close,
    )


def _harvesting(settings: Settings, store: Store, stop: Stop) -> HarvestService:
    wires = all_wires(now)
    for name in settings.sources:
        if name not in wires:
            known = ", ".join(wires)
            raise SettingsError(f"sources.{name}: no such source. There are: {known}.")
    chosen = settings.sources
    bases = {name: one.base for name, one in chosen.items() if one.base}
    return HarvestService(
        store=store,
        wires=wires,
        described=[form.about for form in formats(now)],
        web=HttpWeb(
            contact=settings.contact,
            keys={name: key for name, one in chosen.items() if (key := _key(name, one))},
            inside=[place for base in bases.values() if (place := _host_and_port(base))],
        ),
        clock=now,
        wait=lambda seconds: _wait(seconds, stop),
        selections={name: one.selections for name, one in chosen.items() if one.selections},
        bases=bases,
        judge=TrainedJudge(),
        intervals={
            name: one.interval_s for name, one in chosen.items() if one.interval_s is not None
        },
    )


def _key(name: str, chosen: SourceSettings) -> str:
    if chosen.key_file is None:
        return chosen.key
    return _secret(f"sources.{name}.key_file", chosen.key_file)


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
