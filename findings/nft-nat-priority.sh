#!/usr/bin/env bash
# nft(8), CHAINS, says that a lower priority comes first, and one expects a nat chain of priority 50
# to run after a filter chain of priority 0 at the same hook. It runs before: all chains of type nat
# are asked where the kernel's nat is (-100 at prerouting and output, 100 at input and postrouting),
# and their own priorities order them among each other only (net/netfilter/nf_nat_core.c,
# nf_nat_register_fn). So a filter at priority 0 sees the new destination that a "later" chain gave,
# and no priority puts a filter chain between two nat chains.
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
    chain filter { type filter hook output priority 0;
        udp dport 9 counter comment "old"
        udp dport 99 counter comment "new"
    }
    chain nat { type nat hook output priority 50;
        udp dport 9 redirect to :99
    }
}
END
echo x >/dev/udp/127.0.0.1/9
told "a filter at priority 0 sees the old port, and the new one of nat at priority 50" "0 1" \
    "$(count old) $(count new)"
exit "$changed"
