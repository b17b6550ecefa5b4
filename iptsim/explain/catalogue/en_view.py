"""English: what notebooks show and the program does not."""

from __future__ import annotations

SENTENCES = {
    "view.references.one": "{name} (1 reference)",
    "view.references.many": "{name} ({count} references)",
    "view.more_rules": "… and {count} more rules; convert() has them all.",
}
