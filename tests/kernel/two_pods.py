"""Two pods with Istio's rules and a small Envoy in each; what every one of them really sees.

A pod is a network namespace with eth0. The program of each party tells in a line of JSON the two
ends of the connection that it gets, and the original destination; a proxy then connects on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CLIENT, SERVER, SERVICE = "10.244.1.5", "10.244.2.8", "10.96.0.7"
_PARTY = r"""
import json, os, socket, struct, sys
told = json.loads(sys.argv[1])
os.setgid(told["gid"]); os.setuid(told["uid"])
TRANSPARENT, MARK = 19, 36
def socket_of(kind):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.settimeout(5)
    if kind: s.setsockopt(socket.SOL_IP, TRANSPARENT, 1)
    return s
def connect(src, sport, dst, dport, mark=0):
    s = socket_of(mark)
    if mark: s.setsockopt(socket.SOL_SOCKET, MARK, mark)
    s.bind((src, sport)); s.connect((dst, dport)); return s
if "port" not in told:
    s = connect(*told["to"]); print(s.recv(9).decode() or "closed"); sys.exit()
server = socket_of(told.get("transparent"))
server.bind(("", told["port"])); server.listen(9)
print("ready", flush=True)
conn, peer = server.accept()
here = conn.getsockname()
raw = None
try: raw = conn.getsockopt(socket.SOL_IP, 80, 16)
except OSError: pass
original = raw and (socket.inet_ntoa(raw[4:8]), struct.unpack("!H", raw[2:4])[0])
print(json.dumps({"seen": [*peer, *here], "original": original}), flush=True)
if "to" in told:
    on = connect(*told["to"]); conn.sendall(on.recv(9))
else:
    conn.sendall(b"hello")
conn.close()
"""

_ROUTED = (("ISTIO_TPROXY", "1337", "133"), ("ISTIO_PRERT", "0x111/0xfff", "100"))
"""What istio-iptables sets up for TPROXY, and istio-cni for ambient, beside the rules."""


class Pods:
    """The namespaces of both pods."""

    def __init__(self) -> None:
        self.names = {side: f"iptsim-{side}-{os.getpid()}" for side in ("client", "server")}

    def run(self, side: str, *words: str, text: str | None = None) -> None:
        """A command in a pod."""
        whole = ["ip", "netns", "exec", self.names[side], *words]
        subprocess.run(whole, input=text, text=True, check=True, capture_output=True)

    def set_up(self, rules: dict[str, Path]) -> None:
        """Both pods, linked, each with its rules."""
        client, server = self.names.values()
        for name in (client, server):
            subprocess.run(["ip", "netns", "add", name], check=True)
        pair = ("eth0", "netns", client, "type", "veth", "peer", "name", "eth0", "netns", server)
        subprocess.run(["ip", "link", "add", *pair], check=True)
        for side, address in (("client", CLIENT), ("server", SERVER)):
            self.run(side, "ip", "addr", "add", f"{address}/16", "dev", "eth0")
            for link in ("lo", "eth0"):
                self.run(side, "ip", "link", "set", link, "up")
            self.run(side, "ip", "route", "add", "10.96.0.0/16", "dev", "eth0")
            self.run(side, "iptables-restore", text=rules[side].read_text())
        for side, file in rules.items():
            for sign, mark, table in _ROUTED:
                if sign in file.read_text():
                    self.run(side, "ip", "rule", "add", "fwmark", mark, "lookup", table)
                    local = ("local", "0.0.0.0/0", "dev", "lo", "table", table)
                    self.run(side, "ip", "route", "add", *local)

    def tear_down(self) -> None:
        """Whatever there is of them."""
        for name in self.names.values():
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)

    def start(self, side: str, told: dict[str, Any]) -> subprocess.Popen[str]:
        """A party in a pod; one that listens does so when this returns."""
        words = ["ip", "netns", "exec", self.names[side], sys.executable, "-c", _PARTY]
        party = subprocess.Popen(
            [*words, json.dumps(told)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        if "port" in told:
            assert party.stdout is not None
            assert party.stdout.readline() == "ready\n"
        return party


@contextmanager
def two_pods(rules: dict[str, Path]) -> Iterator[Pods]:
    """Both pods with rules, until the end of the block."""
    pods = Pods()
    try:
        pods.set_up(rules)
        yield pods
    finally:
        pods.tear_down()


def what_they_see(
    pods: Pods, parties: Sequence[tuple[str, dict[str, Any]]], caller: dict[str, Any]
) -> tuple[str, list[dict[str, Any]]]:
    """What the caller gets, and what each party saw; the caller stands in the client's pod."""
    started = [pods.start(side, told) for side, told in parties]
    got = pods.start("client", caller).communicate(timeout=20)[0].strip()
    told = []
    for party in started:
        out, _err = party.communicate(timeout=20)
        told.append(json.loads(out) if out else {})
    return got, told
