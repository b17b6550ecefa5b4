"""Checks of lessons 1 and 2: how to read a dump, how a packet walks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import EllipsisType

import iptsim
from checking.replies import Reply, no, number_in, unanswered, yes
from iptsim import IptsimError, Part, Rules, Walk


def count(part: Part | Rules, answer: int | EllipsisType) -> Reply:
    """How many rules there are."""
    if answer is ...:
        return unanswered()
    given = number_in(answer)
    if given is None:
        return no("Give a number: 7.", "请给出一个数字：7。")
    if given == len(part):
        return yes(
            "Titles are no rules: only the rows below them count.",
            "标题行不是规则，只数它下面的行。",
        )
    if given < len(part):
        return no(
            "There are more. Which chain does each row belong to?", "还有。每一行属于哪条链？"
        )
    return no(
        "There are fewer. A title and a policy are no rules.",
        "没有那么多。标题和默认策略都不是规则。",
    )


def fate(walk: Walk, answer: str | EllipsisType) -> Reply:
    """How the packet of `walk` fares: ACCEPT, DROP and so on."""
    if answer is ...:
        return unanswered()
    try:
        right = walk.meets(str(answer))
    except IptsimError:
        return no(
            "Give a fate as a word: ACCEPT, DROP, REJECT, REDIRECT:15001.",
            "请写出结果：ACCEPT、DROP、REJECT、REDIRECT:15001。",
        )
    if right:
        return yes("That is how it ends.", "结果就是这样。")
    return no(
        "Go down the chain as the packet does: which rule is the first that fits it?",
        "像包一样顺着链往下走：第一条匹配的规则是哪条？",
    )


def decider(walk: Walk, answer: Sequence[object] | EllipsisType) -> Reply:
    """Which rule decides: its chain and number."""
    if answer is ...:
        return unanswered()
    if isinstance(answer, str) or not isinstance(answer, Sequence) or len(answer) != 2:
        return no('Give a chain and a number: ("INPUT", 3).', '请给出链名和编号：("INPUT", 3)。')
    step = walk.outcomes[0].decided_by
    chain, number = str(answer[0]), number_in(answer[1])
    if step is not None and (chain, number) == (step.chain, step.rule):
        return yes("No rule before it fits, and none behind it is asked.",
                    "它之前没有规则匹配，之后的规则不再检查。")  # fmt: skip
    met = {(one.chain, one.rule) for one in walk.outcomes[0].steps}
    if (chain, number) in met:
        return no(
            "The packet meets that rule, but goes on. What does it say of the packet's end?",
            "包确实匹配这条规则，但会继续走。它决定包的最终去向了吗？",
        )
    return no(
        "That rule is not for this packet, or another one took it before.",
        "这条规则与这个包不匹配，或者包在它之前已被别的规则处理。",
    )


def way(walk: Walk, answer: Sequence[str] | EllipsisType) -> Reply:
    """The chains of the filter table in which a rule or a policy acted, each once."""
    if answer is ...:
        return unanswered()
    if isinstance(answer, str) or not isinstance(answer, Sequence):
        return no(
            'Give the chains in order: ["INPUT", "OFFICE"].',
            '请按顺序写出链名：["INPUT", "OFFICE"]。',
        )
    met = list(dict.fromkeys(step.chain for step in walk.outcomes[0].steps))
    given = [str(one) for one in answer]
    if given == met:
        return yes(
            "A jump goes there, a RETURN or the chain's end comes back.",
            "跳转进入那条链，RETURN 或到达链尾则返回。",
        )
    if set(given) == set(met):
        return no("Those are the chains. In which order?", "链都对了，顺序呢？")
    if set(given) < set(met):
        return no(
            "There is more on its way. Which rule sends it elsewhere?",
            "路上还有别的链。哪条规则把它引向别处？",
        )
    return no(
        "It does not come by all of these. Which rules fit the packet?",
        "它并不经过所有这些链。哪些规则与这个包匹配？",
    )


def returns(rules: Rules, packet: Mapping[str, object], answer: str | EllipsisType) -> Reply:
    """A rule to stand first in GUARD, so that the packet is let back and dropped behind it."""
    if answer is ...:
        return unanswered()
    lines = answer.strip().splitlines() if isinstance(answer, str) else []
    if len(lines) != 1 or not lines[0].startswith("-A GUARD "):
        return no('Give one rule: "-A GUARD -s 10.0.0.1 -j DROP".',
                   '请给出一条规则："-A GUARD -s 10.0.0.1 -j DROP"。')  # fmt: skip
    text = str(rules.convert()).replace("-A GUARD", f"{lines[0]}\n-A GUARD", 1)
    try:
        rules = iptsim.read(text=text, family=4)
        walk = rules.trace(**packet)  # type: ignore[arg-type]
    except IptsimError as error:
        return no(f"This is no rule ({error}).", f"这不是一条规则（{error}）。")
    if any(one.rule.unread for one in rules):
        return no("This is no rule: its end is missing.", "这不是一条完整的规则：结尾缺失。")
    steps = [(step.chain, step.rule, step.action) for step in walk.outcomes[0].steps]
    if ("GUARD", 1, "return") in steps:
        return yes(
            "It comes back behind the rule that jumped, and what stands there decides.",
            "它回到跳转规则之后，由后面的规则决定。",
        )
    if not any(step[:2] == ("GUARD", 1) for step in steps):
        return no("That rule is not for this packet.", "这条规则与这个包不匹配。")
    return no(
        "That decides at once, or sends it elsewhere. It should go on behind the jump.",
        "这样会立即决定，或把包引向别处。应当让它回到跳转之后继续。",
    )
