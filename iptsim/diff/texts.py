"""A rule's text where it is to be shown, not loaded."""

from __future__ import annotations

from iptsim.dataclass import replace
from iptsim.extensions.text import write_rule
from iptsim.model import Rule


def rule_text(chain: str, rule: Rule, family: int) -> str:
    """As iptables-save writes it; what no extension knows stays as the listing printed it.

    A rule that the text tells in part only is shown as it stands there.
    """
    if rule.unread is not None and rule.unread.text:
        return rule.unread.text
    return write_rule(chain, replace(rule, unread=None), family, shown=True)
