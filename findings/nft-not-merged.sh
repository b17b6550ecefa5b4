#!/usr/bin/env bash
# "udp sport != 22 udp dport != 53" are two conditions, and one expects a rule to take a packet that
# meets both. nft makes one comparison of two fields that stand side by side in a header: of "==" that
# is the same, of "!=" it is not. The rule asks whether the four bytes are other than "22, 53", so it
# takes all that meets one of the two: "udp sport != 22 udp dport != 53 drop", meant to spare both
# ports, drops what comes from 22 or goes to 53 alike, unless both hold. nft list ruleset prints it as
# it was written. A statement between the two moves behind them: a counter there counts less.
# Fields that are compared with a set, a range or by a mask are not joined.
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
        udp dport 53 counter comment "sent"
        udp sport != 22 udp dport != 53 counter comment "joined"
        udp dport { 53 } udp sport != { 22, 23 } udp dport != { 53, 54 } counter comment "apart"
    }
}
END
echo x >/dev/udp/127.0.0.1/53
told "packets to port 53" "1" "$(count sent)"
told "of these udp sport != 22 udp dport != 53 takes" "1" "$(count joined)"
told "of these udp sport != { 22, 23 } udp dport != { 53, 54 } takes" "0" "$(count apart)"
told "the comparison that the kernel got" "cmp neq reg 1 0x35001600" \
    "$(nft --debug=netlink list ruleset | grep -m1 -o 'cmp neq reg 1 0x35001600')"
exit "$changed"
