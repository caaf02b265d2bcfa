"""Secrets that open a door, and the hashes by which they are found again."""

import hashlib
import secrets

_BYTES = 32
_LONGEST = 200


def new_secret(prefix: str = "") -> str:
    """Return 256 random bits as a word for addresses and cookies."""
    return prefix + secrets.token_urlsafe(_BYTES)


def secret_hash(secret: str) -> str:
    """Return the SHA-256 by which a secret is kept; of what cannot be one, a hash of nothing.

    What is found by the hash of 256 random bits tells nothing by the time that it takes.
    """
    said = secret if len(secret) <= _LONGEST else ""
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()


def name_hash(kind: str, name: str) -> str:
    """Return what stands for a name or an address where it must not be read."""
    return hashlib.sha256(f"{kind}\0{name}".encode("utf-8", "replace")).hexdigest()[:32]
