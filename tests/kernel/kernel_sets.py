"""The sets that random rules ask, as `ipset restore` reads them."""

from __future__ import annotations

_SETS = {
    4: """create hosts hash:ip family inet timeout 0 counters skbinfo
create nets hash:net family inet
create services hash:ip,port family inet timeout 0
create ports bitmap:port range 0-65535
add hosts 10.0.0.1 skbmark 0x7 skbprio 1:2 skbqueue 3
add hosts 10.1.0.9
add nets 10.0.0.0/16
add nets 10.0.0.2/32 nomatch
add services 10.0.0.2,tcp:80
add services 10.1.0.9,udp:53
add ports 80
add ports 53
""",
    6: """create hosts hash:ip family inet6 timeout 0 counters skbinfo
create nets hash:net family inet6
create services hash:ip,port family inet6 timeout 0
create ports bitmap:port range 0-65535
add hosts fd00:0:0:1::1 skbmark 0x7 skbprio 1:2 skbqueue 3
add hosts fd00:0:0:2::9
add nets fd00:0:0:1::/64
add nets fd00:0:0:1::2/128 nomatch
add services fd00:0:0:1::2,tcp:80
add services fd00:0:0:2::9,udp:53
add ports 80
add ports 53
""",
}


def restore_text(family: int) -> str:
    """The sets of that family."""
    return _SETS[family]


def again_text(family: int) -> str:
    """Makes sets that rules have changed what they were."""
    lines = _SETS[family].splitlines()
    names = [line.split()[1] for line in lines if line.startswith("create ")]
    flushes = [f"flush {name}" for name in names]
    return "".join(f"{x}\n" for x in (*flushes, *(x for x in lines if x.startswith("add "))))
