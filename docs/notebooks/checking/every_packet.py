"""Checks of lesson 5: every packet at once."""

from __future__ import annotations

from collections.abc import Mapping
from types import EllipsisType

import iptsim
from checking.replies import Reply, language, no, no_packet, number_in, unanswered, yes
from iptsim import IptsimError, Rules

_TCP = 6


def unredirected(rules: Rules, answer: Mapping[str, object] | EllipsisType) -> Reply:
    """TCP that starts here and surely is not sent to port 15001."""
    if answer is ...:
        return unanswered()
    try:
        walk = rules.trace(**answer)  # type: ignore[arg-type]
    except (IptsimError, TypeError) as error:
        return no_packet(error)
    if walk.trace.hook != "OUTPUT":
        return no("That one arrives from the network; tell the user who sends it, or `out` alone.",
                   "这个包来自网络；请说明发送它的用户，或只给 `out`。")  # fmt: skip
    if walk.trace.packet.proto != _TCP:
        return no("That one need not be TCP, and only TCP is redirected. Tell `proto` or a port.",
                   "它不一定是 TCP，而只有 TCP 会被重定向。请给出 `proto` 或端口。")  # fmt: skip
    if walk.meets("REDIRECT:15001"):
        return no("That one is redirected. In which of the three sets does it lie?",
                   "这个包会被重定向。它属于三个集合中的哪一个？")  # fmt: skip
    if any("REDIRECT" in step.target for one in walk.outcomes for step in one.steps):
        return no("Some such packets are redirected, some are not. Tell more of it.",
                   "这样的包有的会被重定向，有的不会。请说得更完整。")  # fmt: skip
    return yes("It is in none of the sets, so it goes where it was sent.",
                "它不属于任何一个集合，所以去它原本要去的地方。")  # fmt: skip


def latest(rules: Rules, number: int, answer: int | EllipsisType) -> Reply:
    """The last place in INPUT at which rule `number` still gets packets."""
    if answer is ...:
        return unanswered()
    wanted = number_in(answer)
    if wanted is None:
        return no("Give a number: 13.", "请给出一个数字：13。")
    if not 1 <= wanted <= number:
        return no(f"Give a number from 1 to {number}.", f"请给出 1 到 {number} 之间的数字。")
    if not _gets_packets(rules, number, wanted):
        return no("There, too, no packet comes to it. Which rule leaves none?",
                   "放在那里也没有包会到它。哪条规则把包都处理完了？")  # fmt: skip
    if _gets_packets(rules, number, wanted + 1):
        return no("That works, but it may come later still.", "可以，但还能更靠后。")
    return yes("One place further down, nothing is left for it.", "再往后一位，就没有包轮到它了。")


def merged(rules: Rules, answer: str | EllipsisType) -> Reply:
    """One rule for all those of INPUT, with the same effect."""
    if answer is ...:
        return unanswered()
    lines = answer.strip().splitlines() if isinstance(answer, str) else []
    if [line[:3] for line in lines] != ["-A "]:
        return no('Give one rule as text: "-A INPUT -p tcp --dport 8003 -j ACCEPT".',
                   '请以文本给出一条规则："-A INPUT -p tcp --dport 8003 -j ACCEPT"。')  # fmt: skip
    try:
        mine = iptsim.read(text=_with(rules, lines), lang=language())
        found = iptsim.diff(rules, mine)
    except IptsimError as error:
        return no(f"This is no rule ({error}). Mend it and try again.",
                   f"这不是一条规则（{error}）。改好再试。")  # fmt: skip
    if any(one.rule.unread for one in mine):
        return no("This is no rule: its end is missing. Mend it and try again.",
                   "这不是一条完整的规则：结尾缺失。改好再试。")  # fmt: skip
    if found.effects:
        told = found.json()["effect"][0]["explanation"]  # type: ignore[index]  # as the schema says
        return no(f"Some packets fare otherwise. {told}", f"有些包的结果变了。{told}")
    return yes(
        "Three rules or one, the packets do not notice.", "三条也好，一条也好，对包没有区别。"
    )


def _gets_packets(rules: Rules, number: int, place: int) -> bool:
    """Whether lint finds nothing that keeps packets from the rule once it stands at `place`."""
    lines = _input_rules(rules)
    lines.insert(place - 1, lines.pop(number - 1))
    moved = iptsim.read(text=_with(rules, lines)).lint()
    never = {"IPT0710", "IPT0711", "IPT0712", "IPT0721"}
    return not any(
        one.kind.value in never and (one.at.chain, one.at.rule) == ("INPUT", place)
        for one in moved.findings
    )


def _input_rules(rules: Rules) -> list[str]:
    return [line for line in rules.convert().splitlines() if line.startswith("-A INPUT ")]


def _with(rules: Rules, lines: list[str]) -> str:
    """The dump with these rules as those of INPUT in its last table, filter."""
    kept = [line for line in rules.convert().splitlines() if not line.startswith("-A INPUT ")]
    at = max(number for number, line in enumerate(kept) if line.startswith(":")) + 1
    return "\n".join([*kept[:at], *lines, *kept[at:], ""])
