"""A rule set and packets asked of the kernel and of the tracer, from a seed or from a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from kernel_comparing import disagreement
from kernel_sets import again_text, restore_text
from quick_answers import QuickAnswers
from random_packets import packets
from random_rules import Maker
from shrinking import Sent, Shrinker

from iptsim.dialects import read_text
from iptsim.dialects.writing.write import write_save
from iptsim.errors import IptsimError
from iptsim.extensions.text import UnwritableError, write_rule
from iptsim.host import Host
from iptsim.kernel import Journey, Judge, JudgeError
from iptsim.model import BUILTIN_CHAINS, Ruleset, Table
from iptsim.netfilter.reading.host_facts import read_host
from iptsim.netfilter.reading.ip_rules import read_rules
from iptsim.netfilter.reading.ipset_text import read_sets
from iptsim.packet import Packet
from iptsim.sysctls import Sysctls
from iptsim.tracer import Tracer
from iptsim.values import format_address, parse_address

LISTENER, MARKED = 15006, 0x7777
"""The port of the transparent listener, and the mark with which packets are delivered to it."""
_LISTING = ("-n", "-v", "-x")
# ip6tables prints nothing of it (libip6t_eui64.c has no print function).
_UNLISTED = ("eui64",)
_ADDRESSES = ("src", "dst")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """What the tracer and the kernel say differently of one packet under one rule set."""

    family: int
    rules: str
    sent: Sent
    problem: str

    def __str__(self) -> str:
        return f"{self.rules}\n{self.problem}"


@dataclass(slots=True)
class Counts:
    """What a bench has seen. A case is a packet under a rule set; `open_` are those of which the
    tracer told several outcomes, `too_many` those of which it asked for more to be told,
    `set_` those on a host with settings drawn at random.
    """

    sets: int = 0
    refused: int = 0
    cases: int = 0
    open_: int = 0
    too_many: int = 0
    listed: int = 0
    set_: int = 0
    quick: int = 0


@dataclass(slots=True)
class Bench:
    """A judge, asked for one family, with the sets and the listener that random rules name.

    `delivers` is whether TPROXY's packets get to the listener. The `ip rule` for that makes IPv4
    check sources for good, more than the routes alone tell (fib_frontend.c, fib_validate_source).
    `fast` is whether each packet is also asked as one of many.
    """

    judge: Judge
    family: int
    delivers: bool = True
    fast: bool = False
    counts: Counts = field(default_factory=Counts)
    host: Host = field(init=False)
    _named: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.judge.ipset(restore_text(self.family))
        self.judge.listen(LISTENER, family=self.family)
        # A connection that TPROXY let begin lives on for a minute: a later packet of its addresses
        # would have its socket, and such are not forwarded (net/ipv4/ip_forward.c, ip_forward).
        self.judge.trio.host.sysctls({"net/ipv4/ip_early_demux": "0"})
        if self.delivers:
            self.judge.deliver_marked(MARKED, family=self.family)
        host = read_host(self.judge.addresses(), self.judge.routes(family=self.family))
        self.host = replace(host, sets=read_sets(restore_text(self.family)))

    @contextmanager
    def settings(self, values: Mapping[str, int]) -> Iterator[None]:
        """The host with these settings, and told whole: every table of routes, and `ip rule`."""
        place, told = self.judge.trio.host, self.host
        before = place.do(lambda: {path: _setting(path) for path in values})
        for path, value in values.items():
            place.sysctls({path: str(value)})
        host = read_host(self.judge.addresses(), self.judge.routes(family=self.family, every=True))
        rules = read_rules(place.run("ip", "-j", f"-{self.family}", "rule"))
        sysctls = Sysctls(values={p: v for p, v in values.items() if before[p]})
        self.host = replace(host, sets=told.sets, rules=rules, sysctls=sysctls)
        try:
            yield
        finally:
            self.host = told
            for path, was in before.items():
                place.sysctls({path: was} if was else {})

    def load(self, text: str) -> Ruleset | None:
        """The rules as iptables-save prints them once loaded; None where they are refused."""
        if not any(line.startswith("*") for line in text.split("\n")):
            return None
        self.counts.sets += 1
        try:
            self._load(text)
        except JudgeError:
            self.counts.refused += 1
            return None
        return read_text(self.judge.save(family=self.family), file="case").family(self.family)

    def _load(self, text: str) -> None:
        if self.judge.backend == "nft":
            # Rules that name no set neither see nor change one.
            asks_sets = "-set " in text
            self.judge.clear(sets=asks_sets)
            if asks_sets:
                self.judge.ipset(restore_text(self.family))
            self.judge.load(text, family=self.family)
            return
        self.judge.trio.host.run("ipset", "restore", stdin=again_text(self.family))
        # Legacy tables stay for good: those of earlier cases are emptied.
        named = {line[1:].strip() for line in text.splitlines() if line.startswith("*")}
        blank = "".join(map(one_table, sorted(self._named - named)))
        self._named |= named
        self.judge.load(text + blank, family=self.family)

    def listed(self, rules: Ruleset) -> Ruleset | None:
        """The loaded rules as their listings tell them; None where a listing passes over a match.

        What it else hides (a limit's name, the `!` of a quota) are facts that are open either way.
        """
        if any(match.name in _UNLISTED for *_, rule in rules.rules() for match in rule.matches):
            return None
        tables: list[Table] = []
        for table in rules.tables:
            text = self.judge.listing(table.name, *_LISTING, family=self.family)
            dump = read_text(text, file="listing", table=table.name, family=self.family)
            tables += [replace(one, nft=table.nft) for one in dump.rulesets[0].tables]
        return Ruleset(family=self.family, tables=tuple(tables))

    def disagreements(
        self, forms: Sequence[Ruleset], sent: Sequence[Sent]
    ) -> Iterator[tuple[Sent, str]]:
        """The packets of which a form of the loaded rules is traced otherwise than they go."""
        tracers = [Tracer.of(rules) for rules in forms]
        quick = [QuickAnswers(rules, self.host) for rules in forms] if self.fast else []
        for told in self._journeys(forms[0], sent):
            journey = told
            self.counts.cases += 1
            problem = self._first_problem(tracers, journey)
            if problem and journey.verdict == "LOST":
                # A busy machine tells late, and the judge waits for an end that does not come.
                (journey,) = self.judge.send([(journey.packet, journey.hook)], quiet=1.0)
                problem = self._first_problem(tracers, journey)
            apart = (one.problem(journey.packet, journey.hook) for one in quick)
            problem = problem or next(filter(None, apart), None)
            if problem:
                yield (journey.packet, journey.hook), problem
        self.counts.quick += sum(one.quick for one in quick)

    def _first_problem(self, tracers: Sequence[Tracer], journey: Journey) -> str | None:
        return next(filter(None, (self._problem(tracer, journey) for tracer in tracers)), None)

    def _journeys(self, rules: Ruleset, sent: Sequence[Sent]) -> Iterator[Journey]:
        """Where rules change sets, each packet finds those that the host is told to have."""
        if not any(rule.target and rule.target.name == "SET" for *_, rule in rules.rules()):
            yield from self.judge.send(sent)
            return
        for one in sent:
            self.judge.trio.host.run("ipset", "restore", stdin=again_text(self.family))
            yield from self.judge.send([one])

    def _problem(self, tracer: Tracer, journey: Journey) -> str | None:
        try:
            trace = tracer.trace(journey.packet, hook=journey.hook, host=self.host)
        except IptsimError:
            self.counts.too_many += 1
            return None
        self.counts.open_ += len(trace.outcomes) > 1
        return disagreement(trace, journey)

    def smallest(
        self, rules: Ruleset, found: tuple[Sent, str], seconds: float = 15.0
    ) -> Disagreement:
        """A disagreement with as little as shows it; as found where it does not come again."""
        sent, problem = found
        last = Disagreement(family=self.family, rules=write_save(rules), sent=sent, problem=problem)
        before = self.counts
        self.counts = Counts()

        def keeps(smaller: Ruleset, sent: Sent) -> bool:
            nonlocal last
            again = self._again(smaller, sent)
            last = again or last
            return again is not None

        if keeps(rules, sent):
            Shrinker(keeps, seconds).shrink(rules, sent)
        self.counts = before
        return last

    def _again(self, rules: Ruleset, sent: Sent) -> Disagreement | None:
        try:
            text = write_save(rules)
        except UnwritableError:
            return None
        loaded = self.load(text)
        if loaded is None:
            return None
        for _, problem in self.disagreements([loaded], [sent]):
            return Disagreement(family=self.family, rules=text, sent=sent, problem=problem)
        return None


def _setting(path: str) -> str:
    """What the setting is here; '' where there is none."""
    file = Path("/proc/sys", path)
    return file.read_text(encoding="ascii") if file.exists() else ""


def misread(saved: Ruleset, listed: Ruleset) -> str:
    """A rule that its listing tells whole and that is read otherwise from it; '' for none."""
    for (table, chain, number, rule), (*_, other) in zip(
        saved.rules(), listed.rules(), strict=True
    ):
        text = write_rule(chain.name, rule, saved.family)
        # A range of all ports is not listed: libxt_sctp.c, libxt_dccp.c, print_ports.
        told = not other.hides - {"counters"} and "0:65535" not in text
        if told and rule != other:
            return f"{table.name} rule {number} is listed so that it reads otherwise: {text}"
    return ""


def one_table(table: str, *rules: str) -> str:
    """A table as restore input with these rules. Without a line for it, nf_tables gets no chain."""
    chains = (f":{chain} ACCEPT" for chain in BUILTIN_CHAINS[table])
    return "".join(f"{line}\n" for line in (f"*{table}", *chains, *rules, "COMMIT"))


def random_case(seed: str, family: int, count: int) -> tuple[str, list[Sent]]:
    """The rule set in restore format and the packets of a seed."""
    random = Random(seed)  # noqa: S311  # a case must come out the same again
    return Maker(random, family).ruleset(), packets(random, family, count)


def read_case(path: Path) -> tuple[int, list[Sent], str]:
    """Family, packets and rules of a file of `cases/`: its header has a packet a line as JSON."""
    text = path.read_text(encoding="utf-8")
    told = [json.loads(line[2:]) for line in text.splitlines() if line.startswith("# {")]
    return told[0]["family"], [_packet(each) for each in told], text


def write_case(found: Disagreement, title: str) -> str:
    """The text of such a file."""
    packet, hook = found.sent
    told: dict[str, int | str] = {"family": found.family, "hook": hook, **packet.given()}
    if packet.payload is not None:
        told["payload"] = packet.payload.hex()
    width = 32 if found.family == 4 else 128
    for name in _ADDRESSES:
        if isinstance(value := told.get(name), int):
            told[name] = format_address(value, width)
    rules = "".join(f"{x}\n" for x in found.rules.splitlines() if not x.startswith("#"))
    return f"# {title}\n# {json.dumps(told)}\n{rules}"


def _packet(told: dict[str, int | str]) -> Sent:
    fields = {"in_" if name == "in" else name: value for name, value in told.items()}
    hook = str(fields.pop("hook"))
    for name in _ADDRESSES:
        if isinstance(text := fields.get(name), str):
            fields[name] = parse_address(text)[0]
    payload = fields.pop("payload", None)
    data = None if payload is None else bytes.fromhex(str(payload))
    return replace(Packet().with_(**fields), payload=data), hook
