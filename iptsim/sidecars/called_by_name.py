"""What a rule does to a request, by the name that engineers have for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.sidecars.asked_request import TCP, Request
from iptsim.sidecars.hops import Cause
from iptsim.sidecars.landings import OWN_PORTS, TUNNEL, Landing
from iptsim.sidecars.pod_sides import Side
from iptsim.worlds.outcome import Step

_OUT = (
    (r"-m owner --(?P<kind>[ug]id)-owner (?P<id>\S+) -j RETURN", codes.AS_PROXYS_USER),
    (r"-o lo .*-j (?:RETURN|ACCEPT)", codes.WITHIN_POD),
    (r"-o (?P<name>\S+) -j RETURN", codes.INTERFACE_EXCLUDED),
    (r"-d (?P<to>127\.\S+|::1/128) -j RETURN", codes.WITHIN_POD),
    (r"-d (?P<to>\S+) -j RETURN", codes.OUTBOUND_RANGE_EXCLUDED),
    (r"--dport (?P<port>\d+) -j RETURN", codes.OUTBOUND_PORT_EXCLUDED),
    (r"-m owner ! --gid-owner .*-j RETURN", codes.OWNER_GROUP_EXCLUDED),
)  # fmt: skip
_IN = (
    (r"-s (?P<from>169\.254\.7\.127\S*|fd16:9254:\S+) .*-j ACCEPT", codes.AMBIENT_PROBE),
    (r"-i (?P<name>\S+) -j RETURN", codes.INTERFACE_EXCLUDED),
    (r"--dport (?P<port>\d+) -j RETURN", codes.INBOUND_PORT_EXCLUDED),
)


def past_client(side: Side, found: Landing, request: Request) -> Cause:
    """Why the application's own connection is not handed to the proxy."""
    named = _named(found.step, _OUT)
    if named is not None:
        return _of_group(named, request)
    if request.proto != TCP:
        return Cause(code=codes.NOT_TCP, step=found.step)
    if not _asked(found, "ISTIO_OUTPUT"):
        code = codes.NO_OUTBOUND_RULES if not _is_let(found) else codes.LEFT_ALONE
        return Cause(code=code + _form(side), facts=_where(found.step), step=found.step)
    to = request.text(request.dst)
    return Cause(
        code=f"{codes.OUTBOUND_RANGE_EXCLUDED}.unlisted", facts=(("to", to),), step=found.step
    )


def _of_group(named: Cause, request: Request) -> Cause:
    """A group that is left alone and not the proxy's is one that nobody wants captured."""
    facts = dict(named.facts)
    if facts.get("kind") != "gid" or facts["id"] == str(request.proxy[1]):
        return named
    return replace(named, code=codes.OWNER_GROUP_EXCLUDED)


def past_server(side: Side, found: Landing, port: int) -> Cause:
    """Why a connection that arrives is not handed to the proxy."""
    if side.is_meshed and port in {*OWN_PORTS, TUNNEL}:
        facts = (("port", str(port)),)
        return Cause(code=codes.PROXYS_OWN_PORT, facts=facts, step=found.step)
    named = _named(found.step, _IN)
    if named is not None:
        return named
    chains = ("ISTIO_INBOUND", "ISTIO_PRERT", "ISTIO_IN_REDIRECT")
    if not any(_asked(found, chain) for chain in chains):
        code = codes.NO_INBOUND_RULES if not _is_let(found) else codes.LEFT_ALONE
        return Cause(code=code + _form(side), facts=_where(found.step), step=found.step)
    return Cause(code=codes.INBOUND_PORT_UNLISTED, facts=(("port", str(port)),), step=found.step)


def dropped(found: Landing) -> Cause:
    """What throws it away: a rule, a policy, or routing (no step)."""
    step = found.outcome.decided_by
    code = codes.REQUEST_DROPPED if step is not None else f"{codes.REQUEST_DROPPED}.route"
    return Cause(code=code, facts=_where(step), step=step)


def _named(step: Step | None, names: tuple[tuple[str, str], ...]) -> Cause | None:
    for pattern, code in names if step is not None and step.rule is not None else ():
        found = re.search(pattern, step.text) if step is not None else None
        if found is not None:
            facts = tuple((name, text) for name, text in found.groupdict().items() if text)
            return Cause(code=code, facts=facts, step=step)
    return None


def _asked(found: Landing, chain: str) -> bool:
    """Whether a jump led the packet to a chain of Istio's, or one of its rules let it pass."""
    return any(chain in (step.target, step.chain) for step in found.outcome.steps)


def _is_let(found: Landing) -> bool:
    """Whether a rule, and no policy, let it pass."""
    return found.step is not None and found.step.rule is not None


def _form(side: Side) -> str:
    """Of rules that are there, though nothing leads to them, another sentence is told."""
    return "" if not side.is_meshed else ".unasked"


def _where(step: Step | None) -> tuple[tuple[str, str], ...]:
    return (("rule", " ".join(_parts(step))),)


def _parts(step: Step | None) -> Iterator[str]:
    if step is not None:
        yield from (step.table, step.chain)
        yield str(step.rule or "(policy)")
