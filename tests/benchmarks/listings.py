"""Listings of any size, as `iptables -L -n` prints them, always the same ones."""

from __future__ import annotations

from collections.abc import Iterator

from rule_sets import ENDPOINTS, PORTS, RULES_OF_A_SERVICE

_ANY = "0.0.0.0/0"
_TITLE = (
    " pkts bytes target     prot opt in     out     source               destination         ",
    "target     prot opt source               destination         ",
)
_FATES = ("ACCEPT", "DROP", "REJECT", "LOG", "RETURN")


def kube_proxy_listing(rules: int) -> str:
    """`iptables -t nat -L -n -v` of about that many rules of kube-proxy."""
    services = max(1, rules // RULES_OF_A_SERVICE)
    mark = _row("MARK", "0", tail="MARK or 0x4000")
    lines = [*_chain("PREROUTING", [_row("KUBE-SERVICES", "0")], references=0)]
    lines += [*_chain("INPUT", [], references=0), *_chain("OUTPUT", [], references=0)]
    lines += _chain("POSTROUTING", [], references=0)
    lines += _chain("KUBE-MARK-MASQ", [mark], references=(1 + ENDPOINTS) * services)
    lines += _chain(
        "KUBE-SERVICES", [_to(number, f"KUBE-SVC-{number}") for number in range(services)]
    )
    for number in range(services):
        lines += _service(number)
    return "\n".join(lines)


def _service(number: int) -> Iterator[str]:
    own = [_to(number, "KUBE-MARK-MASQ")]
    for n in range(ENDPOINTS):
        left = ENDPOINTS - n
        tail = f"statistic mode random probability {1 / left:.11f}" if left > 1 else ""
        own.append(_row(f"KUBE-SEP-{number}-{n}", "0", tail=tail))
    yield from _chain(f"KUBE-SVC-{number}", own)
    for n in range(ENDPOINTS):
        count = number * ENDPOINTS + n
        pod = f"10.244.{count // 250}.{count % 250 + 1}"
        rules = [_row("KUBE-MARK-MASQ", "0", source=pod)]
        rules += [_row("DNAT", "6", tail=f"tcp to:{pod}:8080")]
        yield from _chain(f"KUBE-SEP-{number}-{n}", rules)


def _to(number: int, target: str) -> str:
    address, port = f"10.96.{number // 250}.{number % 250 + 1}", PORTS[number % len(PORTS)]
    return _row(target, "6", to=address, tail=f"/* ns/s{number} */ tcp dpt:{port}")


def _row(target: str, proto: str, *, source: str = _ANY, to: str = _ANY, tail: str = "") -> str:
    ends = f"{source:<20} {to:<20} {tail}"
    return f"    0     0 {target:<10} {proto:<4} --  *      *       {ends}"


def _chain(name: str, rows: list[str], *, references: int = 1) -> Iterator[str]:
    """A chain that so many rules lead to; a built-in one has a policy instead."""
    told = f"{references} references" if references else "policy ACCEPT 0 packets, 0 bytes"
    yield from (f"Chain {name} ({told})", _TITLE[0], *rows, "")


def plain_listing(rows: int) -> str:
    """`iptables -L -n` of a filter table with that many rules in INPUT; it hides interfaces."""
    lines = ["Chain INPUT (policy DROP)", _TITLE[1]]
    for number in range(rows):
        fate = _FATES[number % len(_FATES)]
        end = f"10.{number % 7}.{number % 250}.0/24"
        port = PORTS[number % len(PORTS)] + number // len(PORTS)
        tail = f"tcp dpt:{port} LOG flags 0 level 4" if fate == "LOG" else f"tcp dpt:{port}"
        tail += " reject-with icmp-port-unreachable" if fate == "REJECT" else ""
        lines.append(f"{fate:<10} 6    --  {end:<20} {_ANY:<20} {tail}")
    for name in ("FORWARD", "OUTPUT"):
        lines += ["", f"Chain {name} (policy ACCEPT)", _TITLE[1]]
    return "\n".join([*lines, ""])
