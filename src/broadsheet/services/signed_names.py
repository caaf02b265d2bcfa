"""Names that this library has signed, for links in letters that must hold as long as the letter."""

import hashlib
import hmac
import secrets
from base64 import b64encode, urlsafe_b64encode

_MAC_BYTES = 18
_SECRET_BYTES = 32


def signed(key: bytes, purpose: str, name: str) -> str:
    """Return a token that says that this library has given `name` for this purpose."""
    return f"{name}.{_mac(key, purpose, name)}"


def name_in(token: str, key: bytes, purpose: str) -> str | None:
    """Return the name of a signed token, or None when it was not given for this purpose."""
    name, _, mac = token.rpartition(".")
    is_ours = hmac.compare_digest(mac.encode(), _mac(key, purpose, name).encode())
    return name if is_ours else None


def new_signing_secret() -> str:
    """Return a key for webhooks as Standard Webhooks writes it."""
    return f"whsec_{b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()}"


def _mac(key: bytes, purpose: str, name: str) -> str:
    said = f"{purpose}\0{name}".encode("utf-8", "replace")
    digest = hmac.new(key, said, hashlib.sha256).digest()[:_MAC_BYTES]
    return urlsafe_b64encode(digest).decode()
