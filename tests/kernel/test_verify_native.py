"""`iptsim verify` of texts of nftables: loaded as they stand, and nothing of this host opened."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_verify import Done, verify

pytestmark = [pytest.mark.kernel, pytest.mark.usefixtures("real_kernel")]

TABLE = """table inet fw {
	set bad {
		type ipv4_addr
		flags interval
		elements = { 10.9.0.0/16 }
	}

	chain in {
		type filter hook input priority 0; policy drop;
		ct state established,related accept
		iifname "eth7" ip saddr @bad drop comment "include nothing"
		tcp dport { 80, 443 } accept
	}
}
"""
SCRIPT = f"""#!/usr/sbin/nft -f
# include "what no remark opens"
flush ruleset

define web = {{ 80, 443 }}
{TABLE.replace("{ 80, 443 }", "$web")}"""
SAVE = """*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 8443 -j REDIRECT --to-ports 443
COMMIT
"""
TWIN = """table ip nat {
	chain PREROUTING {
		type nat hook prerouting priority dstnat; policy accept;
		tcp dport 8443 counter packets 0 bytes 0 redirect to :443
	}
}
"""
WEB = ("--in", "eth7", "--proto", "tcp", "--dport", "443")


def asked(tmp_path: Path, text: str, *arguments: str) -> Done:
    file = tmp_path / "rules.nft"
    file.write_text(text, encoding="utf-8")
    return verify(file, *arguments, "--format", "json")


def verdict(done: Done) -> str:
    assert done.code == 0, done.out + done.err
    return str(json.loads(done.out)["ours"]["verdict"])


@pytest.mark.parametrize("text", [TABLE, SCRIPT])
@pytest.mark.parametrize(("src", "fate"), [("10.9.1.1", "DROP"), ("192.0.2.7", "ACCEPT")])
def test_a_listing_and_a_script_are_judged(tmp_path: Path, text: str, src: str, fate: str) -> None:
    assert verdict(asked(tmp_path, text, *WEB, "--src", src)) == fate


def test_ipv6_comes_to_an_inet_table_too(tmp_path: Path) -> None:
    assert verdict(asked(tmp_path, TABLE, "-6", *WEB)) == "ACCEPT"


def test_what_nft_prints_as_json_is_loaded_as_json(tmp_path: Path) -> None:
    chain = {"family": "ip", "table": "t", "name": "in", "type": "filter", "hook": "input",
             "prio": 0, "policy": "accept"}  # fmt: skip
    port = {"left": {"payload": {"protocol": "tcp", "field": "dport"}}, "op": "==", "right": 443}
    rule = {"family": "ip", "table": "t", "chain": "in", "expr": [{"match": port}, {"drop": None}]}
    told = [{"table": {"family": "ip", "name": "t"}}, {"chain": chain}, {"rule": rule}]
    assert verdict(asked(tmp_path, json.dumps({"nftables": told}), *WEB)) == "DROP"


@pytest.mark.parametrize("backend", [(), ("--legacy",)])
def test_rules_of_iptables_and_tables_of_nftables_are_one_host(
    tmp_path: Path, backend: tuple[str, ...]
) -> None:
    asks = ("--in", "eth0", "--proto", "tcp", "--dport", "8443", "--src", "192.0.2.7", *backend)
    found = asked(tmp_path, SAVE + TABLE, *asks)
    assert verdict(found) == "ACCEPT"
    assert "nftables v" in json.loads(found.out)["judge"]["iptables"]


def test_a_table_that_both_print_is_loaded_once(tmp_path: Path) -> None:
    asks = ("--in", "eth0", "--proto", "tcp", "--dport", "8443", "--src", "192.0.2.7")
    assert verdict(asked(tmp_path, SAVE + TWIN + TABLE, *asks)) == "ACCEPT"


def test_many_packets_of_one_text(tmp_path: Path) -> None:
    packets = tmp_path / "packets.jsonl"
    lines = [{"id": "a", "in": "eth7", "src": "10.9.1.1", "dport": 443},
             {"id": "b", "in": "eth0", "src": "10.9.1.1", "dport": 443}]  # fmt: skip
    packets.write_text("\n".join(json.dumps({"proto": "tcp", **each}) for each in lines))
    file = tmp_path / "rules.nft"
    file.write_text(TABLE, encoding="utf-8")
    done = verify(file, "--packets", packets)
    assert done.code == 0, done.out + done.err
    fates = [each["ours"]["verdict"] for each in done.answers]
    assert fates == ["DROP", "ACCEPT"]


def _with(statement: str) -> str:
    return TABLE.replace("\t\tct state", f"\t\t{statement}\n\t\tct state")


@pytest.mark.parametrize(
    ("text", "word", "code"),
    [
        ('include "/nowhere/harmless.nft"\n' + TABLE, "include", "IPT0640"),
        (
            TABLE.replace("\tchain in", '\tinclude "/nowhere/*.nft"\n\tchain in'),
            "include",
            "IPT0640",
        ),
        (_with('osf name "Linux" drop'), "osf name", "IPT0631"),
        (_with('socket cgroupv2 level 1 "a.slice" accept'), "cgroupv2", "IPT0631"),
        (_with("log level audit"), "level audit", "IPT0631"),
        (_with("ip saddr host.invalid drop"), "host.invalid", "IPT0620"),
        (_with("xt match string counter"), "xt match", "IPT0641"),
        (TABLE + "monitor\n", "monitor", "IPT0641"),
        (TABLE + "list ruleset\n", "list", "IPT0641"),
        (TABLE + "delete table inet iptsim_judge\n", "iptsim_judge", "IPT0642"),
    ],
)
def test_what_reaches_beyond_the_namespace_is_refused(
    tmp_path: Path, text: str, word: str, code: str
) -> None:
    file = tmp_path / "rules.nft"
    file.write_text(text, encoding="utf-8")
    packets = tmp_path / "packets.jsonl"
    packets.write_text("{}")
    done = verify(file, *WEB)
    assert done.code == 2
    assert word in done.err, code


def test_the_line_that_nft_refuses_is_shown(tmp_path: Path) -> None:
    done = asked(tmp_path, _with("tcp dport 80 masquerade"), *WEB)
    assert done.code == 2
    assert "tcp dport 80 masquerade" in done.err
