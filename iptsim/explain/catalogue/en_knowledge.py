"""Who wrote the rules, in English; what chains and rules are for stands in iptsim.knowledge."""

from __future__ import annotations

from types import MappingProxyType

SENTENCES = MappingProxyType(
    {
        "know.limit": "Istio writes `-o {out}` into {rule}, so by any other interface the packet goes the way of one that is limited.",
        "know.use": "{system}: {said}",
        "know.system.some": "{name} {span} ({signs})",
        "know.system.any": "{name} ({signs})",
        "know.span.exact": "{since}",
        "know.span.between": "{since}–{until}",
        "know.span.since": "≥ {since}",
        "know.span.until": "≤ {until}",
        "know.span.mixed": "of several versions (from {since} on and up to {until})",
        "know.more": "and {count} more",
        "know.written": "Written by: {systems}",
    }
)
