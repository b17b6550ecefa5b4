"""Rule sets of any size, in the forms that hosts and kube-proxy have them, always the same ones."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

PORTS = (22, 25, 53, 80, 110, 143, 443, 465, 587, 993, 995, 3128, 3306, 5432, 6379, 8080, 8443)
SITES = 40
ENDPOINTS = 3
RULES_OF_A_SERVICE = 2 + 3 * ENDPOINTS


def filter_rules(rules: int, changes: int = 0, seed: int = 7) -> str:
    """A dump of about that many filter rules, of which `changes` are replaced by others.

    As on a firewall between sites: each network has a chain of its own, rules ask for hosts and
    networks, ports, lists of ports, interfaces and states.
    """
    random = Random(seed)  # noqa: S311  # the same dump each time
    chains = max(4, rules // 60)
    names = [f"net-{number}" for number in range(chains)]
    body = [f"-A {name} {_wanted(random)}" for name in names for _ in range(rules // chains - 1)]
    for _ in range(changes):
        place = random.randrange(len(body))
        body[place] = f"-A {body[place].split()[1]} {_wanted(random)}"
    jumps = [f"-A FORWARD -d {_network(number)} -j {name}" for number, name in enumerate(names)]
    own = [f"-A INPUT {_wanted(random)}" for _ in range(20)]
    state = "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
    return _dump(
        "filter",
        {"INPUT": "DROP", "FORWARD": "DROP", "OUTPUT": "ACCEPT", **dict.fromkeys(names, "-")},
        [f"-A INPUT {state}", f"-A FORWARD {state}", "-A INPUT -i lo -j ACCEPT", *own, *jumps],
        body,
    )


def _network(number: int) -> str:
    return f"10.{number >> 8 & 255}.{number & 255}.0/24"


def _wanted(random: Random) -> str:
    """The condition and target of a rule."""
    source = random.choice(
        (
            f"-s 172.{random.randrange(16, 32)}.{random.randrange(256)}.{random.randrange(256)}/32",
            f"-s 192.168.{random.randrange(256)}.0/24",
            f"-s {_network(random.randrange(SITES))}",
            "",
        )
    )
    into = random.choice(("", "", f"-i eth{random.randrange(8)}"))
    port = random.choice(PORTS)
    many = ",".join(map(str, sorted(random.sample(PORTS, 4))))
    service = random.choice(
        (
            f"-p tcp -m tcp --dport {port}",
            f"-p tcp -m tcp --dport {random.randrange(1024, 65536)}",
            f"-p udp -m udp --dport {port}",
            f"-p tcp -m multiport --dports {many}",
            f"-p tcp -m conntrack --ctstate NEW -m tcp --dport {port}",
            "-p icmp -m icmp --icmp-type 8",
        )
    )
    target = random.choice(("ACCEPT", "ACCEPT", "ACCEPT", "DROP", "REJECT"))
    return " ".join(f"{source} {into} {service} -j {target}".split())


def kube_proxy_rules(rules: int, changes: int = 0) -> str:
    """A dump of about that many rules of kube-proxy in nat, of which `changes` endpoints moved."""
    services = max(1, rules // RULES_OF_A_SERVICE)
    moved = {services * number // max(1, changes) for number in range(changes)}
    chains = ["KUBE-SERVICES", "KUBE-NODEPORTS", "KUBE-MARK-MASQ", "KUBE-POSTROUTING"]
    first = [
        "-A PREROUTING -j KUBE-SERVICES",
        "-A OUTPUT -j KUBE-SERVICES",
        "-A POSTROUTING -j KUBE-POSTROUTING",
        "-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000",
        "-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN",
        "-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0",
        "-A KUBE-POSTROUTING -j MASQUERADE --random-fully",
    ]
    body: list[str] = []
    for number in range(services):
        chains += [f"KUBE-SVC-{number:016d}"]
        chains += [f"KUBE-SEP-{number:014d}{n:02d}" for n in range(ENDPOINTS)]
        first.append(f"-A KUBE-SERVICES {_service(number)} -j KUBE-SVC-{number:016d}")
        body += _endpoints(number, number in moved)
    first.append("-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS")
    hooks = dict.fromkeys(("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"), "ACCEPT")
    return _dump("nat", {**hooks, **dict.fromkeys(chains, "-")}, first, body)


def _service(number: int) -> str:
    address = _address(96, number)
    port = PORTS[number % len(PORTS)]
    return f'-d {address}/32 -p tcp -m comment --comment "ns/s{number}" -m tcp --dport {port}'


def _address(block: int, number: int) -> str:
    """The address of that number in 10.0.0.0/8, from a block of 65,536 on."""
    return f"10.{block + number // 64_000}.{number // 250 % 256}.{number % 250 + 1}"


def _endpoints(number: int, moved: bool) -> Iterator[str]:
    chain = f"KUBE-SVC-{number:016d}"
    yield f"-A {chain} ! -s 10.244.0.0/16 {_service(number)} -j KUBE-MARK-MASQ"
    for n in range(ENDPOINTS):
        sep = f"KUBE-SEP-{number:014d}{n:02d}"
        left = ENDPOINTS - n
        chance = f"-m statistic --mode random --probability {1 / left:.11f}" if left > 1 else ""
        yield " ".join(f"-A {chain} {chance} -j {sep}".split())
        count = number * ENDPOINTS + n
        pod = "10.255.9.9" if moved and not n else _address(244, count)
        yield f"-A {sep} -s {pod}/32 -j KUBE-MARK-MASQ"
        yield f"-A {sep} -p tcp -m tcp -j DNAT --to-destination {pod}:8080"


def _dump(table: str, chains: dict[str, str], *rules: list[str]) -> str:
    heads = [f":{name} {policy} [0:0]" for name, policy in chains.items()]
    lines = [line for some in rules for line in some]
    return "\n".join([f"*{table}", *heads, *lines, "COMMIT", ""])
