"""What a packet's link is: only what comes over Ethernet has a MAC address that rules see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iptsim.host import Host
from iptsim.model import Ruleset
from iptsim.predicate import Interface
from iptsim.values import InterfacePattern
from iptsim.worlds.splits import part
from iptsim.worlds.terms import Known, Term
from iptsim.worlds.variables import ARRIVING
from iptsim.worlds.world import Setting, World

_ASKING = frozenset({"mac", "set"})
"""Matches that may ask for a MAC address."""
_TUNNELS = (
    "tun", "wg", "ppp", "sit", "gre", "ip6gre", "ip6tnl", "ipip", "ip_vti", "ip6_vti", "vti",
    "ipsec", "xfrm", "wwan", "rmnet", "tailscale",
)  # fmt: skip
"""What the names of tunnels, modems and dialled links usually begin with."""


def is_ethernet(name: str | None, host: Host) -> Term | None:
    """Whether what comes by that interface comes over Ethernet, as `ethernet` holds it.

    Open for one whose name is a tunnel's and whose link nobody told; None where it is presumed.
    Source: net/netfilter/xt_mac.c, `skb->dev->type != ARPHRD_ETHER`.
    """
    if name == "lo":
        return Known(value="no")
    kind = host.kind_of(name) if name else None
    if kind is not None:
        return Known(value="yes" if kind == "ether" else "no")
    return ARRIVING["ethernet"] if name and name.startswith(_TUNNELS) else None


def by_link(worlds: Iterable[World], ruleset: Ruleset, setting: Setting) -> Iterator[World]:
    """The worlds, in parts by the interfaces that are no Ethernet, or may be none.

    Those are the ones that the host's devices tell, and those that rules name as tunnels are named.
    """
    links = [] if ruleset.match_names.isdisjoint(_ASKING) else list(_links(ruleset, setting.host))
    for world in worlds:
        yield from _apart(world, links, setting)


def _links(ruleset: Ruleset, host: Host) -> Iterator[tuple[InterfacePattern, Term]]:
    """Interfaces of which more is known than that any may be an Ethernet, the longest first."""
    told = [InterfacePattern(text=d.name) for d in host.devices or () if d.kind is not None]
    asked = dict.fromkeys((*told, *ruleset.incoming))
    for pattern in sorted(asked, key=lambda each: len(each.text), reverse=True):
        link = is_ethernet(pattern.text.removesuffix("+"), host)
        if link is not None and link != Known(value="yes") and pattern.text != "lo":
            yield pattern, link


def _apart(
    world: World, links: Iterable[tuple[InterfacePattern, Term]], setting: Setting
) -> Iterator[World]:
    rest: World | None = world
    for pattern, link in links:
        if rest is None or isinstance(world.fields["in"], Known):
            break
        inside, rest = part(rest, Interface(field="in", pattern=pattern), setting)
        if inside is not None:
            yield inside.holding(ethernet=link)
    if rest is not None:
        yield rest
