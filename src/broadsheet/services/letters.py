"""Where no mail is set up."""

from broadsheet.model.readers import Reader


class NoLetters:
    """Sends nothing, and says so (`model.reader_ports.Letters`)."""

    def go_out(self) -> bool:
        """Return whether mail is set up."""
        return False

    def confirm_address(self, reader: Reader, address: str, token: str) -> None:
        """Ask nobody."""
