"""Which settings of trending are in force: an admin's choice, the settings file, the defaults."""

import logging
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from broadsheet.model.errors import SettingsError
from broadsheet.model.settings import sentence_of
from broadsheet.model.trend_ports import Kept
from broadsheet.model.trend_settings import TrendingSettings

log = logging.getLogger(__name__)

NAME = "trending"


class TrendChoice:
    """Settings that can be changed while the paper runs.

    What an admin has chosen stands over the settings file, that over the defaults. Only what
    differs from the file is kept, so that the rest follows the file.

    Args:
        kept: where the choice is kept.
        file: what the settings file, the environment and the defaults say.
    """

    def __init__(self, *, kept: Kept, file: TrendingSettings) -> None:
        self.kept = kept
        self.file = file

    def in_force(self) -> TrendingSettings:
        """Return the settings that count; a choice that an update has made invalid does not."""
        chosen = self.kept.value(NAME)
        if not chosen:
            return self.file
        try:
            return self.checked(chosen)
        except SettingsError as e:
            log.warning("the admin's choice for trending is passed over: %s", e)
            return self.file

    def is_chosen(self) -> bool:
        """Whether an admin has changed anything."""
        return bool(self.kept.value(NAME))

    def checked(self, values: Mapping[str, Any]) -> TrendingSettings:
        """Return the settings that values over the file's make.

        Args:
            values: by name; those of `weights` in a mapping of their own; the rest is the file's.

        Raises:
            SettingsError: an unknown name or a value that cannot be; the message names it.
        """
        try:
            return TrendingSettings.model_validate(_over(self.file.model_dump(), values))
        except ValidationError as e:
            raise SettingsError(sentence_of(e)) from e

    def choose(self, values: Mapping[str, Any]) -> TrendingSettings:
        """Let values be in force from now on, for all processes, and return the settings.

        Raises:
            SettingsError: as `checked`.
        """
        settings = self.checked(values)
        self.kept.keep(NAME, _difference(settings.model_dump(), self.file.model_dump()) or None)
        return settings

    def forget(self) -> None:
        """Let the settings file be in force again."""
        self.kept.keep(NAME, None)


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**below, **above}
    weights = above.get("weights")
    if isinstance(weights, Mapping):
        merged["weights"] = {**below["weights"], **weights}
    return merged


def _difference(values: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    differing = {name: value for name, value in values.items() if value != other[name]}
    if "weights" in differing:
        differing["weights"] = _difference(values["weights"], other["weights"])
    return differing
