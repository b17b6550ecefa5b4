"""What `route -n` and `netstat -rn` print, as the entries that `ip -j route` would print.

Sources: net-tools, lib/inet_gr.c and lib/inet6_gr.c; busybox, networking/route.c; the kernel's
net/ipv4/fib_trie.c (fib_route_seq_show: table main, the first of several next hops).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iptsim.netfilter.reading.ip_text import not_of
from iptsim.netfilter.reading.prompts import printed_lines

_TITLE4, _TITLE6 = "Kernel IP routing table", "Kernel IPv6 routing table"
_NOBODY4 = ("0.0.0.0", "*", "-")  # noqa: S104  # what stands where there is no gateway
_NOBODY6 = ("::", "[::]")


def is_table(text: str) -> bool:
    """Whether a text has the titles of such a table."""
    first = next((line for _number, line in printed_lines(text)), "")
    return first.startswith((_TITLE4, _TITLE6)) or first.split()[:2] in (
        ["Destination", "Gateway"],
        ["Destination", "Next"],
    )


def table_entries(text: str) -> Iterator[dict[str, Any]]:
    """The routes of such tables; `UsageError` with its line for a row that is none."""
    six, columns = False, list[str]()
    for number, line in printed_lines(text):
        if line.startswith((_TITLE4, _TITLE6)):
            six = line.startswith(_TITLE6)
            continue
        words = line.replace("Next Hop", "Gateway").split()
        if words[0] == "Destination":
            six = six or "Genmask" not in words
            columns = [_COLUMNS.get(word, word) for word in words]
            if not set(columns) >= _NEEDED:
                raise not_of("route", number, line)
            continue
        if len(words) != len(columns):
            raise not_of("route", number, line)
        entry = _entry(dict(zip(columns, words, strict=True)), six=six)
        if entry is None:
            raise not_of("route", number, line)
        if entry:
            yield entry


_NEEDED = {"Destination", "Gateway", "Flags", "Iface"}
_COLUMNS = {"Flag": "Flags", "Met": "Metric", "If": "Iface"}


def _entry(row: dict[str, str], *, six: bool) -> dict[str, Any] | None:
    """The route of a row, nothing for one of table local; None for what is no row."""
    target = _target6(row) if six else _target4(row)
    flags = row.get("Flags", "")
    if target is None or not flags.startswith(("U", "!")):
        return None
    if six and (("n" in flags and "!" not in flags) or target == "ff00::/8"):
        return {}
    metric = row.get("Metric", "0")
    entry: dict[str, Any] = {
        "dst": "default" if target in ("0.0.0.0/0", "::/0") else target,
        "metric": int(metric) % (1 << 32) if metric.lstrip("-").isdigit() else 0,
        **({"pref": "medium"} if six else {"scope": "link"}),
    }
    if "!" in flags or row["Iface"] in ("*", "-"):
        # A blackhole shows as a way up by no interface.
        return {**entry, "type": "unreachable" if "!" in flags else "blackhole"}
    gateway = row["Gateway"]
    nobody = gateway in (_NOBODY6 if six else _NOBODY4)
    return {**entry, "dev": row["Iface"], **({} if nobody else {"gateway": gateway})}


def _target4(row: dict[str, str]) -> str | None:
    mask = row.get("Genmask", "").split(".")
    if len(mask) != 4 or not all(part.isdigit() and int(part) < 256 for part in mask):
        return None
    bits = "".join(f"{int(part):08b}" for part in mask)
    if "01" in bits:
        return None
    known = "0.0.0.0/0" if row["Destination"] == "default" else row["Destination"]
    return known if "/" in known else f"{known}/{bits.count('1')}"


def _target6(row: dict[str, str]) -> str | None:
    target = row["Destination"].replace("[::]", "::")
    return target if "/" in target and ":" in target else None
