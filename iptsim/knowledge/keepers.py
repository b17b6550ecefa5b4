"""Chains that programs keep in a rule set, be they empty or unused.

Sources: moby/moby, daemon/libnetwork/drivers/bridge/internal/iptabler; kubernetes/kubernetes,
pkg/proxy/iptables/proxier.go and KEP-3178; projectcalico/calico, felix/rules; istio/istio,
tools/istio-iptables/pkg/capture/run.go; cilium/cilium, pkg/datapath/iptables; flannel-io/flannel,
pkg/trafficmngr/iptables; containernetworking/plugins, plugins/meta/portmap; containers/netavark,
src/firewall/varktables; firewalld, src/firewall/core/ipXtables.py; ufw, src/backend_iptables.py and
conf/*.rules; libvirt, src/network/network_iptables.c; fail2ban, config/action.d/iptables.conf.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from iptsim.dataclass import dataclass

_NONE = r"(?!)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """A program and the chains that are its own.

    The texts are regular expressions for whole names: of its `chains`, of those that may stand
    `spare` (nothing leads to them, whatever they hold), of those that are for its `users`' own
    rules. `rules` is one for rules that it puts into built-in chains besides jumps to its own,
    `last` for those of its own that rules which fit `by` take everything from. Of a program with
    `marks` names count only beside a chain that fits them.
    """

    name: str
    chains: str
    marks: str = ""
    spare: str = _NONE
    users: str = _NONE
    rules: str = _NONE
    last: str = _NONE
    by: str = _NONE

    def is_among(self, names: Iterable[str]) -> bool:
        """Whether its chains are among the names."""
        return any(re.fullmatch(self.marks or self.chains, name) for name in names)

    def keeps(self, chain: str) -> bool:
        """Whether a chain is its own."""
        return re.fullmatch(self.chains, chain) is not None

    def spares(self, chain: str) -> bool:
        """Whether its chain may stand without a rule that leads to it."""
        return re.fullmatch(self.spare, chain) is not None

    def leaves(self, chain: str) -> bool:
        """Whether a chain of its own is for what its users write."""
        return re.fullmatch(self.users, chain) is not None

    def writes(self, text: str) -> bool:
        """Whether a rule of a built-in chain is of its making."""
        return re.fullmatch(self.rules, text) is not None

    def shadows(self, text: str, others: Iterable[str]) -> bool:
        """Whether it writes a rule that never matches for those other rules of its own."""
        own = re.fullmatch(self.last, text) is not None
        return own and all(re.fullmatch(self.by, other) for other in others)


_ISTIO_OWNER = (
    r"-A ISTIO_OUTPUT .*-m owner (?:! )?--[ug]id-owner \d+ -j (?:RETURN|ISTIO_(?:IN_)?REDIRECT)"
)

_FELIX = r'.* --comment "?cali:[\w-]{16}"? .*'

KEEPERS = (
    Keeper(
        name="docker",
        chains=r"DOCKER(?:[-_].+)?",
        users=r"DOCKER-USER",
        rules=(
            r"-A FORWARD (?:-i (docker\d+|docker_gwbridge|br-\w+) (?:! )?-o \1"
            r"|-o (?:docker\d+|docker_gwbridge|br-\w+) -m conntrack --ctstate RELATED,ESTABLISHED)"
            r" -j ACCEPT"
        ),
    ),
    Keeper(
        name="kubernetes",
        chains=r"KUBE-.+",
        spare=r"KUBE-(?:PROXY-CANARY|KUBELET-CANARY|IPTABLES-HINT|MARK-DROP|MARK-MASQ)",
        rules=r'.* --comment "kubernetes .*" .*',
    ),
    # Felix signs its rules with hashes.
    Keeper(
        name="calico",
        chains=r"cali(?:co)?-.+",
        rules=_FELIX,
        last=_FELIX,
        by=_FELIX,
    ),
    # Each uid and each gid gets the same rules in turn.
    Keeper(name="istio", chains=r"ISTIO_.+", last=_ISTIO_OWNER, by=_ISTIO_OWNER),
    Keeper(
        name="cilium",
        chains=r"(?:OLD_)?CILIUM_.+",
        rules=r'.* --comment "cilium(?:-feeder)?: .*" .*',
    ),
    Keeper(name="flannel", chains=r"FLANNEL-.+", rules=r'.* --comment "flanneld .*" .*'),
    Keeper(name="cni", chains=r"CNI-.+"),
    Keeper(name="netavark", chains=r"NETAVARK[-_].+"),
    Keeper(
        name="firewalld",
        marks=r"INPUT_ZONES|INPUT_direct",
        chains=(
            r"(?:INPUT|OUTPUT|FORWARD|PREROUTING|POSTROUTING)_"
            r"(?:direct|POLICIES_(?:pre|post)|(?:IN_|OUT_)?ZONES(?:_SOURCE)?)"
            r"|(?:IN|OUT|PRE|POST|FWD|FWDI|FWDO)_\S+"
        ),
        users=r"\S+_direct",
        rules=r"-A OUTPUT -o lo -j ACCEPT",
        # The zone of all other interfaces decides.
        last=(
            r"-A (?:INPUT|FORWARD) (?:-j (?:INPUT|FORWARD)_\w+"
            r"|-m conntrack --ctstate INVALID -j DROP|-j REJECT --reject-with icmp\S+-prohibited)"
        ),
        by=r"-A (?:INPUT|FORWARD) -j (?:INPUT|FORWARD_IN|FORWARD_OUT)_ZONES",
    ),
    Keeper(
        name="ufw",
        chains=r"ufw6?-.+",
        spare=r"ufw6?-(?:logging-(?:allow|deny)|skip-to-policy-\w+|user-(?:limit|logging)\S*)",
        users=r"ufw6?-user-(?:input|output|forward)",
    ),
    Keeper(
        name="libvirt",
        chains=r"LIBVIRT_\w+",
        rules=(
            r"-A FORWARD (?=.*virbr)(?:-[sd] \S+ )?(?:-i virbr\d+ )?(?:-o virbr\d+ )?"
            r"(?:-m conntrack --ctstate RELATED,ESTABLISHED )?-j ACCEPT"
            r"|-A (?:INPUT|OUTPUT) -[io] virbr\d+ -p (tcp|udp) -m \1 --dport (?:53|67|68) -j ACCEPT"
        ),
    ),
    Keeper(name="fail2ban", chains=r"(?:f2b|fail2ban)-.+"),
)
