"""Checks of lesson 6: find the mistake."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import EllipsisType

import iptsim
from checking.replies import Reply, language, no, unanswered, yes
from checking.sidecars import FIXTURES
from iptsim import IptsimError, Rules, Walk

HERE = Path(__file__).parents[1]
HEALTHY = FIXTURES / "istio" / "ports-1.30" / "after.save.txt"


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
    return iptsim.read(HERE / "meshes" / f"{number}.save.txt", lang=language())


def symptom(number: int) -> Walk:
    """The packet that shows the mistake, through the rules as they are."""
    return mesh(number).trace(**MESHES[number][0])  # type: ignore[arg-type]


def mended(number: int, answer: str | EllipsisType) -> Reply:
    """One iptables command after which every packet fares as in a healthy mesh."""
    if answer is ...:
        return unanswered()
    command = answer.strip() if isinstance(answer, str) else ""
    if not command.startswith("iptables ") or "\n" in command:
        return no('Give one command: "iptables -t nat -D OUTPUT 1".',
                   '请给出一条命令："iptables -t nat -D OUTPUT 1"。')  # fmt: skip
    text = (HERE / "meshes" / f"{number}.save.txt").read_text()
    try:
        now = iptsim.read(text=f"{text}\n{command}\n", family=4, lang=language())
        found = iptsim.diff(HEALTHY, now)
        packet, wanted = MESHES[number]
        walk = now.trace(**packet)  # type: ignore[arg-type]
    except IptsimError as error:
        return no(f"That cannot be carried out ({error}).", f"这条命令无法执行（{error}）。")
    if found.same_effect:
        return yes("Every packet fares as in a healthy mesh.", "所有包的结果都和健康的网格一样。")
    redirected = any("REDIRECT" in step.target for one in walk.outcomes for step in one.steps)
    if not walk.meets(wanted) or (wanted == "ACCEPT" and redirected):
        return no("The packet of the symptom fares as it did. Follow it step by step.",
                   "症状里的那个包结果没有变。请一步一步跟踪它。")  # fmt: skip
    if not found.effects:
        return no("Not all of that could be understood.", "这条命令没有被完整理解。")
    told = found.json()["effect"][0]["explanation"]  # type: ignore[index]  # as the schema says
    return no(f"That packet is well now, but another one is not as it should be. {told}",
               f"那个包好了，但另一个包不对。{told}")  # fmt: skip
