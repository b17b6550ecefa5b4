#!/usr/bin/env bash
# nft(8), VERDICT STATEMENTS, says of continue: "Continue evaluation of the next rule". As a verdict of
# a map it doesn't: the same rule goes on. In "ct state vmap { new : continue } accept" a new packet
# gets to the accept, so the rule accepts what it seems to leave to the rules below. A key that the
# map doesn't have does end the rule. NFT_CONTINUE in the verdict register is what any expression
# leaves there (net/netfilter/nf_tables_core.c, nft_do_chain).
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
        udp dport 9 ct state vmap { new : continue } counter accept comment "same"
        udp dport 9 counter drop comment "next"
        udp dport 10 ct state vmap { established : continue } counter accept comment "missed"
        udp dport 10 counter comment "below"
    }
}
END
echo x >/dev/udp/127.0.0.1/9
echo x >/dev/udp/127.0.0.1/10
told "with the key in the map: the same rule's accept, the rule below" "1 0" "$(count same) $(count next)"
told "without it: the same rule's accept, the rule below" "0 1" "$(count missed) $(count below)"
exit "$changed"
