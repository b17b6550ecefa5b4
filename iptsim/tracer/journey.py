"""The packet's whole way through the host, hook by hook, table by table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from iptsim.actions import Fate, Side
from iptsim.model import Note
from iptsim.netfilter.hooks import TABLES_AT, TRACKING_AFTER
from iptsim.predicate import Interface
from iptsim.tracer.chains import Walker
from iptsim.tracer.compile import Library
from iptsim.tracer.regions import split_all
from iptsim.tracer.routing import LO, forward_out, martian, reroute, to_this_host
from iptsim.tracer.start import Question
from iptsim.tracer.terms import Known, add, resolve
from iptsim.tracer.world import Setting, World

_SIDE_AT = {
    "PREROUTING": Side.DESTINATION,
    "OUTPUT": Side.DESTINATION,
    "INPUT": Side.SOURCE,
    "POSTROUTING": Side.SOURCE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a world ended: its verdict, and where it went when it was let through."""

    world: World
    fate: Fate
    destination: str | None


@dataclass(slots=True, kw_only=True)
class Journey:
    """Takes worlds from a hook to their ends."""

    library: Library
    setting: Setting
    question: Question
    ends: list[End] = field(default_factory=list)

    def go(self, world: World) -> list[End]:
        """From the hook that the question names to the end."""
        start: dict[str, Callable[[list[World]], None]] = {
            "PREROUTING": self._arrive,
            "INPUT": self._input,
            "FORWARD": self._forward,
            "OUTPUT": self._send,
            "POSTROUTING": self._leave,
        }
        hook = self.question.hook
        if hook not in ("PREROUTING", "OUTPUT"):
            world = self._track(world)
        start[hook]([world])
        return self.ends

    def _arrive(self, worlds: list[World]) -> None:
        here: list[World] = []
        there: list[World] = []
        for world in self._hook("PREROUTING", worlds):
            if martian(world, self.setting):
                self._end(world.note(Note(code="IPT0309")), Fate.DROP, None)
                continue
            local, remote = to_this_host(world, self.setting)
            here += local
            there += remote
        self._input(here)
        self._route(there)

    def _route(self, worlds: list[World]) -> None:
        """On to FORWARD with the TTL taken down (ip_forward.c does both, in this order)."""
        onward: list[World] = []
        for world in worlds:
            if world.number("ttl") in (0, 1):
                self._end(world.note(Note(code="IPT0307")), Fate.DROP, None)
                continue
            routed = forward_out(world, self.setting, self.question.packet.out)
            if routed is None:
                self._end(world.note(Note(code="IPT0308")), Fate.DROP, None)
            else:
                onward.append(routed.holding(ttl=add(routed.fields["ttl"], -1)))
        self._forward(onward)

    def _input(self, worlds: list[World]) -> None:
        hold = [world.holding(out=Known(value="")) for world in worlds]
        for world in self._hook("INPUT", hold):
            self._end(world, Fate.ACCEPT, "local")

    def _forward(self, worlds: list[World]) -> None:
        passed = self._hook("FORWARD", worlds)
        for world in self._hook("POSTROUTING", passed):
            self._end(world, Fate.ACCEPT, "forward")

    def _send(self, worlds: list[World]) -> None:
        for world in worlds:
            passed = self._hook("OUTPUT", [world])
            self._leave([reroute(done, self.setting, world.fields["dst"]) for done in passed])

    def _leave(self, worlds: list[World]) -> None:
        """Out; what goes out by lo comes back in (net/core/loopback.c, loopback_xmit)."""
        asked = Interface(field="out", pattern=LO)
        back: list[World] = []
        for world in self._hook("POSTROUTING", worlds):
            test = resolve(asked, world.fields, world.gone)
            inside, outside = split_all(world.regions, test, self.setting.domains)
            if outside:
                self._end(replace(world, regions=tuple(outside)), Fate.ACCEPT, "out")
            if inside:
                back.append(replace(world, regions=tuple(inside)))
        self._return(back)

    def _return(self, worlds: list[World]) -> None:
        """The connection is known already, so nat is settled and the state stays what it was."""
        if self.question.hook == "POSTROUTING":
            for world in worlds:
                self._end(world, Fate.ACCEPT, "out")
            return
        lo, nothing = Known(value="lo"), Known(value="")
        arrived = [
            world.holding(
                in_=lo, out=nothing, socket=Known(value="no"), dst_type=Known(value="LOCAL")
            )
            for world in worlds
        ]
        self._input(self._hook("PREROUTING", arrived, again=True))

    def _end(self, world: World, fate: Fate, destination: str | None) -> None:
        self.ends.append(End(world=world, fate=fate, destination=destination))

    def _hook(self, hook: str, worlds: list[World], *, again: bool = False) -> list[World]:
        """The worlds that pass the hook; the others end there."""
        for name in TABLES_AT[hook]:
            worlds = self._table(hook, name, worlds, again=again)
            tracks = name == TRACKING_AFTER and hook in ("PREROUTING", "OUTPUT")
            if tracks and not again:
                worlds = [self._track(world) for world in worlds]
        return worlds

    def _table(self, hook: str, name: str, worlds: list[World], *, again: bool) -> list[World]:
        table = self.library.ruleset.table(name)
        if table is None or not worlds:
            return worlds
        asked, passed = worlds, []
        if name == "nat":
            asked = [w for w in worlds if not again and self._translates(w, hook)]
            passed = [w for w in worlds if w not in asked]
        if not asked:
            return passed
        if name == "nat":
            # Without a rule too: a null binding settles the side (nf_nat_alloc_null_binding).
            asked = [replace(w, settled=w.settled | {_SIDE_AT[hook]}) for w in asked]
        walker = Walker(library=self.library, setting=self.setting, table=table, hook=hook)
        for world, fate in walker.run(asked).ended:
            if fate is Fate.ACCEPT:
                passed.append(world)
            else:
                self._end(world, fate, None)
        return passed

    def _translates(self, world: World, hook: str) -> bool:
        """Only the packet that opens a connection asks nat, once for each side.

        A RELATED packet opens one too, but an ICMP error belongs to the connection it is about
        (nf_nat_core.c, nf_nat_inet_fn).
        """
        if _SIDE_AT[hook] in world.settled:
            return False
        state = world.text("ctstate")
        icmp = world.number("proto") in (1, 58)
        return state == "NEW" or (state == "RELATED" and not icmp)

    def _track(self, world: World) -> World:
        if world.text("ctstate") == "UNTRACKED":
            return world
        state = self.setting.state
        world = world.holding(ctstate=Known(value=state))
        if state not in ("NEW", "RELATED") and self.library.ruleset.table("nat") is not None:
            world = world.note(Note(code="IPT0302", facts=(("state", state),)))
        return _opened(world) if state == "NEW" else world


def _opened(world: World) -> World:
    """A new connection: its original direction is the packet's own, nothing is marked yet."""
    now = world.fields
    return world.holding(
        ctdir=Known(value="ORIGINAL"),
        ct_snat=Known(value="no"),
        ct_dnat=Known(value="no"),
        ctstatus=Known(value=0),
        connmark=Known(value=0),
        ctproto=now["proto"],
        ctorigsrc=now["src"],
        ctorigdst=now["dst"],
        ctreplsrc=now["dst"],
        ctrepldst=now["src"],
        ctorigsrcport=now["sport"],
        ctorigdstport=now["dport"],
        ctreplsrcport=now["dport"],
        ctrepldstport=now["sport"],
    )
