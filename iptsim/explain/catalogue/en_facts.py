"""What decides the matches that a dump alone cannot, in English."""

from __future__ import annotations

_WHAT = {
    "IPT0355": "the members of the set, which is not among those of --ipset",
    "IPT0411": "what a BPF program says of the packet",
    "IPT0412": "the sender's control group",
    "IPT0413": "which node of the cluster takes it",
    "IPT0414": "how much the connection has carried",
    "IPT0415": "the connection's labels",
    "IPT0416": "how many connections are open",
    "IPT0417": "the CPU that handles it",
    "IPT0418": "the interface's group",
    "IPT0419": "the destination options header",
    "IPT0424": "the rate so far",
    "IPT0425": "the hop-by-hop options header",
    "IPT0426": "the connection's helper",
    "IPT0429": "what IPVS knows of the connection",
    "IPT0430": "the rate so far",
    "IPT0432": "the accounting object",
    "IPT0433": "the sender's operating system",
    "IPT0434": "the IPsec policy",
    "IPT0435": "what is left of the quota",
    "IPT0436": "the estimated rate",
    "IPT0437": "the routing realm",
    "IPT0438": "the list of recent addresses",
    "IPT0439": "the route back to the sender",
    "IPT0440": "the routing header",
    "IPT0441": "the members of the set",
    "IPT0442": "whether a socket of this host takes it",
    "IPT0443": "the segment routing header",
    "IPT0444": "chance or a counter",
    "IPT0445": "the packet's payload",
    "IPT0447": "the time",
    "IPT0448": "the packet's bytes",
    "IPT0465": "header bytes that nobody told",
    "IPT0472": "which program of this host a packet that arrives is for, where iptables refuses to ask",
}

SENTENCES = {
    **dict.fromkeys(_WHAT, "{detail} matches"),
    **{f"{code}.no": "{detail} does not match" for code in _WHAT},
    **{f"{code}.what": f"{what} ({{detail}})" for code, what in _WHAT.items()},
    **{f"{code}.several": what for code, what in _WHAT.items()},
    "IPT0460": "the acknowledgement holds a valid SYN cookie",
    "IPT0461": "this node of the cluster takes the packet",
    "IPT0464": "a program listens on queue {detail}",
}
