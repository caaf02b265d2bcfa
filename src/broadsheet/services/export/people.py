"""An author's name in its parts, as citations want it."""

import re
from dataclasses import dataclass

from broadsheet.services.prose.plain import to_plain

_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv)\.?\Z", re.IGNORECASE)
_PARTICLE_NAMES = """van von vom de der den del della di da dal do dos das du des la le los lo ter
ten te zu zur zum zur af av auf op in 't het bin ibn ben al el"""
_PARTICLES = frozenset(_PARTICLE_NAMES.split())
_COLLECTIVE = re.compile(
    r"\b(?:collaborations?|consortium|consortia|team|group|committee|commission|council|initiative"
    r"|project|society|association|institute|university|universit[àäé]t?|laborator(?:y|ies)"
    r"|foundation|alliance|network|organi[sz]ation|community|contributors|authors|others)\b"
    r"|\sand\s|\Athe\s|\Afor\s|[;/@]",
    re.IGNORECASE,
)
_EAST_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af々·・]+\\Z")
_MOST_PARTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name in parts, or, where it has none, whole.

    Args:
        particle: what stands before the family name and is said with it, as `van der`.
        literal: the whole name of a group, or of a person whose name is one word; the parts are
            empty then.
        family_first: whether the family name is said before the given name.
    """

    family: str = ""
    given: str = ""
    particle: str = ""
    suffix: str = ""
    literal: str = ""
    family_first: bool = False

    @property
    def inverted(self) -> str:
        """The name as lists are sorted by: `van der Berg, Jan`, `King, Martin, Jr.`."""
        if self.literal:
            return self.literal
        family = f"{self.particle} {self.family}".strip()
        return ", ".join(part for part in (family, self.given, self.suffix) if part)


def split_name(name: str) -> Name:
    """Return the parts of `Given Family`, `Family, Given` or the name of a group.

    A family name is the last word, with the particles before it (`van`, `de la`) apart; two words
    in Chinese, Japanese or Korean letters begin with the family.
    """
    said = to_plain(name)
    if "," in said:
        return _of_commas(said)
    words = said.split()
    if len(words) < 2 or _COLLECTIVE.search(said):
        return Name(literal=said)
    if all(_EAST_ASIAN.match(word) for word in words):
        if len(words) > 2:
            return Name(literal=said)
        return Name(family=words[0], given=words[1], family_first=True)
    return _of_words(words)


def _of_commas(said: str) -> Name:
    parts = [part for part in map(str.strip, said.split(",")) if part]
    suffixes = [part for part in parts[1:] if _SUFFIX.match(part)]
    plain = [part for part in parts if part not in suffixes]
    if len(plain) > _MOST_PARTS or not plain or len(suffixes) > 1 or _COLLECTIVE.search(said):
        return Name(literal=said)
    suffix = "".join(suffixes)
    if len(plain) == 2:
        particle, family = _parted(plain[0].split())
        return Name(family=family, given=plain[1], particle=particle, suffix=suffix)
    words = plain[0].split()  # `Martin Luther King, Jr.`
    return _of_words([*words, suffix]) if suffix and len(words) > 1 else Name(literal=said)


def _of_words(words: list[str]) -> Name:
    suffix = words[-1] if len(words) > 2 and _SUFFIX.match(words[-1]) else ""
    words = words[:-1] if suffix else words
    start = next((i for i in range(len(words) - 1) if words[i] in _PARTICLES), len(words) - 1)
    particle, family = _parted(words[start:])
    return Name(family=family, given=" ".join(words[:start]), particle=particle, suffix=suffix)


def _parted(words: list[str]) -> tuple[str, str]:
    """The particles with which a family name begins, and the rest, which is never empty."""
    n = next((i for i, word in enumerate(words[:-1]) if word not in _PARTICLES), len(words) - 1)
    return " ".join(words[:n]), " ".join(words[n:])
