"""owner: the local socket that sent the packet, and its user and group.

Sources: iptables-extensions(8), owner; extensions/libxt_owner.c; net/netfilter/xt_owner.c.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.extensions.demands import SENT, Demands
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.text import write_match
from iptsim.extensions.values.hostnames import name_fact
from iptsim.extensions.values.value_types import quote, read_number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match, Option
from iptsim.predicate import Fact, InSet, Predicate, all_of, any_of, named, negate, negate_if
from iptsim.values import Range

_HIGHEST = (1 << 32) - 2
_SOCKET = named("socket", "yes")
_ARRIVING = frozenset({"PREROUTING", "INPUT", "FORWARD"})
_ENDS = ("src", "dst", "sport", "dport")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A user or group: a number, a range or a name. A `Range`, or a text: the name.

    Only root is the same number everywhere; any other name is of the host that the rule is of.
    """

    words: tuple[int, int] = (1, 1)
    expected: str = "a user or group, such as 1337, 0-999 or root"
    listing: str = r"[^\s!]\S*"

    def read(self, words: Sequence[str], family: int) -> Range | str:
        """See `ValueType`."""
        return self.read_listing(words[0], family)

    def read_listing(self, text: str, family: int) -> Range | str:  # noqa: ARG002  # the protocol's
        """See `ValueType`."""
        if text == "root":
            return Range(low=0, high=0)
        if not text[:1].isdigit():
            return _name(text)
        low, dash, high = text.partition("-")
        owner = Range(low=read_number(low), high=read_number(high if dash else low))
        if owner.low > owner.high or owner.high > _HIGHEST:
            raise ValueError(f"{text!r} is not {self.expected}")
        return owner

    def write(self, value: Hashable, family: int) -> str:  # noqa: ARG002
        """See `ValueType`."""
        if not isinstance(value, Range):
            return quote(str(value))
        return str(value.low) if value.low == value.high else f"{value.low}-{value.high}"


def _name(text: str) -> str:
    if not text or text.startswith("-"):
        raise ValueError(f"{text!r} is not a user or group")
    return text


def _lower(match: Match, where: Context) -> Predicate:
    """Of a packet that arrives nothing is certain: where it is allowed there, it is another match.

    iptables refuses it but at OUTPUT and POSTROUTING, and in chains that those alone lead to
    (xt_owner.c, `.hooks`). The kernels of Android take it at INPUT, too, and look for the socket
    that the packet is for.
    """
    certain = _sent(match)
    if where.hooks.isdisjoint(_ARRIVING):
        return certain
    text = write_match(match, where.family)
    other = Fact(key=text, code=codes.ARRIVES_FOR_PROGRAM, detail=text, reads=_ENDS)
    return any_of((all_of((_SOCKET, certain)), all_of((negate(_SOCKET), other))))


def _sent(match: Match) -> Predicate:
    """Without a socket only negated options hold: `return (info->match ^ info->invert) == 0`."""
    groups = match.has("--suppl-groups")
    asked = (o for o in match.options if o.name != "--suppl-groups")
    parts = [negate_if(o.negate, _asks(o, groups)) for o in asked]
    # --suppl-groups is a bit of info->match that has no contrary, so it asks for a socket too.
    return all_of([_SOCKET, *parts] if groups else parts)


def _asks(option: Option, groups: bool) -> Predicate:
    if option.name == "--socket-exists":
        return _SOCKET
    field = "uid" if option.name == "--uid-owner" else "gid"
    own = _is(field, option)
    if field == "gid" and groups:
        text = f"{option.name} {Owner().write(option.value, 4)} --suppl-groups"
        own = any_of((own, Fact(key=text, detail=text, reads=("uid",))))
    return all_of((_SOCKET, own))


def _is(field: str, option: Option) -> Predicate:
    if isinstance(option.value, Range):
        return InSet(field=field, values=option.value.members)
    return name_fact(field, str(option.value))


_OPTIONS = (
    Opt(name="--socket-exists", negatable=True),
    Opt(name="--uid-owner", value=Owner(), negatable=True),
    Opt(name="--gid-owner", value=Owner(), negatable=True),
    Opt(name="--suppl-groups"),
)
_PARTS = (  # up to 1.4.0 in capitals
    Part("--socket-exists", "{!}owner socket exists"),
    Part("--uid-owner", "{!}(?:owner|OWNER) UID match {}"),
    Part("--gid-owner", "{!}(?:owner|OWNER) GID match {}"),
    Part("--suppl-groups", r"incl\. suppl\. groups"),
)

EXTENSIONS = (
    MatchExtension(
        name="owner",
        independent=True,
        demands=Demands(hooks=SENT, any_option=True, with_=(("--suppl-groups", ("--gid-owner",)),)),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, parts=_PARTS),
        lower=_lower,
    ),
)
