"""Files that hold a secret each, which settings name."""

from pathlib import Path

from broadsheet.model.errors import SettingsError


def secret_in(path: Path, *, setting: str) -> str:
    """Return the secret that a file holds, without the white space around it.

    Args:
        setting: what names the file, for the sentence where it cannot be read.

    Raises:
        SettingsError: it cannot be read.
    """
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as e:
        raise SettingsError(f"{setting} names {path}, which cannot be read.") from e
