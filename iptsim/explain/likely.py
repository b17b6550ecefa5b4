"""Why one of the ways that a listing leaves open is the likely one, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from iptsim.explain.catalogue import sentence
from iptsim.explain.value_names import listed
from iptsim.worlds.outcome import Trace

if TYPE_CHECKING:
    from iptsim.knowledge.bridge_networks import Behind


def behind_sentences(behind: Behind | None, lang: str) -> Iterator[str]:
    """Why a packet most likely leaves by the bridge of the network that it is for."""
    if behind is not None:
        facts = {"network": str(behind.network), "bridge": behind.bridge, "rule": behind.rule}
        yield sentence("know.network", lang, address=behind.address, **facts)


def likely_sentences(trace: Trace, names: Mapping[str, str], lang: str) -> Iterator[str]:
    """`Istio writes -o lo into nat ISTIO_OUTPUT 2 …`, for all rules of which that is known.

    `names` are the numbers of the rules, by how facts on hidden interfaces call them.
    """
    if len(trace.outcomes) == 1:
        return
    from iptsim.knowledge.likely_ways import limits  # noqa: PLC0415  # most dumps hide nothing

    rules: dict[tuple[str, str], list[str]] = {}
    for fact, found in limits(trace).items():
        rule = names.get(fact.detail, fact.detail)
        rules.setdefault((found.system, found.written), []).append(rule)
    for (system, written), told in rules.items():
        code = "know.limit" if len(told) == 1 else "know.limit.many"
        rules_words = listed(sorted(told), lang)
        yield sentence(code, lang, system=system, written=written, rule=rules_words)
