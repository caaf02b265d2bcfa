"""The settings of a library, read once by `wiring`."""

import ipaddress
import json
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)

from broadsheet.model.readers import AccountMode
from broadsheet.model.trend_settings import TrendingSettings


class SourceSettings(BaseModel):
    """How one source is asked, as `[sources.NAME]` in the settings file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    selections: tuple[str, ...] = Field(
        default=(), description="What `sync` asks for by itself, each in the source's own words."
    )
    key: str = Field(default="", description="API key, where the source takes one.")
    key_file: Path | None = Field(default=None, description="File that holds the key.")
    base: str = Field(default="", description="The server's address, if not the usual one.")
    interval_s: float | None = Field(
        default=None, ge=0, description="Seconds between two requests, if not the usual ones."
    )


class MailSettings(BaseModel):
    """How mail goes out, as `[mail]` in the settings file; none goes out by default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(default="", description="The mail server; empty sends nothing.")
    port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="starttls, tls (port 465), or none: without a password."
    )
    user: str = Field(default="", description="Name at the server, where it asks for one.")
    password: str = Field(default="", description="Password at the server.")
    password_file: Path | None = Field(default=None, description="File that holds it.")
    sender: str = Field(
        default="",
        pattern=r"^[^\r\n]*$",
        description="From whom mail comes: Broadsheet <paper@example.org>.",
    )
    bounce_to: str = Field(
        default="", description="Address to which letters come back; the sender's by default."
    )
    folder: Path | None = Field(
        default=None, description="Folder into which letters are laid instead of being sent."
    )
    dkim_domain: str = Field(default="", description="Domain that signs; empty: none.")
    dkim_selector: str = Field(default="", description="Name of the key in the domain's DNS.")
    dkim_key_file: Path | None = Field(default=None, description="File of the private key.")


class OidcSettings(BaseModel):
    """Who vouches for readers by OpenID Connect, as `[oidc]` in the settings file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str = Field(description="The provider's address, as its description says it.")
    client_id: str = Field(min_length=1, description="What the provider knows this paper by.")
    client_secret: str = Field(default="", description="The secret that goes with it.")
    client_secret_file: Path | None = Field(default=None, description="File that holds the secret.")
    name: str = Field(
        default="OpenID", max_length=40, description="The provider's name, as readers know it."
    )

    @field_validator("issuer")
    @classmethod
    def _is_issuer(cls, value: str) -> str:
        parts = urlsplit(value)
        safe = parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1")
        if not safe or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"takes an address with https, as https://id.example; got {value!r}")
        return value


def _from_text(value: Any) -> Any:
    """Return what a JSON text of the environment says."""
    return json.loads(value) if isinstance(value, str) else value


def _split(value: Any) -> Any:
    """Return the entries of a JSON list, or of a text with commas, of the environment."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [part for part in (part.strip() for part in value.split(",")) if part]


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
    mail: Annotated[MailSettings, BeforeValidator(_from_text)] = Field(
        default_factory=MailSettings, description="How mail goes out; a table."
    )
    accounts: AccountMode = Field(
        default="single",
        description="single: one reader, no password, this machine only; invited or open: sign-up.",
    )
    address: str = Field(
        default="",
        max_length=200,
        description="Where people reach it, as https://paper.example; mail needs it.",
    )
    proxies: Annotated[tuple[str, ...], BeforeValidator(_from_text)] = Field(
        default=(),
        description="Addresses or networks of proxies in front, whose X-Forwarded-… is believed.",
    )
    oidc: Annotated[OidcSettings | None, BeforeValidator(_from_text)] = Field(
        default=None, description="Who vouches for readers by OpenID Connect; a table."
    )
    contact: str = Field(
        default="",
        max_length=200,
        pattern=r"^[^\r\n]*$",
        description="Your mail address, said to the servers that are asked for papers.",
    )
    sources: Annotated[dict[str, SourceSettings], BeforeValidator(_from_text)] = Field(
        default_factory=dict, description="How each source is asked; a table a source."
    )
    trending: Annotated[TrendingSettings, BeforeValidator(_from_text)] = Field(
        default=TrendingSettings(),
        description="How trending counts; an admin's choice on its page stands over it.",
    )
    sync_every_h: float = Field(
        default=0.0, ge=0, le=720, description="Hours between two harvests in `serve`; 0: none."
    )
    metrics_from: Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_split)] = Field(
        default=(ip_network("127.0.0.0/8"), ip_network("::1/128")),
        description="Addresses and networks that may read `/metrics`.",
    )
    metrics_token_file: Path | None = Field(
        default=None, description="File with a bearer token that opens `/metrics` to others."
    )
    log_requests: bool = Field(
        default=False, description="Print a line for each request: method, path, status, time."
    )
    keep_raw: bool = Field(
        default=False, description="Keep servers' answers as they came, for `show ID --raw`."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="warning", description="debug, info, warning or error."
    )

    @field_validator("address")
    @classmethod
    def _is_base(cls, value: str) -> str:
        parts = urlsplit(value)
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.path in ("", "/")
        if value and (not whole or parts.query or parts.fragment or parts.username is not None):
            raise ValueError(f"takes http:// or https:// and a host, as https://a.b; got {value!r}")
        return f"{parts.scheme}://{parts.netloc.lower()}" if value else ""

    @field_validator("proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ipaddress.ip_network(network)) for network in value)


def sentence_of(error: ValidationError) -> str:
    """Return what is wrong with values, each named by its path."""
    parts = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
    return "; ".join(parts) + "."
