"""Reads iptables dumps, tells what the kernel would do with a packet, explains what changed.

    before, after = iptsim.read("before.txt"), iptsim.read("after.txt")
    after.trace(dport=8088)
    iptsim.diff(before, after)

Answers show themselves, in Jupyter as HTML. The plain values and functions below them are here,
too: `read_text`, `trace`, `Packet`, `Trace` and so on. A name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iptsim.dialects import NoDumpError, read_files, read_text
    from iptsim.diff import Difference
    from iptsim.errors import DumpError, IptsimError, Place, UsageError
    from iptsim.host import Host
    from iptsim.model import Dump, Ruleset
    from iptsim.netfilter.reading.host_facts import read_host
    from iptsim.netfilter.reading.ip_rules import read_rules
    from iptsim.netfilter.reading.sysctl_text import read_sysctls
    from iptsim.notebook import (
        Comparison,
        Findings,
        Graph,
        Judged,
        Meeting,
        Part,
        Reaching,
        RuleAt,
        Rules,
        Steps,
        Text,
        Walk,
        diff,
        read,
    )
    from iptsim.notebook.through_pods import Journeyed, istio_journey
    from iptsim.packet import Packet
    from iptsim.tracer import Outcome, Rewrite, Step, Trace, Tracer, trace

__version__ = "0.1.0"
__all__ = [
    "Comparison", "Difference", "Dump", "DumpError", "Findings", "Graph", "Host", "IptsimError",
    "Journeyed", "Judged", "Meeting", "NoDumpError", "Outcome", "Packet", "Part", "Place",
    "Reaching", "Rewrite", "RuleAt", "Rules", "Ruleset", "Step", "Steps", "Text", "Trace", "Tracer",
    "UsageError", "Walk", "__version__", "diff", "istio_journey", "read", "read_files", "read_host",
    "read_rules", "read_sysctls", "read_text", "trace",
]  # fmt: skip

_HOMES = {
    "iptsim.dialects": ("NoDumpError", "read_files", "read_text"),
    "iptsim.diff": ("Difference",),
    "iptsim.errors": ("DumpError", "IptsimError", "Place", "UsageError"),
    "iptsim.host": ("Host",),
    "iptsim.model": ("Dump", "Ruleset"),
    "iptsim.netfilter.reading.host_facts": ("read_host",),
    "iptsim.netfilter.reading.ip_rules": ("read_rules",),
    "iptsim.netfilter.reading.sysctl_text": ("read_sysctls",),
    "iptsim.notebook": (
        "Comparison",
        "Findings",
        "Graph",
        "Judged",
        "Meeting",
        "Part",
        "Reaching",
        "RuleAt",
        "Rules",
        "Steps",
        "Text",
        "Walk",
        "diff",
        "read",
    ),
    "iptsim.notebook.through_pods": ("Journeyed", "istio_journey"),
    "iptsim.packet": ("Packet",),
    "iptsim.tracer": ("Outcome", "Rewrite", "Step", "Trace", "Tracer", "trace"),
}


if not TYPE_CHECKING:  # which would take any name for one of ours

    def __getattr__(name: str) -> Any:
        """The public name, loaded now (PEP 562): a program that needs one pays for no other."""
        home = next((home for home, names in _HOMES.items() if name in names), None)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(home), name)
        # Loading `diff` put the room of that name here, which can be called (iptsim/notebook).
        return globals().setdefault(name, value)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
