"""The one function of a diff."""

from __future__ import annotations

from collections.abc import Iterator

from iptsim import codes
from iptsim.diff.both_families import told_once
from iptsim.diff.difference import Change, Difference
from iptsim.diff.effect import effect
from iptsim.diff.left_out import is_left_out
from iptsim.diff.sameness import same_text
from iptsim.diff.structure import Structure, structure
from iptsim.host import NOBODY, Host
from iptsim.model import Dump, Note
from iptsim.tracer.rules.asked_alone import only_in_both

EMPTY = codes.NO_RULES


def diff(
    before: Dump,
    after: Dump,
    *,
    host: Host = NOBODY,
    comments: bool = False,
    chain: tuple[str, str | None] | None = None,
    briefly: bool = False,
) -> Difference:
    """What changed from `before` to `after`, in structure and in effect.

    Differences of text alone do not count: how a protocol is named, the order of options,
    counters, and comments unless `comments` asks for them. The dumps may be in different forms;
    what the form of one of them cannot show is not compared, and `notes` say so. The effect is
    that on all packets, exact. `host` is what is known of the addresses and routes of the host that
    both dumps are of. `chain`, with its table where several have it, is the one chain that is asked
    for its effect: on the packets that come to it; one that a side lacks is empty there. With
    `briefly` those effects alone are told that a text shows, and of packets in very many sets only
    some. Raises `UsageError` where neither has the chain.
    """
    if chain is not None:
        before, after = only_in_both(before, after, *chain)
    found = structure(before, after, comments=comments)
    seen = effect(found, host, briefly=briefly)
    same = same_text(before, after)
    return Difference(
        before=before,
        after=after,
        changes=told_once(found.changes),
        effects=seen.effects,
        uncompared=told_once(tuple(shown(found))),
        same_text=same,
        # What a text does not show, it does not show twice.
        notes=(*_empty(before, after), *(() if same else (*found.notes, *seen.notes))),
    )


def shown(found: Structure) -> Iterator[Change]:
    """The rules that stand on one side only, in chains that both sides show."""
    for change in found.uncompared:
        at = change.after or change.before
        if at is not None and not is_left_out(at.rule):
            yield change


def _empty(before: Dump, after: Dump) -> Iterator[Note]:
    """That a side without any text is taken for a host without rules."""
    return (note for dump in (before, after) for note in dump.notes if note.code == EMPTY)
