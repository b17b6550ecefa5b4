"""A client, a host with rules and a server behind it, real flows between them, and a capture.

Run with the folder for what it leaves there: `any.pcap`, `lan.pcap`, `after`, `addr`, `route`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SERVER = r"""
import socket, sys, threading
def tcp(port):
    s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("", port)); s.listen(50)
    while True:
        c, _ = s.accept(); c.recv(10); c.sendall(b"x" * 5000); c.close()
def udp(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("", port))
    while True:
        data, who = s.recvfrom(100); s.sendto(b"y" + data, who)
for word in sys.argv[1:]:
    threading.Thread(target=tcp if word[0] == "t" else udp, args=(int(word[1:]),)).start()
"""
_CLIENT = r"""
import socket, struct, sys
def sum_of(b):
    s = sum(struct.unpack("!%dH" % (len(b) // 2), b)); s = (s >> 16) + (s & 65535)
    return ~(s + (s >> 16)) & 65535
for word in sys.argv[1:]:
    kind, host, port = word.split(":")
    try:
        if kind == "t":
            s = socket.create_connection((host, int(port)), 0.5); s.sendall(b"hi")
            while s.recv(1000): pass
            s.close()
        elif kind == "u":
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(0.3)
            s.connect((host, int(port))); s.send(b"q"); s.recv(100)
        else:
            s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); s.settimeout(0.3)
            b = struct.pack("!BBHHH", 8, 0, 0, 77, int(port)) + b"abcd"
            b = b[:2] + struct.pack("!H", sum_of(b)) + b[4:]
            s.sendto(b, (host, 0)); s.recvfrom(100)
    except OSError:
        pass
"""
# As libpcap writes packets of all interfaces: SLL2, and of lo each packet once.
_CAPTURER = r"""
import socket, struct, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
out = open(sys.argv[1], "wb", buffering=0)
out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 276))
sys.stdout.write("ready\n"); sys.stdout.flush()
while True:
    data, (name, proto, kind, hardware, mac) = s.recvfrom(70000)
    if name == "lo" and kind == 4: continue
    head = struct.pack("!HHIHBB8s", proto, 0, socket.if_nametoindex(name), hardware, kind, 6, mac)
    now = time.time(); data = head + data
    sizes = (int(now), int(now % 1 * 1e6), len(data), len(data))
    out.write(struct.pack("<IIII", *sizes) + data)
"""
FROM_CLIENT = (
    "t:10.1.0.1:8088", "t:10.1.0.1:8080", "t:10.2.0.2:80", "u:10.2.0.2:53", "u:10.1.0.1:5353",
    "t:10.1.0.1:22", "t:10.1.0.1:9000", "u:10.1.0.1:99", "t:10.2.0.2:81", "i:10.1.0.1:1",
    "i:10.2.0.2:2", "t:10.1.0.1:25",
)  # fmt: skip
FROM_HOST = ("t:10.2.0.2:80", "t:127.0.0.1:9000", "u:10.2.0.2:53", "i:10.2.0.2:3")


class Lab:
    """The three namespaces."""

    def __init__(self) -> None:
        self._name = f"rp{os.getpid()}"
        self._running: list[subprocess.Popen[str]] = []

    def run(self, command: str) -> str:
        done = subprocess.run(command.split(), capture_output=True, text=True, check=True)
        return done.stdout

    def within(self, who: str, *words: str) -> list[str]:
        return ["ip", "netns", "exec", self._name + who, *words]

    def start(self, who: str, *words: str) -> subprocess.Popen[str]:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        begun = subprocess.Popen(self.within(who, *words), text=True, **pipes)  # type: ignore[call-overload]  # two pipes
        self._running.append(begun)
        return begun  # type: ignore[no-any-return]  # of text

    def make(self) -> None:
        for who in "chs":
            self.run(f"ip netns add {self._name}{who}")
            self.run(f"ip -n {self._name}{who} link set lo up")
            self._set(who, "net.ipv6.conf.all.disable_ipv6=1")
        self._link("c", "eth0", "10.1.0.2/24", "h", "lan", "10.1.0.1/24")
        self._link("h", "wan", "10.2.0.1/24", "s", "eth0", "10.2.0.2/24")
        for who, way in (("c", "10.1.0.1"), ("s", "10.2.0.1")):
            self.run(f"ip -n {self._name}{who} route add default via {way}")
        self._set("h", "net.ipv4.ip_forward=1")

    def _set(self, who: str, setting: str) -> None:
        subprocess.run(self.within(who, "sysctl", "-qw", setting), check=True)

    def _link(self, *ends: str) -> None:
        (one, first, mine, other, second, yours) = ends
        self.run(
            f"ip -n {self._name}{one} link add {first} type veth"
            f" peer name {second} netns {self._name}{other}"
        )
        for who, link, address in ((one, first, mine), (other, second, yours)):
            self.run(f"ip -n {self._name}{who} address add {address} dev {link}")
            self.run(f"ip -n {self._name}{who} link set {link} up")

    def load(self, rules: str) -> None:
        subprocess.run(self.within("h", "iptables-restore"), input=rules, text=True, check=True)

    def told(self, *words: str) -> str:
        done = subprocess.run(self.within("h", *words), capture_output=True, text=True, check=True)
        return done.stdout

    def ask(self, who: str, *flows: str) -> None:
        subprocess.run(self.within(who, sys.executable, "-c", _CLIENT, *flows), check=True)

    def end(self) -> None:
        for begun in self._running:
            begun.terminate()
            begun.wait()
        for who in "chs":
            subprocess.run(["ip", "netns", "del", self._name + who], check=False)


@contextmanager
def lab() -> Iterator[Lab]:
    """The namespaces, with servers; gone afterwards."""
    made = Lab()
    try:
        made.make()
        made.start("s", sys.executable, "-c", _SERVER, "t80", "u53")
        made.start("h", sys.executable, "-c", _SERVER, "t9000", "t25")
        time.sleep(0.5)
        yield made
    finally:
        made.end()


def flows(made: Lab, rules: str, folder: Path, tool: str) -> None:
    """Load the rules, let packets flow, and leave the captures and the counters in the folder."""
    made.load(rules)
    begun = [_capture(made, tool, link, folder / f"{link}.pcap") for link in ("any", "lan")]
    made.load(rules)  # counters begin anew
    made.ask("c", *FROM_CLIENT)
    made.ask("h", *FROM_HOST)
    time.sleep(1.3)  # libpcap hands packets on a second later at most
    (folder / "after").write_text(made.told("iptables-save", "-c"))
    (folder / "addr").write_text(made.told("ip", "-j", "addr"))
    (folder / "route").write_text(made.told("ip", "-j", "route"))
    for each in begun:
        each.terminate()
        each.wait()


def _capture(made: Lab, tool: str, link: str, file: Path) -> subprocess.Popen[str]:
    if tool == "tcpdump":
        asked = ("tcpdump", "-Z", "root", "-U", "-i", link, "-w", str(file))
    else:
        asked = (sys.executable, "-c", _CAPTURER, str(file))
    begun = made.start("h", *asked)
    assert begun.stdout is not None
    while True:
        line = begun.stdout.readline()
        if "ready" in line or "listening" in line:
            return begun
        assert line, "the capture did not begin"


def has(tool: str) -> bool:
    return shutil.which(tool) is not None
