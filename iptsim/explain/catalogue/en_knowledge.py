"""Who wrote the rules, in English; what chains and rules are for stands in iptsim.knowledge."""

from __future__ import annotations

from types import MappingProxyType

SENTENCES = MappingProxyType(
    {
        "know.limit": "{system} writes `{written}` into {rule}, so a packet by any other interface goes past it.",
        "know.limit.many": "{system} writes `{written}` into {rule}, so a packet by any other interface goes past them.",
        "know.network": "{rule} tells that {network} lies behind {bridge}, so a packet to {address} most likely leaves by it; `--out` or `--route` decides.",
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
