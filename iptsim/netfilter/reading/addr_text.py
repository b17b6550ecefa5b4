"""What `ip addr` and `ifconfig` print for people, as the entries that `ip -j addr` would print.

Sources: iproute2, ip/ipaddress.c (print_linkinfo, print_addrinfo, print_addrinfo_brief); net-tools,
lib/interface.c (ife_print_long) of 1.60 and 2.10; busybox, networking/interface.c.
"""

from __future__ import annotations

import re
from typing import Any

from iptsim.dataclass import dataclass, field
from iptsim.netfilter.reading.ip_text import not_of
from iptsim.netfilter.reading.prompts import printed_lines
from iptsim.regex import regex

Entry = dict[str, Any]
_LINK = regex(r"\d+: (?P<name>[^\s:@]+)(?:@\S+)?: <(?P<flags>[^>]*)>(?P<rest>.*)")
_ONE_LINE = regex(r"\d+: (?P<name>[^\s:@]+)(?:@\S+)?\s+(?P<rest>inet6? .*)")
_BRIEF = regex(
    r"(?P<name>[^\s:@]+)(?:@\S+)?\s+(?P<state>UP|DOWN|UNKNOWN|LOWERLAYERDOWN|DORMANT|TESTING|"
    r"NOTPRESENT)\b(?P<rest>.*)"
)
_NEW = regex(r"(?P<name>[^\s:]+)(?::\S*)?: flags=\d+<(?P<flags>[^>]*)>\s+mtu \d+\s*")
_OLD = regex(r"(?P<name>[^\s:]+)(?::\S*)?\s+Link encap:(?P<kind>.*?)(?:\s\s.*)?")
_OLD_FLAGS = regex(r"\s+(?P<flags>(?:[A-Z]+ )+)\s*MTU:\d+.*")
_ADDRESS = regex(r"\S+/\d+")
# What `ip addr` says of an address besides what is read here.
_ALONE = frozenset(
    {
        "dynamic", "permanent", "mngtmpaddr", "stable-privacy", "nodad", "home", "autojoin",
        "secondary", "deprecated", "tentative", "dadfailed", "optimistic", "temporary",
        "noprefixroute", "any",
    }
)  # fmt: skip
_VALUED = {"brd": "broadcast", "broadcast": "broadcast", "scope": "scope", "peer": "address"}
_OTHERS = frozenset({"metric", "proto", "valid_lft", "preferred_lft", "flags"})
_KINDS = {
    "Ethernet": "ether", "Local Loopback": "loopback", "Point-to-Point Protocol": "ppp",
    "loop": "loopback",
}  # fmt: skip
_IGNORED = regex(
    r"\s+(?:valid_lft|link/|[\d ]+$|RX[ :]|TX[ :]|collisions:|Interrupt:|device |altname |"
    r"link-netnsid |promiscuity |Memory:|Base address:|\[NO FLAGS|"
    r"(?:veth|vlan|vxlan|tun)\b)"
)
_LINK_KINDS = frozenset({"bridge", "bond", "vrf", "team"})
"""What other links can have for master, as `ip -d` begins a line with it."""


@dataclass(slots=True, kw_only=True)
class Addresses:
    """Entries as of `ip -j addr`, and what the form of the text leaves out.

    `first` is the name of the first interface. `labelled` is whether addresses without a label of
    their own are not shown (`ifconfig`); `linked` whether every interface is there (with `-4` or in
    one line only those with addresses are).
    """

    entries: list[Entry] = field(default_factory=list)
    first: str = ""
    labelled: bool = False
    linked: bool = False

    @property
    def families(self) -> frozenset[str]:
        """The families that the text speaks of: both where links are shown."""
        found = {i["family"] for e in self.entries for i in e.get("addr_info", ())}
        return frozenset({"inet", "inet6"}) if len(found) != 1 or self._both else frozenset(found)

    @property
    def _both(self) -> bool:
        return any("link_type" in entry for entry in self.entries) and not self.labelled

    def of(self, name: str, **told: object) -> Entry:
        """The entry of an interface, with what is told of it besides."""
        self.first = self.first or name
        entry = next((e for e in self.entries if e["ifname"] == name), None)
        if entry is None:
            entry = {"ifname": name, "group": None, "addr_info": []}
            self.entries.append(entry)
        entry.update({key: value for key, value in told.items() if value is not None})
        return entry


def read_addresses(text: str) -> Addresses:
    """The interfaces that `ip addr` or `ifconfig` printed; `UsageError` with its line otherwise."""
    found = Addresses()
    held: Entry | None = None
    for number, line in printed_lines(text):
        entry = _begun(line, found)
        if entry is not None:
            held = entry
        elif held is None or not _more(line, held):
            raise not_of("addr", number, line)
    for entry in found.entries:
        _mark_secondary(entry)
    return found


def _begun(line: str, found: Addresses) -> Entry | None:
    """The interface that a line begins to tell of."""
    if link := _LINK.fullmatch(line):
        group = re.search(r"\bgroup (\S+)", link["rest"])
        flags = link["flags"].split(",")
        found.linked = True
        entry = found.of(link["name"], flags=flags, group=group and group[1])
        kind = re.search(r"link/(\S+)", link["rest"])
        entry.update({"link_type": kind[1]} if kind else {})
        master = re.search(r"\bmaster (\S+)", link["rest"])
        entry.update({"master": master[1]} if master else {})
        return entry
    if one := _ONE_LINE.fullmatch(line):
        entry = found.of(one["name"])
        return entry if _ip(one["rest"].replace("\\", " ").split(), entry) else None
    if new := _NEW.fullmatch(line):
        found.labelled = found.linked = True
        return found.of(new["name"], flags=new["flags"].split(","))
    if old := _OLD.fullmatch(line):
        found.labelled = found.linked = True
        encap = old["kind"].strip()
        return found.of(old["name"], link_type=_KINDS.get(encap, encap))
    brief = _BRIEF.fullmatch(line)
    return None if brief is None else _brief(brief, found)


def _brief(brief: re.Match[str], found: Addresses) -> Entry | None:
    """`eth0  UP  10.0.0.2/24 10.8.0.1 peer 10.8.0.5/32`."""
    entry, words = found.of(brief["name"]), brief["rest"].split()
    found.linked = True
    while words:
        count = 3 if words[1:2] == ["peer"] else 1
        told, words = words[:count], words[count:]
        if not _ADDRESS.fullmatch(told[-1]):
            return entry if told[0] == "metric" or told[-1].isdigit() else None
        family = "inet6" if ":" in told[0] else "inet"
        if not _ip([family, *told], entry):
            return None
    return entry


def _more(line: str, entry: Entry) -> bool:
    """Whether a line tells more of an interface."""
    words = line.split()
    if not line[:1].isspace() or not words:
        return not words
    if words[0] in ("inet", "inet6"):
        return _ifconfig(line, entry) or _ip(words, entry)
    if words[0].startswith("link/"):
        # A number where the program does not know its name (busybox of tun: `link/[65534]`).
        entry["link_type"] = words[0].removeprefix("link/").strip("[]")
        return True
    if (flags := _OLD_FLAGS.fullmatch(line)) is not None:
        entry["flags"] = flags["flags"].split()
        return True
    if _kind(words[0], entry) or _IGNORED.match(line):
        return True
    if "txqueuelen" in words:
        entry["link_type"] = _KINDS.get(words[0], words[0])
        return True
    return False


def _kind(word: str, entry: Entry) -> bool:
    """Whether a line of `ip -d` tells what kind of link it is, or of which kind its master."""
    kind = word.removesuffix("_slave")
    if kind not in _LINK_KINDS:
        return False
    name = "info_kind" if kind == word else "info_slave_kind"
    entry.setdefault("linkinfo", {})[name] = kind
    return True


def _ip(words: list[str], entry: Entry) -> bool:
    """`inet 10.0.0.2/24 brd 10.0.0.255 scope global secondary eth0`."""
    family, local, *rest = words if len(words) > 1 else (*words, "")
    info: Entry = {"family": family}
    address, slash, length = local.partition("/")
    info["local"] = address
    words_left = iter(rest)
    for word in words_left:
        if word in _VALUED:
            value = next(words_left, "")
            if word == "peer":
                value, slash, length = value.partition("/")
            info[_VALUED[word]] = value
        elif word in _OTHERS:
            next(words_left, None)
        elif word in _ALONE:
            info[word] = True
        elif word != entry["ifname"] and not word.startswith(f"{entry['ifname']}:"):
            # A label may be any word; it is the last one of what is told of the address.
            following = next(words_left, "valid_lft")
            if following != "valid_lft":
                return False
    info["prefixlen"] = int(length) if length.isdigit() else (128 if family == "inet6" else 32)
    entry["addr_info"].append(info)
    return not slash or length.isdigit()


_NEW4 = regex(
    r"\s+inet (?P<local>\S+)\s+netmask (?P<mask>[\d.]+)"
    r"(?:\s+(?P<what>broadcast|destination) (?P<other>\S+))?\s*"
)
_NEW6 = regex(
    r"\s+inet6 (?P<local>\S+)\s+prefixlen (?P<length>\d+)"
    r"\s+scopeid 0x[0-9a-f]+<(?P<scope>[^>]*)>\s*"
)
_OLD4 = regex(
    r"\s+inet addr:(?P<local>\S+)(?:\s+P-t-P:(?P<peer>\S+))?(?:\s+Bcast:(?P<brd>\S+))?"
    r"\s+Mask:(?P<mask>[\d.]+)\s*"
)
_OLD6 = regex(r"\s+inet6 addr:\s*(?P<local>[^\s/]+)/(?P<length>\d+)\s+Scope:(?P<scope>\S+)\s*")


def _ifconfig(line: str, entry: Entry) -> bool:
    """An address as `ifconfig` prints it, new or old."""
    if found := _NEW4.fullmatch(line):
        peer = found["other"] if found["what"] == "destination" else None
        brd = found["other"] if found["what"] == "broadcast" else None
        return _told4(entry, found["local"], found["mask"], peer, brd)
    if found := _OLD4.fullmatch(line):
        return _told4(entry, found["local"], found["mask"], found["peer"], found["brd"])
    found = _NEW6.fullmatch(line) or _OLD6.fullmatch(line)
    if found is None:
        return False
    scope = found["scope"].lower()
    length = int(found["length"])
    info = {"family": "inet6", "local": found["local"].partition("%")[0], "prefixlen": length}
    entry["addr_info"].append({**info, "scope": scope if scope in ("link", "host") else "global"})
    return True


def _told4(entry: Entry, local: str, mask: str, peer: str | None, brd: str | None) -> bool:
    length = _prefix(mask)
    if length is None:
        return False
    info: Entry = {"family": "inet", "local": local, "prefixlen": length}
    if peer is not None and peer != local:
        info["address"] = peer
    if brd not in (None, "0.0.0.0"):  # noqa: S104  # what it prints where there is none
        info["broadcast"] = brd
    entry["addr_info"].append(info)
    return True


def _prefix(mask: str) -> int | None:
    parts = mask.split(".")
    if len(parts) != 4 or not all(p.isdigit() and int(p) < 256 for p in parts):
        return None
    bits = "".join(f"{int(part):08b}" for part in parts)
    return bits.count("1") if "01" not in bits else None


def _mark_secondary(entry: Entry) -> None:
    """Of forms that do not say so: the second address of one network is (net/ipv4/devinet.c)."""
    seen: set[tuple[int, int]] = set()
    for info in entry["addr_info"]:
        network = _network4(info)
        if network is not None and network in seen:
            info["secondary"] = True
        elif network is not None:
            seen.add(network)


def _network4(info: Entry) -> tuple[int, int] | None:
    parts = str(info.get("address", info["local"])).split(".")
    if info["family"] != "inet" or len(parts) != 4 or not all(p.isdigit() for p in parts):
        return None
    value = sum(int(part) << shift for part, shift in zip(parts, (24, 16, 8, 0), strict=True))
    length = min(info["prefixlen"], 32)
    return value >> (32 - length), length
