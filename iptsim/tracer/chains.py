"""Through the chains of one table: jumps, returns, verdicts, policies.

All worlds that are at the same rule go on together, so that those which differ only in what a
listing hides can be joined again.
"""

from __future__ import annotations

from operator import is_

from iptsim import codes
from iptsim.actions import (
    Action,
    Branch,
    Cases,
    Continue,
    Fate,
    Jump,
    Return,
    Translate,
    Verdict,
)
from iptsim.dataclass import dataclass
from iptsim.errors import UsageError
from iptsim.extensions.any_target import BESIDE
from iptsim.model import Chain, Note, Table
from iptsim.predicate import ALWAYS, NEVER, Predicate
from iptsim.stages import each
from iptsim.tracer.conntrack.lookup import is_confirmed
from iptsim.tracer.conntrack.nat_of_many import translations
from iptsim.tracer.rules.jumps import Path, led, room_for_jumps
from iptsim.tracer.rules.ready import Library, Ready, first_failed, rule_text
from iptsim.tracer.rules.step_words import aim_of, policy_step, word
from iptsim.tracer.rules.target_actions import Spot, act
from iptsim.tracer.rules.untold_chains import NAT_INPUT
from iptsim.tracer.rules.worlds_at_a_rule import Flow, Keeping, Met, Way
from iptsim.worlds.fields import Fields, rebased
from iptsim.worlds.outcome import Skipped, Step
from iptsim.worlds.regions import split_all
from iptsim.worlds.terms import resolve, value_of
from iptsim.worlds.variables import ARRIVING
from iptsim.worlds.world import Setting, World, altered

MOST_STEPS = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Walker:
    """Walks one table at one hook.

    `keeping` says which worlds go on separately, and whether their steps are told.
    """

    library: Library
    setting: Setting
    table: Table
    hook: str
    keeping: Keeping

    @room_for_jumps()
    def run(self, worlds: list[World], base: str) -> Flow:
        """Through a chain that hooks there; its policy meets what comes back."""
        chain = self.table.chain(base)
        if chain is None:
            return Flow(ended=[(self._no_chain(world), Fate.ACCEPT) for world in worlds])
        fields = rebased([world.fields for world in worlds])
        worlds = [altered(w, fields=held) for w, held in zip(worlds, fields, strict=True)]
        flow = self._chain(chain, worlds, ((chain.name, 0),))
        for world in flow.back:
            flow.ended.append(self._policy(chain, world))
        return Flow(ended=flow.ended)

    @room_for_jumps()
    def only(self, chain: Chain, worlds: list[World]) -> Flow:
        """Through one chain; what comes back meets its policy, or returns to who led it there."""
        flow = self._chain(chain, worlds, ((chain.name, 0),))
        builtin = chain.name in self.table.builtin
        back = [self._policy(chain, w) if builtin else (w, Fate.RETURN) for w in flow.back]
        return Flow(ended=[*flow.ended, *back])

    def _no_chain(self, world: World) -> World:
        """The text makes the table, and nothing in it; or nat's INPUT is meant."""
        facts = (("chain", self.hook), ("table", self.table.name))
        presumed = not self.table.fresh and (self.table.name, self.hook) == NAT_INPUT
        return world.assume(
            Note(
                code=codes.NAT_INPUT_EMPTY if presumed else codes.CHAIN_TAKEN_AS_EMPTY, facts=facts
            )
        )

    def _policy(self, chain: Chain, world: World) -> tuple[World, Fate]:
        fate = Fate(chain.policy or "ACCEPT")
        if self.table.name == BESIDE:
            return world, fate
        if not self.keeping.tells_steps:
            self._met(None, chain, ("policy", fate.value), world)
            return world, fate
        step = policy_step(self.table, self.hook, chain)
        if chain.policy is None:
            facts = (("chain", chain.name), ("table", self.table.name))
            world = world.assume(
                Note(code=codes.POLICY_TAKEN_AS_ACCEPT, place=chain.place, facts=facts)
            )
        return altered(world, steps=(*world.steps, step)), fate

    def _chain(self, chain: Chain, worlds: list[World], path: Path) -> Flow:
        way = Way(hook=self.hook, table=self.table.name, chain=chain.name, setting=self.setting)
        return self.keeping.through(way, worlds, lambda some: self._through(chain, some, path))

    def _through(self, chain: Chain, worlds: list[World], path: Path) -> Flow:
        flow = Flow()
        here = worlds
        rules = self._facing(chain, worlds)
        following = 0
        for place, ready in enumerate(each(rules, "walking", f"{self.table.name} {self.hook}")):
            if not here:
                break
            if place >= following:
                following = self.keeping.ahead(rules, place, here, self.setting)
            if place >= following:
                here = self._rule(ready, here, flow, path)
        flow.back += here
        return self.keeping.out(flow, self.setting, f"{self.table.name} {self.hook}")

    def _facing(self, chain: Chain, worlds: list[World]) -> tuple[Ready, ...]:
        """The rules of a chain that packets to the worlds' destinations may meet.

        No target of IPv4 changes a destination and lets the packet go on in its chain.
        """
        told = {value_of(world.fields["dst"]) for world in worlds}
        known = frozenset(value for value in told if isinstance(value, int))
        if self.setting.keep_skipped or len(known) < len(told) or "dst" in self.setting.presumed:
            return self.library.chain(self.table, chain)
        return self.library.facing(self.table, chain, known)

    def _rule(self, ready: Ready, worlds: list[World], flow: Flow, path: Path) -> list[World]:
        """The worlds that go on to the next rule."""
        onward: list[World] = []
        matched: list[World] = []
        for world in worlds:
            yes, no = self._split(ready, world, path)
            matched += yes
            onward += no
        if not matched and all(map(is_, onward, worlds)):
            return worlds  # as they were kept before: most rules mean other packets
        going_on = self._take(ready, matched, flow, path) if matched else []
        return self.keeping.onward([*going_on, *onward], flow)

    def _split(self, ready: Ready, world: World, path: Path) -> tuple[list[World], list[World]]:
        asked = self._looked(ready, self.keeping.asked(ready, world), path)
        world = self._presume(ready, world, asked)
        if asked == NEVER:
            return [], [self._skip(ready, world)]
        if asked == ALWAYS:
            return [world], []
        yes, no = split_all(world.regions, asked, self.setting.domains)
        inside = [altered(world, regions=tuple(yes))] if yes else []
        outside = [self._skip(ready, altered(world, regions=tuple(no)))] if no else []
        return inside, outside

    def _looked(self, ready: Ready, asked: Predicate, path: Path) -> Predicate:
        """What each look changes is another fact each time that rules lead to a chain."""
        if ready.rule.nft is None or len(path) == 1 or not self.keeping.tells_steps:
            return asked
        from iptsim.tracer.rules.looks import each_look  # noqa: PLC0415  # where rules jump

        return each_look(asked, self.hook, path)

    def _presume(self, ready: Ready, world: World, asked: Predicate) -> World:
        """Tell of a field that nobody gave, where what is presumed of it decides this rule."""
        if ready.asks.isdisjoint(self.setting.presumed):
            return world
        for name in sorted((ready.asks & self.setting.presumed.keys()) - world.gone.keys()):
            open_ = Fields.of(world.fields).holding({name: ARRIVING[name]})
            if resolve(ready.condition, open_, world.gone) != asked:
                world = world.assume(self.setting.presumed[name])
        return world

    def _skip(self, ready: Ready, world: World) -> World:
        if not self.setting.keep_skipped or not ready.number:
            return world

        def split(part: Predicate) -> tuple[bool, bool]:
            asked = resolve(part, world.fields, world.gone)
            yes, no = split_all(world.regions, asked, self.setting.domains)
            return bool(yes), bool(no)

        entry = Skipped(
            before=len(world.steps),
            hook=self.hook,
            table=self.table.name,
            chain=ready.where.chain,
            rule=ready.number,
            place=ready.rule.place,
            text=rule_text(ready.rule, ready.where),
            failed=first_failed(ready, split),
        )
        return altered(world, skipped=(*world.skipped, entry))

    def _take(self, ready: Ready, worlds: list[World], flow: Flow, path: Path) -> list[World]:
        """Carry out the target of a rule that matched; returns the worlds that go on here."""
        if ready.untold is not None:
            worlds = [world.note(ready.untold) for world in worlds]
        return self._act(ready, ready.actions, worlds, flow, path)

    def _act(
        self,
        ready: Ready,
        actions: tuple[Action, ...],
        worlds: list[World],
        flow: Flow,
        path: Path,
    ) -> list[World]:
        ending = actions[-1]
        done = [one for world in worlds for one in self._changed(ready, actions, world)]
        if isinstance(ending, Branch):
            return self._branch(ready, ending, done, flow, path)
        if isinstance(ending, Cases):
            return self._cases(ready, ending, done, flow, path)
        return self._finish(ready, ending, [self._step(ready, ending, w) for w in done], flow, path)

    def _branch(
        self,
        ready: Ready,
        branch: Branch,
        worlds: list[World],
        flow: Flow,
        path: Path,
    ) -> list[World]:
        if branch.undecided is None:
            return self._both_ways(ready, branch, worlds, flow, path)
        told, untold = _parted(worlds, branch.when)
        onward = self._both_ways(ready, branch, told, flow, path)
        return [*onward, *self._act(ready, branch.undecided, untold, flow, path)]

    def _both_ways(
        self,
        ready: Ready,
        branch: Branch,
        worlds: list[World],
        flow: Flow,
        path: Path,
    ) -> list[World]:
        yes, no = self._fork(ready, worlds, branch.when, path)
        onward = self._act(ready, branch.then, yes, flow, path)
        return [*onward, *self._act(ready, branch.otherwise, no, flow, path)]

    def _cases(
        self, ready: Ready, cases: Cases, worlds: list[World], flow: Flow, path: Path
    ) -> list[World]:
        """Each world to the case that takes it; only those are asked that may."""
        onward: list[World] = []
        for world in worlds:
            left = [world]
            for some, when in cases.by_some(tuple(world.known(name) for name in cases.fields)):
                if when is not None and left:
                    met, others = self._fork(ready, left, when, path)
                    if not met:
                        left = others
                        continue
                for case in some if left else ():
                    yes, left = self._fork(ready, left, case.when, path)
                    onward += self._act(ready, case.then, yes, flow, path) if yes else []
                    if not left:
                        break
            onward += self._act(ready, cases.otherwise, left, flow, path) if left else []
        return onward

    def _finish(
        self,
        ready: Ready,
        ending: Action,
        worlds: list[World],
        flow: Flow,
        path: Path,
    ) -> list[World]:
        match ending:
            case Verdict(fate=fate, bypassed=True):
                from iptsim.tracer.conntrack.established_nat import unbound  # noqa: PLC0415  # rare

                # It goes on behind all of nat (core.c, nf_hook_slow), so no other chain is asked.
                left = (unbound(w, self.table.name, self.hook) for w in worlds)
                flow.ended += [(_bound(world), fate) for world in left]
            case Verdict(fate=fate):
                flow.ended += [(world, fate) for world in worlds]
            case Translate():
                flow.ended += [(_bound(w), Fate.DROP if w.refused else Fate.ACCEPT) for w in worlds]
            case Return():
                flow.back += worlds
            case Jump():
                return self._jump(ready, ending, worlds, flow, path) if worlds else []
            case _:
                return worlds
        return []

    def _changed(self, ready: Ready, actions: tuple[Action, ...], world: World) -> list[World]:
        spot, worlds = Spot(hook=self.hook, ready=ready), [world]
        for action in actions:
            if isinstance(action, Translate):
                each = (translations(one, action, spot, self.setting) for one in worlds)
                worlds = [done for some in each for done in some]
            else:
                worlds = [self._acted(one, action, spot) for one in worlds]
        return worlds

    def _acted(self, world: World, action: Action, spot: Spot) -> World:
        done = act(world, action, spot, self.setting)
        if done.fields["dst"] == world.fields["dst"]:
            return done
        from iptsim.tracer.host.rerouting import another_destination  # noqa: PLC0415  # rare

        return another_destination(done, world, self.setting)

    def _step(self, ready: Ready, ending: Action, world: World) -> World:
        """The world with the rule's step, which takes the rewrites that no step has yet."""
        if _broke(ending, world):
            return world
        action = "drop" if world.refused else word(ending)
        if not self.keeping.tells_steps:
            chain = self.table.by_name[ready.where.chain]
            self._met(ready, chain, (action, aim_of(ready, ending)), world)
            return world
        if not ready.number and action in ("continue", "jump", "goto"):
            return world
        if len(world.steps) >= MOST_STEPS:
            raise UsageError(
                f"the packet takes more than {MOST_STEPS} steps",
                code=codes.TOO_MANY_STEPS,
                most=MOST_STEPS,
            )
        told = world.told
        step = Step(
            hook=self.hook,
            table=self.table.name,
            chain=ready.where.chain,
            rule=ready.number or None,
            place=ready.rule.place,
            text=self.library.text(ready),
            action=action,
            target=aim_of(ready, ending),
            rewrites=world.rewrites[told:],
            untold=ready.label,
            broke=isinstance(ending, Continue) and ending.broke,
        )
        return altered(world, steps=(*world.steps, step), told=len(world.rewrites))

    def _met(self, ready: Ready | None, chain: Chain, done: tuple[str, str], world: World) -> None:
        table, (action, target) = self.table.name, done
        met = Met(
            hook=self.hook, table=table, chain=chain, ready=ready, action=action, target=target
        )
        self.keeping.met(met, world)

    def _jump(
        self, ready: Ready, jump: Jump, worlds: list[World], flow: Flow, path: Path
    ) -> list[World]:
        way = led(path, ready, jump.chain)
        inner = self._chain(self.table.by_name[jump.chain], worlds, way)
        flow.ended += inner.ended
        if jump.goto:
            flow.back += inner.back
            return []
        return inner.back

    def _fork(
        self, ready: Ready, worlds: list[World], when: Predicate, path: Path
    ) -> tuple[list[World], list[World]]:
        yes: list[World] = []
        no: list[World] = []
        for world in worlds:
            asked = self._looked(ready, resolve(when, world.fields, world.gone), path)
            inside, outside = split_all(world.regions, asked, self.setting.domains)
            yes += [altered(world, regions=tuple(inside))] if inside else []
            no += [altered(world, regions=tuple(outside))] if outside else []
        return yes, no


def _parted(worlds: list[World], when: Predicate) -> tuple[list[World], list[World]]:
    """The worlds that tell whether `when` holds, and the others."""
    told: list[World] = []
    untold: list[World] = []
    for world in worlds:
        asked = resolve(when, world.fields, world.gone)
        (told if asked in (ALWAYS, NEVER) else untold).append(world)
    return told, untold


def _bound(world: World) -> World:
    """Its connection has a translation now, so no other chain of nat is asked.

    One that is confirmed takes none, as a template is (nf_nat_core.c, nf_nat_setup_info).
    """
    return world if is_confirmed(world) else altered(world, bound=True)


def _broke(ending: Action, world: World) -> bool:
    """Whether a rule did not match to its end, and changed nothing before that."""
    return isinstance(ending, Continue) and ending.broke and len(world.rewrites) == world.told
