"""A rule's text where it is to be shown, not loaded."""

from __future__ import annotations

from dataclasses import replace

from iptsim.extensions.text import UnwritableError, write_match, write_rule, write_target
from iptsim.model import Match, Rule, Target


def rule_text(chain: str, rule: Rule, family: int) -> str:
    """As iptables-save writes it; what no extension knows stays as the listing printed it.

    A rule that the text tells in part only is shown as it stands there.
    """
    if rule.unread is not None and rule.unread.text:
        return rule.unread.text
    try:
        return write_rule(chain, rule, family)
    except UnwritableError:
        words = [write_rule(chain, replace(rule, matches=(), target=None, unread=None), family)]
        words += (_match_text(match, family) for match in rule.matches)
        words += [_target_text(rule.target, family)] if rule.target else []
        return " ".join(words)


def _match_text(match: Match, family: int) -> str:
    return " ".join(match.raw) if match.name == "?" else write_match(match, family)


def _target_text(target: Target, family: int) -> str:
    try:
        return write_target(target, family)
    except UnwritableError:
        return " ".join((f"-j {target.name}", *target.raw[1:]))
