"""Which packets meet a fate, in English."""

from __future__ import annotations

from types import MappingProxyType

SENTENCES = MappingProxyType(
    {
        "IPT0740": "For some answers no example could be followed to the fate; what is said of their packets holds all the same.",
        "IPT0741": "Nat is asked only by the packet that opens a connection; those that follow on it go the same way.",
        "IPT0742": "No packet meets {met}.",
        "query.met.ACCEPT": "{fate}",
        "query.met.DROP": "{fate}",
        "query.met.REJECT": "{fate}",
        "query.met.QUEUE": "{fate}",
        "query.met.STOLEN": "{fate}",
        "query.met.local": "{fate}",
        "query.met.forward": "{fate}",
        "query.met.out": "{fate}",
        "query.met.REDIRECT": "{fate}",
        "query.met.DNAT": "{fate}",
        "query.met.SNAT": "{fate}",
        "query.met.MASQUERADE": "{fate}",
        "query.met.NETMAP": "{fate}",
        "query.met.REDIRECT.to": "REDIRECT:{to}",
        "query.met.DNAT.to": "DNAT:{to}",
        "query.met.SNAT.to": "SNAT:{to}",
        "query.met.MASQUERADE.to": "MASQUERADE:{to}",
        "query.met.NETMAP.to": "NETMAP:{to}",
        "query.stat": "Sets of packets that do, each told by its rule: {count}.",
        "query.stat.open": "Sets of packets that do, each told by its rule: {count}; that may, as the dump does not tell: {open}.",
        "query.found.one": "{met} is met by 1 rule.",
        "query.found.many": "{met} is met by {count} rules.",
        "query.possible.one": "{met} is possibly met, by 1 rule.",
        "query.possible.many": "{met} is possibly met, by {count} rules.",
        "query.possibly": "Possibly, for the dump does not tell:",
        "query.no-other": "No other packet does.",
        "query.fate": "fate",
        "query.by": "by",
        "query.eg": "e.g.",
        "query.routing": "routing, whatever the rules say",
        "query.nobody": "no rule; nothing keeps it from passing",
        "query.others": "others (tell more of the packet to see them)",
        "query.more.one": "… and 1 more answer {where} (--all shows them)",
        "query.more.many": "… and {count} more answers {where} (--all shows them)",
        "query.assumed": "Taken as given of packets {where}: {given}.",
        "query.comma": ", ",
        "query.answer": "{where}: {fate}, by {by}.",
        "query.answer.possible": "{where}: possibly {fate}, by {by}.",
        "query.ipv": "IPv{family}",
        "query.returned": "its end, or a chain that it goes to (-g)",
        "query.no-other.told": "As far as this text tells, no other packet does.",
    }
)
