"""The settings of a library, read once by `wiring`."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Everything that can be set; each field is also `BROADSHEET_NAME` in the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    library: Path = Field(
        default=Path("library"), description="Folder of the database and the indexes."
    )
    title: str = Field(
        default="Broadsheet", max_length=60, description="The paper's name on its pages."
    )
    encoder: str = Field(
        default="bge-small-en-v1.5-int8",
        description="Packaged name, folder, hub:owner/name; torch:… on PyTorch.",
    )
    threads: int = Field(
        default=0, ge=0, le=256, description="Threads that embed; 0 takes every core."
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8321, ge=0, le=65535, description="Port; 0 takes a free one.")
    workers: int = Field(default=1, ge=1, le=64, description="Processes that serve.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="warning", description="debug, info, warning or error."
    )
