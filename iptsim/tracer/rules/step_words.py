"""How a step is told: its action's word, what it names, a policy's text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iptsim.actions import (
    Action,
    CopyBits,
    Jump,
    Return,
    SetBits,
    Side,
    To,
    Translate,
    Untrack,
    Verdict,
)
from iptsim.model import Chain, Table
from iptsim.tracer.rules.ready import Ready
from iptsim.worlds.outcome import Step

if TYPE_CHECKING:  # a trace through iptables' rules loads nothing of nftables
    from iptsim.nftables.nft_ruleset import NftRule


def aim_of(ready: Ready, ending: Action) -> str:
    """What a step names as its target: of nftables' rules the chain, or what was done."""
    if ready.rule.nft is None:
        return ready.rule.target.name if ready.rule.target else ""
    match ending:
        case Jump(chain=name):
            return name
        case Verdict(fate=fate):
            return fate.value
        case Return():
            return "RETURN"
        case Translate(to=to, side=side):
            names = {To.INCOMING: "REDIRECT", To.OUTGOING: "MASQUERADE"}
            return names.get(to, "DNAT" if side is Side.DESTINATION else "SNAT")
        case _:
            changed = next(filter(None, map(_change_of, ready.actions)), "")
            return changed or _done_besides(ready.rule.nft)


_OF_FIELDS = {"mark": "MARK", "connmark": "CONNMARK", "tos": "TOS", "ttl": "TTL"}


def _done_besides(rule: NftRule) -> str:
    from iptsim.native_tables import done_besides  # noqa: PLC0415  # only where there are any

    return done_besides(rule)


def _change_of(action: Action) -> str:
    """What iptables would call what a rule of nftables changes before it goes on."""
    match action:
        case SetBits(field=name) | CopyBits(to=name):
            return _OF_FIELDS.get(name, "")
        case Untrack():
            return "NOTRACK"
        case _:
            return ""


def policy_step(table: Table, hook: str, chain: Chain) -> Step:
    """The step of a packet that meets a chain's policy at a hook."""
    fate = chain.policy or "ACCEPT"
    return Step(
        hook=hook,
        table=table.name,
        chain=chain.name,
        rule=None,
        place=chain.place,
        text=policy_text(chain),
        action="policy",
        target=fate,
    )


def policy_text(chain: Chain) -> str:
    """A chain's policy as it is written: `-P INPUT DROP`, `policy drop`."""
    fate = chain.policy or "ACCEPT"
    return f"-P {chain.name} {fate}" if chain.base is None else f"policy {fate.lower()}"


def word(ending: Action) -> str:
    """The word of the interface for what a target did."""
    match ending:
        case Verdict(fate=fate):
            return {"STOLEN": "drop"}.get(fate.value, fate.value.lower())
        case Translate():
            return "rewrite"
        case Return():
            return "return"
        case Jump(goto=goto):
            return "goto" if goto else "jump"
        case _:
            return "continue"
