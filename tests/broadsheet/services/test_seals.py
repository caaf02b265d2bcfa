"""What comes back under our seal is what went out, for its purpose, for its time, once."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.model.errors import NotAllowedError
from broadsheet.services.seals import Seals

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Memory:
    """What seals keep, in a dictionary."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.tries: dict[str, int] = {}

    def get_or_set(self, name: str, value: str) -> str:
        return self.values.setdefault(name, value)

    def count(self, name: str, *, window_s: int) -> tuple[int, int]:
        self.tries[name] = self.tries.get(name, 0) + 1
        return self.tries[name], window_s

    def forget(self, name: str) -> None:
        self.tries.pop(name, None)


def seals(memory: Memory, *, at: datetime = NOW) -> Seals:
    return Seals(kept=memory, attempts=memory, clock=lambda: at)


def test_what_is_sealed_comes_back() -> None:
    memory = Memory()
    sealed = seals(memory).seal("letter", {"reader": "ä\0b"}, lasts=HOUR)
    assert seals(memory).opened("letter", sealed) == {"reader": "ä\0b"}
    assert seals(memory).opened("letter", sealed) == {"reader": "ä\0b"}
    assert sealed.replace("-", "").replace("_", "").replace(".", "").isalnum()


def test_it_holds_for_its_time() -> None:
    memory = Memory()
    sealed = seals(memory).seal("letter", {}, lasts=HOUR)
    assert seals(memory, at=NOW + timedelta(minutes=59)).opened("letter", sealed) == {}
    with pytest.raises(NotAllowedError, match="too long"):
        seals(memory, at=NOW + HOUR).opened("letter", sealed)


def test_it_holds_for_its_purpose_and_library() -> None:
    memory = Memory()
    sealed = seals(memory).seal("letter", {}, lasts=HOUR)
    with pytest.raises(NotAllowedError, match="not whole"):
        seals(memory).opened("password", sealed)
    with pytest.raises(NotAllowedError, match="not whole"):
        seals(Memory()).opened("letter", sealed)


def test_it_is_used_up() -> None:
    memory = Memory()
    sealed, other = (seals(memory).seal("key", {}, lasts=HOUR) for _ in range(2))
    assert seals(memory).opened("key", sealed, once=True) == {}
    with pytest.raises(NotAllowedError, match="already"):
        seals(memory).opened("key", sealed, once=True)
    assert seals(memory).opened("key", other, once=True) == {}


@given(st.text(max_size=200))
def test_nothing_else_opens(text: str) -> None:
    with pytest.raises(NotAllowedError):
        seals(Memory()).opened("letter", text)


@given(st.integers(min_value=0), st.characters(codec="ascii"))
def test_one_changed_letter_breaks_it(place: int, letter: str) -> None:
    memory = Memory()
    sealed = seals(memory).seal("letter", {"reader": "ada"}, lasts=HOUR)
    at = place % len(sealed)
    changed = sealed[:at] + letter + sealed[at + 1 :]
    if changed != sealed:
        with pytest.raises(NotAllowedError):
            seals(memory).opened("letter", changed)
