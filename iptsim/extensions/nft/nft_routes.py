"""`fib` and `socket`: what the routes and the sockets of the host say.

They lower to what the matches addrtype, rpfilter and socket of xtables lower to, which ask the same
(net/ipv4/netfilter/nft_fib_ipv4.c, net/netfilter/nft_socket.c).
"""

from __future__ import annotations

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.extensions.nft.nft_here import Here
from iptsim.extensions.nft.nft_operands import Asked, Opaque, Operand
from iptsim.extensions.nft.nft_words import words
from iptsim.extensions.registry import matches
from iptsim.extensions.shared.type_names import TYPES_OF_NUMBERS
from iptsim.extensions.text import named_facts, write_match
from iptsim.model import Match, Option
from iptsim.nftables.expressions import Fib, Rt, Socket
from iptsim.predicate import NEVER, And, Fact, Not, Or, Predicate, all_of, any_of, negate
from iptsim.values import IntSet

# An address of IPv6 has one type here, where addrtype finds several: the first of these
# (net/ipv6/netfilter/nft_fib_ipv6.c, __nft_fib6_eval_type).
_ORDER6 = ("UNREACHABLE", "ANYCAST", "LOCAL", "MULTICAST", "UNICAST")
_BEFORE6 = {name: _ORDER6[:at] for at, name in enumerate(_ORDER6)}
_LOCAL_ONLY = {"iif": "--limit-iface-in", "oif": "--limit-iface-out"}


def fib(one: Fib, here: Here) -> Operand:
    """What `fib` finds: a type by its number, or an interface, 0 where there is none."""
    flags = frozenset(one.flags)
    if one.result == "type" and flags & {"saddr", "daddr"}:
        return _type(one, here)
    if one.result in ("oif", "oifname", "check") and {"saddr", "iif"} <= flags <= _REVERSE:
        return _way_back(one, here)
    return Opaque(words=words(one), reads=_reads(flags))


_REVERSE = frozenset({"saddr", "iif", "mark"})
_NAMES = {"saddr": "src", "daddr": "dst", "iif": "in", "oif": "out", "mark": "mark"}


def _reads(flags: frozenset[str]) -> tuple[str, ...]:
    return tuple(field for flag, field in _NAMES.items() if flag in flags)


def _type(one: Fib, here: Here) -> Operand:
    flags = frozenset(one.flags)
    side = "--src-type" if "saddr" in flags else "--dst-type"
    limits = [Option(name=_LOCAL_ONLY[flag]) for flag in ("iif", "oif") if flag in flags]
    if "mark" in flags:
        return Opaque(words=words(one), reads=_reads(flags))

    def tell(values: IntSet) -> Predicate:
        names = tuple(name for number, name in TYPES_OF_NUMBERS.items() if number in values)
        if not names:
            return NEVER
        return any_of(is_type(name) for name in names)

    def is_type(name: str) -> Predicate:
        before = () if here.ipv4 else _BEFORE6.get(name, ())
        others = [negate(addrtype(other)) for other in before]
        return all_of((addrtype(name), *others))

    def addrtype(name: str) -> Predicate:
        said = f"{words(one)} {name.lower()}"
        return _xtables("addrtype", here, said, Option(name=side, value=(name,)), *limits)

    field = "src" if "saddr" in flags else "dst"
    return Asked(tell=tell, width=8, reads=(field, f"{field}_type"))


def _way_back(one: Fib, here: Here) -> Operand:
    """0 where the way back is another, or none: what rpfilter throws away."""
    options = [Option(name="--validmark")] if "mark" in one.flags else []
    name = words(one)
    said = f"fib {' . '.join(one.flags)} oif"
    passes = _xtables("rpfilter", here, said, *options, code=codes.FIB_FOUND)

    def tell(values: IntSet) -> Predicate:
        rest = values - IntSet.single(0)
        lost = [negate(passes)] if 0 in values else []
        if rest == IntSet.between(1, (1 << 32) - 1) or (one.result == "check" and 1 in rest):
            return any_of((*lost, passes))
        if not rest:
            return any_of(lost)
        other = Opaque(words=name, reads=_reads(frozenset(one.flags))).within(rest)
        return any_of((*lost, all_of((passes, other))))

    return Asked(tell=tell, width=32, reads=_reads(frozenset(one.flags)))


def socket(one: Socket, here: Here) -> Operand:
    """`socket transparent 1`; without a socket the rule ends there."""
    ends = ("src", "dst", "sport", "dport")
    found = _xtables("socket", here, words(one), Option(name="--nowildcard"))
    if one.key != "transparent":
        return Opaque(words=words(one), reads=ends, needs=found)
    options = (Option(name="--transparent"), Option(name="--nowildcard"))
    open_ = _xtables("socket", here, f"{words(one)} 1", *options)

    def tell(values: IntSet) -> Predicate:
        parts = [open_] if 1 in values else []
        parts += [negate(open_)] if 0 in values else []
        return any_of(parts)

    return Asked(tell=tell, width=1, reads=ends, needs=found)


def by_policy(way: str, here: Here) -> Operand:
    """1 where the packet came by IPsec (`in`), or its route has it leave so (`out`)."""
    options = Option(name="--dir", value=way), Option(name="--pol", value="ipsec")
    secured = _xtables("policy", here, f"{_SECURED[way]} ipsec exists", *options)

    def tell(values: IntSet) -> Predicate:
        parts = [secured] if 1 in values else []
        parts += [negate(secured)] if 0 in values else []
        return any_of(parts)

    return Asked(tell=tell, width=1, reads=())


def rt(one: Rt, here: Here) -> Operand:
    """What the packet's route has; without one the rule ends (nft_rt.c, nft_rt_get_eval)."""
    if one.key == "ipsec" and here.where.hooks and here.where.hooks <= _ROUTED:
        return by_policy("out", here)
    return Opaque(words=words(one), reads=("*",))


_SECURED = {"in": "meta", "out": "rt"}
_ROUTED = frozenset({"FORWARD", "OUTPUT", "POSTROUTING"})


def _xtables(name: str, here: Here, said: str, *options: Option, code: str = "") -> Predicate:
    """What a match of xtables with these options means; what it leaves open, in words of nft."""
    return _said(_meant(name, here, *options), said, code)


def _said(part: Predicate, words: str, code: str) -> Predicate:
    if isinstance(part, Fact):
        return replace(part, detail=words, code=code or part.code)
    if isinstance(part, Not):
        return negate(_said(part.part, words, code))
    if isinstance(part, And | Or):
        return replace(part, parts=tuple(_said(each, words, code) for each in part.parts))
    return part


def _meant(name: str, here: Here, *options: Option) -> Predicate:
    extension, match = matches()[name], Match(name=name, options=options)
    if extension.lower is not None:
        return extension.lower(match, here.where)
    assert extension.opaque_of is not None
    text = write_match(match, here.where.family)
    return named_facts(extension.opaque_of(match, here.where), text, here.where)
