"""What `nft monitor trace` prints: a packet line for each base chain, and its steps below.

A rule stands there in nft's words and without its number; a packet without its mark,
which policies tell.
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.kernel.logs.told_steps import HEADER, POLICY, RETURN, RULE, Told
from iptsim.regex import regex

_LINE = regex(
    r"trace id ([0-9a-f]+) (\w+) (\S+) (\S+) (packet: |rule |policy |verdict |return)(.*)"
)
_VERDICT = regex(r" \(verdict (\w+)(?: (\S+))?\)\s*$")
_FAMILIES = {"ip": 4, "ip6": 6}
_PLAIN = {
    "in": regex(r"\biif(?:name)? \"?([^\s\"]+)\"?"),
    "out": regex(r"\boif(?:name)? \"?([^\s\"]+)\"?"),
    "mac_src": regex(r"\bether saddr (\S+)"),
    "src": regex(r"\bip6? saddr (\S+)"),
    "dst": regex(r"\bip6? daddr (\S+)"),
    "ttl": regex(r"\bip6? (?:ttl|hoplimit) (\d+)"),
    "sport": regex(r"\b(?:tcp|udp|udplite|sctp|dccp) sport (\d+)"),
    "dport": regex(r"\b(?:tcp|udp|udplite|sctp|dccp) dport (\d+)"),
}
_TRANSPORT = regex(r"\b(tcp|udp|udplite|sctp|dccp|icmp|icmpv6|esp|ah|comp) \w+ ")
_PROTOCOL = regex(r"\b(?:ip protocol|ip6 nexthdr|meta l4proto) (\S+)")
_LENGTH = regex(r"\b(ip|ip6) length (\d+)")
_FLAGS = regex(r"\btcp flags == (\S+(?: \| \S+)*)")
_DSCP = regex(r"\bip6? dscp (\S+) ip6? ecn (\S+)")
_ICMP = regex(r"\b(icmp|icmpv6) type (\S+) icmp(?:v6)? code (\S+)")
_MARK = regex(r"\bmeta mark (0x[0-9a-f]+|\d+)")
_SAME = regex(r"\b(?:ip id|ip6 flowlabel) \S+")
_BITS = ("fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr")
_ECN = {"not-ect": 0, "ect1": 1, "ect0": 2, "ce": 3}
_DSCPS = {
    "cs0": 0, "cs1": 8, "cs2": 16, "cs3": 24, "cs4": 32, "cs5": 40, "cs6": 48, "cs7": 56,
    "be": 0, "df": 0, "lephb": 1, "af11": 10, "af12": 12, "af13": 14, "af21": 18, "af22": 20,
    "af23": 22, "af31": 26, "af32": 28, "af33": 30, "af41": 34, "af42": 36, "af43": 38,
    "va": 44, "ef": 46,
}  # fmt: skip
_TYPES = {
    "echo-reply": 0, "destination-unreachable": 3, "source-quench": 4, "redirect": 5,
    "echo-request": 8, "router-advertisement": 9, "router-solicitation": 10,
    "time-exceeded": 11, "parameter-problem": 12, "timestamp-request": 13, "timestamp-reply": 14,
    "info-request": 15, "info-reply": 16, "address-mask-request": 17, "address-mask-reply": 18,
}  # fmt: skip
_TYPES6 = {
    "destination-unreachable": 1, "packet-too-big": 2, "time-exceeded": 3, "parameter-problem": 4,
    "echo-request": 128, "echo-reply": 129, "mld-listener-query": 130, "mld-listener-report": 131,
    "mld-listener-done": 132, "nd-router-solicit": 133, "nd-router-advert": 134,
    "nd-neighbor-solicit": 135, "nd-neighbor-advert": 136, "nd-redirect": 137,
    "mld2-listener-report": 143,
}  # fmt: skip
_CODES = {
    "net-unreachable": 0, "host-unreachable": 1, "prot-unreachable": 2, "port-unreachable": 3,
    "frag-needed": 4, "net-prohibited": 9, "host-prohibited": 10, "admin-prohibited": 13,
}  # fmt: skip
_CODES6 = {
    "no-route": 0, "admin-prohibited": 1, "addr-unreachable": 3, "port-unreachable": 4,
    "policy-fail": 5, "reject-route": 6,
}  # fmt: skip


def nft_line(line: str, number: int) -> Told | None:
    """A line of the tool; None where it is none of a trace."""
    found = _LINE.search(line)
    if found is None:
        return None
    trace, family, table, chain, kind, rest = found.groups()
    kind, mark = kind.strip(" :"), _MARK.search(rest)
    told = {
        "packet": (HEADER, "", "", ""),
        "policy": (POLICY, rest.split()[0] if rest.strip() else "", "", ""),
        "rule": (RULE, *_rule(rest)),
    }.get(kind, (RETURN, "", "", ""))
    header = kind == "packet"
    return Told(
        line=number,
        family=_FAMILIES.get(family, 0) or (6 if "ip6 saddr" in rest else 4),
        table=table if family in _FAMILIES else f"{family} {table}",
        chain=chain,
        kind=told[0],
        verdict=told[1],
        target=told[2],
        text=told[3],
        is_iptables=False,
        given=dict(_given(rest)) if header else {},
        same=tuple(_SAME.findall(rest)) if header else (),
        trace=trace,
        # It is printed where it is not 0.
        mark=(mark[1] if mark else "0") if kind == "policy" else "",
    )


def _rule(text: str) -> tuple[str, str, str]:
    """Its verdict, the chain of a jump, its words."""
    found = _VERDICT.search(text)
    if found is None:
        return "", "", text.strip()
    return found[1], found[2] or "", text[: found.start()].strip()


def _given(text: str) -> Iterator[tuple[str, str]]:
    for key, pattern in _PLAIN.items():
        if found := pattern.search(text):
            yield key, found[1]
    yield from _numbers(text)
    if transport := _TRANSPORT.search(text):
        six = "ip6 saddr" in text
        names = {"icmpv6": "ipv6-icmp", "comp": "ipcomp", "icmp": "ipv6-icmp" if six else "icmp"}
        yield "proto", names.get(transport[1], transport[1])
    elif proto := _PROTOCOL.search(text):
        yield "proto", {"icmpv6": "ipv6-icmp"}.get(proto[1], proto[1])


def _numbers(text: str) -> Iterator[tuple[str, str]]:
    if length := _LENGTH.search(text):
        # IPv6 tells what follows its header of 40 bytes.
        yield "length", str(int(length[2]) + (40 if length[1] == "ip6" else 0))
    if (dscp := _DSCP.search(text)) and dscp[2] in _ECN:
        high = _DSCPS.get(dscp[1], int(dscp[1], 0) if dscp[1][:1].isdigit() else None)
        yield from () if high is None else [("tos", str(high << 2 | _ECN[dscp[2]]))]
    if flags := _FLAGS.search(text):
        yield "tcp_flags", _flags(flags[1])
    icmp = _ICMP.search(text)
    if icmp and (told := _icmp(*icmp.groups())):
        yield "icmp_type", told


def _flags(text: str) -> str:
    """`0x12`, or names; ECE is nft's ecn."""
    if text.startswith("0x"):
        bits = int(text, 16)
        names = [name for place, name in enumerate(_BITS) if bits >> place & 1]
    else:
        names = text.split(" | ")
    return ",".join({"ecn": "ECE"}.get(name, name.upper()) for name in names) or "NONE"


def _icmp(kind: str, type_: str, code: str) -> str:
    types, codes = (_TYPES, _CODES) if kind == "icmp" else (_TYPES6, _CODES6)
    numbers = [
        int(word) if word.isdigit() else known.get(word)
        for word, known in ((type_, types), (code, codes))
    ]
    return "" if None in numbers else f"{numbers[0]}/{numbers[1]}"
