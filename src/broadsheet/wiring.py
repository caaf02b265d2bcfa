"""The one place that knows every room: settings in, use cases out."""

import os
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from broadsheet.model.errors import LibraryError, SettingsError
from broadsheet.model.settings import Settings
from broadsheet.search import encoder_of, open_searcher
from broadsheet.services.bundle import Services
from broadsheet.services.embedding import EmbeddingService
from broadsheet.services.importing import ImportService
from broadsheet.services.library import LibraryService
from broadsheet.services.reading import ReadingService
from broadsheet.services.search import SearchService
from broadsheet.sources import FileSources
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


def open_library(settings: Settings, *, create: bool = False) -> Services:
    """Open the library that the settings name, and join its parts.

    Args:
        create: make the folder when there is none.

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
    return Services(
        settings=settings,
        importing=ImportService(
            store=store,
            sources=FileSources(clock=now),
            clock=now,
            rejects_folder=folder / "rejects",
        ),
        embedding=EmbeddingService(searcher=searcher),
        reading=ReadingService(reading=store, clock=now),
        search=SearchService(reading=store, searcher=searcher),
        library=LibraryService(folder=folder, store=store, searcher=searcher),
        close=store.close,
    )
