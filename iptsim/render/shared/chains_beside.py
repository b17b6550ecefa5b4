"""Chains of iptables beside those of nftables that stand for them, in rows."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim.diff.counterparts import Counterpart, between_backends, counterparts
from iptsim.diff.difference import Difference
from iptsim.explain.catalogue import sentence
from iptsim.render.shared.terminal import Style, columns_of, pad, printable, wrap


def sides(difference: Difference, style: Style) -> list[str]:
    """A row for each pair of chains and for each chain without one; nothing of other diffs."""
    rows = cells_beside(difference, style.lang)
    if not rows:
        return []
    widths = [max(columns_of(row[n]) for row in rows) for n in range(2)]
    told = [sentence("diff.sides", style.lang)]
    for old, new, words in rows:
        row = f"  {pad(old, widths[0])}  {pad(new, widths[1])}  {words}"
        if columns_of(row) <= style.width:
            told.append(row.rstrip())
        else:
            names = "  ".join(name for name in (old, new) if name)
            told += wrap(names, style.width, "  ") + wrap(words, style.width, "      ")
    return told


def cells_beside(difference: Difference, lang: str) -> list[tuple[str, str, str]]:
    """Each pair of chains, the earlier first, and what they share; nothing of other diffs."""
    if not between_backends(difference):
        return []
    return [_cells(one, lang) for one in counterparts(difference)]


def _cells(one: Counterpart, lang: str) -> tuple[str, str, str]:
    names = [
        "" if at is None else printable(_called(one.family, *at, lang))
        for at in (one.before, one.after)
    ]
    return names[0], names[1], _words(one, lang)


def _called(family: int, table: str, chain: str, lang: str) -> str:
    """A table of nftables may be of both families, so its own is told besides."""
    if " " in table:
        return f"{table} {chain}" if family == 4 else f"{table} {chain} (IPv6)"
    name = table if family == 4 else sentence("diff.family", lang, table=table)
    return f"{name} {chain}"


def _words(one: Counterpart, lang: str) -> str:
    if one.before is None or one.after is None:
        code = "diff.sides.before" if one.after is None else "diff.sides.after"
        return sentence(code, lang, rules=_counted("diff.rules", one.gone + one.come, lang))
    return sentence("diff.comma", lang).join(_parts(one, lang))


def _parts(one: Counterpart, lang: str) -> Iterator[str]:
    if not (one.same or one.gone or one.come):
        yield sentence("diff.sides.empty", lang)
    else:
        yield _counted("diff.sides.same", one.same, lang)
    for key, count in (("gone", one.gone), ("come", one.come)):
        if count:
            yield sentence(f"diff.sides.{key}", lang, count=count)


def _counted(code: str, count: int, lang: str) -> str:
    form = {0: "none", 1: "one"}.get(count, "many")
    return sentence(f"{code}.{form}", lang, count=count)
