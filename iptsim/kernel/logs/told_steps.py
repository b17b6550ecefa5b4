"""What one line of a trace log tells, in whatever words its tool prints it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from iptsim.dataclass import dataclass

NOTHING: Mapping[str, str] = MappingProxyType({})
RULE, POLICY, RETURN, HEADER = "rule", "policy", "return", "header"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One line: a rule that matched, a policy, the end of a user's chain, or a packet's header.

    `number` is the rule's in its chain, where it is told, and past the last rule for an end;
    `text` the rule as iptables or nft words it. `verdict` is one of a `KernelStep`, '' where the
    line tells none. `given` are the packet's fields, by the keys of a JSON packet, where this line
    tells them; `same` is what no translation changes (the IP identification, TCP's sequence).
    `trace` is the id by which the kernel itself parts packets, '' where it tells none; it then
    tells the mark as it is behind the step: nft has it at policies, in `mark`.
    """

    line: int
    family: int
    table: str
    chain: str
    kind: str
    number: int | None = None
    verdict: str = ""
    target: str = ""
    text: str = ""
    is_iptables: bool = True
    given: Mapping[str, str] = NOTHING
    same: tuple[str, ...] = ()
    trace: str = ""
    mark: str = ""
    unread: str = ""
