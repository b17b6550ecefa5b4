"""Silence for packets that follow one another in one connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from iptsim.kernel.events.events import Journey
from iptsim.kernel.host.namespaces import Namespace
from iptsim.packet import Packet

Say = Callable[[Packet, str], Journey]
"""Sends a packet that enters at a hook, PREROUTING or OUTPUT; returns its journey."""

_TABLE = "iptsim_silence"
# What the kernel itself answers is of a socket without a file, so it has no user; what a listener
# answers has the identity 0, as no packet of the judge has.
_RULES = f"""
table inet {_TABLE} {{
  chain answers {{
    type filter hook output priority -1001; ip id 0 drop; ip6 flowlabel 0 drop
    meta skuid 0-4294967295 accept; drop
  }}
}}
"""


@contextmanager
def silent(host: Namespace) -> Iterator[None]:
    """The kernel's own answers are dropped before connection tracking sees them.

    A RST where nobody listens, an echo reply: they would move the connection on or end it
    (net/netfilter/nf_conntrack_proto_tcp.c, nf_conntrack_tcp_packet, a RST as the only reply).
    """
    host.run("nft", "-f", "-", stdin=_RULES)
    try:
        yield
    finally:
        host.run("nft", "delete", "table", "inet", _TABLE)
