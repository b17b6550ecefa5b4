"""English: what notebooks show and the program does not."""

from __future__ import annotations

SENTENCES = {
    "view.references.one": "{name} (1 reference)",
    "view.references.many": "{name} ({count} references)",
    "view.more_rules": "… and {count} more rules; convert() has them all.",
    "markdown.number": "#",
    "markdown.hook": "Hook",
    "markdown.rule": "Rule",
    "markdown.asks": "Asks for",
    "markdown.does": "Does",
    "markdown.line": "Line",
    "markdown.way": "Way",
    "markdown.fate": "Fate",
    "markdown.by": "Decided by",
    "markdown.when": "When",
    "view.part.table": "{table}, IPv{family}: chains {chains}, rules {rules}",
    "view.part.chain": "{table} {name}: rules {rules}",
    "view.step.title": "Step {number} of {count}",
    "view.step.packet": "packet",
    "view.step.chain": "chain",
    "view.step.rule": "rule",
}
