"""A trace as rows and sentences, which every output lays out in its own way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from iptsim import codes
from iptsim.dataclass import dataclass
from iptsim.explain.catalogue import sentence
from iptsim.explain.condition_words import describe_condition
from iptsim.explain.ports import on_port, port_sentences
from iptsim.explain.unions import Parts
from iptsim.explain.untold_facts import place_words
from iptsim.extensions.spec import Context
from iptsim.model import ANY_HEADER, Note, Rule, Ruleset
from iptsim.regex import regex
from iptsim.render.shared.columns import Row, tied, with_counts
from iptsim.render.shared.conditions import counted, union_words
from iptsim.render.shared.fate_words import shown_value
from iptsim.render.shared.fates import ToldFate
from iptsim.render.shared.terminal import columns_of, printable
from iptsim.render.shared.trace_answer import TraceAnswer
from iptsim.render.shared.value_json import note_text, notes_text
from iptsim.tracer.host.routing import LINK_LOCAL
from iptsim.worlds.outcome import Carried, Condition, Outcome, Rewrite, Skipped, Step

# What nft calls the deeds that iptables' targets have other names for.
_IN_NFT = {"MARK": "meta mark set", "CONNMARK": "ct mark set", "TEE": "dup"}
_COLOURS = {"accept": "good", "drop": "bad", "reject": "bad"}
# A reader follows no more ways than this; the summary has all.
_MOST = 3
# What is wider reads better on two lines than it makes its column narrow.
_TIED = 32
# So many steps that are another way's are not told again.
_LONG = 3
_HIDES = codes.LISTING_HIDES_INTERFACES
_ASK_ARRIVING = codes.ASK_ARRIVING
_NOT_OURS = codes.ADDRESS_NOT_OURS
# `ct mark set 0x1`: of a rule of nftables, without a comment behind it.
_ASSIGNED = regex(
    r"\b(?:meta|ct|ip6?|tcp|udp|th|ether|vlan)(?: \S+){1,3} set [^\"]+(?= comment \"|$)"
)
Entry = tuple[str, Row]
"""A row under the name of its hook."""


def journeys(answer: TraceAnswer) -> list[tuple[str, list[Entry]]]:
    """The rows of the first way to each fate, under its title; later ones begin where they differ.

    One fate needs no title.
    """
    found: list[tuple[str, list[Entry]]] = []
    told, style = answer.told, answer.style
    ways = [fate.outcomes[0] for fate in answer.fates[: 1 if answer.is_crowd else _MOST]]
    hidden = any(note.code == _HIDES for note in answer.trace.notes)
    for way, words in zip(ways, told, strict=False):
        same = _common(ways[0].steps, way.steps) if found else 0
        first = told[0] if len(found) > 1 else None
        end = len(way.steps) - (_common(ways[0].steps[::-1], way.steps[::-1]) if found else 0)
        end = end if _is_detour(ways[0], way, same, end) else len(way.steps)
        parts = _Parts(same=same, end=end, count=len(way.steps))
        title = _title(words, parts, first, style.lang) if len(told) > 1 else ""
        shown = frozenset(ways[0].skipped if found else ())
        rows = [*_entries(way, same, end, shown, answer, hidden=hidden)]
        found.append((title, rows))
    return _counted_entries(found) if answer.shows_counts else found


def untold(answer: TraceAnswer) -> str:
    """What to say of the ways whose steps are not shown; '' where all are."""
    found, lang = answer.fates, answer.style.lang
    if len(found) > 1 and answer.is_crowd:
        return ""
    if len(found) > _MOST:
        return counted("trace.more", len(found) - _MOST, lang)
    ways = found[0].outcomes
    if len(found) > 1 or len(ways) == 1:
        return ""
    cube = next(iter(ways[0].when))
    parts: Parts = (*cube.conditions, *cube.facts)
    when = union_words([parts], lang, answer.names)[0]
    return printable(sentence("trace.always", lang, count=len(ways), when=when))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """Of the steps of a way: how many begin as the first way does, and where it is as that again.

    `end` is the count of all where it is not.
    """

    same: int
    end: int
    count: int


def _is_detour(first: Outcome, way: Outcome, same: int, end: int) -> bool:
    """Whether a way comes back to the first one's steps, at the same numbers, for a good while."""
    alike = len(first.steps) == len(way.steps) and 0 < same < end <= len(way.steps) - _LONG
    return alike and not any(rule.before >= end for rule in way.skipped)


def _title(told: ToldFate, parts: _Parts, first: ToldFate | None, lang: str) -> str:
    """`first` is the first way; the second stands right below it, and needs no name for it."""
    one_of = sentence("trace.one_of", lang, count=told.outcomes) if told.outcomes > 1 else ""
    facts = {"name": told.label, "fate": told.fate + one_of, "same": parts.same}
    if not parts.same:
        return sentence("trace.way", lang, **facts)
    way = sentence("trace.way_above", lang)
    if first is not None:
        kind = "trace.way_number" if first.label.isdigit() else "trace.way_name"
        way = sentence("trace.way_in", lang, way=sentence(kind, lang, name=first.label))
    if parts.end < parts.count:
        at = parts.same + 1
        code = "trace.way_but_one" if at == parts.end else "trace.way_but"
        return sentence(code, lang, **facts, way=way, first=at, last=parts.end)
    code = "trace.way_on_one" if parts.same == 1 else "trace.way_on"
    code = code if parts.same < parts.count else f"{code}.all"
    return sentence(code, lang, **facts, way=way)


def _common(left: Sequence[Step], right: Sequence[Step]) -> int:
    """How many steps both begin with."""
    count = 0
    for mine, other in zip(left, right, strict=False):
        if mine != other:
            break
        count += 1
    return count


def _entries(
    outcome: Outcome,
    same: int,
    end: int,
    shown: frozenset[Skipped],
    answer: TraceAnswer,
    *,
    hidden: bool,
) -> Iterator[Entry]:
    """Each row from step `same` to `end` with its hook; rules that did not match stand before.

    Those that were `shown` where another way parts from this one are not shown again.
    """
    style = answer.style
    for number in range(same, end + (end == len(outcome.steps))):
        for rule in outcome.skipped:
            if rule.before == number and not (number == same and rule in shown):
                yield rule.hook, _skipped_row(rule, hidden, answer)
        for done in outcome.carried:
            if done.before == number:
                yield done.hook, _carried_row(done, style.lang)
        if number < len(outcome.steps):
            step = outcome.steps[number]
            yield step.hook, _step_row(step, number + 1, answer)


def _skipped_row(rule: Skipped, hidden: bool, answer: TraceAnswer) -> Row:
    style = answer.style
    other = "trace.hidden" if hidden else "trace.some_condition"
    return Row(
        number="·",
        where=f"{rule.table} {rule.chain} {rule.rule}",
        condition=rule.failed or sentence(other, style.lang),
        did=sentence("trace.no_match", style.lang),
        place=style.place(rule.place),
        count=_count(rule.table, rule.chain, rule.rule, answer),
        dim=True,
        chain=f"{rule.table} {rule.chain}",
    )


def _carried_row(done: Carried, lang: str) -> Row:
    """A translation that no rule does any more: `source 10.0.0.9 → 10.0.0.2, 80 → 8080`."""
    half = "src" if done.rewrites[0].field in ("src", "sport") else "dst"
    changes = sentence("trace.comma", lang).join(_change(change, lang) for change in done.rewrites)
    return Row(
        number="·",
        where="nat",
        condition=sentence("trace.carried", lang),
        did=sentence(f"trace.carried.{half}", lang, change=changes),
        place="",
    )


def _step_row(step: Step, number: int, answer: TraceAnswer) -> Row:
    style = answer.style
    where = f"{step.table} {step.chain}" + (f" {step.rule}" if step.rule else "")
    where = where if step.rule else place_words(step.untold, style.lang) or where
    outcome = step.target if step.action == "policy" else step.action
    return Row(
        number=str(number),
        where=where,
        condition=condition_of(step, answer.ruleset, style.lang),
        did=deed_of(step, style.lang),
        place=style.place(step.place),
        count="" if step.untold else _count(step.table, step.chain, step.rule, answer),
        colour=_COLOURS.get(outcome.lower()),
        chain=f"{step.table} {step.chain}",
        leads=step.action in ("jump", "goto"),
    )


def _counted_entries(
    ways: Sequence[tuple[str, list[Entry]]],
) -> list[tuple[str, list[Entry]]]:
    """All rows with what was counted before their places, in one column."""
    rows = iter(with_counts([row for _, entries in ways for _, row in entries]))
    return [(title, [(hook, next(rows)) for hook, _ in entries]) for title, entries in ways]


def _count(table: str, chain: str, rule: int | None, answer: TraceAnswer) -> str:
    """`420 packets`, `≈118000 packets`: what was counted at a rule, or at a policy (no rule)."""
    if not answer.shows_counts:
        return ""
    from iptsim.render.shared.counted_rows import met_words  # noqa: PLC0415  # asked for by few

    found = answer.ruleset.table(table)
    at = None if found is None else found.chain(chain)
    of = at if at is None or rule is None else at.rule(rule)
    return "" if of is None or of.counters is None else met_words(of.counters, answer.style.lang)


def condition_of(step: Step, ruleset: Ruleset, lang: str) -> str:
    """What the rule of a step asks, in short words."""
    rule = rule_of(step, ruleset)
    if rule is None:
        return sentence("trace.not_here" if step.untold else "trace.policy", lang)
    if rule.unread is not None and rule.header == ANY_HEADER and not rule.matches:
        return sentence("trace.left_out", lang)
    where = Context(family=ruleset.family, table=step.table, chain=step.chain)
    return describe_condition(rule, where, lang)


def rule_of(step: Step, ruleset: Ruleset) -> Rule | None:
    """The rule of a step; None for a policy, and for what stands in no text."""
    table = ruleset.table(step.table)
    chain = table.chain(step.chain) if table else None
    if chain is None or step.rule is None:
        return None
    return chain.rule(step.rule)


def deed_of(step: Step, lang: str) -> str:
    """What the rule did: a jump to whom, a rewrite from what to what, a verdict."""
    return _untold_deed(step, lang) if step.untold else _deed(step, lang)


def _untold_deed(step: Step, lang: str) -> str:
    """What may have been done where the text does not tell: `MESH_IN: 80 → unknown`."""
    changes = [_change(rewrite, lang) for rewrite in step.rewrites]
    done = sentence("trace.comma", lang).join(changes)
    done = done or sentence(f"trace.untold.{step.action}", lang)
    return sentence("trace.untold", lang, target=step.target, done=done) if step.target else done


def _deed(step: Step, lang: str) -> str:
    native = " " in step.table
    if step.action in ("jump", "goto"):
        return sentence(f"trace.{step.action}", lang, chain=step.target)
    if step.action == "return":
        return sentence("trace.return.nft" if native else "trace.return", lang)
    port = on_port(step)
    changes = [sentence("change.dport", lang, dport=port)] if port else []
    changes += [_change(rewrite, lang) for rewrite in step.rewrites]
    told = sentence("trace.comma", lang).join(changes)
    if step.action != "policy" and (not told or _unknown_bits(step)):
        told = _options(step)
    done = "  ".join(filter(None, _in_nft(step.target, told) if native else (step.target, told)))
    return done or sentence("trace.counted", lang)


def _in_nft(target: str, told: str) -> tuple[str, str]:
    """What a rule of nftables did in nft's words; a statement as it stands needs no other name."""
    if _ASSIGNED.match(told.replace("\N{NO-BREAK SPACE}", " ")):
        return "", told
    if target in ("MARK", "CONNMARK"):
        told = told.removeprefix("connmark").removeprefix("mark").strip()
    return _IN_NFT.get(target, target.lower()), told


def _change(rewrite: Rewrite, lang: str) -> str:
    """`8088 → 15001`, `→ 15001` where the packet did not tell the field, `mark → 0x1`."""
    before, after = (
        "" if value is None else shown_value(rewrite.field, value, lang)
        for value in (rewrite.before, rewrite.after)
    )
    name = "" if rewrite.field in ("src", "dst", "sport", "dport") else f"{rewrite.field} "
    text = f"{name}{before} → {after}" if before else f"{name}→ {after}"
    return _in_one_piece(text)


def _in_one_piece(text: str) -> str:
    return tied(text) if columns_of(text) <= _TIED else text


def _unknown_bits(step: Step) -> bool:
    """Whether a rule set some bits of a number whose rest is not known: its options tell which."""
    return any(str(rewrite.after).startswith("changed by ") for rewrite in step.rewrites)


def _options(step: Step) -> str:
    """The target's options as iptables-save writes them: `--notrack`; what nftables' rules set."""
    _, found, options = step.text.rpartition(f" -j {step.target} ")
    if not found and step.action == "continue" and (told := _ASSIGNED.search(step.text)):
        return _in_one_piece(told[0])
    return _in_one_piece(options) if found else ""


def _likely(answer: TraceAnswer) -> Iterable[str]:
    if len(answer.trace.outcomes) == 1:
        return ()
    from iptsim.explain.likely import (  # noqa: PLC0415  # only of ways that are open
        behind_sentences,
        likely_sentences,
    )

    lang = answer.style.lang
    return (
        *likely_sentences(answer.trace, answer.names, lang),
        *behind_sentences(answer.behind, lang),
    )


def remarks(answer: TraceAnswer, notes: Iterable[Note]) -> Iterator[list[str]]:
    """Paragraphs: what ports mean; what was taken as given and what the reader should know."""
    trace, style = answer.trace, answer.style
    known = [*_likely(answer), *port_sentences(trace, answer.ruleset, style.lang)]
    if known:
        yield [sentence("trace.stop", style.lang).join(known)]
    if shares := _shares(answer):
        yield shares
    routes = _needs_routes(answer)
    of_trace = [note for note in answer.notes if not routes or note.code != _ASK_ARRIVING]
    told = notes_text((*of_trace, *notes), style)
    if assumed := answer.assumed:
        given = sentence("trace.comma", style.lang).join(_given(assumed, style.lang))
        told.insert(0, sentence("trace.assumed", style.lang, given=given))
    if routes:
        scoped = trace.packet.family == 6 and (trace.packet.dst or 0) in LINK_LOCAL
        code = "trace.scoped" if scoped else "trace.routes"
        # Who tells where it leaves by asks for a packet to another host.
        here = any(note.code == codes.TO_THIS_HOST for note in trace.assumed)
        code += ".arriving" if of_trace != [*answer.notes] and not scoped and not here else ""
        told.append(sentence(code, style.lang))
    if told:
        yield told


def _shares(answer: TraceAnswer) -> list[str]:
    """Of the deciding rules' chains, how many of the packets that came met them."""
    if not answer.shows_counts:
        return []
    from iptsim.render.shared.counted_rows import share_of  # noqa: PLC0415  # asked for by few

    steps = (outcome.decided_by for outcome in answer.trace.outcomes)
    asked = dict.fromkeys((s.table, s.chain, s.rule) for s in steps if s is not None and s.rule)
    told = (share_of(answer.ruleset, *each, answer.style.lang) for each in asked)
    return [text for text in told if text][:_MOST]


def _given(assumed: Sequence[Note], lang: str) -> Iterator[str]:
    """Each assumption, those on several addresses in one breath."""
    others = [dict(note.facts).get("address", "") for note in assumed if note.code == _NOT_OURS]
    for note in assumed:
        if len(others) < 2 or note.code != _NOT_OURS:
            yield note_text(note, lang)
    if len(others) == 2:
        yield sentence("assumed.two", lang, first=others[0], second=others[1])
    elif others[1:]:
        yield _not_ours(others, lang)


def _not_ours(addresses: Sequence[object], lang: str) -> str:
    """In brackets, for the commas between them are not those between assumptions."""
    shown = sentence("trace.comma", lang).join(map(str, addresses[:_MOST]))
    if more := len(addresses) - len(addresses[:_MOST]):
        shown = sentence("assumed.many", lang, addresses=shown, count=more)
    return sentence("assumed.others", lang, addresses=shown, count=len(addresses))


def _needs_routes(answer: TraceAnswer) -> bool:
    """Whether the fate hangs on where a known destination is routed to."""
    trace = answer.trace
    cubes = (cube for fate in answer.fates for cube in fate.when)
    asked = any(isinstance(part, Condition) and part.field == "out" for c in cubes for part in c)
    rewrites = (rewrite for outcome in trace.outcomes for rewrite in outcome.rewrites)
    sent_on = trace.hook == "PREROUTING" and any(rewrite.field == "dst" for rewrite in rewrites)
    known = trace.packet.tells("dst") or sent_on
    return asked and known and len(answer.fates) > 1
