"""Which rules of nftables make the kernel track connections, wherever they stand.

The expressions, and objects of their kinds, call `nf_ct_netns_get` when they are loaded: ct (but no
notrack), nat, masq, redir, synproxy, connlimit, flow_offload.
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.nftables import nft_statements as nft
from iptsim.nftables.expressions import (
    Binary,
    Concatenation,
    Ct,
    Expression,
    Hash,
    MapLookup,
    Socket,
)
from iptsim.nftables.nft_ruleset import NftRule, NftTable

_TRACKING = (nft.Nat, nft.Synproxy, nft.ConnectionLimit, nft.FlowAdd)
_OBJECTS = frozenset({"ct helper", "ct timeout", "ct expectation", "synproxy"})


def needs_tracking(rule: NftRule, _table: NftTable) -> bool:
    """Whether a rule makes the kernel track."""
    return any(map(_needs, rule.statements))


def asks_sockets(rule: NftRule) -> bool:
    """Whether a rule asks which socket of the host a packet has, or gives it one."""
    return any(
        isinstance(one, nft.Tproxy) or any(map(_is_of_socket, _expressions(one)))
        for one in rule.statements
    )


def _is_of_socket(one: Expression) -> bool:
    match one:
        case Concatenation(parts=parts):
            return any(map(_is_of_socket, parts))
        case Binary(left=left, right=right):
            return _is_of_socket(left) or _is_of_socket(right)
        case MapLookup(key=key):
            return _is_of_socket(key)
        case _:
            return isinstance(one, Socket)


def may_track(table: NftTable) -> bool:
    """Whether something of the table cannot be read, or is not here, that may do so."""
    return any(
        not chain.whole or any(map(_is_unknown, (s for r in chain.rules for s in r.statements)))
        for chain in table.chains
    )


def _is_unknown(one: nft.Statement) -> bool:
    return isinstance(one, nft.Unknown | nft.Xt)


def holds_tracking(table: NftTable) -> bool:
    """Whether an object or a set does so, be there a rule that uses it or not.

    Sources: net/netfilter/nft_ct.c (nft_ct_helper_obj_init and its like), nft_synproxy.c.
    """
    objects = any(one.kind in _OBJECTS for one in table.objects)
    return objects or any(map(_needs, (s for one in table.sets for s in one.statements)))


def _needs(one: nft.Statement) -> bool:
    if isinstance(one, _TRACKING):
        return True
    if isinstance(one, nft.ObjectReference):
        return one.kind in _OBJECTS or any(map(_asks, _expressions(one)))
    if isinstance(one, nft.DynamicSet | nft.Meter):
        return _asks(one.key) or any(map(_needs, one.statements))
    return any(map(_asks, _expressions(one)))


def _expressions(one: nft.Statement) -> Iterator[Expression]:
    for name in ("left", "right", "key", "value", "target", "address", "port", "numbers", "name"):
        found = getattr(one, name, None)
        if found is not None and not isinstance(found, str):
            yield found


def _asks(one: Expression) -> bool:
    match one:
        case Ct():
            return True
        case Concatenation(parts=parts):
            return any(map(_asks, parts))
        case Binary(left=left, right=right):
            return _asks(left) or _asks(right)
        case MapLookup(key=key):
            return _asks(key)
        case Hash(of=of):
            return of is not None and _asks(of)
        case _:
            return False
