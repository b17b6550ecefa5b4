#!/usr/bin/env bash
# One expects "tcp option maxseg size set 600" to end its rule for a segment that has no such option,
# as "tcp option maxseg size > 0" does: everywhere else in nftables a field that isn't there breaks
# the rule. The statement that writes lets the rule go on (net/netfilter/nft_exthdr.c,
# nft_exthdr_tcp_set_eval, returns without a verdict where it finds no option). So what stands behind
# it in the rule (an accept, a mark) is done to every TCP segment. A packet without a TCP header does
# end the rule. In the same file a test whether an option is missing is true of every UDP packet.
# Seen with nftables 1.0.6 on Linux 6.18.44.
set -euo pipefail

packages=(
    nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11=1.2.4-2 libmnl0 libjansson4
    libxtables12=1.8.9-2 libedit2 libbsd0 iproute2=6.1.0-3 libbpf1 libelf1
)
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root" >&2; exit 2; }
    script=$(realpath "$0")
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    mkdir -p "$work/lists/partial" "$work/debs" && cd "$work/debs"
    get() { apt-get -qq -o APT::Sandbox::User=root "$@" 2>"$work/why"; }
    own=(-o "Dir::State::Lists=$work/lists")
    get download "${packages[@]}" ||
        { get "${own[@]}" update && get "${own[@]}" download "${packages[@]}"; } ||
        { cat "$work/why"; echo "apt doesn't offer ${packages[0]}: run this on Debian 12"; exit 2; } >&2
    for deb in *.deb; do dpkg-deb -x "$deb" "$work/root"; done
    libraries=$(dirname "$(find "$work/root" -name libnftables.so.1)")
    PATH="$work/root/usr/sbin:$work/root/bin:$PATH" LD_LIBRARY_PATH="$libraries" \
        unshare -n bash "$script" inside "$(readlink /proc/self/ns/net)"
    exit
fi
# Rules are loaded and flushed below: never in the network that the script was called in.
[ -n "${2-}" ] && [ "$2" != "$(readlink /proc/self/ns/net)" ] || exit 2
changed=0
told() { # what was asked, the answer told above, the answer seen
    printf '%s\n    %s\n' "$1" "${3//$'\n'/$'\n'    }"
    [ "$3" = "$2" ] || { printf 'CHANGED, was\n    %s\n' "${2//$'\n'/$'\n'    }"; changed=1; }
}

printf '%s\n' "$(nft --version), kernel $(uname -r)"
# The packets that the counter of the rule with that comment has seen.
count() { nft list ruleset | sed -n "s/.*packets \([0-9]*\) .*comment \"$1\".*/\1/p"; }
ip link set lo up
nft -f - <<'END'
table ip t {
    chain out { type filter hook output priority 0;
        tcp flags rst tcp option maxseg size > 0 counter comment "reads"
        tcp flags rst tcp option maxseg size set 600 counter comment "writes"
        udp dport 9 tcp option maxseg missing counter comment "missing"
        udp dport 9 tcp option maxseg size set 600 counter comment "no-tcp"
    }
}
END
(echo x >/dev/tcp/127.0.0.1/9) 2>/dev/null || true
echo x >/dev/udp/127.0.0.1/9
told "of a reset, which has no options: the rule that reads it, the one that writes it" "0 1" \
    "$(count reads) $(count writes)"
told "of UDP: a rule whether the option is missing, the one that writes it" "1 0" \
    "$(count missing) $(count no-tcp)"
exit "$changed"
