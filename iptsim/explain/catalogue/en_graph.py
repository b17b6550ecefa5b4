"""Findings of the chain graph in English."""

from __future__ import annotations

SENTENCES = {
    "IPT0501": "The chains of {table} lead in a loop: {loop}. The kernel refuses such a table.",
    "IPT0502": "{table} {chain} {rule} leads to {to}, which this dump does not hold.",
    "IPT0503": "{table} {chain} is listed with {listed} references; this dump holds {found}.",
    "graph.chain": "{name}",
    "graph.policy": "{name} (policy {policy})",
    "graph.absent": "{name} (not in this dump)",
    "graph.again": "{name} (above)",
    "graph.rule": "by rule {rules}",
    "graph.rules": "by rules {rules}",
    "graph.goto": "{by}, goto",
    "graph.table": "{table}, IPv{family}",
    "graph.table.both": "{table}, IPv4 and IPv6",
    "graph.unreached": "Chains that no built-in chain leads to",
    "graph.unreached_here": "Chains that no rule shown here leads to; maps whose elements are left out may",
}
