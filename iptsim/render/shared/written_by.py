"""Who wrote the rules of a dump, for every output that tells it."""

from __future__ import annotations

from collections.abc import Mapping

from iptsim.explain.catalogue import sentence
from iptsim.explain.writers import span_words, writer_words
from iptsim.knowledge import Found, Recognised, recognised
from iptsim.model import Dump
from iptsim.render.shared.terminal import Style, wrap

Written = Mapping[int, tuple[Recognised, ...]]
"""The systems that were recognised, by the family of the rules."""


def written_by(dump: Dump) -> Written:
    """The systems of a dump's rules."""
    return {ruleset.family: recognised(ruleset) for ruleset in dump.rulesets}


def written_lines(written: Written, style: Style) -> list[str]:
    """`Written by: Istio 1.3–1.9 (…)`; no line where nothing is recognised.

    What both families have is told once, by the signs of the first.
    """
    systems = {found.name: found for each in reversed([*written.values()]) for found in each}
    if not systems:
        return []
    told = [writer_words(systems[name], style.lang) for name in sorted(systems)]
    joined = sentence("trace.comma", style.lang).join(told)
    return wrap(sentence("know.written", style.lang, systems=joined), style.width)


def systems_json(written: Written, lang: str) -> list[dict[str, object]]:
    """Each system with its span of versions and its signs; `since` and `until` null where open."""
    return [
        {
            "system": found.name,
            "name": found.title,
            "family": family,
            "since": found.since or None,
            "until": found.until or None,
            "mixed": found.mixed,
            "versions": span_words(found, lang) or None,
            "signs": [_sign(sign) for sign in found.signs],
        }
        for family, each in written.items()
        for found in each
    ]


def _sign(found: Found) -> dict[str, object]:
    return {
        "table": found.table,
        "chain": found.chain,
        "rule": found.rule,
        "since": found.sign.since or None,
        "until": found.sign.until or None,
        "file": found.place.file if found.place else None,
        "line": found.place.line if found.place else None,
    }
