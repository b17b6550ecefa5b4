"""What the matches on a packet's connection share: its state, and whether there is one."""

from __future__ import annotations

from collections.abc import Hashable

from iptsim.extensions.shared.all_of import value_of
from iptsim.extensions.values.short_lists import NameSet
from iptsim.predicate import Predicate, all_of, any_of, bits, named

STATES = ("INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED")
"""In the order in which iptables prints them (libxt_conntrack.c, print_state)."""
STATE = NameSet(names=STATES)
_CONFIRMED, _TEMPLATE = 0x8, 0x800
CT_STATE = NameSet(names=(*STATES, "SNAT", "DNAT"))


def tracked() -> Predicate:
    """The packet has a connection: `nf_ct_get` gives one for neither INVALID nor UNTRACKED."""
    return named("ctstate", "NEW", "RELATED", "ESTABLISHED")


def connected() -> Predicate:
    """`tracked`, and by no template: what a rule gives a packet that is still to be tracked.

    nftables takes that for none (net/netfilter/nft_ct.c, nft_ct_get_eval: nf_ct_is_template).
    """
    return all_of((tracked(), bits("ctstatus", 0, _TEMPLATE)))


def opening() -> Predicate:
    """The packet is the first of its connection, which nobody has confirmed yet.

    NEW alone is also what its sender repeats before an answer comes (IPS_CONFIRMED is set where
    the first packet leaves netfilter: nf_conntrack_core.c, __nf_conntrack_confirm).
    """
    return all_of((named("ctstate", "NEW"), bits("ctstatus", 0, _CONFIRMED)))


def confirmed() -> Predicate:
    """The packet's connection is one of which a packet has left netfilter before."""
    return all_of((connected(), bits("ctstatus", _CONFIRMED, _CONFIRMED)))


def in_state(value: Hashable) -> Predicate:
    """The packet's state is among the names (xt_conntrack.c, conntrack_mt, statebit).

    SNAT and DNAT ask the connection's status bits, so only a packet with one has them.
    """
    names = value_of(value, tuple)
    virtual = {"SNAT": "ct_snat", "DNAT": "ct_dnat"}
    plain = [name for name in names if name not in virtual]
    parts = [named("ctstate", *plain)] if plain else []
    asked = (virtual[name] for name in names if name in virtual)
    parts += [all_of((tracked(), named(field, "yes"))) for field in asked]
    return any_of(parts)
