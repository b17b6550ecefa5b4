"""Base chains of nftables as the built-in chains of iptables that hook at the same place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from iptsim.nftables import nft_statements as nft
from iptsim.nftables.expressions import Meta
from iptsim.nftables.nft_ruleset import NftChain, NftHook, NftTable
from iptsim.to_save.save_lines import UnsaidError

_FILTERS: Mapping[int, tuple[str, frozenset[str]]] = {
    0: ("filter", frozenset({"input", "forward", "output"})),
    50: ("security", frozenset({"input", "forward", "output"})),
    -150: ("mangle", frozenset({"prerouting", "input", "forward", "output", "postrouting"})),
    -300: ("raw", frozenset({"prerouting", "output"})),
}
_NAT = {("prerouting", -100), ("output", -100), ("input", 100), ("postrouting", 100)}
TABLES = ("raw", "mangle", "nat", "filter", "security")


def table_of(hook: NftHook, *, writes: bool) -> str:
    """The table whose built-in chain hooks there; `writes` is whether rules there write marks.

    Only a chain of type route has a packet routed again that it changed (nft_chain_route.c), as
    mangle's OUTPUT does.
    """
    if hook.type == "nat" and (hook.hook, hook.priority) in _NAT:
        if hook.policy == "drop":
            raise UnsaidError("policy drop (nat)", "policy")
        return "nat"
    table, hooks = _FILTERS.get(hook.priority, ("", frozenset()))
    rerouted = (table, hook.hook) == ("mangle", "output")
    fitting = hook.type == "route" if rerouted else hook.type == "filter"
    if hook.hook in hooks and (fitting or (rerouted and not writes)):
        return table
    shown = hook.priority_text or str(hook.priority)
    raise UnsaidError(f"type {hook.type} hook {hook.hook} priority {shown}", "type")


_NO_SIDE = {
    "output": ("iif", "iifname"), "postrouting": ("iif", "iifname"),
    "input": ("oif", "oifname"), "prerouting": ("oif", "oifname"),
}  # fmt: skip


def needs_inner(chain: NftChain) -> bool:
    """Whether it asks for an interface that iptables takes in chains of its user alone there."""
    keys = _NO_SIDE.get(chain.hook.hook, ()) if chain.hook is not None else ()
    fields = (
        part
        for rule in chain.rules
        for one in rule.statements
        for side in [getattr(one, "left", getattr(one, "key", None))]
        for part in getattr(side, "parts", (side,))
    )
    return any(isinstance(field, Meta) and field.key in keys for field in fields)


def led_from(chain: NftChain, table: NftTable) -> tuple[NftChain, ...]:
    """The chain and those that its rules lead to."""
    found: dict[str, NftChain] = {chain.name: chain}
    waiting = [chain]
    while waiting:
        for name in _leads(waiting.pop(), table):
            other = table.chain_of.get(name)
            if other is not None and name not in found:
                found[name] = other
                waiting.append(other)
    return tuple(found.values())


def _leads(chain: NftChain, table: NftTable) -> Iterator[str]:
    for rule in chain.rules:
        for one in rule.statements:
            if isinstance(one, nft.Verdict) and one.chain is not None:
                yield one.chain
            elif isinstance(one, nft.VerdictMap):
                yield from _map_leads(one, table)


def _map_leads(one: nft.VerdictMap, table: NftTable) -> Iterator[str]:
    named = None if hasattr(one.map, "elements") else table.set_of.get(one.map.name)
    elements = one.map.elements if hasattr(one.map, "elements") else named and named.elements
    for element in elements or ():
        if isinstance(element.value, nft.Verdict) and element.value.chain is not None:
            yield element.value.chain


def only_drops(chains: Sequence[NftChain]) -> bool:
    """Whether nothing comes of a base chain but that packets are dropped, whenever it is asked."""
    kinds = (nft.Match, nft.Counter, nft.Last, nft.Verdict)
    every = [one for chain in chains for rule in chain.rules for one in rule.statements]
    return all(isinstance(one, kinds) for one in every) and not any(
        isinstance(one, nft.Verdict) and one.kind == "accept" for one in every
    )


def bears_company(chains: Sequence[NftChain]) -> bool:
    """Whether it does not matter if others drop packets before or after a base chain."""
    kinds = (nft.Match, nft.Counter, nft.Last, nft.Verdict, nft.VerdictMap)
    every = (one for chain in chains for rule in chain.rules for one in rule.statements)
    return all(isinstance(one, kinds) for one in every)
