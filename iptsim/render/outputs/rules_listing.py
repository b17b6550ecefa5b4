"""Rules as `iptables -L -n -v` lists them, of the extensions that Istio's rules have.

Source: iptables/nft-shared.c and extensions/libxt_*.c of 1.8.9, `print` of each.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

from iptsim.extensions.text import write_rule
from iptsim.model import BUILTIN_CHAINS, Chain, Rule, Ruleset, Table

_ROW = "    0     0 {:<9}  {:<4} --  {:<6} {:<6} {:<20} {:<20} "
_TITLES = " pkts bytes target     prot opt in     out     source               destination         "
_ANY = {4: "0.0.0.0/0", 6: "::/0"}
_NUMBERS = {"tcp": "6", "udp": "17", "": "0"}
_WORDS: Mapping[str, str] = {
    "--dport": "{protocol} dpt:{no}{value}",
    "--sport": "{protocol} spt:{no}{value}",
    "--dports": "multiport dports  {no}{value}",
    "--uid-owner": "{not_}owner UID match {value}",
    "--gid-owner": "{not_}owner GID match {value}",
    "mark --mark": "mark match {not_}{value}",
    "connmark --mark": "connmark match  {not_}{value}",
    "--ctstate": "{not_}ctstate {value}",
    "--state": "{not_}state {value}",
    "-m socket": "socket",
    "--to-ports": "redir ports {value}",
    "--on-port": "TPROXY redirect {ip}:{value} mark {mark}",
    "--save-mark": "CONNMARK save",
    "--restore-mark": "CONNMARK restore",
    "CONNMARK --set-xmark": "CONNMARK xset {value}",
    "MARK --set-xmark": "MARK set {bare}",
    "--zone": "CT zone {value}",
    "--nflog-prefix": "nflog-prefix {value}",
    "--nflog-group": "nflog-group {value}",
    "--nflog-size": "nflog-size {value}",
    "--reject-with": "reject-with {value}",
    "--to-destination": "to:{value}",
    "--to-source": "to:{value}",
}
"""How an option is listed, by its name, or by it and the extension's where several have it."""


def rules_listing(ruleset: Ruleset) -> str:
    """Each table of a rule set, one after the other, with no packets counted."""
    told = len(ruleset.tables) > 1
    parts = (
        (f"# iptables -t {table.name}\n" if told else "") + _table(table, ruleset.family)
        for table in ruleset.tables
    )
    return "\n".join(parts)


def _table(table: Table, family: int) -> str:
    jumps = [rule.target.name for chain in table.chains for rule in chain.rules if rule.target]
    built_in = BUILTIN_CHAINS.get(table.name, ())
    names = [*built_in, *sorted(c.name for c in table.chains if c.name not in built_in)]
    chains = (table.chain(name) or Chain(name=name, policy="ACCEPT") for name in names)
    return "\n".join(_chain(chain, family, jumps.count(chain.name)) for chain in chains)


def _chain(chain: Chain, family: int, references: int) -> str:
    about = f"{references} references"
    if chain.policy is not None:
        about = f"policy {chain.policy} 0 packets, 0 bytes"
    rows = [_row(chain, rule, family) for rule in chain.rules]
    return "".join(f"{line}\n" for line in (f"Chain {chain.name} ({about})", _TITLES, *rows))


def _row(chain: Chain, rule: Rule, family: int) -> str:
    told = dict(_header(shlex.split(write_rule(chain.name, rule, family))))
    header = (
        told.get("-j", ""), _NUMBERS[told.get("-p", "")],
        told.get("-i", "*"), told.get("-o", "*"),
        *(_address(told, name, family) for name in ("-s", "-d")),
    )  # fmt: skip
    words = shlex.split(write_rule(chain.name, rule, family))
    return _ROW.format(*header) + "".join(f" {text}" for text in _extensions(words))


def _address(told: Mapping[str, str], name: str, family: int) -> str:
    text = told.get(name, _ANY[family])
    bare = text.removesuffix("/32" if family == 4 else "/128")
    return bare if text[:1] == "!" else f" {bare}"


def _header(words: list[str]) -> Iterator[tuple[str, str]]:
    for before, word, value in zip(["", *words], words, [*words[1:], ""], strict=False):
        if word in ("-s", "-d", "-i", "-o", "-p", "-j"):
            yield word, ("!" if before == "!" else "") + value


def _extensions(words: list[str]) -> Iterator[str]:
    extension, facts = "", _facts(words)
    for before, word, value in zip(["", *words], words, [*words[1:], ""], strict=False):
        extension = value if word in ("-m", "-j") else extension
        if word == "-m" and value in _NUMBERS and not {"--dport", "--sport"} & {*words}:
            yield value
        for key in (word, f"{extension} {word}", f"-m {value}" if word == "-m" else ""):
            if key in _WORDS:
                no = {"no": "!", "not_": "! "} if before == "!" else {"no": "", "not_": ""}
                bare = value.removesuffix("/0xffffffff")
                yield _WORDS[key].format(value=value, bare=bare, **no, **facts)


def _facts(words: list[str]) -> Mapping[str, str]:
    """What stands with others' words."""
    told = dict(zip(words, [*words[1:], ""], strict=True))
    return {
        "protocol": told.get("-p", ""),
        "ip": told.get("--on-ip", ""),
        "mark": told.get("--tproxy-mark", ""),
    }
