"""Links and answers that we can trust when they come back, without keeping them."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from broadsheet.model.errors import NotAllowedError
from broadsheet.model.reader_ports import Attempts, Kept

_KEY_NAME = "sealing key"
_KEY_BYTES = 32
_LONGEST = 4_000


class Seals:
    """Seals facts with the library's own key (HMAC-SHA256).

    Args:
        kept: keeps the key, which is made when it is first needed.
        attempts: remembers what may be used once.
        clock: the present moment in UTC.
    """

    def __init__(self, *, kept: Kept, attempts: Attempts, clock: Callable[[], datetime]) -> None:
        self.kept = kept
        self.attempts = attempts
        self.clock = clock
        self._key = b""

    def seal(self, purpose: str, facts: dict[str, str], *, lasts: timedelta) -> str:
        """Return a word for addresses that holds facts for a time."""
        until = int((self.clock() + lasts).timestamp())
        body = _text(msgspec.json.encode([until, secrets.token_urlsafe(12), facts]))
        return f"{body}.{_text(self._mark(purpose, body))}"

    def opened(self, purpose: str, sealed: str, *, once: bool = False) -> dict[str, str]:
        """Return the facts.

        Args:
            once: use it up.

        Raises:
            NotAllowedError: we have not sealed it for this purpose, it is too old or used up.
        """
        until, facts = self._facts(purpose, sealed)
        left_s = int(until - self.clock().timestamp())
        if left_s <= 0:
            raise NotAllowedError("This has waited for too long; begin anew.")
        if once:
            used = hashlib.sha256(f"seal\0{sealed}".encode()).hexdigest()
            if self.attempts.count(used, window_s=left_s + 1)[0] > 1:
                raise NotAllowedError("This has been used already; begin anew.")
        return facts

    def _facts(self, purpose: str, sealed: str) -> tuple[int, dict[str, str]]:
        body, _, mark = sealed.partition(".")
        right = hmac.compare_digest(_text(self._mark(purpose, body)).encode(), mark.encode())
        if len(sealed) > _LONGEST or not right:
            raise NotAllowedError("This link is not whole; take it from its letter or page anew.")
        until, _, facts = _content(body)
        return until, facts

    def _mark(self, purpose: str, body: str) -> bytes:
        if not self._key:
            made = _text(secrets.token_bytes(_KEY_BYTES))
            self._key = _bytes(self.kept.get_or_set(_KEY_NAME, made))
        said = f"{purpose}\0{body}".encode("utf-8", "replace")
        return hmac.digest(self._key, said, "sha256")


def _content(body: str) -> Any:
    try:
        return msgspec.json.decode(_bytes(body), type=tuple[int, str, dict[str, str]])
    except (msgspec.MsgspecError, binascii.Error) as e:
        raise NotAllowedError("This link is not whole.") from e


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
