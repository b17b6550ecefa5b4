"""Statements and expressions of nftables that rule sets have seldom, in nft's own words.

What changes ports and addresses by hand, chance and hashes, objects by their names, bytes by their
places, sets that rules fill, and what is asked of sockets, routes and connections besides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from native_words import MARKS, Words

_SOME = "0x1 : 0x10, 0x10 : 0x11, 0x0 : 0x539"


def odd_condition(made: Words) -> str:
    """A condition on what most rules do not ask."""
    kinds: Sequence[Callable[[Words], str]] = (
        _chance, _of_moment, _objects, _bytes, _bytes, _masked, _fields, _fields, _of_tracking,
        _of_host, _filled,
    )  # fmt: skip
    return made.random.choice(kinds)(made)


def _chance(made: Words) -> str:
    ip, port = made.ip, made.port_of
    return made.random.choice(
        (
            "numgen inc mod 2 0", "numgen random mod 3 != 1", "numgen inc mod 4 offset 2 { 2, 3 }",
            "numgen random mod 10 < 5", f"jhash {ip} saddr mod 2 0", "symhash mod 2 1",
            f"jhash {ip} saddr . {port} mod 3 seed 0xdead != 2", "meta random < 2147483648",
            f"jhash {ip} daddr mod 1 0", "meta cpu 0", "meta random & 0x1 == 0x1",
        )
    )  # fmt: skip


def _of_moment(made: Words) -> str:
    return made.random.choice(
        (
            "limit rate over 1000000/second", "limit rate 1/day burst 1 packets", "quota 1 bytes",
            "limit rate over 1/hour burst 2 packets", "quota over 1000000000 bytes",
            "quota until 100 bytes", "limit rate 10 mbytes/second", "ct count 100",
            "ct count over 100", "ct count over 1", "limit rate over 1 bytes/day",
            'meta hour "00:00"-"12:00"', "meta day { 0, 1, 2, 3 }", "meta time > 1000000000",
        )
    )  # fmt: skip


def _objects(made: Words) -> str:
    port = made.port_of
    return made.random.choice(
        (
            'counter name "hits"',
            'quota name "much"',
            'limit name "few"',
            'limit name "rare"',
            f'counter name {port} map {{ 80 : "hits", 443 : "misses" }}',
            'quota name "none"',
            f'quota name {port} map {{ 22 : "much", 80-443 : "none" }}',
            f'limit name {port} map {{ 80 : "few", 8088 : "rare" }}',
        )
    )


def _bytes(made: Words) -> str:
    port = int(made.port())
    common = [
        f"@th,16,16 {port:#x}", f"@th,0,16 != {port:#x}", "@th,0,32 0x9c400050", "@th,104,8 0x2",
        "@nh,0,4 0x4", f"@th,16,16 {{ 0x50, 0x1bb, {port:#x} }}", "@th,24,8 0x50", "@th,16,8 0",
        "@th,106,6 0x2", "@ll,96,16 0x800", "@ih,0,8 0x47", "@th,8,8 & 0xf == 0x0",
    ]  # fmt: skip
    four = [
        "@nh,72,8 0x6", "@nh,128,32 0xa000002", "@nh,64,8 > 9", "@nh,8,8 & 0xfc == 0x10",
        "@nh,128,16 0xa00", "@nh,152,8 != 0x2", "@nh,100,20 > 0x10", "@nh,9,3 0", "@nh,66,6 < 64",
        "@nh,112,8 . @nh,72,8 { 0 . 6, 0 . 17 }",
    ]  # fmt: skip
    six = [
        "@nh,48,8 0x6", "@nh,56,8 > 9", "@nh,192,64 0x2", "@nh,0,8 & 0xf0 == 0x60",
        "@nh,192,16 0xfd00", "@nh,312,8 != 0x2", "@nh,4,6 0", "@nh,58,6 < 64", "@nh,1,3 6",
        "@nh,176,16 . @nh,312,8 { 0 . 2, 0 . 1 }",
    ]  # fmt: skip
    return made.random.choice([*common, *(four if made.ip == "ip" else six)])


def _masked(made: Words) -> str:
    """Bits of an address, which nft lists as a prefix where they begin it."""
    ip, four = made.ip, made.ip == "ip"
    masks = ("255.0.0.0", "0.0.0.255", "255.0.255.0", "0.0.0.2") if four else (
        "ffff::", "::ffff", "ffff:0:0:f::", "::2",
    )  # fmt: skip
    bases = ("10.0.0.0", "0.0.0.2", "0.0.0.9") if four else ("fd00::", "::2", "fd00:0:0:1::")
    side = f"{ip} {made.random.choice(('saddr', 'daddr'))} & {made.random.choice(masks)}"
    one, other = made.random.sample(bases, 2)
    return made.random.choice(
        (
            f"{side} == {one}", f"{side} != {one}", f"{side} == {{ {one}, {other} }}",
            f"{side} vmap {{ {one} : continue, {other} : drop }}", f"{side} > {one}",
            f"{side} . {made.port_of} == {{ {one} . 80, {other} . 8088 }}",
            "meta mark & 0xff0 == { 0x10, 0x530 }", "meta mark & 0x5 > 0x1",
        )
    )  # fmt: skip


def _fields(made: Words) -> str:
    common = [
        "tcp sequence 0", "tcp ackseq != 0", "tcp urgptr 0", "tcp checksum 0", "udp checksum != 0",
        "udp length > 8", "tcp option timestamp exists", "tcp option maxseg size 100-1460",
        "tcp option maxseg size 1460", "tcp option sack missing", "tcp option nop exists",
        "tcp option eol missing", "sctp vtag 0", "sctp chunk init exists", "sctp chunk data exists",
        "dccp type request", "dccp type != { request, data }", "esp spi 0-1000", "ah spi != 0",
        "comp cpi 5", "tcp option window count 0-14", "tcp flags ack,psh", "esp sequence 0",
        "tcp flags & fin == 0", "tcp flags & (syn|ack) != syn", "tcp flags & syn != 0",
        "tcp flags != { syn, ack }", "tcp flags & (fin|syn|rst|ack) == { syn, ack }",
        "ether type ip", "ether saddr 02:00:00:00:00:01", "ether daddr != 02:00:00:00:00:01",
        "tcp sport . tcp flags { 40000 . syn, 53 . ack }", "th sport != 53 th dport 80",
        "udp sport . udp dport != { 53 . 53, 40000 . 443 }", "tcp reserved 0",
        "meta l4proto { 6, 17, 132 } th dport != { 22, 80-443 }", "meta l4proto > 17",
    ]  # fmt: skip
    four = [
        "icmp id 0", "icmp sequence 0", "icmp mtu 0", "icmp gateway 0", "ip checksum != 0",
        "ip dscp . ip protocol { cs0 . tcp, cs4 . udp }", "ip protocol != { tcp, udp, icmp }",
        "icmp type . icmp code { echo-request . 0, 3 . 1 }", "ip option rr exists",
        "ip ecn { 0, 3 }", "icmp type vmap { echo-request : continue, 13 : accept }",
        "ip length > 40", "ip id 0", "ip ttl { 1, 2, 10 }", "ip ttl != { 1, 64 }",
        "ip protocol vmap { tcp : continue }",
    ]  # fmt: skip
    six = [
        "icmpv6 id 0", "icmpv6 sequence 0", "ip6 flowlabel != 0", "ip6 length > 20", "frag id 0",
        "ip6 nexthdr != { tcp, udp }", "ip6 nexthdr vmap { tcp : continue }", "rt seg-left 0",
        "exthdr mh missing", "hbh nexthdr tcp", "dst nexthdr { 6, 17 }", "rt0 addr[1] ::1",
        "icmpv6 type . icmpv6 code { echo-request . 0, 1 . 1 }", "ip6 hoplimit != { 1, 64 }",
        "icmpv6 mtu 0", "ip6 dscp . ip6 nexthdr { cs0 . tcp, cs4 . udp }", "exthdr frag exists",
    ]  # fmt: skip
    return made.random.choice([*common, *(four if made.ip == "ip" else six)])


def _of_tracking(made: Words) -> str:
    ip, address = made.ip, made.address()
    return made.random.choice(
        (
            "ct zone 0", "ct zone 1-9", "ct id != 0", "ct expiration > 10", "ct packets > 0",
            'ct helper "ftp"', 'ct helper != "ftp"', "ct original bytes < 100", "ct label 1",
            "ct avgpkt > 0", "ct original zone 0", "ct protocol { tcp, udp }",
            f"ct original {ip} daddr . ct mark {{ {address} . 0x0 }}",
            f"ct reply {ip} daddr {made.network()}",
            "meta l4proto tcp ct reply proto-dst 1024-65535",
            "meta l4proto udp ct original proto-src != 53", "ct status 0x0", "ct status != dnat",
            "ct status dnat,snat", "ct status & dnat == dnat",
            "ct status & (seen-reply | assured) == 0", "ct status { 0x0, dnat }",
            "ct status confirmed", "ct status ! confirmed", "ct status & 0x38 == 0x28",
            "ct direction vmap { original : continue, reply : drop }",
            "ct state & (new | untracked) != 0", "ct state & invalid == 0", "ct state != 0x8",
            "ct state . ct direction { new . original, new . reply }",
            f"ct state . {made.port_of} {{ new . {made.port()}, untracked . 53 }}",
            "ct mark . ct state { 0x0 . new, 0x1 . new }",
        )
    )  # fmt: skip


def _of_host(made: Words) -> str:
    ip = made.ip
    return made.random.choice(
        (
            "socket transparent 1", "socket transparent 0", "socket wildcard 0", "socket mark 0x1",
            "meta oiftype != ether", "meta iiftype loopback", 'meta iifkind "veth"',
            "meta cgroup 0", "meta rtclassid 0", "meta priority 0:0", "rt classid 0",
            f"rt {ip} nexthop {made.address()}", "rt mtu > 500", "meta ipsec missing",
            "rt ipsec exists", "ipsec in reqid 1", "meta iif != 0",
            "meta skuid . meta skgid { 0 . 0, 1000 . 1000, 1337 . 1337 }",
            "meta skuid != { 0, 1000 }", "meta skuid 0-1000 meta skgid > 5", "meta skgid < 1000",
            "fib daddr . iif oif exists", 'fib daddr oifname "eth1"', "fib daddr oif exists",
            'fib saddr . iif oifname != "eth0"', "fib daddr . mark type local",
            "fib saddr oif missing", f"fib saddr . iif oif . {ip} saddr {{ 0 . {made.address()} }}",
            "fib daddr type . meta l4proto { local . tcp, unicast . udp }", "meta oif != lo",
            "meta pkttype { host, other }",
            "meta pkttype vmap { unicast : continue, other : drop }",
        )
    )  # fmt: skip


def _filled(made: Words) -> str:
    ip = made.ip
    return made.random.choice(
        (
            f"{ip} saddr @heard", f"{ip} daddr != @heard", f"{ip} saddr @counted",
            f"{ip} saddr . {made.port_of} @timed", f"{ip} saddr @full", f"{ip} daddr @limited",
            f"add @full {{ {ip} saddr }}",
            f"update @timed {{ {ip} saddr . {made.port_of} timeout 1h }}",
            f"add @many {{ {ip} saddr limit rate over 1/hour burst 1 packets }}",
            f"add @many {{ {ip} daddr ct count over 1 }}", f"delete @heard {{ {ip} saddr }}",
            f"update @many {{ {ip} saddr counter }}", f"{ip} saddr @nothing",
            f"{ip} saddr != @nothing", f"meter seen {{ {ip} saddr limit rate 5/second }}",
            f"update @many {{ {ip} daddr quota over 10 bytes }}",
            f"add @timed {{ {ip} saddr . {made.port_of} }}",
            f"update @learnt {{ {ip} saddr : meta mark }}", f"add @learnt {{ {ip} daddr : 0x5 }}",
        )
    )  # fmt: skip


def odd_effect(made: Words) -> str:
    """What a rule seldom changes."""
    kinds: Sequence[Callable[[Words], str]] = (_headers, _headers, _marks, _others)
    return made.random.choice(kinds)(made)


def _kept(ip: str) -> str:
    """The last bits of an address, before them those of another network."""
    return "& 0.0.0.255 | 10.1.0.0" if ip == "ip" else "& ::ffff | fd00:0:0:2::"


def _headers(made: Words) -> str:
    """Ports and addresses that a rule writes itself, behind the back of nat."""
    ip, port = made.ip, made.port()
    # Not the identifier and the flow label: by those the judge knows its packets. Nor ICMP's code,
    # which nft 1.0.6 lists as `th sport set` (findings/nft-conditions-lost.sh).
    common = [
        f"tcp dport set {port}", f"tcp sport set {port}", f"udp dport set {port}",
        f"th dport set {port}", f"meta l4proto {{ tcp, udp }} th dport set {port}",
        f"meta l4proto {{ tcp, udp }} th sport set {port}", f"udp sport set {port}",
        f"{ip} daddr set {made.address()}", f"{ip} saddr set {made.address()}",
        "tcp option maxseg size set rt mtu", "tcp option maxseg size set 1400", "tcp window set 5",
        f"tcp dport set tcp dport map {{ 80 : 8088, 443 : {port} }}", "reset tcp option maxseg",
        f"{ip} daddr set {ip} daddr map @to", "tcp flags set syn", "reset tcp option sack-perm",
        f"{ip} daddr set {ip} daddr {_kept(ip)}", f"{ip} saddr set {ip} saddr {_kept(ip)}",
        f"{ip} ecn set ce", f"{ip} dscp set 0x04 {ip} ecn set ect1",
    ]  # fmt: skip
    four = ["ip ttl set 9", "icmp id set 3", "ip ttl set 1"]
    six = ["ip6 hoplimit set 9", "icmpv6 id set 3", "ip6 hoplimit set 1"]
    return made.random.choice([*common, *(four if made.ip == "ip" else six)])


def _marks(made: Words) -> str:
    ip, value = made.ip, made.random.choice(MARKS)
    return made.random.choice(
        (
            "meta mark set numgen inc mod 3", "meta mark set numgen random mod 2 offset 16",
            f"meta mark set jhash {ip} saddr mod 2 offset 5", "ct mark set numgen inc mod 2",
            f"meta mark set numgen inc mod 2 map {{ 0 : {value}, 1 : 0x10 }}",
            f"ct mark set jhash {ip} saddr . {ip} daddr mod 2 map {{ 0 : {value}, 1 : 0x11 }}",
            f"ct mark set meta mark map {{ {_SOME} }}", f"meta mark set ct mark map {{ {_SOME} }}",
            f"ct mark set ct mark map {{ {_SOME} }}", "ct mark set meta mark map @marking",
            "meta mark set ct mark map @marking", "meta mark set meta mark map @marking",
            f"ct mark set {made.port_of} map @portmarks",
            "meta mark set meta skuid map { 0 : 0x1, 1000-2000 : 0x10 }",
            f"meta mark set {ip} saddr . meta mark map {{ {made.address()} . 0x0 : {value} }}",
            "meta mark set ct mark | 0x10", "meta mark set meta mark << 4",
            "ct mark set meta mark >> 4", "meta mark set meta mark and 0xff xor 0x1",
            f"meta mark set {ip} saddr map @learnt", "meta mark set meta length",
            "ct mark set meta cpu", "meta mark set socket mark",
            "meta mark set iif map { lo : 0x1 }",
            "meta mark set meta l4proto map { tcp : 0x1, udp : 0x10 }",
            'meta mark set iifname map { "eth0" : 0x1, "lo" : 0x11 }', "meta mark set ct id",
            "meta mark set ct state map { new : 0x1, untracked : 0x10, invalid : 0x11 }",
            "ct mark set meta skuid map { 0 : 0x1, 1000 : 0x10 }", "meta mark set ct zone",
        )
    )  # fmt: skip


def _others(made: Words) -> str:
    port = made.port_of
    return made.random.choice(
        (
            "ct zone set 1", "ct original zone set 2", "ct reply zone set 3",
            "ct zone set meta mark map { 0x0 : 1, 0x1 : 0 }", "ct label set 1",
            "ct event set new,destroy", 'ct timeout set "long"', 'counter name "hits"',
            f'counter name {port} map {{ 80 : "hits", 443 : "misses" }}',
            "meta pkttype set unicast", "meta nftrace set 1", 'ct helper set "ftp-help"',
            'ct expectation set "soon"', 'quota name "much"', "counter", "log level debug",
            'log prefix "x" flags all', "meta priority set 0x10001",
            "ct zone set iif map { lo : 7 }", "ct zone set numgen inc mod 2 offset 1",
            f"ct zone set {port} map {{ 80 : 1, 443 : 0 }}", "meta secmark set ct secmark",
        )
    )  # fmt: skip


def odd_ending(made: Words, one: str, other: str) -> str:
    """What ends a rule seldom; `one` and `other` are verdicts."""
    ip, port = made.ip, made.port_of
    icmp = "icmp" if ip == "ip" else "icmpv6"
    kind = "port-unreachable" if ip == "ip" else "no-route"
    there, back, address = '"eth0" . "eth1"', '"eth1" . "eth0"', made.address()
    mask, base = ("255.255.0.0", "10.0.0.0") if ip == "ip" else ("ffff::", "fd00::")
    return made.random.choice(
        (
            f"numgen inc mod 2 vmap {{ 0 : {one}, 1 : {other} }}",
            f"numgen random mod 4 vmap {{ 0-1 : {one}, 2 : {other} }}",
            f"jhash {ip} saddr . {ip} daddr mod 2 vmap {{ 0 : {one}, 1 : {other} }}",
            f"meta skuid vmap {{ 0 : {one}, 1000 : {other} }}", f"reject with {icmp} {kind}",
            f"reject with {icmp} type {kind}",
            f"iifname . oifname vmap {{ {there} : {one}, {back} : {other} }}",
            f"ct direction vmap {{ original : {one}, reply : {other} }}",
            f"ct mark vmap {{ 0x0 : {one}, 0x1-0x20 : {other} }}",
            f"ct state . meta l4proto vmap {{ new . tcp : {one}, untracked . tcp : {other} }}",
            f"{ip} saddr . {ip} daddr . {port} vmap {{ {address} . {address} . 80 : {one},"
            f" {made.network()} . {made.network()} . 1-443 : {other} }}",
            f"iifname . {port} vmap {{ \"eth0\" . 80 : {one}, \"eth1\" . 443 : {other} }}",
            f"meta l4proto . th dport vmap {{ tcp . 80 : {one}, udp . 53 : {other} }}",
            f"meta l4proto tcp ct original proto-dst vmap {{ 80 : {one}, 1-79 : {other} }}",
            f"@th,16,16 vmap {{ 0x50 : {one}, 0x1bb : {other} }}", f"iif vmap {{ lo : {one} }}",
            f"{ip} saddr & {mask} vmap {{ {base} : {one} }}",
            f"tcp flags & (syn|ack) vmap {{ syn : {one}, syn|ack : {other} }}",
            f"ct state vmap {{ established : {one}, new : {other}, untracked : {one} }}",
        )
    )  # fmt: skip


def odd_translation(made: Words, hook: str, to: str) -> str:
    """A translation with flags, chance, a prefix or a map of what is seldom in one."""
    ip, address, other = made.ip, made.address(), made.address()
    low, high = sorted((address, other))
    chosen = f"{{ 0 : {address} . 80, 1 : {other} . 443 }}"
    bracketed = f"[{address}]" if ip == "ip6" else address
    only = "meta l4proto { tcp, udp } "
    wide, there = ("10.0.0.0/24", "10.1.0.0/24") if ip == "ip" else (
        "fd00:0:0:1::/64", "fd00:0:0:2::/64")  # fmt: skip
    mapped = "& 0.0.0.255 | 10.1.0.0" if ip == "ip" else "& ::ffff | fd00:0:0:2::"
    if hook in ("prerouting", "output"):
        return made.random.choice(
            (
                f"dnat {to}to numgen inc mod 2 map {{ 0 : {address}, 1 : {other} }}",
                f"dnat {to}to jhash {ip} saddr mod 2 map {{ 0 : {address}, 1 : {other} }}",
                f"{only}dnat {to}to numgen random mod 2 map {chosen}",
                f"dnat {to}to {address} persistent",
                f"{only}dnat {to}to {bracketed}:1-65535 random",
                f"dnat {to}to {low}-{high}",
                f"dnat {to}prefix to {ip} daddr map {{ {wide} : {there} }}",
                "meta l4proto tcp redirect to :tcp dport map { 80 : 8088, 443 : 22 }",
                f"{only}redirect random",
                f"{only}redirect to :{made.port()} persistent",
                f"dnat {to}prefix to {there}",
                f"dnat {to}to {ip} daddr {mapped}",
                f"{only}dnat {to}to {ip} saddr . {ip} daddr . th dport map"
                f" {{ {address} . {other} . 80 : {other} . 22 }}",
                "redirect",
                f"meta l4proto sctp dnat {to}to {bracketed}:{made.port()}",
                f"dnat {to}to {ip} daddr . {ip} saddr map {{ {address} . {other} : {other} }}",
                f"{only}dnat {to}to {bracketed}:80 fully-random",
                f"tcp dport set {made.port()} dnat {to}to {bracketed}:{made.port()}",
                f"{only}th dport set {made.port()} dnat {to}to {address}",
                f"{only}th dport set {made.port()} redirect to :{made.port()}",
            )
        )
    return made.random.choice(
        (
            f"snat {to}to {address} random", f"snat {to}to {low}-{high} persistent",
            "masquerade random", f"{only}masquerade to :1-65535 fully-random",
            f"snat {to}prefix to {ip} saddr map {{ {wide} : {there} }}", "masquerade persistent",
            f"{only}snat {to}to {ip} saddr . th sport map {{ {address} . 40000 : {other} . 53 }}",
            f"snat {to}to numgen inc mod 2 map {{ 0 : {address}, 1 : {other} }}",
            f"{only}snat {to}to {bracketed}:{made.port()}", f"snat {to}prefix to {there}",
            f"{only}th sport set {made.port()} snat {to}to {address}",
            f"tcp sport set {made.port()} masquerade", f"snat {to}to {ip} saddr {mapped}",
        )
    )  # fmt: skip


def odd_objects(made: Words) -> list[str]:
    """What the words above name: objects, and sets and maps that rules fill."""
    kind = "ipv4_addr" if made.ip == "ip" else "ipv6_addr"
    one = made.address()
    l3 = made.ip
    return [
        "counter hits { packets 0 bytes 0 }", "counter misses { packets 0 bytes 0 }",
        "quota much { 1000000000 bytes }", "quota none { over 1 bytes }",
        "limit few { rate 1000000/second burst 1000000 packets }",
        "limit rare { rate 1/day burst 1 packets }",
        f"ct timeout long {{ protocol tcp; l3proto {l3}; policy = {{ established: 100 }}; }}",
        f'ct helper ftp-help {{ type "ftp" protocol tcp; l3proto {l3}; }}',
        f"ct expectation soon {{ protocol tcp; dport 9876; timeout 2m; size 12; l3proto {l3}; }}",
        f"set counted {{ type {kind}; counter; elements = {{ {one} }}; }}",
        f"set timed {{ type {kind} . inet_service; flags timeout, dynamic; size 100; }}",
        f"set full {{ type {kind}; flags dynamic; size 1; elements = {{ {one} }}; }}",
        f"set limited {{ type {kind}; limit rate over 1/hour burst 1 packets;"
        f" elements = {{ {one} }}; }}",
        f"set many {{ type {kind}; flags dynamic; size 1000; }}", f"set nothing {{ type {kind}; }}",
        f"map learnt {{ type {kind} : mark; flags dynamic; size 100;"
        f" elements = {{ {one} : 0x1 }}; }}",
        f"map marking {{ type mark : mark; elements = {{ {_SOME} }}; }}",
    ]  # fmt: skip
