"""What `xtables-monitor --trace` prints: a PACKET line for each base chain, TRACE lines below.

A packet's protocol is printed as its TCP flags or its ports only (iptables/xtables-monitor.c,
trace_print_packet), a returning rule's verdict as the number that it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.kernel.logs.told_steps import HEADER, RETURN, RULE, Told
from iptsim.regex import regex

_PACKET = regex(r"PACKET: (\d+) ([0-9a-f]+) (.*)")
_TRACE = regex(r"TRACE: (\d+) ([0-9a-f]+) ([^:\s]+):(.+?):(rule|policy|return):(.*)")
_RULE = regex(r"0x[0-9a-f]+:(\S+) +(?:-[46] -t \S+ )?(.*)")
_WORD = regex(r"(\w+)=(\S+)")
_FLAGS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")
_KEYS = {
    "IN": "in", "OUT": "out", "SRC": "src", "DST": "dst", "LEN": "length", "TOS": "tos",
    "TC": "tos", "TTL": "ttl", "HOPLIMIT": "ttl", "SPORT": "sport", "DPORT": "dport",
    "MARK": "mark",
}  # fmt: skip
_FAMILIES = {"2": 4, "10": 6}  # AF_INET, AF_INET6
_NUMBERS = {0: "drop", 1: "accept", 2: "stolen", 3: "queue", -1: "continue", -5: "return"}


def monitor_line(line: str, number: int) -> Told | None:
    """A line of the tool; None where it is none of a trace."""
    header = _PACKET.search(line)
    if header is not None:
        family, trace, rest = header.groups()
        given = dict(_given(rest))
        same = tuple(word for word in rest.split() if word.startswith(("ID=", "FLOWLBL=")))
        return _told(line=number, family=family, trace=trace, kind=HEADER, given=given, same=same)
    found = _TRACE.search(line)
    if found is None:
        return None
    family, trace, table, chain, kind, rest = found.groups()
    verdict, text = rest.strip(), ""
    if kind == RULE:
        rule = _RULE.match(rest)
        verdict, text = (rule[1], rule[2].strip()) if rule else ("", "")
    word, _, target = verdict.partition(":")
    return _told(
        line=number, family=family, trace=trace, kind=kind, table=table, chain=chain,
        verdict="" if kind == RETURN else _verdict(word), target=target, text=text,
    )  # fmt: skip


def _told(*, family: str, kind: str, table: str = "", chain: str = "", **rest: object) -> Told:
    values: dict[str, object] = {"table": table, "chain": chain, "kind": kind, **rest}
    return Told(family=_FAMILIES.get(family, 0), **values)  # type: ignore[arg-type]  # by name


def _verdict(word: str) -> str:
    """The word, or the number of one that the tool does not know."""
    if not word.startswith("0x"):
        return word.lower()
    number = int(word, 16)
    signed = number - (1 << 32) if number >> 31 else number
    return _NUMBERS.get(signed, _NUMBERS.get(signed & 0xFF, ""))


def _given(text: str) -> Iterator[tuple[str, str]]:
    told = dict(_WORD.findall(text))
    yield from ((_KEYS[key], value) for key, value in told.items() if key in _KEYS)
    if "MACSRC" in told:
        yield "mac_src", ":".join(octet.zfill(2) for octet in told["MACSRC"].split(":"))
    flags = [flag for flag in _FLAGS if flag in text.split()]
    if "SPORT" in told:
        yield "proto", "tcp" if flags else "udp"
    elif told.get("PROTO", "").isdigit():
        yield "proto", told["PROTO"]
    if flags and "SPORT" in told:
        yield "tcp_flags", ",".join(flags)
    if "MARK" not in told:
        yield "mark", "0"  # it is printed where it is not 0
