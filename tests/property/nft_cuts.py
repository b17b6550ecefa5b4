"""Listings of nft cut as people cut them, and whether the answer holds for the whole.

As `cuts` has it for iptables: what a piece answers must be the whole text's answer, or «?» with
that answer among its ways. What a piece presumes of tables and chains that are not here, it prints;
so of a piece that shows whole tables or base chains, only these count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from random import Random

from cuts import FIXTURES, MOST_OPEN, Wrong, _fates, _fits, _open_places, _shown
from nft_cutters import CUTTERS, Cutter, members, tables

from iptsim.dialects import read_text
from iptsim.errors import IptsimError
from iptsim.model import Ruleset
from iptsim.packet import Packet
from iptsim.tracer import Tracer
from iptsim.values import parse_address

_ALL = "# nft list ruleset\n"
_ADDRESS = {
    4: re.compile(r"(?<![\d.])(\d+\.\d+\.\d+\.\d+)(?![\d.])"),
    6: re.compile(r"(?<![\w:])([0-9a-f]{1,4}:[0-9a-f:]+)(?![\w:])"),
}
_MORE = {4: "192.0.2.1", 6: "2001:db8::7"}
_PORT = re.compile(r"port (?:\{ )?(\d+)|to :(\d+)")
_NAME = re.compile(r'[io]ifname (?:\{ )?"([^"*]+)"')


@cache
def listings() -> tuple[tuple[str, str], ...]:
    """The listings of the fixtures: name and text."""
    paths = (path for path in sorted(FIXTURES.rglob("*")) if path.is_file())
    texts = ((str(path.relative_to(FIXTURES)), path.read_bytes()) for path in paths)
    return tuple((name, text.decode()) for name, text in texts if text.startswith(b"table "))


def packets(text: str, family: int, random: Random) -> Iterator[tuple[Packet, str | None]]:
    """Packets that rules of the text may speak of, with the hook where they start."""
    ports = [int(a or b) for a, b in _PORT.findall(text) if int(a or b) < 65536]
    addresses = [parse_address(e)[0] for e in (*_valid(text, family), _MORE[family])]
    names = ["eth0", *_NAME.findall(text)]
    for _number in range(3):
        packet = Packet(
            family=family,
            proto=random.choice((6, 6, 6, 17)),
            src=random.choice([None, *addresses]),
            dst=random.choice([None, *addresses]),
            sport=40000,
            dport=random.choice([*ports, 80, 22]),
            ctstate=random.choice((None, None, None, "ESTABLISHED")),
        )
        kind = random.choice(("in", "in", "through", "out"))
        if packet.ctstate is not None:
            names = [name for name in names if name != "lo"]  # what lo brings back is any of its
        if kind == "out":
            yield packet.with_(uid=random.choice((0, 1000, 1337)), src=None), "OUTPUT"
        elif kind == "in":
            yield packet.with_(in_=random.choice(names), dst=None), None
        else:
            yield packet.with_(in_=random.choice(names), out=random.choice(names)), None


def _valid(text: str, family: int) -> Iterator[str]:
    for one in sorted(set(_ADDRESS[family].findall(text))):
        try:
            parse_address(one)
        except (IptsimError, ValueError):
            continue
        yield one


def wrongs(
    seed: int,
    cutters: Mapping[str, Cutter] = CUTTERS,
    most_open: int = MOST_OPEN,
    texts: tuple[tuple[str, str], ...] = (),
) -> Iterator[Wrong]:
    """What one cut, drawn by the seed, answers wrongly; nothing where it cannot be read."""
    random = Random(seed)  # noqa: S311  # not for secrets
    name, text = random.choice(texts or listings())
    cutter = random.choice(list(cutters))
    cut = cutters[cutter](text, random)
    if cut is None or cut == text:
        return
    family = random.choice((4, 6))
    whole, found = _ruleset(shown_of(text, cut), family), _ruleset(cut, family)
    if whole is None or found is None or _open_places(found) > most_open:
        return
    sides = Tracer.of(whole), Tracer.of(found)
    for packet, hook in packets(text, family, random):
        told, ways = (_fates(side, packet, hook) for side in sides)
        if told is None or ways is None:
            continue
        if not all(any(_fits(one, way) for way in ways) for one in told):
            yield Wrong(
                file=name, cutter=cutter, text=cut, packet=packet, hook=hook,
                whole=tuple(_shown(one) for one in told), cut=tuple(_shown(one) for one in ways),
            )  # fmt: skip


@cache
def _known(text: str) -> tuple[Ruleset, ...]:
    return read_text(text).rulesets


def _ruleset(text: str, family: int) -> Ruleset | None:
    try:
        return next((each for each in _known(text) if each.family == family), None)
    except IptsimError:
        return None


def shown_of(text: str, cut: str) -> str:
    """The tables of a text, and their base chains, of which a piece shows something.

    Others are presumed to let packets pass, and that is printed.
    """
    kept = []
    for table in tables(text):
        head = table.partition("\n")[0]
        if head.rstrip(" {") not in cut and "table " in cut:
            continue
        kept.append(_shown_of(table, cut) if head in cut else table)
    return _ALL + ("".join(kept) or text)


def _shown_of(table: str, cut: str) -> str:
    for one in members(table):
        if " hook " in one and _title(one) not in cut:
            table = table.replace(one, "", 1)
    return table


def _title(member: str) -> str:
    return member.partition("\n")[0].strip()
