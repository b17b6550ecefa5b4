"""The packet's whole way through the host, hook by hook, table by table."""

from __future__ import annotations

from collections.abc import Callable

from iptsim import codes
from iptsim.actions import Fate
from iptsim.dataclass import dataclass, field
from iptsim.extensions.any_target import BESIDE
from iptsim.model import Note, Table
from iptsim.netfilter.hooks import NAT, SIDE_AT, TRACKING_AFTER, Entry, Stop, translates
from iptsim.predicate import InSet, Interface
from iptsim.tracer.chains import Walker
from iptsim.tracer.conntrack.lookup import (
    asks_nat,
    confirmed,
    finds_itself,
    is_confirmed,
    left_by_lo,
    on_its_way,
    premise,
    settled,
    track,
    tracked,
)
from iptsim.tracer.host.arrival import LO, Question, of_its_link
from iptsim.tracer.host.defragmentation import arrived_whole, delivered_whole, of_whole
from iptsim.tracer.host.kernel_settings import forwards
from iptsim.tracer.host.link_layer import by_link
from iptsim.tracer.host.routing import accepted, arrived
from iptsim.tracer.rules.ready import Library
from iptsim.tracer.rules.worlds_at_a_rule import EachWay, Keeping
from iptsim.values import IntSet
from iptsim.worlds.regions import split_all
from iptsim.worlds.splits import Routed, part
from iptsim.worlds.terms import Known, Term, add, resolve
from iptsim.worlds.world import Setting, World, altered

_DESTINATIONS = {"FORWARD": "forward", "OUTPUT": "out", "POSTROUTING": "out"}
_LAST_HOP = InSet(field="ttl", values=IntSet.between(0, 1))


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
    keeping: Keeping = field(default_factory=EachWay)
    ends: list[End] = field(default_factory=list)

    def go(self, *worlds: World) -> list[End]:
        """From the hook that the question names to the end."""
        start: dict[str, Callable[[list[World]], None]] = {
            "PREROUTING": self._arrive,
            "INPUT": self._input,
            "FORWARD": self._forward,
            "OUTPUT": self._send,
            "POSTROUTING": self._leave,
        }
        hook = self.question.hook
        begin = left_by_lo if self.question.by_lo else track
        if self.library.ruleset.only is not None:
            return self._only(*self.library.ruleset.only, hook, list(worlds))
        if self.question.by_lo or hook not in ("PREROUTING", "OUTPUT"):
            worlds = tuple(begin(world, self.setting, nat=self._nat) for world in worlds)
        if hook == "PREROUTING":
            worlds = tuple(self._at_device("INGRESS", list(worlds)))
        if self.library.gathers and hook in ("PREROUTING", "INPUT", "FORWARD"):
            worlds = tuple(arrived_whole(world, self.setting) for world in worlds)
            self.setting = of_whole(self.setting)
        apart = by_link(worlds, self.library.ruleset, self.setting)
        start[hook]([begun for world in apart for begun in self._begun(world)])
        return self.ends

    def _only(self, name: str, chain: str, hook: str, worlds: list[World]) -> list[End]:
        """Through one chain, as packets come to it."""
        table = self.library.ruleset.table(name)
        assert table is not None
        begin = left_by_lo if self.question.by_lo else track
        if name != TRACKING_AFTER or self.question.by_lo:
            worlds = [begin(world, self.setting, nat=self._nat) for world in worlds]
            worlds = [on_its_way(world, name, hook) for world in worlds]
        for world, fate in self.walker(table, hook).only(table.by_name[chain], worlds).ended:
            passed = fate is Fate.ACCEPT
            self._end(world, fate, _DESTINATIONS.get(hook, "local") if passed else None)
        return self.ends

    def walker(self, table: Table, hook: str) -> Walker:
        """What takes worlds through a table at a hook."""
        return Walker(
            library=self.library, setting=self.setting, table=table, hook=hook, keeping=self.keeping
        )

    def _begun(self, world: World) -> list[World]:
        """What is not thrown away before the first hook; its way out, where nobody gave one."""
        given = self.question.packet.out
        if self.question.hook == "PREROUTING":
            return self._kept(accepted(world, self.setting))
        if self.question.hook == "INPUT" or given is not None:
            return [world]
        from iptsim.tracer.host.outgoing_interface import forwarded, sent  # noqa: PLC0415  # only what leaves

        route = forwarded if self.question.hook == "FORWARD" else sent
        return self._kept(route(world, self.setting))

    def _kept(self, routed: Routed) -> list[World]:
        """The worlds that routing lets go on; the others end."""
        for world in routed.lost:
            self._end(world, Fate.DROP, None)
        return routed.going

    def _arrive(self, worlds: list[World]) -> None:
        here, there = list[World](), list[World]()
        for world in self._at_prerouting(worlds):
            local, remote, lost = arrived(world, self.setting)
            here += local
            there += remote
            self._kept(Routed(lost=lost))
        self._input(here)
        self._route(there)

    def _route(self, worlds: list[World]) -> None:
        """On to FORWARD with the TTL taken down (ip_forward.c does both, in this order)."""
        onward: list[World] = []
        for world in worlds:
            if world.text("pkttype") in ("broadcast", "multicast"):
                # ip_forward.c, ip_forward; ip6_output.c, ip6_forward: not PACKET_HOST.
                self._end(world.note(Note(code=codes.BROADCAST_NOT_FORWARDED)), Fate.DROP, None)
                continue
            onward += self._living(world)
        self._forward(onward)

    def _living(self, whole: World) -> list[World]:
        """What is forwarded and does not run out of its TTL here, with the way it takes."""
        found = self._kept(forwards(whole, self.setting))
        return [one for world in found for one in self._onward(world)]

    def _onward(self, world: World) -> list[World]:
        known = world.number("ttl") is not None or self.setting.exact
        dead, living = part(world, _LAST_HOP, self.setting) if known else (None, world)
        if dead is not None:
            self._end(dead.note(Note(code=codes.TTL_RUNS_OUT)), Fate.DROP, None)
        if living is None:
            return []
        from iptsim.tracer.host.outgoing_interface import forwarded  # noqa: PLC0415  # only what leaves

        routed = forwarded(living, self.setting, self.question.packet.out)
        return [w.holding(ttl=add(w.fields["ttl"], -1)) for w in self._kept(routed)]

    def _input(self, worlds: list[World]) -> None:
        whole = (delivered_whole(world, self.setting) for world in worlds)
        hold = [world.holding(out=Known(value="")) for world in whole]
        for world in self._hook("INPUT", hold):
            self._end(world, Fate.ACCEPT, "local")

    def _forward(self, worlds: list[World]) -> None:
        passed = self._hook("FORWARD", worlds)
        for world in self._leaving(passed):
            self._end(world, Fate.ACCEPT, "forward")

    def _send(self, worlds: list[World]) -> None:
        from iptsim.tracer.host.rerouting import rerouted  # noqa: PLC0415  # only what leaves

        by_destination: dict[Term, list[World]] = {}
        for world in worlds:
            by_destination.setdefault(world.fields["dst"], []).append(world)
        for before, same in by_destination.items():
            passed = self._hook("OUTPUT", same)
            again = [self._kept(rerouted(done, self.setting, before)) for done in passed]
            self._leave([done for some in again for done in some])

    def _leave(self, worlds: list[World]) -> None:
        """Out; what goes out by lo comes back in (net/core/loopback.c, loopback_xmit)."""
        asked = Interface(field="out", pattern=LO)
        back: list[World] = []
        for world in self._leaving(worlds):
            test = resolve(asked, world.fields, world.gone)
            inside, outside = split_all(world.regions, test, self.setting.domains)
            if outside:
                self._end(altered(world, regions=tuple(outside)), Fate.ACCEPT, "out")
            if inside:
                back.append(altered(world, regions=tuple(inside)))
        self._return(back)

    def _return(self, worlds: list[World]) -> None:
        """A connection is known already: nat is settled and the state stays what it was.

        What has none is looked at again (nf_conntrack_core.c, nf_conntrack_in).
        """
        if self.question.hook == "POSTROUTING":
            for world in worlds:
                self._end(world, Fate.ACCEPT, "out")
            return
        from iptsim.tracer.host.rerouting import by_lo  # noqa: PLC0415  # only what this host sends

        back = [of_its_link(by_lo(confirmed(world), self.setting)) for world in worlds]
        self._returned(self._at_prerouting(self._at_device("INGRESS", back)))

    def _at_prerouting(self, worlds: list[World]) -> list[World]:
        strange = [world for world in worlds if not finds_itself(world)]
        known = [world for world in worlds if finds_itself(world)]
        return self._hook("PREROUTING", known, again=True) + self._hook("PREROUTING", strange)

    def _returned(self, worlds: list[World]) -> None:
        """What comes by lo was routed when it left (ip_rcv_finish: skb_valid_dst)."""
        from iptsim.tracer.conntrack.established_nat import sent_back  # noqa: PLC0415  # by lo

        self._input([world for world in worlds if not sent_back(world)])
        for world in worlds:
            if sent_back(world):
                local, remote, lost = arrived(world, self.setting)
                self._input(local)
                self._route(remote)
                self._kept(Routed(lost=lost))

    def _end(self, world: World, fate: Fate, destination: str | None) -> None:
        self.ends.append(End(world=world, fate=fate, destination=destination))

    def _hook(self, hook: str, worlds: list[World], *, again: bool = False) -> list[World]:
        """The worlds that pass the hook; the others end there."""
        if hook == "INPUT":
            worlds = [self._order_presumed(world) for world in worlds]
        for stop in self.library.stops(hook, nft=self._nft):
            if stop.kind == "tracking":
                worlds = worlds if again else self._tracked(hook, worlds)
                continue
            worlds = [self._written(stop, w) for w in self._stop(hook, stop, worlds)]
            if hook == "OUTPUT":
                worlds = [w for world in worlds for w in self._not_stranded(world)]
        return self._beside(hook, worlds)

    def _leaving(self, worlds: list[World]) -> list[World]:
        """What passes the last hook of netfilter, and what stands at the device behind it."""
        return self._at_device("EGRESS", self._hook("POSTROUTING", worlds))

    def _at_device(self, hook: str, worlds: list[World]) -> list[World]:
        """What passes the chains at the device that a packet comes by, or goes out by."""
        for stop in self.library.stops(hook, nft=self._nft):
            worlds = [self._written(stop, w) for w in self._stop(hook, stop, worlds)]
        return worlds

    def _tracked(self, hook: str, worlds: list[World]) -> list[World]:
        each = (tracked(world, hook, self.setting, nat=self._nat) for world in worlds)
        return [world for some in each for world in some]

    def _written(self, stop: Stop, world: World) -> World:
        if world.wrote is None and world.aim is None:
            return world
        from iptsim.tracer.host.rerouting import written  # noqa: PLC0415  # rare

        return written(world, stop.kind == NAT)

    def _not_stranded(self, world: World) -> list[World]:
        from iptsim.tracer.host.rerouting import stranded  # noqa: PLC0415  # only what leaves

        return self._kept(stranded(world, self.setting))

    def _stop(self, hook: str, stop: Stop, worlds: list[World]) -> list[World]:
        """What passes all that is asked at one priority, in each order that may be."""
        if len(stop.entries) < 2:
            return self._ordered(hook, stop, stop.entries, worlds)
        from iptsim.tracer.rules.tied_chains import is_so, orders  # noqa: PLC0415  # seldom

        first, *others = orders(self.library, hook, stop)
        passed: list[World] = []
        for order in others:
            pairs = [part(world, is_so(order, hook), self.setting) for world in worlds]
            passed += self._ordered(hook, stop, order, [so for so, _not in pairs if so is not None])
            worlds = [other for _so, other in pairs if other is not None]
        return [*passed, *self._ordered(hook, stop, first, worlds)]

    def _ordered(
        self, hook: str, stop: Stop, order: tuple[Entry, ...], worlds: list[World]
    ) -> list[World]:
        if stop.kind == NAT:
            return self._by_nat(hook, order, worlds)
        for entry in order:
            worlds = self._asked(hook, entry, worlds)
        return worlds

    @property
    def _nat(self) -> bool:
        """Whether the host translates at all."""
        return translates(self.library.ruleset)

    @property
    def _nft(self) -> bool:
        """Whether the order is that of nf_tables, as it is by default since iptables 1.8.

        It hangs on where the security table is; where nobody tells, it is where the others are.
        """
        security = self.library.ruleset.table("security")
        if security is not None and security.nft is not None:
            return security.nft
        return all(table.nft is not False for table in self.library.ruleset.tables)

    def _order_presumed(self, world: World) -> World:
        """Tells of the order of nat and security at INPUT where the dump does not."""
        tables = map(self.library.ruleset.table, ("nat", "security"))
        told = [table is None or table.nft is not None for table in tables]
        if any(told) or not asks_nat(world, "INPUT"):
            return world
        return world.assume(Note(code=codes.NAT_BEFORE_SECURITY))

    def _asked(self, hook: str, entry: Entry, worlds: list[World]) -> list[World]:
        """What passes a chain; of one at OUTPUT that routes, with what it changed (ipt_mangle_out).

        So does a chain of type route (nft_chain_route.c, nf_route_table_hook4).
        """
        if hook != "OUTPUT" or not entry.routes:
            return self._passing(hook, entry, worlds)
        from iptsim.tracer.host.rerouting import overwritten  # noqa: PLC0415  # only what leaves

        return [overwritten(one) for one in self._again(hook, entry, worlds)]

    def _again(self, hook: str, entry: Entry, worlds: list[World]) -> list[World]:
        """What passes a chain that routes again what routing looks at, where that changed."""
        rules = self.setting.host.rules or ()
        selectors = {s for r in rules if r.width == self.setting.width for s in r.asks}
        looked = sorted(selectors & {"mark", "tos"})
        if not looked:
            return self._passing(hook, entry, worlds)
        from iptsim.tracer.host.rerouting import looked_at_again  # noqa: PLC0415  # only what leaves

        alike: dict[tuple[Term, ...], list[World]] = {}
        for world in worlds:
            alike.setdefault(tuple(world.fields[n] for n in looked), []).append(world)
        return [
            looked_at_again(one, looked, before)
            for before, same in alike.items()
            for one in self._passing(hook, entry, same)
        ]

    def _passing(self, hook: str, entry: Entry, worlds: list[World]) -> list[World]:
        """What a chain lets through; the others end there."""
        passed: list[World] = []
        if entry.devices is not None:
            from iptsim.tracer.host.devices import by_device  # noqa: PLC0415  # seldom there

            worlds, passed = by_device(hook, entry, worlds, self.setting)
        for world, fate in self._walked(hook, entry, worlds):
            if fate is Fate.ACCEPT:
                passed.append(world)
            else:
                self._end(world, fate, None)
        return passed

    def _walked(self, hook: str, entry: Entry, worlds: list[World]) -> list[tuple[World, Fate]]:
        if not worlds:
            return []
        base = "" if entry.chain is None else entry.chain.name
        return self.walker(entry.table, hook).run(worlds, base or hook).ended

    def _beside(self, hook: str, worlds: list[World]) -> list[World]:
        """What another back end has there that the text does not tell."""
        table = self.library.ruleset.table(BESIDE)
        if table is None:
            return worlds
        return self._passing(hook, Entry(table=table, chain=table.chain(hook), priority=0), worlds)

    def _by_nat(self, hook: str, order: tuple[Entry, ...], worlds: list[World]) -> list[World]:
        """The chains of nat, one after the other until one translates (nf_nat_inet_fn)."""
        # A queue of another hook that was bypassed is no end here.
        worlds = [altered(w, bound=False) if w.bound else w for w in worlds]
        told = [(w, asks_nat(w, hook)) for w in worlds]
        asked = [w for w, asks in told if asks]
        others = (w for w, asks in told if not asks)
        passed = [done for w in others for done in self._carried(w, hook)]
        chains = [entry.chain for entry in order]
        note = next(filter(None, (premise(self.library.tracks, chain) for chain in chains)), None)
        asked = asked if note is None else [w.assume(note) for w in asked]
        if self.library.tracks is False or not asked:
            return [*passed, *asked]
        # Without a rule too: a null binding settles the side (nf_nat_alloc_null_binding).
        asked = [w if is_confirmed(w) else settled(w, hook) for w in asked]
        for entry in order:
            going = self._passing(hook, entry, asked)
            asked = [world for world in going if not world.bound]
            passed += [altered(world, bound=False) for world in going if world.bound]
        return [*passed, *asked]

    def _carried(self, world: World, hook: str) -> list[World]:
        """Translated as its connection is, where that is known."""
        if self.setting.followed is None and SIDE_AT[hook] not in world.settled:
            return [world]
        from iptsim.tracer.conntrack.established_nat import carried  # noqa: PLC0415  # later packets

        return carried(world, hook, self.setting)
