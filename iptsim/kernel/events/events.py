"""What the kernel told of one packet, from nftables trace events and the log of legacy tables.

Surprises of `net/netfilter/nf_tables_core.c` and `nf_tables_trace.c`:
- a rule that matched and goes on (LOG, MARK, no target) is told as CONTINUE, one that did not match
  is not told;
- the end of every chain is told as a RETURN without a rule, and is no step;
- the headers come with the first event of each base chain only, later events of the same walk are
  linked to it by the id, which is a hash of the buffer's address and is used again;
- an xtables target that ends the table tells its plain verdict: REDIRECT is ACCEPT, REJECT DROP.

What legacy tables log is read by `iptsim.kernel.events.legacy_log`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping

from iptsim.dataclass import dataclass, field
from iptsim.kernel.events.legacy_log import Logged, Tables, logged, verdict_of
from iptsim.kernel.events.netlink import Attributes, Event, attributes, text
from iptsim.kernel.frames.frames import identity_of, read
from iptsim.packet import Packet

WATCH_TABLE = "iptsim_judge"
_TABLE, _CHAIN, _HANDLE, _TYPE, _VERDICT, _ID = 1, 2, 3, 4, 5, 6
_NETWORK, _TRANSPORT, _OUT, _MARK, _POLICY = 8, 9, 12, 14, 16
_LOG_HEADER, _LOG_PAYLOAD, _LOG_PREFIX = 1, 9, 10  # enum nfulnl_attr_type
_LO = b"\0\0\0\1"  # the loopback interface is always the first of its namespace
_TYPE_POLICY, _TYPE_RETURN = 1, 2
_VERDICTS: Mapping[int, str] = {
    0: "drop", 1: "accept", 2: "stolen", 3: "queue",
    -1: "continue", -3: "jump", -4: "goto", -5: "return",
}  # fmt: skip
_ENDS = ("drop", "stolen")  # a queue that is bypassed goes on
_VERDICT_MASK = 0xFF  # NF_VERDICT_MASK: above it are queue numbers and errno values


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelStep:
    """A rule that matched, or a policy (`rule` None).

    `verdict` is the kernel's: accept drop stolen queue continue jump goto return, and for a policy
    accept or drop; `target` the chain of a jump or goto, else empty. `rule` counts from 1.
    """

    hook: str
    table: str
    chain: str
    rule: int | None
    verdict: str
    target: str = ""

    def __str__(self) -> str:
        where = "policy" if self.rule is None else str(self.rule)
        tail = f" {self.target}" if self.target else ""
        return f"{self.hook} {self.table} {self.chain} {where} {self.verdict}{tail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """The packet after every rule of INPUT or POSTROUTING: as it is delivered, or as it leaves.

    Its interfaces, uid, gid, length and MAC address are not told.
    """

    hook: str
    packet: Packet


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """What the real kernel did with a packet that entered at `hook`.

    A packet to one of the host's own addresses from the host itself is seen twice: its steps go on
    from POSTROUTING to PREROUTING and INPUT.
    """

    packet: Packet
    hook: str
    steps: tuple[KernelStep, ...]
    sightings: tuple[Sighting, ...]

    @property
    def verdict(self) -> str:
        """ACCEPT, DROP (REJECT too), QUEUE, STOLEN, or LOST where routing threw it away."""
        last = self.steps[-1] if self.steps else None
        if last and (last.verdict in _ENDS or (last.verdict == "queue" and self._stays(last))):
            return last.verdict.upper()
        return "ACCEPT" if self.sightings else "LOST"

    def _stays(self, step: KernelStep) -> bool:
        """Whether the packet is not seen after its last step; by lo it was seen before, leaving."""
        back = self.hook == "OUTPUT" and step.hook in ("PREROUTING", "INPUT")
        return not any(not back or sighting.hook == "INPUT" for sighting in self.sightings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Native:
    """Tables of nftables among those that are traced.

    `labels` tells how the table of a family (NFPROTO_…) and name is called, `hooks` the hook of a
    base chain by that and its own name. Of what is in neither, iptables-nft made it: its chains
    have the names of their hooks.
    """

    labels: Mapping[tuple[int, str], str] = field(default_factory=dict)
    hooks: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def at_device_out(self) -> bool:
        """Whether chains stand at a device behind POSTROUTING."""
        return "EGRESS" in self.hooks.values()

    def table(self, event: Attributes, family: int) -> str:
        """How the table of an event is called."""
        name = text(event[_TABLE])
        return self.labels.get((family, name), name)

    def hook(self, event: Attributes, family: int) -> str:
        """The hook of an event's base chain."""
        chain = text(event[_CHAIN])
        if text(event[_TABLE]) == WATCH_TABLE:
            return chain.partition("_")[2].upper()
        return self.hooks.get((self.table(event, family), chain), chain)


@dataclass(slots=True, kw_only=True)
class _Walk:
    identity: int
    hook: str


@dataclass(slots=True, kw_only=True)
class _Diary:
    log: list[Logged | KernelStep] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    ended: bool = False


class Scribe:
    """Sorts trace events by packet. `numbers` is (table, chain, handle) to rule number.

    `proto` is the protocol that the packets were sent with (None: as their IP header tells),
    `tables` the rules of legacy tables.
    """

    def __init__(
        self,
        identities: Iterable[int],
        numbers: Mapping[tuple[str, str, int], int],
        proto: int | None = None,
        tables: Tables | None = None,
        native: Native | None = None,
    ) -> None:
        self._native = native or Native()
        self._proto = proto
        self._diaries = {identity: _Diary() for identity in identities}
        self._numbers = numbers
        self._tables = tables or {}
        self._echo: str | None = None
        self._walks: dict[bytes, _Walk] = {}

    def write(self, event: Event) -> None:
        """Take one event in; events of other packets (the host's answers) are left out."""
        if event.logged:
            self._log(event.fields)
        else:
            self._trace(event.fields, event.family)

    def _trace(self, event: Attributes, family: int) -> None:
        walk = self._walk(event, family)
        diary = self._diaries.get(walk.identity) if walk else None
        if walk is None or diary is None:
            return
        if text(event[_TABLE]) == WATCH_TABLE:
            self._sight(event, diary)
        else:
            step = self._step(event, walk.hook, family)
            if step is not None:
                diary.log.append(step)
                diary.ended = step.verdict in _ENDS

    def _log(self, event: Attributes) -> None:
        prefix, echo, self._echo = text(event.get(_LOG_PREFIX, b"")), self._echo, None
        if prefix == echo:
            return
        line = logged(prefix, event[_LOG_HEADER][2])
        identity = identity_of(event.get(_LOG_PAYLOAD, b""))
        diary = self._diaries.get(identity) if identity is not None else None
        if line is None or diary is None:
            return
        diary.log.append(line)
        rules = self._tables[line.table, line.chain]
        if line.number <= len(rules):
            target = rules[line.number - 1]
            self._echo = target.echo
            diary.ended = target.verdict == "drop" or target.extension == "REJECT"

    def journey(self, identity: int, packet: Packet, hook: str) -> Journey:
        """What was written of one packet."""
        diary = self._diaries[identity]
        return Journey(
            packet=packet,
            hook=hook,
            steps=tuple(self._steps(diary.log, packet)),
            sightings=tuple(diary.sightings),
        )

    def _steps(self, told: list[Logged | KernelStep], packet: Packet) -> Iterator[KernelStep]:
        """Steps of both kinds of tables in the order in which they came."""
        lines = [one if isinstance(one, Logged) else _place(one) for one in told]
        for at, line in enumerate(lines):
            if isinstance(step := told[at], KernelStep):
                yield step
                continue
            targets = self._tables.get((line.table, line.chain), ())
            # Past the last is the end of a user's chain, which is no step; a built-in chain has its
            # policy there.
            if not line.table or line.number > len(targets):
                continue
            target = targets[line.number - 1]
            yield KernelStep(
                hook=line.hook,
                table=line.table,
                chain=line.chain,
                rule=None if target.policy else line.number,
                verdict=verdict_of(lines, at, target, packet),
                target=target.chain,
            )

    def ended(self, identity: int) -> bool:
        """Whether the packet was delivered, left, or met a verdict that ends its way."""
        return self._diaries[identity].ended

    def _walk(self, event: Attributes, family: int) -> _Walk | None:
        if _NETWORK not in event:
            return self._walks.get(event[_ID])
        identity = identity_of(event[_NETWORK])
        if identity is None:
            return None
        walk = _Walk(identity=identity, hook=self._native.hook(event, family))
        self._walks[event[_ID]] = walk
        return walk

    def _sight(self, event: Attributes, diary: _Diary) -> None:
        end, _, hook = text(event[_CHAIN]).partition("_")
        if end != "end" or _NETWORK not in event:
            return
        diary.log.append(Logged(hook=hook.upper()))
        if hook in ("input", "postrouting", "egress"):
            mark = int.from_bytes(event.get(_MARK, b""), "big")
            packet = read(event[_NETWORK], event.get(_TRANSPORT, b""), mark, self._proto)
            if hook == "egress" and diary.sightings:
                # The same packet, a moment later.
                diary.sightings.pop()
            named = "INPUT" if hook == "input" else "POSTROUTING"
            diary.sightings.append(Sighting(hook=named, packet=packet))
            outside = event.get(_OUT) != _LO
            last = hook == "egress" or not self._native.at_device_out
            diary.ended = hook == "input" or (outside and last)

    def _step(self, event: Attributes, hook: str, family: int) -> KernelStep | None:
        table, chain = self._native.table(event, family), text(event[_CHAIN])
        kind = int.from_bytes(event[_TYPE], "big")
        if kind == _TYPE_POLICY:
            policy = _VERDICTS[int.from_bytes(event[_POLICY], "big")]
            return KernelStep(hook=hook, table=table, chain=chain, rule=None, verdict=policy)
        if _HANDLE not in event:
            return None
        rule = self._numbers[table, chain, int.from_bytes(event[_HANDLE], "big")]
        verdict, target = _verdict(attributes(event[_VERDICT]))
        return KernelStep(
            hook=hook, table=table, chain=chain, rule=rule, verdict=verdict, target=target
        )


def _place(step: KernelStep) -> Logged:
    return Logged(hook=step.hook, table=step.table, chain=step.chain)


def _verdict(fields: Attributes) -> tuple[str, str]:
    (code,) = struct.unpack("!i", fields[1])
    # The number of a high queue makes the whole negative.
    word = _VERDICTS[code if code in _VERDICTS else code & _VERDICT_MASK]
    return word, text(fields[2]) if 2 in fields else ""
