"""cluster: whether this node of a cluster is the one to handle the connection.

Sources: iptables-extensions(8), cluster; extensions/libxt_cluster.c; net/netfilter/xt_cluster.c.
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.dataclass import replace
from iptsim.extensions.demands import Demands, Wrong, between
from iptsim.extensions.shared.connection_states import tracked
from iptsim.extensions.shared.opaque import turned
from iptsim.extensions.spec import Context, MatchExtension, Opt
from iptsim.extensions.values.value_types import Number
from iptsim.extensions.wordings.wording import Part, Parts
from iptsim.model import Match, Option
from iptsim.predicate import Fact, Predicate, all_of

_MASK = "--cluster-local-nodemask"
_HEX = Number(form="#010x")
_OPTIONS = (
    Opt(name=_MASK, value=_HEX, negatable=True),
    Opt(name="--cluster-local-node", value=Number(), negatable=True),
    Opt(name="--cluster-total-nodes", value=Number()),
    Opt(name="--cluster-hash-seed", value=_HEX),
)
_PARTS = (
    Part(_MASK, "{!}node_mask={}", required=True),
    Part("--cluster-total-nodes", "total_nodes={}"),
    Part("--cluster-hash-seed", "hash_seed={}"),
)


def _normalize(options: tuple[Option, ...], _family: int) -> tuple[Option, ...]:
    return tuple(_as_mask(o) if o.name == "--cluster-local-node" else o for o in options)


def _as_mask(option: Option) -> Option:
    node = option.value
    if not isinstance(node, int) or not 1 <= node <= 32:
        raise ValueError(f"{node} is not a node number between 1 and 32")
    return replace(option, name=_MASK, value=1 << (node - 1))


_FACT = turned(_MASK, Fact(key="", code=codes.CLUSTER_NODE, reads=("ctorigsrc",)))


def _opaque(match: Match, where: Context) -> Predicate:
    """Without a connection it never matches, `!` or not (xt_cluster.c, xt_cluster_mt)."""
    return all_of((tracked(), _FACT(match, where)))


def _nodes(match: Match, _family: int) -> Iterator[Wrong]:
    total, mask = match.value("--cluster-total-nodes", int), match.value(_MASK, int)
    if total is not None:
        yield from between("--cluster-total-nodes", total, 1, 32)
    if total is not None and mask is not None and total <= 32:
        yield from between("--cluster-local-node", mask.bit_length(), 0, total)


EXTENSIONS = (
    MatchExtension(
        name="cluster",
        demands=Demands(
            one_of=(
                ("--cluster-total-nodes",),
                ("--cluster-hash-seed",),
                ("--cluster-local-node", "--cluster-local-nodemask"),
            ),
            further=_nodes,
        ),
        tracks=(),
        options=_OPTIONS,
        wording=Parts(options=_OPTIONS, lead="cluster", parts=_PARTS),
        normalize=_normalize,
        opaque_of=_opaque,
    ),
)
