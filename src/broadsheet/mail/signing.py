"""Signatures that say for which domain a message speaks (DKIM, RFC 6376)."""

from pathlib import Path

from broadsheet.model.errors import SettingsError

_SIGNED = (
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"mime-version",
    b"content-type",
    b"list-id",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"auto-submitted",
)


class Signer:
    """Signs messages.

    Args:
        domain: of the sender's address.
        selector: under which the domain's DNS holds the public key.
        key_file: PEM file of an RSA key or 32 bytes of an Ed25519 key in base64.

    Raises:
        SettingsError: the key cannot be read or is none.
    """

    def __init__(self, *, domain: str, selector: str, key_file: Path) -> None:
        self.domain = domain.encode("idna")
        self.selector = selector.encode("ascii")
        try:
            self.key = key_file.read_bytes().strip()
        except OSError as e:
            raise SettingsError(f"mail.dkim_key_file {key_file} cannot be read.") from e
        self.algorithm = b"rsa-sha256" if self.key.startswith(b"-----BEGIN") else b"ed25519-sha256"
        self.sign(b"From: probe@example.org\r\n\r\n\r\n")

    def sign(self, message: bytes) -> bytes:
        """Return the message with its signature before it.

        Raises:
            SettingsError: the key signs nothing.
        """
        import dkim  # with all of DNS, which nothing else needs

        present = {name for name in _SIGNED if b"\n" + name + b":" in b"\n" + message.lower()}
        try:
            signature = dkim.sign(
                message,
                self.selector,
                self.domain,
                self.key,
                canonicalize=(b"relaxed", b"relaxed"),
                signature_algorithm=self.algorithm,
                include_headers=[name for name in _SIGNED if name in present],
            )
        except Exception as e:  # the library raises whatever its parsers do
            raise SettingsError("mail.dkim_key_file holds no private key that signs.") from e
        return bytes(signature) + message
