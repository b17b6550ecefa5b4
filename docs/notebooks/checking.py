"""Checks the answers of the lessons without knowing them by heart.

Each check asks the program about the dumps and compares. It returns what to tell the learner, and
whether the answer is right. Lessons in Chinese say `speak("zh")` first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import EllipsisType

import iptsim
from iptsim import IptsimError, Part, Rules, Walk

HERE = Path(__file__).parent
FIXTURES = HERE.parents[1] / "fixtures"
HEALTHY = FIXTURES / "istio" / "ports-1.30" / "after.save.txt"
_LANGUAGE = ["en"]
_TCP = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What to tell the learner; `right` is None while there is no answer yet."""

    text: str
    right: bool | None

    def __repr__(self) -> str:
        mark = {True: "✔", False: "✘", None: "…"}[self.right]
        return f"{mark} {self.text}"


def speak(lang: str) -> None:
    """Have replies in that language, `en` or `zh`."""
    _LANGUAGE[0] = lang


# Lesson 1: how to read a dump


def count(part: Part | Rules, answer: int | EllipsisType) -> Reply:
    """How many rules there are."""
    if answer is ...:
        return _open()
    given = _number(answer)
    if given is None:
        return _no("Give a number: 7.", "请给出一个数字：7。")
    if given == len(part):
        return _yes(
            "Titles are no rules: only the rows below them count.",
            "标题行不是规则，只数它下面的行。",
        )
    if given < len(part):
        return _no(
            "There are more. Which chain does each row belong to?", "还有。每一行属于哪条链？"
        )
    return _no(
        "There are fewer. A title and a policy are no rules.",
        "没有那么多。标题和默认策略都不是规则。",
    )


def fate(walk: Walk, answer: str | EllipsisType) -> Reply:
    """How the packet of `walk` fares: ACCEPT, DROP and so on."""
    if answer is ...:
        return _open()
    try:
        right = walk.meets(str(answer))
    except IptsimError:
        return _no(
            "Give a fate as a word: ACCEPT, DROP, REJECT, REDIRECT:15001.",
            "请写出结果：ACCEPT、DROP、REJECT、REDIRECT:15001。",
        )
    if right:
        return _yes("That is how it ends.", "结果就是这样。")
    return _no(
        "Go down the chain as the packet does: which rule is the first that fits it?",
        "像包一样顺着链往下走：第一条匹配的规则是哪条？",
    )


def decider(walk: Walk, answer: Sequence[object] | EllipsisType) -> Reply:
    """Which rule decides: its chain and number."""
    if answer is ...:
        return _open()
    if isinstance(answer, str) or not isinstance(answer, Sequence) or len(answer) != 2:
        return _no('Give a chain and a number: ("INPUT", 3).', '请给出链名和编号：("INPUT", 3)。')
    step = walk.outcomes[0].decided_by
    chain, number = str(answer[0]), _number(answer[1])
    if step is not None and (chain, number) == (step.chain, step.rule):
        return _yes("No rule before it fits, and none behind it is asked.",
                    "它之前没有规则匹配，之后的规则不再检查。")  # fmt: skip
    met = {(one.chain, one.rule) for one in walk.outcomes[0].steps}
    if (chain, number) in met:
        return _no(
            "The packet meets that rule, but goes on. What does it say of the packet's end?",
            "包确实匹配这条规则，但会继续走。它决定包的最终去向了吗？",
        )
    return _no(
        "That rule is not for this packet, or another one took it before.",
        "这条规则与这个包不匹配，或者包在它之前已被别的规则处理。",
    )


# Lesson 2: how a packet walks


def way(walk: Walk, answer: Sequence[str] | EllipsisType) -> Reply:
    """The chains of the filter table in which a rule or a policy acted, each once."""
    if answer is ...:
        return _open()
    if isinstance(answer, str) or not isinstance(answer, Sequence):
        return _no(
            'Give the chains in order: ["INPUT", "OFFICE"].',
            '请按顺序写出链名：["INPUT", "OFFICE"]。',
        )
    met = list(dict.fromkeys(step.chain for step in walk.outcomes[0].steps))
    given = [str(one) for one in answer]
    if given == met:
        return _yes(
            "A jump goes there, a RETURN or the chain's end comes back.",
            "跳转进入那条链，RETURN 或到达链尾则返回。",
        )
    if set(given) == set(met):
        return _no("Those are the chains. In which order?", "链都对了，顺序呢？")
    if set(given) < set(met):
        return _no(
            "There is more on its way. Which rule sends it elsewhere?",
            "路上还有别的链。哪条规则把它引向别处？",
        )
    return _no(
        "It does not come by all of these. Which rules fit the packet?",
        "它并不经过所有这些链。哪些规则与这个包匹配？",
    )


def returns(rules: Rules, packet: Mapping[str, object], answer: str | EllipsisType) -> Reply:
    """A rule to stand first in GUARD, so that the packet is let back and dropped behind it."""
    if answer is ...:
        return _open()
    lines = answer.strip().splitlines() if isinstance(answer, str) else []
    if len(lines) != 1 or not lines[0].startswith("-A GUARD "):
        return _no('Give one rule: "-A GUARD -s 10.0.0.1 -j DROP".',
                   '请给出一条规则："-A GUARD -s 10.0.0.1 -j DROP"。')  # fmt: skip
    text = str(rules.convert()).replace("-A GUARD", f"{lines[0]}\n-A GUARD", 1)
    try:
        rules = iptsim.read(text=text, family=4)
        walk = rules.trace(**packet)  # type: ignore[arg-type]
    except IptsimError as error:
        return _no(f"This is no rule ({error}).", f"这不是一条规则（{error}）。")
    if any(one.rule.unread for one in rules):
        return _no("This is no rule: its end is missing.", "这不是一条完整的规则：结尾缺失。")
    steps = [(step.chain, step.rule, step.action) for step in walk.outcomes[0].steps]
    if ("GUARD", 1, "return") in steps:
        return _yes(
            "It comes back behind the rule that jumped, and what stands there decides.",
            "它回到跳转规则之后，由后面的规则决定。",
        )
    if not any(step[:2] == ("GUARD", 1) for step in steps):
        return _no("That rule is not for this packet.", "这条规则与这个包不匹配。")
    return _no(
        "That decides at once, or sends it elsewhere. It should go on behind the jump.",
        "这样会立即决定，或把包引向别处。应当让它回到跳转之后继续。",
    )


# Lesson 3: where port 8088 goes


def callers(after: Rules, chain: str, answer: Iterable[str] | EllipsisType) -> Reply:
    """The chains from which rules jump to `chain`."""
    if answer is ...:
        return _open()
    if not isinstance(answer, Iterable):
        return _no('Give the names of chains: {"FIRST", "SECOND"}.',
                   '请给出链名：{"FIRST", "SECOND"}。')  # fmt: skip
    given = {answer} if isinstance(answer, str) else set(answer)
    (graph,) = after.graph().graphs
    names = {node.name for node in graph.chains}
    right = {leap.chain for leap in graph.leaps if leap.to == chain}
    if given == right:
        return _yes(f"That is what ({len(right)} references) counts.",
                    f"({len(right)} references) 数的就是这些。")  # fmt: skip
    if strangers := given - names:
        told = ", ".join(sorted(map(str, strangers)))
        return _no(f"The dump has no chain {told}. Check the names.",
                   f"转储里没有链 {told}。请检查名称。")  # fmt: skip
    if given < right:
        return _no("So far so good, but that is not all. Read the target column of every chain.",
                   "到目前为止都对，但还不全。请看每条链的 target 列。")  # fmt: skip
    return _no(
        f"Find {chain} in the target column of the dump. In whose chain does it stand?",
        f"在转储的 target 列里找 {chain}。它出现在哪条链里？",
    )


def port(walk: Walk, answer: int | EllipsisType) -> Reply:
    """The port at which the packet of `walk` arrives in the end."""
    if answer is ...:
        return _open()
    if str(answer) == str(dict(walk.outcomes[0].packet)["dport"]):
        return _yes("The rules on its way say so.", "一路上的规则就是这样决定的。")
    return _no(
        "Go through the chains as the packet does: does each rule fit this one?",
        "像包一样走过这些链：每条规则都与它匹配吗？",
    )


def untouched(before: Rules, after: Rules, answer: Mapping[str, object] | EllipsisType) -> Reply:
    """A new packet to port 8088 that the change leaves alone."""
    if answer is ...:
        return _open()
    try:
        old, new = before.trace(**answer), after.trace(**answer)  # type: ignore[arg-type]
    except (IptsimError, TypeError) as error:
        return _no_packet(error)
    if reply := _not_asked_for(new):
        return reply
    if len(new.outcomes) > 1:
        return _no("Perhaps, perhaps not: tell more of the packet, so that it has one fate only.",
                   "不一定：请把包说得更完整，使它只有一种结果。")  # fmt: skip
    if [one.fate for one in old.outcomes] != [one.fate for one in new.outcomes]:
        return _no("This one is redirected now. What do all three rules on its way ask for?",
                   "这个包现在被重定向了。路上的三条规则都要求什么？")  # fmt: skip
    return _yes("The change is about one kind of packet only, and this is another.",
                "这次变更只针对一种包，而这是另一种。")  # fmt: skip


# Lesson 4: both directions


def to_the_application(rules: Rules, answer: Mapping[str, object] | EllipsisType) -> Reply:
    """What Envoy at the server's side sends to the application: not redirected, to port 8088."""
    if answer is ...:
        return _open()
    try:
        walk = rules.trace(**answer)  # type: ignore[arg-type]
    except (IptsimError, TypeError) as error:
        return _no_packet(error)
    packet = walk.trace.packet
    if packet.dport != 8088:
        return _no("The application listens on port 8088: `dport=8088`.",
                   "应用监听 8088 端口：`dport=8088`。")  # fmt: skip
    if walk.trace.hook != "OUTPUT":
        return _no("Envoy is a program of this pod: tell who sends it (`uid`).",
                   "Envoy 是这个 Pod 里的程序：请说明由谁发出（`uid`）。")  # fmt: skip
    if packet.uid != 1337:
        return _no("Somebody else sends that one. As which user does Envoy run?",
                   "这个包是别人发的。Envoy 以哪个用户运行？")  # fmt: skip
    if packet.out != "lo":
        return _no("It stays within the pod. By which interface does such a packet go?",
                   "它不离开 Pod。这样的包走哪个网络接口？")  # fmt: skip
    if any("REDIRECT" in step.target for one in walk.outcomes for step in one.steps):
        return _no(
            "That one may be handed to Envoy once more. From which address does Envoy send, so that"
            " the first rule of ISTIO_OUTPUT lets it go?",
            "这个包可能又被交给 Envoy。Envoy 用哪个源地址发送，ISTIO_OUTPUT 的第一条规则才会放行？",
        )
    return _yes("The first rule of ISTIO_OUTPUT is there for this packet alone.",
                "ISTIO_OUTPUT 的第一条规则就是为这个包准备的。")  # fmt: skip


# Lesson 5: every packet at once


def unredirected(rules: Rules, answer: Mapping[str, object] | EllipsisType) -> Reply:
    """TCP that starts here and surely is not sent to port 15001."""
    if answer is ...:
        return _open()
    try:
        walk = rules.trace(**answer)  # type: ignore[arg-type]
    except (IptsimError, TypeError) as error:
        return _no_packet(error)
    if walk.trace.hook != "OUTPUT":
        return _no("That one arrives from the network; tell the user who sends it, or `out` alone.",
                   "这个包来自网络；请说明发送它的用户，或只给 `out`。")  # fmt: skip
    if walk.trace.packet.proto != _TCP:
        return _no("That one need not be TCP, and only TCP is redirected. Tell `proto` or a port.",
                   "它不一定是 TCP，而只有 TCP 会被重定向。请给出 `proto` 或端口。")  # fmt: skip
    if walk.meets("REDIRECT:15001"):
        return _no("That one is redirected. In which of the three sets does it lie?",
                   "这个包会被重定向。它属于三个集合中的哪一个？")  # fmt: skip
    if any("REDIRECT" in step.target for one in walk.outcomes for step in one.steps):
        return _no("Some such packets are redirected, some are not. Tell more of it.",
                   "这样的包有的会被重定向，有的不会。请说得更完整。")  # fmt: skip
    return _yes("It is in none of the sets, so it goes where it was sent.",
                "它不属于任何一个集合，所以去它原本要去的地方。")  # fmt: skip


def latest(rules: Rules, number: int, answer: int | EllipsisType) -> Reply:
    """The last place in INPUT at which rule `number` still gets packets."""
    if answer is ...:
        return _open()
    wanted = _number(answer)
    if wanted is None:
        return _no("Give a number: 13.", "请给出一个数字：13。")
    if not 1 <= wanted <= number:
        return _no(f"Give a number from 1 to {number}.", f"请给出 1 到 {number} 之间的数字。")
    if not _gets_packets(rules, number, wanted):
        return _no("There, too, no packet comes to it. Which rule leaves none?",
                   "放在那里也没有包会到它。哪条规则把包都处理完了？")  # fmt: skip
    if _gets_packets(rules, number, wanted + 1):
        return _no("That works, but it may come later still.", "可以，但还能更靠后。")
    return _yes("One place further down, nothing is left for it.", "再往后一位，就没有包轮到它了。")


def merged(rules: Rules, answer: str | EllipsisType) -> Reply:
    """One rule for all those of INPUT, with the same effect."""
    if answer is ...:
        return _open()
    lines = answer.strip().splitlines() if isinstance(answer, str) else []
    if [line[:3] for line in lines] != ["-A "]:
        return _no('Give one rule as text: "-A INPUT -p tcp --dport 8003 -j ACCEPT".',
                   '请以文本给出一条规则："-A INPUT -p tcp --dport 8003 -j ACCEPT"。')  # fmt: skip
    try:
        mine = iptsim.read(text=_with(rules, lines), lang=_LANGUAGE[0])
        found = iptsim.diff(rules, mine)
    except IptsimError as error:
        return _no(f"This is no rule ({error}). Mend it and try again.",
                   f"这不是一条规则（{error}）。改好再试。")  # fmt: skip
    if any(one.rule.unread for one in mine):
        return _no("This is no rule: its end is missing. Mend it and try again.",
                   "这不是一条完整的规则：结尾缺失。改好再试。")  # fmt: skip
    if found.effects:
        told = found.json()["effect"][0]["explanation"]  # type: ignore[index]  # as the schema says
        return _no(f"Some packets fare otherwise. {told}", f"有些包的结果变了。{told}")
    return _yes(
        "Three rules or one, the packets do not notice.", "三条也好，一条也好，对包没有区别。"
    )


# Lesson 6: find the mistake

MESHES: Mapping[int, tuple[Mapping[str, object], str]] = {
    1: ({"dport": 8080, "in_": "eth0"}, "REDIRECT:15006"),
    2: ({"dport": 8080, "in_": "eth0"}, "REDIRECT:15006"),
    3: ({"dst": "10.9.9.9", "dport": 80, "uid": 1337, "gid": 1337, "out": "eth0"}, "ACCEPT"),
    4: ({"dport": 8080, "in_": "eth0"}, "REDIRECT:15006"),
    5: ({"dst": "10.9.9.9", "dport": 5432, "uid": 1000, "gid": 1000, "out": "eth0"}, "ACCEPT"),
}
"""The packet that shows each mistake, and how it should fare."""


def mesh(number: int) -> Rules:
    """The rules of a broken mesh."""
    return iptsim.read(HERE / "meshes" / f"{number}.save.txt", lang=_LANGUAGE[0])


def symptom(number: int) -> Walk:
    """The packet that shows the mistake, through the rules as they are."""
    return mesh(number).trace(**MESHES[number][0])  # type: ignore[arg-type]


def mended(number: int, answer: str | EllipsisType) -> Reply:
    """One iptables command after which every packet fares as in a healthy mesh."""
    if answer is ...:
        return _open()
    command = answer.strip() if isinstance(answer, str) else ""
    if not command.startswith("iptables ") or "\n" in command:
        return _no('Give one command: "iptables -t nat -D OUTPUT 1".',
                   '请给出一条命令："iptables -t nat -D OUTPUT 1"。')  # fmt: skip
    text = (HERE / "meshes" / f"{number}.save.txt").read_text()
    try:
        now = iptsim.read(text=f"{text}\n{command}\n", family=4, lang=_LANGUAGE[0])
        found = iptsim.diff(HEALTHY, now)
        packet, wanted = MESHES[number]
        walk = now.trace(**packet)  # type: ignore[arg-type]
    except IptsimError as error:
        return _no(f"That cannot be carried out ({error}).", f"这条命令无法执行（{error}）。")
    if found.same_effect:
        return _yes("Every packet fares as in a healthy mesh.", "所有包的结果都和健康的网格一样。")
    redirected = any("REDIRECT" in step.target for one in walk.outcomes for step in one.steps)
    if not walk.meets(wanted) or (wanted == "ACCEPT" and redirected):
        return _no("The packet of the symptom fares as it did. Follow it step by step.",
                   "症状里的那个包结果没有变。请一步一步跟踪它。")  # fmt: skip
    if not found.effects:
        return _no("Not all of that could be understood.", "这条命令没有被完整理解。")
    told = found.json()["effect"][0]["explanation"]  # type: ignore[index]  # as the schema says
    return _no(f"That packet is well now, but another one is not as it should be. {told}",
               f"那个包好了，但另一个包不对。{told}")  # fmt: skip


# Words


def _open() -> Reply:
    told = (
        "Not answered yet: put your answer in place of the dots.",
        "还没有回答：把答案填在省略号处。",
    )
    return Reply(text=_said(*told), right=None)


def _yes(text: str, zh: str) -> Reply:
    return Reply(text=_said(f"Right. {text}", f"正确。{zh}"), right=True)


def _no(text: str, zh: str) -> Reply:
    return Reply(text=_said(f"Not quite. {text}", f"还不对。{zh}"), right=False)


def _said(text: str, zh: str) -> str:
    return zh if _LANGUAGE[0] == "zh" else text


def _no_packet(error: Exception) -> Reply:
    return _no(f"There is no such packet ({error}). Mend it and try again.",
               f"没有这样的包（{error}）。改好再试。")  # fmt: skip


def _number(answer: object) -> int | None:
    return int(answer) if isinstance(answer, int | str) and str(answer).isdigit() else None


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


def _not_asked_for(walk: Walk) -> Reply | None:
    packet = walk.trace.packet
    if packet.dport != 8088:
        return _no("Its port must be 8088: `dport=8088`.", "端口必须是 8088：`dport=8088`。")
    if packet.ctstate not in (None, "NEW"):
        return _no("Nat never sees that one: its connection is open already. Try a new one.",
                   "nat 表看不到它：它的连接已经建立。请用新建连接的包。")  # fmt: skip
    if walk.trace.hook != "PREROUTING":
        return _no("That one does not arrive from the network; it begins at another hook.",
                   "它不是从网络进来的，而是从别的钩子开始。")  # fmt: skip
    return None
