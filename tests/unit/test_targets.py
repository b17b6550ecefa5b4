"""Every target extension against its example table."""

from __future__ import annotations

import re

import pytest
from every_row import every_row
from extension_cases import (
    Case,
    cases,
    check_listing,
    check_save,
    check_wrong,
    find_extension,
    parse,
)

from iptsim.actions import (
    Action,
    Add,
    Branch,
    Continue,
    CopyBits,
    Deliver,
    Forget,
    SetBits,
    Template,
    To,
    Touch,
    Translate,
    Untrack,
    Verdict,
)
from iptsim.errors import LoweringError
from iptsim.extensions.registry import listed_targets, targets
from iptsim.extensions.spec import Context
from iptsim.model import Target
from iptsim.predicate import And, Bits, Fact, InSet, OneOf, Predicate
from iptsim.values import IntSet, format_address

CASES = cases("targets")
each_case = every_row("case", CASES, ids=[case.place for case in CASES])


@each_case
def test_save_text_survives_and_other_spellings_become_it(case: Case) -> None:
    check_save(case)


@each_case
def test_listing_reads_to_the_same_options(case: Case) -> None:
    check_listing(case)


@each_case
def test_wrong_words_are_refused(case: Case) -> None:
    check_wrong(case)


@each_case
def test_target_does_what_the_kernel_does(case: Case) -> None:
    target = parse(case.save, case.family)
    assert isinstance(target, Target)
    for text in case.texts("does"):
        chain, _, expected = text.rpartition(": ") if re.match(r"\S+: ", text) else ("", "", text)
        done = lower(target, Context(family=case.family, chain=chain))
        assert told(done, case.family) == expected


def lower(target: Target, where: Context) -> tuple[Action, ...]:
    return targets()[target.name].lower(target, where)


def told(actions: tuple[Action, ...], family: int) -> str:
    """Actions in the words of the examples."""
    return "; ".join(_told(action, family) for action in actions)


def _told(action: Action, family: int) -> str:
    match action:
        case Verdict(fate=fate):
            return fate.value
        case Continue():
            return "go on"
        case Forget(field=field):
            return f"forget {field}"
        case Touch(name=name):
            return f"touch {name}"
        case Add(field=field, delta=delta):
            return f"{field} += {delta}"
        case Untrack() | Template():
            return type(action).__name__.lower()
        case Deliver(port=port, address=address):
            return f"deliver {format_address(address, 32 if family == 4 else 128)} {port}"
        case _:
            return _rewrites(action, family)


def _rewrites(action: Action, family: int) -> str:
    match action:
        case SetBits(field=field, value=value, mask=mask):
            return f"{field} = {field} & ~{mask:#x} ^ {value:#x}"
        case CopyBits(to=to, to_mask=to_mask, source=source, source_mask=mask, shift=shift):
            return f"{to} = {to} & ~{to_mask:#x} ^ ({source} & {mask:#x}) << {shift}"
        case Translate():
            return " ".join(_translation(action, family))
        case Branch(when=when, then=then, otherwise=otherwise, undecided=undecided):
            ways = f"[{told(then, family)}] else [{told(otherwise, family)}]"
            open_ = "" if undecided is None else f" untold [{told(undecided, family)}]"
            return f"if {_asked(when)} {ways}{open_}"
        case _:
            raise AssertionError(action)


def _translation(action: Translate, family: int) -> list[str]:
    words = ["nat", action.side.value]
    words += [] if action.to is To.GIVEN else [action.to.value]
    words += [] if action.addresses is None else [_addresses(action.addresses, family)]
    words += [] if not action.mask else [f"mask {action.mask:#x}"]
    words += [] if action.ports is None else [f"ports {_ranges(action.ports)}"]
    words += [] if action.base is None else [f"base {action.base}"]
    return [*words, "random"] if action.random else words


def _addresses(addresses: IntSet, family: int) -> str:
    width = 32 if family == 4 else 128
    ends = (tuple(format_address(end, width) for end in pair) for pair in addresses.ranges)
    return ",".join("-".join(dict.fromkeys(pair)) for pair in ends)


def _ranges(numbers: IntSet) -> str:
    return ",".join("-".join(dict.fromkeys(map(str, pair))) for pair in numbers.ranges)


def _asked(predicate: Predicate) -> str:
    match predicate:
        case And(parts=parts):
            return " and ".join(map(_asked, parts))
        case Bits(field=field, test=test):
            return f"{field} is {test}"
        case InSet(field=field, values=values):
            return f"{field} is {_ranges(values)}"
        case OneOf(field=field, names=names):
            return f"{field} is {','.join(sorted(names))}"
        case Fact(key=key):
            return f"«{key}»"
        case _:
            raise AssertionError(predicate)


def test_every_target_has_examples() -> None:
    shown = {find_extension(case.save).name for case in CASES}
    assert shown == {extension.name for extension in targets().values()}


def test_every_option_of_every_target_has_an_example() -> None:
    texts = [text for case in CASES for text in (case.save, *case.texts("input"))]
    shown = {(text.split()[1], word) for text in texts for word in text.split()}
    declared = {(e.name, option.name) for e in targets().values() for option in e.options}
    assert declared <= shown


def test_what_every_target_does_has_an_example() -> None:
    shown = {find_extension(case.save).name for case in CASES if any(case.texts("does"))}
    assert shown == {extension.name for extension in targets().values()}


def test_column_ct_of_a_listing_means_ct_or_notrack() -> None:
    assert [extension.name for extension in listed_targets("CT")] == ["CT", "NOTRACK"]
    assert [extension.name for extension in listed_targets("NOTRACK")] == ["NOTRACK"]
    assert listed_targets("KUBE-SERVICES") == ()


@pytest.mark.parametrize("name", ["MARK", "CONNMARK", "DSCP", "TOS", "TTL", "ECN"])
def test_target_whose_options_are_unknown_loses_what_it_would_set(name: str) -> None:
    done = lower(Target(name=name), Context())
    assert isinstance(done[0], Forget)
    assert done[-1] == Continue()


@pytest.mark.parametrize("name", ["DNAT", "SNAT"])
def test_translation_whose_options_are_unknown_may_give_anything(name: str) -> None:
    (done,) = lower(Target(name=name), Context())
    assert isinstance(done, Translate)
    assert (done.addresses, done.ports) == (IntSet.width(32), IntSet.width(16))


def test_netmap_to_an_unknown_network_may_give_anything() -> None:
    done = told(lower(Target(name="NETMAP"), Context(chain="PREROUTING")), 4)
    assert done == "forget src; forget dst; nat destination mapped 0.0.0.0-255.255.255.255"


def test_tproxy_without_a_port_has_no_meaning() -> None:
    with pytest.raises(LoweringError):
        lower(Target(name="TPROXY"), Context())
