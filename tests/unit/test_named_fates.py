"""The first line of an undecided trace names the fates, and how they part."""

from __future__ import annotations

from pathlib import Path

import pytest
from called_program import ROOT, called

OPEN = """*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 22 -j ACCEPT
-A INPUT -p tcp -m tcp --dport 80 -m limit --limit 3/min -j ACCEPT
-A INPUT -s 198.51.100.4/32 -p tcp -m tcp --dport 443 -j REJECT
-A INPUT -p tcp -m tcp --dport 443 -m recent --rcheck --name seen --rsource -j ACCEPT
COMMIT
"""
SHARED = """*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
{rules}
COMMIT
"""
_SHARE = "-A PREROUTING -m statistic --mode random --probability 0.5 -j DNAT --to 10.0.0.{}"


def _first(tmp_path: Path, text: str, *words: str) -> str:
    return _all(tmp_path, text, *words).splitlines()[0]


def _all(tmp_path: Path, text: str, *words: str) -> str:
    file = tmp_path / "rules.save"
    file.write_text(text)
    return called(["trace", *words, str(file)], b"", {"COLUMNS": "200"}).out


@pytest.mark.parametrize(
    ("port", "english", "chinese"),
    [
        (
            "22",
            "? DROP, but ACCEPT if the source is 10.0.0.0/8",
            "? ACCEPT 的条件：源地址是 10.0.0.0/8；其余 DROP",
        ),
        (
            "80",
            "? ACCEPT, but DROP if -m limit --limit 3/min does not match",
            "? DROP 的条件：-m limit --limit 3/min 不匹配；其余 ACCEPT",
        ),
        (
            "443",
            "? DROP, ACCEPT or REJECT: depends on the source and the list of recent addresses",
            "? DROP、ACCEPT 或 REJECT：取决于源地址和最近地址列表"
            "（-m recent --rcheck --name seen）",
        ),
    ],
)
def test_it_says_which_and_when(tmp_path: Path, port: str, english: str, chinese: str) -> None:
    assert _first(tmp_path, OPEN, "--dport", port) == english
    assert _first(tmp_path, OPEN, "--dport", port, "--lang", "zh") == chinese
    markdown = _first(tmp_path, OPEN, "--dport", port, "--format", "markdown")
    assert markdown == f"**?** {english[2:]}"
    page = _all(tmp_path, OPEN, "--dport", port, "--format", "html")
    assert f"?</strong> {english[2:]}" in page


def test_many_translations_are_counted(tmp_path: Path) -> None:
    rules = "\n".join(_SHARE.format(number) for number in range(1, 6))
    said = _first(tmp_path, SHARED.format(rules=rules), "--dport", "80")
    assert said == "? ACCEPT or DNAT to one of 5 places: depends on chance"


def test_one_verdict_is_told_apart_by_what_is_changed(tmp_path: Path) -> None:
    rule = "-A POSTROUTING -o eth1 -j SNAT --to-source 192.0.2.1"
    words = ("--hook", "FORWARD", "-p", "udp")
    said = _first(tmp_path, SHARED.format(rules=rule), *words)
    told = "? ACCEPT, but ACCEPT with the source changed if the outgoing interface is eth1"
    assert said == told


def test_a_known_system_makes_a_way_the_likely_one() -> None:
    file = ROOT / "fixtures/istio/both-directions/after.txt"
    words = ["trace", "--dport", "80", "--uid", "1337", "--dst", "10.9.9.9", str(file)]
    said = called(words, b"", {"COLUMNS": "200"}).out.splitlines()[0]
    assert said == (
        "? most likely ACCEPT, as listed REDIRECT to 127.0.0.1 port 15001: "
        "depends on what the listing hides"
    )


def test_what_somebody_blotted_out_is_named(tmp_path: Path) -> None:
    asked = "-m mac --mac-source XX:XX:XX:XX:XX:XX"
    blotted = OPEN.replace("-s 10.0.0.0/8 -p tcp -m tcp --dport 22", asked)
    said = _first(tmp_path, blotted, "-i", "eth0", "--dport", "25")
    assert said == "? DROP, but ACCEPT if «the MAC address is XX:XX:XX:XX:XX:XX» matches"
