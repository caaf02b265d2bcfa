"""Letters that accounts need: an address is asked whether it is the reader's."""

from broadsheet.model.letters import Envelope, Letter
from broadsheet.model.ports import Clock
from broadsheet.model.readers import Reader
from broadsheet.model.saved_ports import LetterPress, Post
from broadsheet.services.subscribing import MailHouse, message_id


class NoLetters:
    """Where no mail is set up: sends nothing, and says so (`model.reader_ports.Letters`)."""

    def go_out(self) -> bool:
        """Return whether mail is set up."""
        return False

    def confirm_address(self, reader: Reader, address: str, token: str) -> None:
        """Ask nobody."""


class AccountLetters:
    """Puts letters into the outbox (`model.reader_ports.Letters`).

    Args:
        post: the outbox.
        press: sets the letters.
        house: how this paper writes.
        clock: the present moment.
    """

    def __init__(self, *, post: Post, press: LetterPress, house: MailHouse, clock: Clock) -> None:
        self.post = post
        self.press = press
        self.house = house
        self.clock = clock

    def go_out(self) -> bool:
        """Return whether mail is set up."""
        return True

    def confirm_address(self, reader: Reader, address: str, token: str) -> None:
        """Ask at an address whether it is the reader's."""
        now = self.clock()
        key = f"address:{reader.id}:{now.isoformat(timespec='seconds')}"
        envelope = Envelope(
            sender=self.house.sender,
            to=address,
            subject=f"Is this your address at {self.house.title}?",
            message_id=message_id(key, self.house),
            date=now,
        )
        body = self.press.note(
            envelope,
            lines=(
                f"{reader.name} at {self.house.title} has given this mail address.",
                "If that was you, confirm it. If not, do nothing.",
            ),
            link=f"{self.house.address}/account/address/confirm?token={token}",
            action="Yes, it is mine",
        )
        self.post.put([Letter(key=key, channel="mail", to=address, body=body)])
