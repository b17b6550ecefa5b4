"""A rule of iptables as rules of nftables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from iptsim import codes
from iptsim.actions import Action as Deed
from iptsim.dataclass import dataclass, replace
from iptsim.extensions.lowering import actions, condition, conditions, is_chain
from iptsim.extensions.spec import Context
from iptsim.extensions.text import write_rule
from iptsim.model import Rule, Table, Target
from iptsim.nftables import nft_statements as nft
from iptsim.nftables.nft_ruleset import NftRule
from iptsim.predicate import NEVER, Fact, all_of, atoms
from iptsim.to_nft.nft_conditions import Said, said
from iptsim.to_nft.nft_deeds import deeds, is_plain, tproxy
from iptsim.to_nft.nft_stateful import is_stateful, stateful

_WRITTEN = frozenset({"mark", "connmark", "tos", "ttl"})
_FINAL = frozenset({"ACCEPT", "DROP", "REJECT", "RETURN"})


class NotSaidError(Exception):
    """nft has no words for a part of a rule."""

    def __init__(self, what: str, text: str) -> None:
        super().__init__(what)
        self.what, self.text = what, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The rules that do what one does, and conditions under which they are passed over."""

    rules: tuple[NftRule, ...]
    passed: tuple[tuple[nft.Statement, ...], ...] = ()
    remarks: tuple[str, ...] = ()


def way_of(rule: Rule, where: Context, table: Table, names: Mapping[str, str]) -> Way:
    """What a rule does in nft's words; `NotSaidError` where nft cannot say it."""
    text = _on_one_line(write_rule(where.chain, rule, where.family, shown=True))
    if rule.unread is not None or rule.address_names:
        raise NotSaidError(what="…", text=text)
    asked = _asked(rule, where, text)
    limits = tuple(_limits(rule, text))
    ends = _ends(rule, where, table, names, text)
    many = len(asked.when) > 1
    if many and (limits or _reads_what_changes(rule, where)):
        raise NotSaidError(what=text, text=text)
    comment, remarks = _comment(rule)
    counter = _counter(rule)
    rules = tuple(
        NftRule(statements=(*when, *limits, counter, *ends), comment=comment) for when in asked.when
    )
    if rule.target is not None and rule.target.name == "TPROXY":
        drop = nft.Verdict(kind="drop")
        rules += tuple(NftRule(statements=(*when, drop)) for when in asked.when)
    if rule.target is not None and rule.target.name == "TCPMSS":
        remarks += (codes.MSS_NOT_ADDED,)
    return Way(rules=rules, passed=asked.unless, remarks=remarks)


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _asked(rule: Rule, where: Context, text: str) -> Said:
    plain = replace(rule, matches=tuple(m for m in rule.matches if not is_stateful(m)))
    asked = condition(plain, where)
    if asked == NEVER:
        return Said(when=())
    found = said(asked, where)
    if found is None:
        raise NotSaidError(what=_culprit(plain, where) or text, text=text)
    return found


def _culprit(rule: Rule, where: Context) -> str:
    """The words without which the rule could be said, else those that are unknown."""
    parts = list(conditions(rule, where))
    for at, (words, _part) in enumerate(parts):
        others = (part for n, (_words, part) in enumerate(parts) if n != at)
        if said(all_of(others), where) is not None:
            return words
    facts = (w for w, part in parts if any(isinstance(a, Fact) for a in atoms(part)))
    return next(facts, "")


def _limits(rule: Rule, text: str) -> Iterator[nft.Statement]:
    """What hangs on state, in its order; what is asked after it is asked before (no token lost)."""
    seen = False
    for match in rule.matches:
        if is_stateful(match):
            told = stateful(match)
            if told is None:
                raise NotSaidError(what=f"-m {match.name}", text=text)
            seen = True
            yield from told
        elif seen and match.name != "comment":
            raise NotSaidError(what=f"-m {match.name}", text=text)


def _ends(
    rule: Rule, where: Context, table: Table, names: Mapping[str, str], text: str
) -> tuple[nft.Statement, ...]:
    target = rule.target
    if target is not None and target.name in names and table.chain(target.name) is not None:
        kind = "goto" if target.goto else "jump"
        return (nft.Verdict(kind=kind, chain=names[target.name]),)
    if target is not None and is_chain(target):
        raise NotSaidError(what=f"-j {target.name}", text=text)
    told = _deeds(target, actions(rule, where, table), where.family)
    if told is None:
        raise NotSaidError(what=f"-j {target.name}" if target else text, text=text)
    return told


def _deeds(
    target: Target | None, done: tuple[Deed, ...], family: int
) -> tuple[nft.Statement, ...] | None:
    if target is not None and target.name == "TPROXY":
        return tproxy(target, done, family)
    return deeds(target, done, family)


def _reads_what_changes(rule: Rule, where: Context) -> bool:
    """Whether one of several rules could change what the next of them asks."""
    if rule.target is not None and rule.target.name in _FINAL:
        return False
    asked = (getattr(atom, "field", "") for atom in atoms(condition(rule, where)))
    return not _WRITTEN.isdisjoint(asked)


def _counter(rule: Rule) -> nft.Counter:
    if rule.counters is None or "counters" in rule.hides:
        return nft.Counter()
    return nft.Counter(packets=rule.counters.packets, bytes=rule.counters.bytes)


def _comment(rule: Rule) -> tuple[str | None, tuple[str, ...]]:
    """The words of `-m comment`; nft knows no quotes in it and no more than 127 bytes."""
    told = [m.value("--comment", str) or "" for m in rule.matches if m.name == "comment"]
    if not told:
        return None, ()
    text = "; ".join(told)
    if is_plain(text.replace("$", "")) and len(text.encode()) < 128:
        return text, ()
    short = _on_one_line(text.replace('"', "'")).encode()[:127].decode(errors="ignore")
    return short, (codes.COMMENT_CHANGED,)
