"""Checks of lessons 3 and 4: where port 8088 goes, both directions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import EllipsisType

from checking.replies import Reply, no, no_packet, unanswered, yes
from iptsim import IptsimError, Rules, Walk

FIXTURES = Path(__file__).parents[3] / "fixtures"


def callers(after: Rules, chain: str, answer: Iterable[str] | EllipsisType) -> Reply:
    """The chains from which rules jump to `chain`."""
    if answer is ...:
        return unanswered()
    if not isinstance(answer, Iterable):
        return no('Give the names of chains: {"FIRST", "SECOND"}.',
                   '请给出链名：{"FIRST", "SECOND"}。')  # fmt: skip
    given = {answer} if isinstance(answer, str) else set(answer)
    (graph,) = after.graph().graphs
    names = {node.name for node in graph.chains}
    right = {leap.chain for leap in graph.leaps if leap.to == chain}
    if given == right:
        return yes(f"That is what ({len(right)} references) counts.",
                    f"({len(right)} references) 数的就是这些。")  # fmt: skip
    if strangers := given - names:
        told = ", ".join(sorted(map(str, strangers)))
        return no(f"The dump has no chain {told}. Check the names.",
                   f"转储里没有链 {told}。请检查名称。")  # fmt: skip
    if given < right:
        return no("So far so good, but that is not all. Read the target column of every chain.",
                   "到目前为止都对，但还不全。请看每条链的 target 列。")  # fmt: skip
    return no(
        f"Find {chain} in the target column of the dump. In whose chain does it stand?",
        f"在转储的 target 列里找 {chain}。它出现在哪条链里？",
    )


def port(walk: Walk, answer: int | EllipsisType) -> Reply:
    """The port at which the packet of `walk` arrives in the end."""
    if answer is ...:
        return unanswered()
    if str(answer) == str(dict(walk.outcomes[0].packet)["dport"]):
        return yes("The rules on its way say so.", "一路上的规则就是这样决定的。")
    return no(
        "Go through the chains as the packet does: does each rule fit this one?",
        "像包一样走过这些链：每条规则都与它匹配吗？",
    )


def untouched(before: Rules, after: Rules, answer: Mapping[str, object] | EllipsisType) -> Reply:
    """A new packet to port 8088 that the change leaves alone."""
    if answer is ...:
        return unanswered()
    try:
        old, new = before.trace(**answer), after.trace(**answer)  # type: ignore[arg-type]
    except (IptsimError, TypeError) as error:
        return no_packet(error)
    if reply := _not_asked_for(new):
        return reply
    if len(new.outcomes) > 1:
        return no("Perhaps, perhaps not: tell more of the packet, so that it has one fate only.",
                   "不一定：请把包说得更完整，使它只有一种结果。")  # fmt: skip
    if [one.fate for one in old.outcomes] != [one.fate for one in new.outcomes]:
        return no("This one is redirected now. What do all three rules on its way ask for?",
                   "这个包现在被重定向了。路上的三条规则都要求什么？")  # fmt: skip
    return yes("The change is about one kind of packet only, and this is another.",
                "这次变更只针对一种包，而这是另一种。")  # fmt: skip


def to_the_application(rules: Rules, answer: Mapping[str, object] | EllipsisType) -> Reply:
    """What Envoy at the server's side sends to the application: not redirected, to port 8088."""
    if answer is ...:
        return unanswered()
    try:
        walk = rules.trace(**answer)  # type: ignore[arg-type]
    except (IptsimError, TypeError) as error:
        return no_packet(error)
    packet = walk.trace.packet
    if packet.dport != 8088:
        return no("The application listens on port 8088: `dport=8088`.",
                   "应用监听 8088 端口：`dport=8088`。")  # fmt: skip
    if walk.trace.hook != "OUTPUT":
        return no("Envoy is a program of this pod: tell who sends it (`uid`).",
                   "Envoy 是这个 Pod 里的程序：请说明由谁发出（`uid`）。")  # fmt: skip
    if packet.uid != 1337:
        return no("Somebody else sends that one. As which user does Envoy run?",
                   "这个包是别人发的。Envoy 以哪个用户运行？")  # fmt: skip
    if packet.out != "lo":
        return no("It stays within the pod. By which interface does such a packet go?",
                   "它不离开 Pod。这样的包走哪个网络接口？")  # fmt: skip
    if any("REDIRECT" in step.target for one in walk.outcomes for step in one.steps):
        return no(
            "That one may be handed to Envoy once more. From which address does Envoy send, so that"
            " the first rule of ISTIO_OUTPUT lets it go?",
            "这个包可能又被交给 Envoy。Envoy 用哪个源地址发送，ISTIO_OUTPUT 的第一条规则才会放行？",
        )
    return yes("The first rule of ISTIO_OUTPUT is there for this packet alone.",
                "ISTIO_OUTPUT 的第一条规则就是为这个包准备的。")  # fmt: skip


def _not_asked_for(walk: Walk) -> Reply | None:
    packet = walk.trace.packet
    if packet.dport != 8088:
        return no("Its port must be 8088: `dport=8088`.", "端口必须是 8088：`dport=8088`。")
    if packet.ctstate not in (None, "NEW"):
        return no("Nat never sees that one: its connection is open already. Try a new one.",
                   "nat 表看不到它：它的连接已经建立。请用新建连接的包。")  # fmt: skip
    if walk.trace.hook != "PREROUTING":
        return no("That one does not arrive from the network; it begins at another hook.",
                   "它不是从网络进来的，而是从别的钩子开始。")  # fmt: skip
    return None
