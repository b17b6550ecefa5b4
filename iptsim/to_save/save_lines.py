"""One rule in the words of iptables-save, made part by part."""

from __future__ import annotations

from iptsim.dataclass import dataclass, replace

TRANSPORTS = {6: "tcp", 17: "udp", 33: "dccp", 132: "sctp", 136: "udplite"}
"""The protocols whose ports `-m multiport` reads (xt_multiport, checkentry)."""
_SLOTS = ("-s", "-d", "-i", "-o", "-f")
_OF_PROTOCOL = frozenset({*TRANSPORTS.values(), "icmp", "icmp6"})


class UnsaidError(Exception):
    """iptables has no words for a part of a rule; `words` is where that part begins in its text."""

    def __init__(self, what: str, words: str = "") -> None:
        super().__init__(what)
        self.what, self.words = what, words


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """`-p`, or `! -p`."""

    number: int
    negate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A word of the header: `-s -d -i -o -f`; `again` is the option to take where it is taken."""

    name: str
    value: str
    negate: bool = False
    again: tuple[str, str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """`-m MODULE [!] OPTION VALUE`; `protocols` are those of which one must have been asked.

    Where only one can be, it is asked besides. `alone` is whether one `-m` takes but one option.
    """

    module: str
    option: str
    value: str = ""
    negate: bool = False
    protocols: tuple[int, ...] = ()
    alone: bool = False

    @property
    def words(self) -> str:
        """The option as iptables-save prints it."""
        sign = "! " if self.negate else ""
        return f"{sign}{self.option} {self.value}".rstrip()


Piece = Protocol | Slot | Asking


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a rule asks; `instances` are uses of extensions, with the options of each."""

    protocol: int | None = None
    others: int | None = None
    header: tuple[tuple[str, str], ...] = ()
    instances: tuple[tuple[str, tuple[Asking, ...]], ...] = ()

    @property
    def words(self) -> str:
        """The conditions as iptables-save takes them."""
        told = dict(self.header)
        parts = [told[slot] for slot in _SLOTS if slot in told]
        if self.protocol is not None:
            parts.append(f"-p {self.protocol}")
        elif self.others is not None:
            parts.append(f"! -p {self.others}")
        for module, options in sorted(self.instances, key=lambda one: one[0] not in _OF_PROTOCOL):
            parts.append(f"-m {module}")
            parts += [one.words for one in options]
        return " ".join(parts)

    def has(self, slot: str) -> bool:
        """Whether the header asks that already."""
        return any(name == slot for name, _text in self.header)


def joined(line: Line, piece: Piece) -> Line | None:
    """The line that asks a piece too; None where no packet is both."""
    match piece:
        case Protocol():
            return _of_protocol(line, piece)
        case Slot():
            return _in_header(line, piece)
        case Asking():
            return _asked(line, piece)


def _of_protocol(line: Line, piece: Protocol) -> Line | None:
    if line.protocol is not None:
        return line if (line.protocol == piece.number) != piece.negate else None
    if not piece.negate:
        return None if line.others == piece.number else replace(line, protocol=piece.number)
    if line.others not in (None, piece.number):
        raise UnsaidError("! -p", "l4proto")
    return replace(line, others=piece.number)


def _in_header(line: Line, piece: Slot) -> Line:
    if not line.has(piece.name):
        sign = "! " if piece.negate else ""
        text = f"{sign}{piece.name} {piece.value}".rstrip()
        return replace(line, header=(*line.header, (piece.name, text)))
    if piece.again is None:
        raise UnsaidError(
            f"{piece.name} … {piece.name}", {"-i": "iif", "-o": "oif"}.get(piece.name, "")
        )
    module, option, value = piece.again
    return _with(line, Asking(module=module, option=option, value=value, negate=piece.negate))


def _asked(line: Line, piece: Asking) -> Line | None:
    if not piece.protocols:
        return _with(line, piece)
    if len(piece.protocols) > 1 and line.protocol not in piece.protocols:
        raise UnsaidError(f"{piece.option} (-p …)", "th ")  # nft reads its bytes of any protocol
    if line.protocol is None:
        named = _of_protocol(line, Protocol(number=piece.protocols[0]))
        return None if named is None else _with(named, piece)
    return _with(line, piece) if line.protocol in piece.protocols else None


def _with(line: Line, piece: Asking) -> Line:
    """The option in an `-m` of its extension that does not have it yet, else in another."""
    found = list(line.instances)
    for at, (module, options) in enumerate(found):
        taken = {one.option for one in options}
        if module == piece.module and not piece.alone and piece.option not in taken:
            found[at] = (module, (*options, piece))
            return replace(line, instances=tuple(found))
    return replace(line, instances=(*found, (piece.module, (piece,))))
