"""What may stand where a text does not tell: whatever its table's targets can do.

A chain that is not in the text, rules that were left out, a target that nobody knows: the packet
may go on, be let through, be dropped or be translated, and its mark is no longer known. Each of
these is a fact with a name, so both sides of a diff mean the same by it.
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.actions import (
    Action,
    Branch,
    Continue,
    Deliver,
    Fate,
    Forget,
    Jump,
    Return,
    Side,
    To,
    Touch,
    Translate,
    Untrack,
    Verdict,
)
from iptsim.dataclass import dataclass
from iptsim.predicate import ANY, Fact
from iptsim.values import IntSet

ROOTS = "?…"
"""The chain that leads to those to which no rule of the text leads; no dump can name it."""
ANY_STATE = ANY
"""What `Touch` calls the state of everything that a rule may change: sets, lists, quotas."""
_PORTS = IntSet.between(0, 65535)
_REJECTING = "filter"  # net/ipv4/netfilter/ipt_REJECT.c, .table
BESIDE = "beside"
"""The table that stands for all that another back end has."""
_FILTERED_AT = frozenset({"INPUT", "FORWARD", "OUTPUT"})
_TRANSLATED_AT = frozenset({"PREROUTING", "OUTPUT", "POSTROUTING"})
_TRANSLATING = "nat"
"""No DROP: iptables refuses it there (iptables/xshared.c, «not intended for filtering»)."""
_DESTINED = frozenset({"PREROUTING", "OUTPUT"})

Way = tuple[Action, ...]


GO_ON = Continue()
CODES = frozenset(
    {
        codes.UNTOLD_ACCEPTS,
        codes.UNTOLD_REDIRECTS,
        codes.UNTOLD_TRANSLATES,
        codes.UNTOLD_LEADS_ON,
        codes.UNTOLD_RETURNS,
        codes.UNTOLD_DROPS,
        codes.UNTOLD_REJECTS,
        codes.UNTOLD_UNTRACKS,
        codes.UNTOLD_HANDS_TO_PROXY,
    }
)
"""The facts on one label, of which at most one holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """What is not told, and where: `label` names it («filter FORWARD», «nat INPUT 2»).

    `hooks` are the built-in chains that lead there, as far as the text tells. `on` is where a
    packet goes on that comes through unharmed. `returns` is whether a RETURN may stand there that
    ends the chain, `roots` whether it may lead to chains that no rule of the text leads to.
    `translates` is whether a chain of nftables leads there that may; it may drop all the same.
    """

    label: str
    table: str
    hooks: frozenset[str]
    width: int
    on: Action = GO_ON
    returns: bool = False
    roots: bool = False
    translates: bool = False


def ways(untold: Untold) -> tuple[Action, ...]:
    """Everything that may be done there, as one branch after the other.

    That the packet goes on is what is left: as the text reads, none of the others happens.
    """
    found: Way = (untold.on,)
    for fact, way in reversed(list(_each(untold))):
        found = (Branch(when=fact, then=way, otherwise=found),)
    return (*_changed(untold), *found)


def quiet(untold: Untold) -> tuple[Action, ...]:
    """Only what may be changed there, where all that may be done was asked before."""
    return (*_changed(untold), untold.on)


def leads(untold: Untold, chain: str) -> tuple[Action, ...]:
    """First to any chain of the text to which something leads, and then on to the next rule."""
    return (*_changed(untold), Jump(chain=roots_at(chain)))


def roots_at(chain: str) -> str:
    """The chain that leads to those which packets of a built-in chain may come to."""
    return f"{ROOTS} {chain}"


def policy(label: str) -> tuple[Action, ...]:
    """A policy that the text does not tell."""
    then, otherwise = (Verdict(fate=Fate.DROP),), (Verdict(fate=Fate.ACCEPT),)
    fact = _fact(label, "has policy DROP", codes.UNTOLD_POLICY_DROPS)
    return (Branch(when=fact, then=then, otherwise=otherwise),)


def leads_to(chain: str, table: str) -> Fact:
    """That what is missing leads to a chain of the text."""
    key = f"what is not in the dump leads to {table} {chain}"
    detail = f"{table} {chain}"
    return Fact(key=key, code=codes.LED_TO_CHAIN, detail=detail, reads=("*",), visited=ANY)


def _each(untold: Untold) -> Iterator[tuple[Fact, Way]]:
    label, passes = untold.label, untold.on == Verdict(fate=Fate.ACCEPT)
    beside = untold.table == BESIDE
    if _drops(untold):
        yield _fact(label, "drops it", codes.UNTOLD_DROPS), (Verdict(fate=Fate.DROP),)
        if beside or untold.table == _REJECTING:
            yield _fact(label, "rejects it", codes.UNTOLD_REJECTS), (Verdict(fate=Fate.REJECT),)
    if untold.table == "mangle" and (not untold.hooks or "PREROUTING" in untold.hooks):
        # xt_TPROXY.c: only there; it accepts what it hands over, and drops what no socket takes.
        taken = (Deliver(port=0, address=0, listens=True), Verdict(fate=Fate.ACCEPT))
        yield _fact(label, "hands it to a proxy", codes.UNTOLD_HANDS_TO_PROXY), taken
    if not passes and not beside:
        yield _fact(label, "accepts it", codes.UNTOLD_ACCEPTS), (Verdict(fate=Fate.ACCEPT),)
    if untold.returns:
        yield _fact(label, "returns it", codes.UNTOLD_RETURNS), (Return(),)
    if untold.table == "raw":
        yield _fact(label, "leaves it untracked", codes.UNTOLD_UNTRACKS), (Untrack(), untold.on)
    if _translates(untold):
        yield from _translated(untold)
    if untold.roots:
        jump = Jump(chain=ROOTS, goto=untold.on == Return())
        yield _fact(label, "leads to chains of the dump", codes.UNTOLD_LEADS_ON), (jump,)


def _translates(untold: Untold) -> bool:
    if untold.table == BESIDE:
        return bool(untold.hooks & _TRANSLATED_AT)
    return untold.translates or untold.table == _TRANSLATING


def _drops(untold: Untold) -> bool:
    """Whether it may drop; another back end's tables may at every hook, which is told at one."""
    if untold.table == BESIDE:
        return bool(untold.hooks & _FILTERED_AT)
    return untold.table != _TRANSLATING


def _translated(untold: Untold) -> Iterator[tuple[Fact, Way]]:
    label, addresses = untold.label, IntSet.width(untold.width)
    if not untold.hooks or untold.hooks & _DESTINED:
        here = Translate(side=Side.DESTINATION, to=To.INCOMING, ports=_PORTS, random=True)
        yield _fact(label, "redirects it", codes.UNTOLD_REDIRECTS), (here,)
    anywhere = Translate(
        side=Side.BY_HOOK, to=To.GIVEN, addresses=addresses, ports=_PORTS, random=True
    )
    yield _fact(label, "translates it", codes.UNTOLD_TRANSLATES), (anywhere,)


def _fact(label: str, what: str, code: str) -> Fact:
    key = f"{label}, not told, {what}"
    return Fact(key=key, code=code, detail=label, reads=("*",), visited=label)


def _changed(untold: Untold) -> Iterator[Action]:
    """What may be changed by rules that let the packet go on (xt_mark.c takes any table)."""
    mangled = ("tos", "ttl") if untold.table == "mangle" else ()
    for name in ("mark", "connmark", *mangled):
        yield Forget(field=name, detail=untold.label, told=False)
    yield Touch(name=ANY_STATE, by=untold.label)
