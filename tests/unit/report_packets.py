"""Packets that a report's form can ask for, and whether its answers are the program's."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode
from pathlib import Path
from random import Random
from typing import Any

from iptsim.all_answers import all_answers
from iptsim.dialects import read_files
from iptsim.render.shared.answers_data import AnswersData
from iptsim.render.shared.terminal import Style

ROOT = Path(__file__).parents[2]
DUMPS = {
    "istio": ROOT / "fixtures/istio/both-directions/after.txt",
    "docker": ROOT / "fixtures/docker/published-port/after.save.txt",
    "kube-proxy": ROOT / "fixtures/kube-proxy/services/after.save.txt",
    "host": ROOT / "fixtures/firewall/host/after.save.txt",
}
_ADDRESS = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b")
_STRANGE = {"0", "127", *map(str, range(224, 256))}
Asked = dict[str, Any]


def data_in(page: str) -> dict[str, Any]:
    """The data that a report holds."""
    found = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return {**data, "steps": unpacked(data["steps"])}


def unpacked(held: Any) -> Any:
    """What a report packed, or left as it is."""
    return json.loads(zlib.decompress(b64decode(held))) if isinstance(held, str) else held


def data_of(dump: Path) -> dict[str, Any]:
    """What a report of a dump without addresses of its host would hold."""
    read = read_files([str(dump)])
    data = AnswersData(read.rulesets, Style())
    bases = [data.of(one) for one in all_answers(read)]
    return {"bases": bases, "steps": data.steps, "aimed": [4, 6], "words": {}, "files": []}


def random_packets(dump: Path, count: int, seed: int) -> list[Asked]:
    """Packets with values that the rules speak of, and others; some fields are left open."""
    random, text = Random(seed), dump.read_text()  # noqa: S311  # the same ones each time
    addresses = sorted({a for a in _ADDRESS.findall(text) if a.split(".")[0] not in _STRANGE})
    ports = sorted({p for p in re.findall(r"\b[1-9]\d{1,4}\b", text) if int(p) < 65536})
    links = sorted(set(re.findall(r"-[io] (\w[\w-]*)", text)) - {"lo"})
    pools = {
        "src": [*addresses, "198.51.100.7", "192.0.2.9"],
        "dst": [*addresses, "10.0.0.5", "192.0.2.9"],
        "sport": [*ports, "40000"],
        "dport": [*ports, "80", "443"],
        "in": [*links, "eth0", "eth1"],
        "uid": ["0", "1000", "1337"],
        "gid": ["0", "1000", "1337"],
        "out": [*links, "eth0", "eth1"],
        "mark": ["0", "0x10", "16384", "0x539"],
        "tcp_flags": ["SYN", "SYN,ACK", "ACK", "RST", "NONE", "fin,syn,rst,psh,ack,urg", "ALL"],
    }
    return [_packet(random, pools) for _ in range(count)]


def service_packets(dump: Path, count: int, seed: int) -> list[Asked]:
    """New connections over TCP to addresses and ports of services, and to some beside them."""
    random = Random(seed)  # noqa: S311  # the same ones each time
    served = re.findall(r"-d ([\d.]+)/32 -p tcp .*--dport (\d+) -j KUBE-SVC", dump.read_text())
    pods = re.findall(r"-s ([\d.]+)/32 -j KUBE-MARK-MASQ", dump.read_text())
    sources = [*random.sample(pods, 50), "198.51.100.7", "10.245.0.1", ""]
    found: list[Asked] = []
    for _ in range(count):
        dst, dport = random.choice(served)
        asked = {"dst": dst, "dport": random.choice((dport, dport, dport, "81"))}
        asked |= {"src": src} if (src := random.choice(sources)) else {}
        hook = random.choice(("PREROUTING", "OUTPUT"))
        found.append({"family": 4, "hook": hook, "proto": "tcp", "state": "NEW", **asked})
    return found


def _packet(random: Random, pools: dict[str, list[str]]) -> Asked:
    hook, proto = (
        random.choice(("PREROUTING", "OUTPUT")),
        random.choice(("tcp", "tcp", "udp", "icmp")),
    )
    asked: Asked = {"family": 4, "hook": hook, "proto": proto}
    asked["state"] = random.choice(("NEW", "NEW", "ESTABLISHED"))
    names = ["src", "dst", *(["in"] if hook == "PREROUTING" else ["uid", "gid"])]
    names += ["sport", "dport"] if proto in ("tcp", "udp") else []
    asked |= {name: random.choice(pools[name]) for name in names if random.random() < 0.8}
    rare = ["tcp_flags"] if proto == "tcp" else []
    rare += ["mark"] if hook == "OUTPUT" else []
    rare += ["out"] if hook == "OUTPUT" and "dst" in asked else []
    return asked | {name: random.choice(pools[name]) for name in rare if random.random() < 0.4}


def as_line(asked: Asked, number: int) -> str:
    """The same packet as `--packets` takes it."""
    fields = {name: value for name, value in asked.items() if name not in ("family", "state")}
    return json.dumps({**fields, "ctstate": asked["state"], "id": number})


def differs(data: dict[str, Any], mine: Asked, theirs: Asked) -> str:
    """What the page's answer has otherwise than the program's; '' where it is the same.

    Fates are always compared; steps and rewrites where each tells one way alone.
    """
    if mine == {"beyond": "mark"}:
        return "" if _sets_bits(theirs) else "no answer, though no rule sets bits of its mark"
    if "outcomes" not in mine:
        return f"no answer: {mine}"
    fates = [sorted({_fate(o) for o in answer["outcomes"]}) for answer in (mine, theirs)]
    if fates[0] != fates[1]:
        return f"{fates[0]} is not {fates[1]}"
    first, other = mine["outcomes"][0], theirs["outcomes"][0]
    if len(mine["outcomes"]) > 1 or len(theirs["outcomes"]) > 1 or first["ways"] > 1:
        return ""
    steps = [_step(data["steps"][number]) for number in first["steps"]]
    same = steps == [_step(step) for step in other["steps"]]
    return "" if same and first["rewrites"] == other["rewrites"] else f"{steps} is another way"


def _sets_bits(theirs: Asked) -> bool:
    """Whether rules on the packet's ways may leave it a mark that hangs on its own."""
    return any("MARK" in step["target"] for o in theirs["outcomes"] for step in o["steps"])


def _fate(outcome: Asked) -> str:
    last = {one["field"]: one["to"] for one in outcome["rewrites"]}
    passed = outcome["destination"] is not None
    return json.dumps(
        [outcome["verdict"], outcome["destination"], sorted(last.items()) if passed else []]
    )


def _step(step: Asked) -> tuple[Any, ...]:
    names = ("hook", "table", "chain", "rule", "action", "target", "text")
    return tuple(step[name] for name in names)
