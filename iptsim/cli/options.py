"""The commands, and the options that they share: a command takes them by asking for the class."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from iptsim.cli.declared import Argument, Option, option
from iptsim.dataclass import dataclass, fields

COMMANDS = (
    "read", "trace", "why", "explain", "diff", "query", "lint", "graph", "convert", "verify",
    "replay", "counters", "collect", "learn", "report", "istio injection", "istio check",
    "istio rules", "istio journey", "mcp", "play",
)  # fmt: skip
"""Each is the function of its name in the module of that name, loaded when it is asked for.

A blank in a name is `_` in the function's: `istio injection` is called by two words.
"""
GROUPS = frozenset(name.split(" ")[0] for name in COMMANDS if " " in name)
"""The first words of commands of two."""
HELP = ("-h", "--help")
"""Every command's options that ask how it is used."""
EXCLUDED = frozenset({"ipv4", "ipv6"})
"""Options that cannot be given together."""
_PACKET = "Packet"
TEXT = "text"
"""The form of answer that every command has, and gives unless asked for another."""
_READ = frozenset({TEXT, "markdown", "github"})
"""Forms that people read."""


def _asked(text: str, *names: str, metavar: str) -> Option:
    return option(*names, help=text, metavar=metavar, panel=_PACKET)


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketOptions:
    """The packet that is asked for, as it was typed."""

    proto: Annotated[
        str | None, _asked("Protocol, by name or number.", "-p", "--proto", metavar="PROTO")
    ] = None
    src: Annotated[str | None, _asked("Source address.", "-s", "--src", metavar="ADDRESS")] = None
    dst: Annotated[str | None, _asked("Destination address.", "-d", "--dst", metavar="ADDRESS")] = (
        None
    )
    sport: Annotated[
        str | None, _asked("Source port; alone it means tcp.", "--sport", metavar="PORT")
    ] = None
    dport: Annotated[
        str | None, _asked("Destination port; alone it means tcp.", "--dport", metavar="PORT")
    ] = None
    in_: Annotated[
        list[str] | None,
        _asked(
            "Interface it comes in by; with =SOURCES, once for each, which sources come by it.",
            "-i",
            "--in",
            metavar="NAME[=SOURCES]",
        ),
    ] = None
    out: Annotated[
        str | None, _asked("Interface it goes out by.", "-o", "--out", metavar="NAME")
    ] = None
    tcp_flags: Annotated[
        str | None, _asked("Set flags, such as SYN or SYN,ACK.", "--tcp-flags", metavar="FLAGS")
    ] = None
    icmp_type: Annotated[
        str | None,
        _asked("ICMP type, such as 8/0 or echo-request.", "--icmp-type", metavar="TYPE"),
    ] = None
    tcp_options: Annotated[
        str | None,
        _asked("TCP options, such as mss,timestamp; or none.", "--tcp-options", metavar="OPTIONS"),
    ] = None
    tcp_mss: Annotated[
        str | None, _asked("Segment size that a SYN announces.", "--tcp-mss", metavar="NUMBER")
    ] = None
    spi: Annotated[
        str | None, _asked("Parameter index of ah, esp or ipcomp.", "--spi", metavar="NUMBER")
    ] = None
    ext_headers: Annotated[
        str | None,
        _asked(
            "IPv6 extension headers: hop, dst, route, frag; or none.",
            "--ext-headers",
            metavar="HEADERS",
        ),
    ] = None
    fragment: Annotated[
        str | None, _asked("1: a second or later fragment; 0: none.", "--fragment", metavar="0|1")
    ] = None
    mark: Annotated[str | None, _asked("Firewall mark.", "--mark", metavar="NUMBER")] = None
    uid: Annotated[
        str | None, _asked("User whose program sends it; or none.", "--uid", metavar="NUMBER")
    ] = None
    gid: Annotated[
        str | None, _asked("Group whose program sends it; or none.", "--gid", metavar="NUMBER")
    ] = None
    ctstate: Annotated[
        str | None,
        _asked("Connection state; unless told NEW, in query any.", "--ctstate", metavar="STATE"),
    ] = None
    ttl: Annotated[str | None, _asked("TTL, or hop limit.", "--ttl", metavar="NUMBER")] = None
    tos: Annotated[str | None, _asked("TOS, or traffic class.", "--tos", metavar="NUMBER")] = None
    length: Annotated[
        str | None, _asked("Bytes of the whole packet.", "--length", metavar="NUMBER")
    ] = None
    mac_src: Annotated[
        str | None, _asked("MAC address of the sender.", "--mac-src", metavar="MAC")
    ] = None
    payload: Annotated[
        str | None,
        _asked("What its transport header is followed by.", "--payload", metavar="'GET|0d0a|'"),
    ] = None
    hook: Annotated[
        str | None,
        _asked(
            "Where it starts: PREROUTING, INPUT, FORWARD, OUTPUT or POSTROUTING.",
            "--hook",
            metavar="HOOK",
        ),
    ] = None

    def given(self) -> Mapping[str, str]:
        """What was typed, by the keys of a JSON packet."""
        texts = {f.name.rstrip("_"): getattr(self, f.name) for f in fields(self)}
        texts["in"] = next((word for word in reversed(self.in_ or ()) if "=" not in word), None)
        return {key: text for key, text in texts.items() if text is not None}

    @property
    def sources(self) -> list[str]:
        """What was typed of the sources that come by interfaces."""
        return [word for word in self.in_ or () if "=" in word]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How to read a dump where its text does not tell."""

    table: Annotated[
        str | None,
        option(
            "-t", "--table", metavar="TABLE", help="Table of a listing whose chains do not tell."
        ),
    ] = None
    ipv4: Annotated[bool, option("-4", help="IPv4, where addresses do not tell.")] = False
    ipv6: Annotated[bool, option("-6", help="IPv6, where addresses do not tell.")] = False
    strict: Annotated[
        bool, option("--strict", help="Refuse a dump with a rule that cannot be read.")
    ] = False

    state: Annotated[
        str | None,
        option(
            "--state",
            metavar="1|2|last|NAME",
            help="Which state or host, of a text that tells several, or of a patch.",
        ),
    ] = None

    @property
    def family(self) -> int | None:
        """4 or 6 where the user told; a call that tells both is refused."""
        return 4 if self.ipv4 else 6 if self.ipv6 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainOptions:
    """Which chain is asked."""

    chain: Annotated[
        str | None,
        option("--chain", metavar="NAME", help="Ask this chain alone: what it does with packets."),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostOptions:
    """What is known of the host besides its rules."""

    addr: Annotated[
        str | None,
        option("--addr", metavar="FILE", help="Output of `ip addr`, `ip -j addr` or `ifconfig`."),
    ] = None
    route: Annotated[
        list[str] | None,
        option(
            "--route", metavar="FILE", help="Output of `ip route`, `ip -j route` or `route -n`."
        ),
    ] = None
    rule: Annotated[
        list[str] | None,
        option("--rule", metavar="FILE", help="Output of `ip rule` or `ip -j rule`."),
    ] = None
    sysctl: Annotated[
        list[str] | None,
        option(
            "--sysctl",
            metavar="FILE|KEY=VALUE",
            help="Output of `sysctl -a`, or one setting: net.ipv4.ip_forward=0.",
        ),
    ] = None
    ipset: Annotated[
        str | None, option("--ipset", metavar="FILE", help="Output of `ipset save`.")
    ] = None
    time: Annotated[
        str | None,
        option(
            "--time", metavar="WHEN", help="When it comes: 2030-12-31T23:59:59, in UTC or +02:00."
        ),
    ] = None
    socket: Annotated[
        list[str] | None,
        option(
            "--socket",
            metavar="SOCKET",
            help="A socket of the host: tcp:10.0.0.2:80[,transparent]; none: it has none.",
        ),
    ] = None
    hosts: Annotated[
        str | None,
        option("--hosts", metavar="FILE", help="Text of /etc/hosts, for names of the dump."),
    ] = None
    name: Annotated[
        list[str] | None,
        option(
            "--name",
            metavar="NAME=VALUE",
            help="What a name of the dump is: web.example=192.0.2.80, shopctl=8099, user:app=1001.",
        ),
    ] = None

    @property
    def files(self) -> tuple[str | None, ...]:
        """The files that were named, to be checked for standard input."""
        many = (*(self.route or ()), *(self.rule or ()), *(self.sysctl or ()))
        return (self.addr, self.ipset, self.hosts, *many)


class Language(StrEnum):
    """The languages that the catalogue has."""

    EN = "en"
    ZH = "zh"

    @classmethod
    def _missing_(cls, value: object) -> Language | None:
        """By the tags of others: `zh-CN`, `zh_TW.UTF-8`, `cn`, `en_US`."""
        tag = str(value).lower().replace("-", "_").partition(".")[0].partition("_")[0]
        return {"en": cls.EN, "zh": cls.ZH, "cn": cls.ZH}.get(tag)


Lang = Annotated[
    Language | None,
    option("--lang", help="Language of the answer; as LANG tells by default."),
]


class Colour(StrEnum):
    """When an answer is coloured."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """In which form and language to answer.

    The forms are the names of a command's own table: `output: Annotated[OutputOptions, FORMATS]`.
    """

    form: Annotated[
        str, option("--format", help="For a person, or for a program that reads it.")
    ] = TEXT
    lang: Lang = None
    color: Annotated[Colour, option("--color", help="When to colour the answer.")] = Colour.AUTO

    @property
    def is_text(self) -> bool:
        """Whether a person asks, who does not read everything."""
        return self.form in _READ


Dumps = Annotated[
    list[str],
    Argument(
        metavar="[DUMP]...",
        help="Dump texts of one host; - is standard input, which is read where none is named.",
        piped=True,
    ),
]
