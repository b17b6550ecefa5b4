"""The settings of the kernel that a host under judgement is given."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from iptsim.host import Host
from iptsim.regex import regex

# None but these, which are of a network namespace, are ever written: a text may name any file.
_SETTING = regex(
    r"net/ipv[46]/conf/(?P<interface>[^/]+)/(?:route_localnet|forwarding|force_forwarding|rp_filter"
    r"|accept_local|src_valid_mark|send_redirects|disable_ipv6)"
    r"|net/ipv4/(?:ip_default_ttl|tcp_fwmark_accept|fwmark_reflect)|net/ipv6/fwmark_reflect"
    r"|net/netfilter/nf_conntrack_tcp_loose"
)


def settings_for(host: Host, names: Collection[str]) -> Iterator[tuple[str, int]]:
    """What was told and decides, of all interfaces before that of one.

    `names` are the interfaces that there are. Those of an interface alone are as it has them.
    """
    told = host.sysctls
    found = [(p, v) for p, v in told.values.items() if _known(p, names)]
    yield from sorted(found, key=lambda pair: "/conf/all/" not in pair[0])
    for path, _value in found:
        root, default, name = path.rpartition("/default/")
        width = 32 if root.startswith("net/ipv4") else 128
        for each in names if default else ():
            if told.conf(width, each, name) is None:
                yield f"{root}/{each}/{name}", told.own(width, each, name) or 0


def _known(path: str, names: Collection[str]) -> bool:
    found = _SETTING.fullmatch(path)
    return found is not None and found["interface"] in (None, "all", "default", "lo", *names)
