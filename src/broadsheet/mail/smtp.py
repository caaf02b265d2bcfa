"""Mail over SMTP: encrypted before anything secret is said, one connection for many letters."""

import contextlib
import smtplib
import ssl
from collections.abc import Callable
from typing import Literal

from broadsheet.mail.signing import Signer
from broadsheet.model.errors import SettingsError
from broadsheet.model.letters import LetterError, LetterRefusedError, LetterUnsureError

Security = Literal["starttls", "tls", "none"]
_TIMEOUT_S = 30.0
_LETTERS_A_CONNECTION = 100
_PERMANENT = 500
_NO_SUCH_ADDRESS = frozenset({550, 551, 553})


class SmtpMailer:
    """Hands messages to a mail server (`model.saved_ports.Mailer`). Not shared by threads.

    Args:
        host, port: of the server.
        security: `starttls` and `tls` check the server's certificate; `none` sends in the open,
            and never a password.
        user, password: empty when the server asks for none.
        bounce_to: the envelope's sender, to which letters come back.
        signer: signs what goes out, or None.
        context: what is trusted; the system's certificates by default.

    Raises:
        SettingsError: a password would be sent in the open.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        security: Security = "starttls",
        user: str = "",
        password: str = "",
        bounce_to: str,
        signer: Signer | None = None,
        context: ssl.SSLContext | None = None,
        timeout_s: float = _TIMEOUT_S,
    ) -> None:
        if password and security == "none":
            raise SettingsError("mail.security = none would send the password in the open.")
        self.host = host
        self.port = port
        self.security = security
        self.user = user
        self.password = password
        self.bounce_to = bounce_to
        self.signer = signer
        self.context = context or ssl.create_default_context()
        self.timeout_s = timeout_s
        self._open: smtplib.SMTP | None = None
        self._n_sent = 0

    def send(self, message: bytes, *, to: str, begin: Callable[[], None]) -> None:
        """Hand a message to the server.

        Args:
            begin: called when the server has taken the address, before the message goes out.

        Raises:
            LetterRefusedError: it is refused for good.
            LetterUnsureError: the connection broke after the message had gone out.
            LetterError: it was not taken; to be tried again.
        """
        signed = self.signer.sign(message) if self.signer else message
        server = self._connection()
        self._say(lambda: server.mail(self.bounce_to), of_address=False)
        self._say(lambda: server.rcpt(to), of_address=True)
        begin()
        try:
            code, said = server.data(signed)
        except smtplib.SMTPDataError as e:  # refused before the message went out
            self._reset()
            raise _refusal(e.smtp_code, e.smtp_error, of_address=False) from e
        except (smtplib.SMTPException, OSError) as e:
            self.close()
            raise LetterUnsureError(f"{self.host} broke off while it took the letter.") from e
        if code != 250:
            self._reset()
            raise _refusal(code, said, of_address=False)
        self._n_sent += 1

    def close(self) -> None:
        """Give back the connection."""
        if self._open is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._open.quit()
            self._open.close()
        self._open, self._n_sent = None, 0

    def _connection(self) -> smtplib.SMTP:
        if self._n_sent >= _LETTERS_A_CONNECTION:
            self.close()
        if self._open is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                if self._open.noop()[0] == 250:
                    return self._open
            self.close()
        try:
            self._open = self._connected()
        except smtplib.SMTPAuthenticationError as e:
            raise LetterError(f"{self.host} does not take mail.user and mail.password.") from e
        except smtplib.SMTPNotSupportedError as e:
            raise LetterError(f"{self.host} offers no {self.security.upper()} here.") from e
        except ssl.SSLError as e:
            raise LetterError(f"{self.host} cannot prove who it is: {e.reason}.") from e
        except (smtplib.SMTPException, OSError) as e:
            raise LetterError(f"{self.host} port {self.port} cannot be reached: {e}.") from e
        return self._open

    def _connected(self) -> smtplib.SMTP:
        made: smtplib.SMTP
        if self.security == "tls":
            made = smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.timeout_s, context=self.context
            )
        else:
            made = smtplib.SMTP(self.host, self.port, timeout=self.timeout_s)
        try:
            if self.security == "starttls":
                made.starttls(context=self.context)
            made.ehlo_or_helo_if_needed()
            if self.user:
                made.login(self.user, self.password)
        except BaseException:
            made.close()
            raise
        return made

    def _say(self, say: Callable[[], tuple[int, bytes]], *, of_address: bool) -> None:
        """Say one thing that comes before the message; a break here loses nothing."""
        try:
            code, said = say()
        except UnicodeError as e:
            self._reset()
            raise LetterRefusedError("The address cannot be said in SMTP.", of_address=True) from e
        except (smtplib.SMTPException, OSError) as e:
            self.close()
            raise LetterError(f"{self.host} broke off: {e}.") from e
        if code not in (250, 251):
            self._reset()
            raise _refusal(code, said, of_address=of_address)

    def _reset(self) -> None:
        try:
            if self._open is not None:
                self._open.rset()
        except (smtplib.SMTPException, OSError):
            self.close()


def _refusal(code: int, said: bytes | str, *, of_address: bool) -> LetterError:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    sentence = f"The server said {code} {' '.join(text.split())[:200]}"
    if code < _PERMANENT:
        return LetterError(sentence)
    return LetterRefusedError(sentence, of_address=of_address and code in _NO_SUCH_ADDRESS)
