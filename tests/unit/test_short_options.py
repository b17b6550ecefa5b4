"""Words that are short for an option: of a module that is there before the protocol's own.

Seen with iptables 1.8.9: `-p tcp -m multiport --dport 80,443` is taken, and saved as --dports.
"""

from __future__ import annotations

import pytest

from iptsim.dialects import read_text
from iptsim.dialects.writing.write import write_save
from iptsim.errors import DumpError

BLOCK = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{}\nCOMMIT\n"


@pytest.mark.parametrize(
    ("given", "saved"),
    [
        ("-p tcp -m multiport --dport 80,443", "-p tcp -m multiport --dports 80,443"),
        ("-p tcp -m multiport --sport 80", "-p tcp -m multiport --sports 80"),
        ("-p udp -m multiport --port 53", "-p udp -m multiport --ports 53"),
        ("-p tcp -m multiport --destination-port 1,2", "-p tcp -m multiport --dports 1,2"),
        ("-p tcp --dpor 80", "-p tcp -m tcp --dport 80"),
        ("-p tcp --dport 80", "-p tcp -m tcp --dport 80"),
        ("-p tcp -m multiport --dports 1,2 --syn",
         "-p tcp -m multiport --dports 1,2 -m tcp --tcp-flags FIN,SYN,RST,ACK SYN"),
    ],
)  # fmt: skip
def test_a_word_is_short_for_the_loaded_option(given: str, saved: str) -> None:
    (ruleset,) = read_text(BLOCK.format(f"-A INPUT {given} -j DROP"), family=4).rulesets
    assert f"-A INPUT {saved} -j DROP" in write_save(ruleset).splitlines()


@pytest.mark.parametrize("given", ["-m multiport", "--dport 22 -m multiport"])
def test_with_tcp_loaded_the_port_is_its_own(given: str) -> None:
    text = BLOCK.format(f"-A INPUT -p tcp -m tcp {given} --sport 80,443 -j DROP")
    with pytest.raises(DumpError, match="is not a port"):
        read_text(text, family=4, strict=True)
