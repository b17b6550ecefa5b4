"""CLUSTERIP: nodes that share an address; each takes the packets that a hash gives to it.

Sources: iptables-extensions(8), CLUSTERIP; extensions/libipt_CLUSTERIP.c;
net/ipv4/netfilter/ipt_CLUSTERIP.c (clusterip_tg), until Linux 6.2.
"""

from __future__ import annotations

from collections.abc import Hashable

from iptsim import codes
from iptsim.actions import Action, Branch, Continue, Fate, Forget, Verdict
from iptsim.dataclass import dataclass
from iptsim.extensions.spec import Context, Opt, TargetExtension
from iptsim.extensions.text import write_target
from iptsim.extensions.values.one_word import Word
from iptsim.extensions.values.value_types import Choice, Number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Option, Target
from iptsim.predicate import Fact, all_of, equals, named


@dataclass(frozen=True, slots=True, kw_only=True)
class Mac(Word):
    """A hardware address in upper case."""

    expected: str = "a hardware address, such as 01:00:5E:00:00:01"
    listing: str = r"[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}"

    def read_listing(self, text: str, family: int) -> Hashable:  # noqa: ARG002  # the protocol's
        """See `ValueType`."""
        octets = text.upper().split(":")
        if len(octets) != 6 or any(not octet or int(octet, 16) > 0xFF for octet in octets):
            raise ValueError(f"{text!r} is not {self.expected}")
        return ":".join(octets)


_OPTIONS = (
    Opt(name="--new"),
    Opt(
        name="--hashmode",
        value=Choice(names=("sourceip", "sourceip-sourceport", "sourceip-sourceport-destport")),
    ),
    Opt(name="--clustermac", value=Mac()),
    Opt(name="--total-nodes", value=Number(bits=16)),
    Opt(name="--local-node", value=Number(bits=16)),
    Opt(name="--hash-init", value=Number()),
)
_PARTS = tuple(
    Part(option.name, option.name[2:].replace("-", "_") + "={}") for option in _OPTIONS[1:]
)


def _normalize(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    """The settings are printed for the rule that made the cluster, and then all of them."""
    names = {option.name for option in options}
    if not names:
        return ()
    new = () if "--new" in names else (Option(name="--new"),)
    seed = () if "--hash-init" in names else (Option(name="--hash-init", value=0),)
    return (*new, *options, *seed)


def _lower(target: Target, where: Context) -> tuple[Action, ...]:
    mine: tuple[Action, ...] = (Forget(field="pkttype", detail=target.name), Continue())
    dropped: tuple[Action, ...] = (Verdict(fate=Fate.DROP),)
    hashed = Branch(when=_responsible(target, where), then=mine, otherwise=dropped)
    # The first packet's hash becomes the connection's mark.
    first: tuple[Action, ...] = (Forget(field="connmark", detail=target.name), hashed)
    tracked = Branch(when=named("ctstate", "NEW"), then=first, otherwise=(hashed,))
    error = all_of((equals("proto", 1), named("ctstate", "RELATED")))
    known = Branch(when=error, then=(Continue(),), otherwise=(tracked,))
    lost = named("ctstate", "INVALID", "UNTRACKED")
    return (Branch(when=lost, then=dropped, otherwise=(known,)),)


def _responsible(target: Target, where: Context) -> Fact:
    return Fact(
        key=f"this node takes it: {write_target(target, where.family)}",
        code=codes.NODE_TAKES,
        reads=("src", "sport", "dport", "proto", "icmp_type", "icmp_code"),
    )


EXTENSIONS = (
    TargetExtension(
        name="CLUSTERIP",
        tracks=(),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="CLUSTERIP", parts=_PARTS),
        families=(4,),
        normalize=_normalize,
        lower=_lower,
    ),
)
