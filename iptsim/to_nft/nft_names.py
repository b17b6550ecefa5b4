"""Names of chains that nft reads: a letter, then letters, digits, slashes, dots and dashes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from iptsim.regex import regex

_OTHER = regex(r"[^A-Za-z0-9/\\_.-]")
_TEXT = """
    accept add ah all and arp at bridge cgroup chain chains comment comp constant continue
    counter counters cpu create ct daddr dccp delete describe destroy device dnat dport drop
    dscp dst dup dynamic ecn element elements eq esp ether exists expires export exthdr fib
    filter flags flow flowtable flush frag fwd gc-interval ge goto gt handle hbh helper hook
    hoplimit hour ibriport ibrname icmp icmpv6 icmpx igmp iif iifgroup iifname iiftype
    import include index inet insert interval invalid ip ip6 ipsec jhash jump last le length
    limit log lshift lt mac map mark masquerade meter mh missing monitor ne netdev netmap
    nexthdr nftrace not notrack numgen obriport obrname oif oifgroup oifname oiftype or osf
    over owner persist policy position priority protocol queue quota rate redirect reject
    rename replace reset return rshift rt rt0 rt2 rtclassid rule ruleset saddr sctp secmark
    set size skgid skuid snat socket sport srh state status symhash synproxy table tables
    tcp th time timeout to tproxy ttl tunnel type typeof udp udplite until update used using
    vlan vmap wildcard xor zone
"""
_WORDS = frozenset(_TEXT.split())
"""Words of nft's language (src/scanner.l), most of which it takes for no name."""


def chain_names(names: Iterable[str]) -> Mapping[str, str]:
    """A name for each chain: its own where nft takes it, else a like one that no other has.

    A word of nft's language gets a line behind it.
    """
    found: dict[str, str] = {}
    every = list(names)
    taken = set(every)
    for name in every:
        wanted = _OTHER.sub(".", name)
        wanted = wanted if wanted[:1].isalpha() and wanted.isascii() else f"c{wanted}"
        wanted = f"{wanted}_" if wanted in _WORDS else wanted
        while wanted != name and wanted in taken:
            wanted += "_"
        taken.add(wanted)
        found[name] = wanted
    return found
