"""The outbox emptied: letters to the mail server, each at most once, and calls to webhooks."""

import logging

from broadsheet.model.letters import (
    MOST_BOUNCES,
    Letter,
    LetterError,
    LetterRefusedError,
    LetterUnsureError,
)
from broadsheet.model.ports import Stop
from broadsheet.model.saved_ports import Hooks, Mailer, Post, SavedQueries

log = logging.getLogger(__name__)

_BATCH = 20
_LEASE_S = 900.0
_AGAIN_S = (60.0, 300.0, 1_800.0, 7_200.0, 21_600.0, 43_200.0, 86_400.0)
"""Pauses between tries, two days in all; then a letter is dead."""


class SendingService:
    """Sends what is due.

    A letter is marked as being sent at the last moment before it may arrive. What a crash leaves
    so marked is never sent again, and is named as unsure; what it leaves earlier is sent when the
    lease on it has run out.

    Args:
        post: the outbox.
        saved: has the secrets that sign calls of webhooks.
        mailer: the way to the mail server, or None: then letters wait.
        hooks: the way to webhooks.
    """

    def __init__(
        self, *, post: Post, saved: SavedQueries, mailer: Mailer | None, hooks: Hooks
    ) -> None:
        self.post = post
        self.saved = saved
        self.mailer = mailer
        self.hooks = hooks

    def send_now(self, letter: Letter) -> None:
        """Send a letter past the outbox; nothing of it is kept.

        Raises:
            LetterError: it was not taken; the message says why.
        """
        if self.mailer is None:
            raise LetterError("The settings name no mail server.")
        try:
            self.mailer.send(letter.body, to=letter.to, begin=lambda: None)
        finally:
            self.mailer.close()

    def run(self, *, stop: Stop | None = None) -> int:
        """Send what is due; return how many letters went out."""
        n_sent = 0
        gone = _Gone(self.post)
        self.post.forsake(older_than_s=_LEASE_S)
        try:
            while letters := self.post.claim(limit=_BATCH, lease_s=_LEASE_S):
                for letter in letters:
                    if stop is not None and stop():
                        self.post.failed(letter, "", again_in_s=0.0)
                        continue
                    n_sent += self._send(letter, gone)
                if stop is not None and stop():
                    break
        finally:
            gone.keep()
            if self.mailer is not None:
                self.mailer.close()
        if n_sent:
            log.info("letters sent=%d", n_sent)
        return n_sent

    def _send(self, letter: Letter, gone: "_Gone") -> bool:
        """Send one letter, and keep how it went."""
        try:
            self._hand_over(letter, gone)
        except _LostError:
            return False
        except LetterUnsureError as e:
            self.post.unsure(letter, str(e))
            return False
        except LetterRefusedError as e:
            self.post.failed(letter, str(e), again_in_s=None)
            if e.of_address and letter.subscription is not None:
                self.post.bounced(letter.subscription, most=MOST_BOUNCES)
            return False
        except LetterError as e:
            again = _AGAIN_S[letter.tries - 1] if letter.tries <= len(_AGAIN_S) else None
            self.post.failed(letter, str(e), again_in_s=again)
            log.warning("letter not sent tries=%d: %s", letter.tries, e)
            return False
        gone.add(letter)
        return True

    def _hand_over(self, letter: Letter, gone: "_Gone") -> None:
        if letter.channel == "hook":
            gone.keep()  # a hook may be slow
            secret = self.saved.hook_secret(letter.query) if letter.query is not None else ""
            if not secret:
                raise LetterRefusedError("Its saved query has no webhook any more.")
            self.hooks.post(letter, secret=secret)
        elif self.mailer is None:
            raise LetterError("The settings name no mail server.")
        else:
            self.mailer.send(letter.body, to=letter.to, begin=lambda: gone.begin(letter))


class _Gone:
    """The letter that has gone out last: that it has is kept with the beginning of the next.

    Each write waits for the disk, and a letter needs two of them: here one does for both.
    """

    def __init__(self, post: Post) -> None:
        self.post = post
        self._last: Letter | None = None

    def add(self, letter: Letter) -> None:
        """Remember a letter that has gone out."""
        self.keep()
        self._last = letter

    def begin(self, letter: Letter) -> None:
        """Mark a letter as being sent.

        Raises:
            _LostError: another process has taken it meanwhile.
        """
        is_ours = self.post.begin(letter, sent=self._last)
        self._last = None
        if not is_ours:
            raise _LostError

    def keep(self) -> None:
        """Keep what has gone out by now."""
        if self._last is not None:
            self.post.sent(self._last)
            self._last = None


class _LostError(Exception):
    """Another process has taken the letter meanwhile."""
