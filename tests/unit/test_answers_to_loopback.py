"""An answer that nat turns back to ::1 is looked for on the wire it came by, and forwarded.

Seen with real packets (Linux 6.18; net/ipv6/route.c, rt6_need_strict): the connections that
tests/kernel draws with IPTSIM_KERNEL_SEED=1796094044 have such a case.
"""

from __future__ import annotations

import json
from pathlib import Path

from called_program import called
from every_row import every_row

RULES = """\
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A OUTPUT -d ::1/128 -p tcp -m tcp --dport 80 -j DNAT --to-destination 2001:db8:0:1::9
-A POSTROUTING -d 2001:db8:0:1::9/128 -j SNAT --to-source 2001:db8:0:1::1
COMMIT
"""
ADDRESSES = """\
1: lo: <LOOPBACK,UP> mtu 65536
    inet6 ::1/128 scope host
2: eth0: <UP> mtu 1500
    inet6 2001:db8:0:1::1/64 scope global
"""
ROUTES = "2001:db8:0:1::/64 dev eth0\ndefault via 2001:db8:0:1::9 dev eth0\n"


@every_row(("source", "to"), [("::1", "forward"), ("2001:db8:0:1::1", "local")])
def test_only_an_answer_to_loopback_goes_on(tmp_path: Path, source: str, to: str) -> None:
    told = {"--addr": ADDRESSES, "--route": ROUTES}
    words = ["trace", "-6", "--hook", "OUTPUT", "--src", source, "--dst", "::1", "-p", "tcp"]
    for option, text in told.items():
        path = tmp_path / option.strip("-")
        path.write_text(text)
        words += [option, str(path)]
    words += ["--dport", "80", "--reply", "--format", "json", "-"]
    answer = json.loads(called(words, RULES.encode(), {}).out)
    (outcome,) = answer["outcomes"]
    assert outcome["destination"] == "out"
    assert [one["destination"] for one in outcome["reply"]["outcomes"]] == [to]
