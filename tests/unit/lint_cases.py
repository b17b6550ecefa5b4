"""Small rule sets with what lint finds in them, and those of which it says nothing."""

from __future__ import annotations

from collections.abc import Mapping

from iptsim.lint import Kind
from iptsim.model import BUILTIN_CHAINS

K = Kind
Found = tuple[Kind, str, int | None]


def dump(*lines: str, table: str = "filter", policy: Mapping[str, str] | None = None) -> str:
    """A whole table; lines that are `:name` declare chains."""
    chains = [f":{chain} {(policy or {}).get(chain, 'ACCEPT')}" for chain in BUILTIN_CHAINS[table]]
    users = [f"{line} -" for line in lines if line.startswith(":")]
    rules = [line for line in lines if not line.startswith(":")]
    return "\n".join([f"*{table}", *chains, *users, *rules, "COMMIT", ""])


DROP = {"INPUT": "DROP"}
CASES: tuple[tuple[str, str, list[Found]], ...] = (
    (
        "taken by an earlier rule that does the same",
        dump("-A INPUT -p tcp -j ACCEPT", "-A INPUT -p tcp --dport 80 -j ACCEPT", policy=DROP),
        [(K.SHADOWED, "INPUT", 2)],
    ),
    (
        "taken by an earlier rule that decides otherwise",
        dump("-A INPUT -s 10.0.0.0/8 -j DROP", "-A INPUT -s 10.1.0.0/16 -j ACCEPT"),
        [(K.SHADOWED_OTHERWISE, "INPUT", 2)],
    ),
    (
        "taken before a return to the policy, which would decide otherwise",
        dump("-A INPUT -p tcp -j ACCEPT", "-A INPUT -p tcp --dport 80 -j RETURN", policy=DROP),
        [(K.SHADOWED_OTHERWISE, "INPUT", 2)],
    ),
    (
        "taken by a rule whose interfaces hold its own",
        dump("-A INPUT -i eth+ -j DROP", "-A INPUT -i eth1+ -j ACCEPT"),
        [(K.SHADOWED_OTHERWISE, "INPUT", 2)],
    ),
    (
        "taken by two rules together",
        dump(
            "-A INPUT -p tcp --dport 0:1023 -j ACCEPT",
            "-A INPUT -p tcp --dport 1024:65535 -j ACCEPT",
            "-A INPUT -p tcp --dport 1000:2000 -j DROP",
            policy=DROP,
        ),
        [(K.SHADOWED_OTHERWISE, "INPUT", 3)],
    ),
    (
        "taken in a chain that logs and drops",
        dump(
            ":X", "-A INPUT -p udp -j X", "-A INPUT -p udp -j ACCEPT", "-A X -j LOG", "-A X -j DROP"
        ),
        [(K.SHADOWED_OTHERWISE, "INPUT", 2)],
    ),
    (
        "the same rule again",
        dump("-A INPUT -p tcp -j DROP", "-A INPUT -p udp -j DROP", "-A INPUT -p tcp -j DROP"),
        [(K.DUPLICATE, "INPUT", 3)],
    ),
    (
        "asked for what its chain is not called with",
        dump(":X", "-A INPUT -p tcp -j X", "-A X -p udp -j DROP", "-A X -j DROP"),
        [(K.NOT_ASKED, "X", 1)],
    ),
    (
        "conditions that exclude each other",
        dump(
            "-A INPUT -p tcp -m multiport --dports 80 -m tcp --dport 81 -j DROP",
            "-A INPUT -m mark --mark 1 -m mark --mark 2 -j DROP",
            "-A INPUT -s 10.0.0.0/8 -m iprange --src-range 11.0.0.1-11.0.0.2 -j DROP",
            "-A INPUT -m addrtype --dst-type LOCAL -m addrtype ! --dst-type LOCAL -j DROP",
        ),
        [(K.CONTRADICTION, "INPUT", n) for n in (1, 2, 3, 4)],
    ),
    (
        "a set that is asked for and excluded",
        dump("-A INPUT -m set --match-set a src -m set ! --match-set a src -j DROP"),
        [(K.CONTRADICTION, "INPUT", 1)],
    ),
    (
        "an interface that packets do not have there",
        dump(":X", "-A OUTPUT -j X", "-A X -i eth0 -j DROP"),
        [(K.NO_EFFECT, "OUTPUT", 1), (K.NOT_AT_HOOK, "X", 1)],
    ),
    (
        "a state that nat is never asked about",
        dump("-A PREROUTING -m conntrack --ctstate ESTABLISHED -p tcp -j REDIRECT", table="nat"),
        [(K.NOT_AT_HOOK, "PREROUTING", 1)],
    ),
    ("a chain that nothing leads to", dump(":X", "-A X -j DROP"), [(K.UNREFERENCED, "X", None)]),
    (
        "a chain that only a dead rule leads to",
        dump(":X", "-A INPUT -p tcp -j DROP", "-A INPUT -p tcp --dport 1 -j X", "-A X -j DROP"),
        [(K.UNREACHED, "X", None), (K.SHADOWED, "INPUT", 2)],
    ),
    (
        "a chain that only such a chain leads to",
        dump(":X", ":Y", "-A X -j Y", "-A Y -j DROP"),
        [(K.UNREFERENCED, "X", None), (K.UNREACHED, "Y", None)],
    ),
    ("a jump to itself", dump(":X", "-A INPUT -j X", "-A X -j X"), [(K.LOOP, "X", 1)]),
    (
        "a loop of two",
        dump(":X", ":Y", "-A INPUT -j X", "-A X -j Y", "-A Y -g X"),
        [(K.LOOP, "X", 1)],
    ),
    ("a chain that is not there", dump("-A INPUT -j NOWHERE"), [(K.ABSENT, "INPUT", 1)]),
    ("a chain without rules", dump(":X", "-A INPUT -j X"), [(K.EMPTY, "INPUT", 1)]),
    (
        "what the policy does anyway",
        dump("-A INPUT -p tcp -j ACCEPT", "-A INPUT -p udp -j ACCEPT"),
        [(K.NO_EFFECT, "INPUT", 1), (K.NO_EFFECT, "INPUT", 2)],
    ),
    (
        "a return at the end",
        dump(":X", "-A INPUT -j X", "-A X -p tcp -j DROP", "-A X -j RETURN"),
        [(K.NO_EFFECT, "X", 2)],
    ),
    (
        "accepted in a chain whose caller goes on to accept",
        dump(
            ":X",
            "-A INPUT -p tcp -j X",
            "-A INPUT -p tcp -j ACCEPT",
            "-A X -p tcp --dport 1 -j DROP",
            "-A X -s 10.0.0.0/8 -j ACCEPT",
            policy=DROP,
        ),
        [(K.NO_EFFECT, "X", 2)],
    ),
    (
        "the next rule does the same for more",
        dump("-A INPUT -s 10.0.0.0/8 -j DROP", "-A INPUT -j DROP"),
        [(K.POLICY, "INPUT", None), (K.NO_EFFECT, "INPUT", 1)],
    ),
    (
        "a policy after a rule for all",
        dump("-A INPUT -p tcp -j ACCEPT", "-A INPUT -j DROP"),
        [(K.POLICY, "INPUT", None)],
    ),
)  # fmt: skip
LISTING = """Chain INPUT (policy DROP)
target     prot opt source               destination
ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0
DROP       tcp  --  0.0.0.0/0            0.0.0.0/0
X          all  --  0.0.0.0/0            0.0.0.0/0
ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0

Chain FORWARD (policy ACCEPT)
target     prot opt source               destination

Chain OUTPUT (policy ACCEPT)
target     prot opt source               destination

Chain X (1 references)
target     prot opt source               destination
DROP       all  --  0.0.0.0/0            0.0.0.0/0
"""
ALONE = """Chain X (2 references)
target     prot opt source               destination
ACCEPT     tcp  --  0.0.0.0/0            0.0.0.0/0
"""
TITLE = " pkts bytes target prot opt in out source destination"
CALLED_BY_OTHERS = f"""Chain INPUT (policy ACCEPT 0 packets, 0 bytes)
{TITLE}
    0     0 X          tcp  --  eth0   *       0.0.0.0/0            0.0.0.0/0
    0     0 DROP       tcp  --  lo     *       0.0.0.0/0            0.0.0.0/0

Chain X (2 references)
{TITLE}
    0     0 ACCEPT     tcp  --  *      *       0.0.0.0/0            0.0.0.0/0
"""
SILENT: dict[str, str] = {
    "a limit lets some pass": dump(
        "-A INPUT -p tcp -m limit --limit 1/s -j ACCEPT", "-A INPUT -p tcp -j DROP"
    ),
    "two looks at a limit": dump(
        "-A INPUT -m limit --limit 1/s -j DROP", "-A INPUT -m limit --limit 1/s -j DROP"
    ),
    "a set that rules change": dump(
        "-A INPUT -m set --match-set a src -p tcp -j DROP",
        "-A INPUT -p tcp -j SET --add-set a src",
        "-A INPUT -m set --match-set a src -p tcp -j DROP",
    ),
    "a list of recent addresses": dump(
        "-A INPUT -p tcp -m recent --rcheck --name x -j DROP",
        "-A INPUT -p tcp -m recent --set --name x",
        "-A INPUT -p tcp -m recent --rcheck --name x -j DROP",
    ),
    "a log line before what happens anyway": dump("-A INPUT -p tcp -j LOG"),
    "accepted before others are logged": dump("-A INPUT -p tcp -j ACCEPT", "-A INPUT -j LOG"),
    "accepted before a limit is used up": dump(
        "-A INPUT -p tcp -j ACCEPT", "-A INPUT -m limit --limit 1/s -j ACCEPT"
    ),
    "a rule that counts": dump("-A INPUT -p tcp"),
    "accepted before others are counted": dump("-A INPUT -p tcp -j ACCEPT", "-A INPUT"),
    "a mark": dump("-A PREROUTING -p tcp -j MARK --set-mark 1", table="mangle"),
    "a mark that was set before": dump(
        "-A PREROUTING -m mark --mark 1 -j DROP",
        "-A PREROUTING -j MARK --set-mark 1",
        "-A PREROUTING -m mark --mark 1 -j DROP",
        table="mangle",
    ),
    "loopback alone": dump("-A INPUT -i lo -j ACCEPT", policy=DROP),
    "broadcast, fragments and frames": dump(
        "-A INPUT -m pkttype --pkt-type broadcast -j DROP",
        "-A FORWARD -f -j DROP",
        "-A INPUT -m addrtype --src-type LOCAL -j DROP",
        "-A INPUT -m addrtype ! --dst-type LOCAL -j DROP",
        "-A INPUT -m physdev --physdev-in eth0 -j DROP",
    ),
    "forwarded and own packets in one chain": dump(
        ":X", "-A PREROUTING -j X", "-A OUTPUT -j X",
        "-A X -m addrtype ! --dst-type LOCAL -p tcp -j REDIRECT",
        "-A X -m addrtype --dst-type LOCAL -p udp -j REDIRECT", table="nat",
    ),
    "reject where the policy drops": dump("-A INPUT -p tcp -j REJECT", policy=DROP),
    "reject another way": dump(
        "-A INPUT -p tcp --dport 1 -j REJECT --reject-with tcp-reset", "-A INPUT -p tcp -j REJECT"
    ),
    "returned before a rule of the caller": dump(
        ":X", "-A INPUT -j X", "-A INPUT -p tcp --dport 1 -j REJECT",
        "-A X -p tcp -j RETURN", "-A X -j ACCEPT",
        policy=DROP,
    ),
    "a listing hides interfaces": LISTING,
    "a chain of a listing by itself": ALONE,
    "rules of a script come after others": (
        "iptables -A INPUT -j X\niptables -A X -p tcp -j ACCEPT\n"
    ),
    "an extension that nobody knows": dump(
        "-A INPUT -m mystery --some -j DROP", "-A INPUT -m mystery --some -j DROP"
    ),
}  # fmt: skip
