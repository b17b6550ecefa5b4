"""Our trace of a logged packet beside what the log tells, step by step.

A log says less than a journey of ours: it may begin late, break off or have lost lines, its rules
may be counted in another dump, and it tells neither the connection nor, mostly, the user. What it
does not tell is tried: of our ways the one that is most like the log's is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from iptsim import codes
from iptsim.dataclass import dataclass, replace
from iptsim.dialects import read_text
from iptsim.errors import IptsimError, UsageError
from iptsim.host import Host
from iptsim.kernel.events.events import KernelStep
from iptsim.kernel.logs.alignment import aligned
from iptsim.kernel.logs.altered import Altered, altered
from iptsim.kernel.logs.log_rows import DIFFERS, LOST, NOT_THERE, LogRow, Seen
from iptsim.kernel.logs.logged_packets import LoggedPacket, LogStep
from iptsim.kernel.logs.told_steps import POLICY, RETURN, RULE, Told
from iptsim.model import Chain, Dump, Rule, Ruleset
from iptsim.packet import HOOKS
from iptsim.questions import Question, read_packet
from iptsim.tracer import Tracer
from iptsim.tracing import asked
from iptsim.worlds.outcome import Cube, Outcome, Trace

_KNOWN = "ESTABLISHED"
_OTHER_STATES = (_KNOWN, "RELATED", "INVALID", "UNTRACKED")
_IPV6 = 6
_NOT_AT = {"INPUT": ("out",), "POSTROUTING": ("in",)}
_EXTENSIONS = {
    "ip": "hop", "0": "hop", "43": "route", "44": "frag", "60": "dst", "hopopt": "hop",
    "ipv6-route": "route", "ipv6-frag": "frag", "ipv6-opts": "dst",
}  # fmt: skip
_STANDARD = frozenset({"ACCEPT", "DROP", "RETURN", "QUEUE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherCount:
    """A chain that had another number of rules when the log was written."""

    table: str
    chain: str
    logged: int
    dumped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogComparison:
    """A logged packet beside our way of it that is most like the log's.

    `state` is the connection's, where another than a new one fits better; `implied` what the log
    tells of what we leave open, as a union of cubes. `absent` are tables of the log that the dump
    has not, `counts` chains that had another number of rules, `altered` is the first field that
    the log's packet has otherwise on its way.
    """

    logged: LoggedPacket
    trace: Trace
    ruleset: Ruleset
    outcome: Outcome
    rows: tuple[LogRow, ...]
    state: str | None = None
    implied: tuple[Cube, ...] = ()
    absent: tuple[str, ...] = ()
    counts: tuple[OtherCount, ...] = ()
    altered: Altered | None = None

    @property
    def agrees(self) -> bool:
        """Whether every step that the log tells is ours, and none of ours is against it."""
        return self.first_difference is None and self.altered is None

    @property
    def first_difference(self) -> LogRow | None:
        """The first row of a step that one side has otherwise, or its cause right behind it."""
        first = [row for row in self.rows if row.kind == DIFFERS][:2]
        return next((row for row in first if row.why in NOT_THERE), first[0] if first else None)

    @property
    def lost(self) -> int:
        """How many steps the log must have had and has not."""
        return sum(row.kind == LOST for row in self.rows)


class LogJudge:
    """Compares packets of logs with a dump's rules, which are made ready once for each family.

    `given` are fields that the user tells besides, which win over the log's.
    """

    def __init__(self, dump: Dump, host: Host, given: Mapping[str, str]) -> None:
        self._dump, self._host, self._given = dump, host, given
        self._tracers: dict[int, Tracer] = {}
        self._numbers = RuleNumbers()

    def compare(self, logged: LoggedPacket) -> LogComparison:
        """The packet beside our way of it.

        Raises `UsageError` where the dump has no rules of its family, and for a packet that cannot
        be followed: of a bridge, or come back by lo with a connection of which the log tells
        nothing, where no new one fits.
        """
        if logged.unread:
            message = "a packet that crosses a bridge (PHYSIN=) cannot be followed"
            raise UsageError(message, code=logged.unread)
        best = self._in_state(logged, None)
        for other in _otherwise(logged):
            if any(_cost(best)):
                best = min((best, *self._tried(other)), key=_cost)
        logged = best.logged
        for state in () if "ctstate" in self._given else _OTHER_STATES:
            if not any(_cost(best)):
                break
            best = min(best, self._in_state(logged, state), key=_cost)
        if not best.agrees and _begins_behind_lo(logged):
            message = "the log begins where the packet came back by lo"
            raise UsageError(message, code=codes.BEGINS_BEHIND_LO)
        return best

    def _tried(self, other: LoggedPacket) -> Iterator[LogComparison]:
        """None where no such packet can be: a TCP one of 28 bytes."""
        with suppress(UsageError):
            yield self._in_state(other, None)

    def _in_state(self, logged: LoggedPacket, state: str | None) -> LogComparison:
        question = self._question(logged, state)
        ruleset, packet = asked(self._dump, question)
        tracer = self._tracers.setdefault(ruleset.family, Tracer.of(ruleset))
        trace = tracer.trace(packet, hook=question.hook, host=self._host)
        seen, counts = self._seen(logged, ruleset)
        ways = [(aligned(way.steps, seen, ruleset), way) for way in trace.outcomes]
        rows, outcome = min(ways, key=lambda each: each[0].cost)
        fitting = [way for each, way in ways if each.cost == rows.cost]
        some = len(fitting) < len(ways)
        # Of a known connection nat is not asked: what translates it has no step.
        carried = state == _KNOWN and not any(each.step.table == "nat" for each in seen)
        absent = dict.fromkeys(s.step.table for s in seen if ruleset.table(s.step.table) is None)
        return LogComparison(
            logged=logged,
            trace=trace,
            ruleset=ruleset,
            outcome=outcome,
            rows=rows.rows,
            state=state,
            implied=tuple(cube for way in fitting for cube in way.when) if some else (),
            absent=tuple(absent),
            altered=None if carried else altered(rows.rows, outcome, packet),
            counts=counts,
        )

    def _question(self, logged: LoggedPacket, state: str | None) -> Question:
        hook = logged.hook if logged.hook in HOOKS else None
        told = {**logged.given, "hook": hook, "out": logged.out, "ctstate": state}
        for key in _NOT_AT.get(logged.hook, ()):
            told.pop(key, None)
        if logged.family == _IPV6 and (header := _EXTENSIONS.get(str(told.get("proto")))):
            told.pop("proto")  # what follows it, nothing tells
            told["ext_headers"] = header
        return read_packet({**told, **self._given}, logged.family)

    def _seen(
        self, logged: LoggedPacket, ruleset: Ruleset
    ) -> tuple[tuple[Seen, ...], tuple[OtherCount, ...]]:
        counts: dict[OtherCount, None] = {}
        seen = []
        for step in logged.steps:
            found, other = self._numbers.seen(step, ruleset)
            if other is not None:
                counts[other] = None
            if found is not None:
                seen.append(found)
        return tuple(seen), tuple(counts)


def _begins_behind_lo(logged: LoggedPacket) -> bool:
    """Whether it has its connection, and the translations of it, from OUTPUT.

    What the host itself sends (an ICMP error) has no socket, so many logs have only this half of
    its way. (drivers/net/loopback.c, loopback_xmit, leaves the connection with the packet.)
    """
    return logged.hook in ("PREROUTING", "INPUT") and logged.given.get("in") == "lo"


def _otherwise(logged: LoggedPacket) -> Iterator[LoggedPacket]:
    """The packet without what its tool may mean otherwise.

    A mark is that behind the first step, which may have set it; xtables-monitor prints ports of
    whatever has them but no protocol, and of TCP's flags neither ECE nor CWR.
    """
    if not logged.steps[0].told.trace:
        return
    unmarked = _without(logged, "mark")
    yield unmarked
    if any(step.told.is_iptables for step in logged.steps):
        yield from _of_other_protocols(logged)
        yield from _of_other_protocols(unmarked)


def _of_other_protocols(logged: LoggedPacket) -> Iterator[LoggedPacket]:
    if logged.given.get("proto") == "udp":
        flagless = {**logged.given, "proto": "tcp", "tcp_flags": "NONE"}
        yield from (replace(logged, given=flagless), _without(logged, "proto"))
        yield _without(logged, "proto", "sport", "dport")
    if "tcp_flags" in logged.given:
        yield _without(logged, "tcp_flags")


def _without(logged: LoggedPacket, *names: str) -> LoggedPacket:
    given = {name: text for name, text in logged.given.items() if name not in names}
    return replace(logged, given=given)


def _cost(found: LogComparison) -> tuple[int, int, int]:
    differing = sum(row.kind == DIFFERS for row in found.rows)
    return (differing, int(found.altered is not None), found.lost)


class RuleNumbers:
    """Which rule of the dump a line of a log speaks of: by its number, or by its text."""

    def __init__(self) -> None:
        self._read_once: dict[tuple[int, str, str], Rule | None] = {}

    def seen(self, step: LogStep, ruleset: Ruleset) -> tuple[Seen | None, OtherCount | None]:
        """The step in terms of the dump; None for the end of a user's chain, which is no step."""
        told = step.told
        chain = _chain(ruleset, told)
        other = None
        if told.number is not None:
            kind, other = _by_number(told, chain)
        else:
            kind = told.kind
        if kind == RETURN:
            return None, other
        rules, known = ((), True) if kind == POLICY else self._rules_of(told, chain, ruleset.family)
        kernel = KernelStep(
            hook=step.hook,
            table=told.table,
            chain=told.chain,
            rule=rules[0] if len(rules) == 1 else None,
            verdict=told.verdict,
            target=told.target,
        )
        policy, given = kind == POLICY, dict(step.given) if step.is_fresh else {}
        given |= {"mark": told.mark} if told.mark else {}
        seen = Seen(step=kernel, told=told, is_policy=policy, rules=rules, known=known, given=given)
        return seen, other

    def _rules_of(
        self, told: Told, chain: Chain | None, family: int
    ) -> tuple[tuple[int, ...], bool]:
        """The numbers that it may have, none where nothing tells; whether the dump has one."""
        if told.number is not None:
            return (told.number,), chain is not None and told.number <= len(chain.rules)
        wanted = self._read(told, family) if told.is_iptables else None
        if wanted is None or chain is None:
            return (), chain is not None
        found = tuple(number for number, rule in chain.numbered() if rule == wanted)
        return found, bool(found)

    def _read(self, told: Told, family: int) -> Rule | None:
        key = (family, told.table, told.text)
        if key not in self._read_once:
            self._read_once[key] = _read_rule(told, family)
        return self._read_once[key]


def _read_rule(told: Told, family: int) -> Rule | None:
    text = f"*{told.table}\n{told.text}\nCOMMIT\n"
    try:
        found = read_text(text, family=family, strict=True).family(family)
    except IptsimError:
        return None
    rules: Iterable[Rule] = [rule for *_where, rule in found.rules()] if found else []
    return next(iter(rules), None)


def _chain(ruleset: Ruleset, told: Told) -> Chain | None:
    table = ruleset.table(told.table)
    return table.chain(told.chain) if table is not None else None


def _by_number(told: Told, chain: Chain | None) -> tuple[str, OtherCount | None]:
    """What a numbered line is. `rule` is what it says; the others may be rules that look so.

    Source: net/ipv4/netfilter/ip_tables.c, get_chainname_rulenum: a rule without a condition whose
    target is a verdict is called as the chain's end is.
    """
    if told.kind == RULE or chain is None or told.number is None:
        return told.kind, None
    count = len(chain.rules)
    if told.number <= count and _looks_like_end(chain, told.number):
        return RULE, None
    if told.number == count + 1:
        return told.kind, None
    other = OtherCount(table=told.table, chain=told.chain, logged=told.number - 1, dumped=count)
    return told.kind, other


def _looks_like_end(chain: Chain, number: int) -> bool:
    rule = chain.rule(number)
    return (
        rule is not None
        and not rule.matches
        and rule == Rule(target=rule.target)
        and rule.target is not None
        and rule.target.name in _STANDARD
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudged:
    """A packet of a log that cannot be traced, and why."""

    logged: LoggedPacket
    error: IptsimError


@dataclass(frozen=True, slots=True, kw_only=True)
class Lined:
    """Every packet of the log in `file`, beside ours, in the log's order."""

    file: str
    packets: tuple[LogComparison | Unjudged, ...]

    @property
    def compared(self) -> tuple[LogComparison, ...]:
        """Those that could be traced."""
        return tuple(each for each in self.packets if isinstance(each, LogComparison))

    @property
    def exit_code(self) -> int:
        """0: all agree, 1: one differs, 2: one cannot be traced, and none differs."""
        if any(not each.agrees for each in self.compared):
            return 1
        return 0 if len(self.compared) == len(self.packets) else 2


def beside(
    dump: Dump,
    host: Host,
    given: Mapping[str, str],
    packets: Iterable[LoggedPacket],
    *,
    file: str = "",
) -> Lined:
    """The packets of a log beside our traces of them; see `LogJudge`."""
    judge = LogJudge(dump, host, given)
    return Lined(file=file, packets=tuple(_judged(judge, each) for each in packets))


def _judged(judge: LogJudge, packet: LoggedPacket) -> LogComparison | Unjudged:
    try:
        return judge.compare(packet)
    except UsageError as error:
        return Unjudged(logged=packet, error=error)
