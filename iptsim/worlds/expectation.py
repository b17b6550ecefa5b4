"""A fate as people name it (`ACCEPT`, `REDIRECT:15001`, `local`), and who meets it."""

from __future__ import annotations

from collections.abc import Mapping

from iptsim import codes
from iptsim.actions import Fate
from iptsim.dataclass import dataclass, replace
from iptsim.errors import UsageError, misspelt
from iptsim.regex import regex
from iptsim.values import format_address, parse_address
from iptsim.worlds.outcome import Outcome, Step

# The fields that each translation rewrites: address, port.
_REWRITTEN = {
    "REDIRECT": ("dst", "dport"),
    "DNAT": ("dst", "dport"),
    "SNAT": ("src", "sport"),
    "MASQUERADE": ("src", "sport"),
    "NETMAP": ("dst", "dport"),
}
_WITHOUT_ADDRESS = ("REDIRECT", "MASQUERADE")
_DESTINATIONS = ("local", "forward", "out")
_TO = regex(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<v4>[0-9.]+))(?::(?P<port>\d{1,5}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """A fate: a verdict, a destination (`local`, `forward`, `out`), or a translation.

    A translation is to `address` and `port` where those are named, and is met only by a packet
    that is let through: of one that was dropped later, rewrites do not count.
    """

    kind: str
    address: str | None = None
    port: int | None = None

    @property
    def translates(self) -> bool:
        """Whether it is met by what a target of the name `kind` made of a packet."""
        return self.kind in _REWRITTEN

    @property
    def has_target(self) -> bool:
        """Whether rules have it as their target: a destination none has."""
        return self.kind not in _DESTINATIONS

    @property
    def values(self) -> Mapping[str, int | str]:
        """What the fields must hold that the translation may rewrite; addresses as text."""
        told = zip(_REWRITTEN.get(self.kind, ()), (self.address, self.port), strict=False)
        return {name: value for name, value in told if value is not None}

    @property
    def anywhere(self) -> Expectation:
        """The same translation, whatever to."""
        return replace(self, address=None, port=None)

    def ended_by(self, verdict: str, destination: str | None) -> bool:
        """Whether a packet that ends so may fare so; a translation asks that it is let through."""
        if self.translates:
            return destination is not None
        return self.kind == (destination if self.kind in _DESTINATIONS else verdict)

    def met_by(self, outcome: Outcome) -> bool:
        """Whether a packet of this outcome fares so."""
        if not self.ended_by(outcome.verdict, outcome.destination):
            return False
        return not self.translates or any(self._done_by(step, outcome) for step in outcome.steps)

    def _done_by(self, step: Step, outcome: Outcome) -> bool:
        if step.target != self.kind:
            return False
        # A translation to what the packet had already rewrites nothing.
        held = dict(outcome.packet) | {rewrite.field: rewrite.after for rewrite in step.rewrites}
        return all(held.get(name) == value for name, value in self.values.items())


def read_expectation(text: str) -> Expectation:
    """`ACCEPT`, `local`, `REDIRECT:15001`, `DNAT:10.0.0.9`, `DNAT:[fd00::9]:80` and so on.

    Raises `UsageError` for anything else.
    """
    kind, colon, rest = text.partition(":")
    if kind.lower() in _DESTINATIONS and not colon:
        return Expectation(kind=kind.lower())
    kind = kind.upper()
    if kind in Fate.__members__ and not colon:
        return Expectation(kind=kind)
    if kind not in _REWRITTEN:
        translations = (f"{name}[:…]" for name in _REWRITTEN)
        known = ", ".join((*Fate.__members__, *_DESTINATIONS, *translations))
        likely = misspelt("--fate", kind, (*Fate.__members__, *_DESTINATIONS, *_REWRITTEN))
        wrong = UsageError(f"{text!r} is not a fate; one of {known}", code=codes.NOT_A_FATE)
        raise likely or wrong
    if not colon:
        return Expectation(kind=kind)
    if kind in _WITHOUT_ADDRESS:
        return Expectation(kind=kind, port=_port(rest, text))
    return _translation(kind, rest, text)


def _translation(kind: str, rest: str, text: str) -> Expectation:
    parts = _TO.fullmatch(rest)
    if parts is None:
        return Expectation(kind=kind, address=_address(rest, text))
    port = parts["port"]
    address = _address(parts["v6"] or parts["v4"], text)
    return Expectation(kind=kind, address=address, port=_port(port, text) if port else None)


def _address(word: str, text: str) -> str:
    try:
        return format_address(*parse_address(word))
    except ValueError:
        raise UsageError(
            f"{text!r}: {word!r} is not an address, such as 10.0.0.9 or [fd00::9]:80",
            code=codes.NOT_A_FATE,
        ) from None


def _port(word: str, text: str) -> int:
    if not word.isascii() or not word.isdigit() or int(word) > 65535:
        raise UsageError(f"{text!r}: {word!r} is not a port", code=codes.NOT_A_FATE)
    return int(word)
