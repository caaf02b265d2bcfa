"""Calls of webhooks, signed as Standard Webhooks says, to public addresses alone."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable
from functools import cache

from broadsheet.model.errors import RetryError, SourceError
from broadsheet.model.harvest import About, Request
from broadsheet.model.letters import Letter, LetterError, LetterRefusedError
from broadsheet.model.ports import Clock
from broadsheet.model.source_ports import Web

_TOO_MANY = 429
_ODD = 300
_FAILING = 500


class WebHooks:
    """Posts letters to webhooks (`model.saved_ports.Hooks`).

    Args:
        make_web: returns the way out, which follows no redirect and goes to no private address.
        about: names this way out to the web.
        clock: the present moment, which is signed.
    """

    def __init__(self, *, make_web: Callable[[], Web], about: About, clock: Clock) -> None:
        self.make_web = cache(make_web)
        self.about = about
        self.clock = clock

    def post(self, letter: Letter, *, secret: str) -> None:
        """Post a letter's body.

        A call may come twice, after a crash or a lost answer: its receiver knows it by
        `webhook-id`.

        Raises:
            LetterRefusedError: the address may not be called, or answers 3xx or 4xx.
            LetterError: no answer, or 429 or 5xx; to be tried again.
        """
        stamp = str(int(self.clock().timestamp()))
        request = Request(
            url=letter.to,
            body=letter.body.decode(),
            accept="*/*",
            headers=(
                ("webhook-id", letter.key),
                ("webhook-timestamp", stamp),
                ("webhook-signature", f"v1,{signature(secret, letter.key, stamp, letter.body)}"),
            ),
        )
        try:
            answer = self.make_web().fetch(request, about=self.about)
        except RetryError as e:
            raise LetterError(str(e)) from e
        except SourceError as e:
            raise LetterRefusedError(str(e)) from e
        if answer.status == _TOO_MANY or answer.status >= _FAILING:
            raise LetterError(f"The webhook answers {answer.status}.")
        if answer.status >= _ODD:
            raise LetterRefusedError(f"The webhook answers {answer.status}.")


def signature(secret: str, id: str, timestamp: str, body: bytes) -> str:
    """Return what stands after `v1,` in webhook-signature.

    Args:
        secret: `whsec_` and the key in base64.
    """
    key = b64decode(secret.removeprefix("whsec_"))
    said = f"{id}.{timestamp}.".encode() + body
    return b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
