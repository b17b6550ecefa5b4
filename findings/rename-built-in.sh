#!/usr/bin/env bash
# iptables(8) says of -E: "Rename the user specified chain to the user supplied name." Of a built-in
# chain one expects a refusal, and legacy refuses. iptables-nft takes it once the chain is there:
# "-E OUTPUT mine" ends with status 0. The chain keeps its hook, so its rules go on dropping
# packets, but it is no longer one that iptables knows: iptables-nft -S and iptables-nft-save show
# an OUTPUT without rules and with policy ACCEPT. Only a comment ("incompatible base-chains") and
# nft itself tell. The next -A OUTPUT makes a second chain on the same hook. Who reads such a dump
# must not take that OUTPUT for all that outgoing packets meet.
# Seen with iptables 1.8.9 and nftables 1.0.6 on Linux 6.18.44.
set -euo pipefail

packages=(
    iptables=1.8.9-2 libxtables12=1.8.9-2 libip4tc2=1.8.9-2 libip6tc2=1.8.9-2
    libnftnl11=1.2.4-2 libmnl0
    nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libjansson4 libedit2 libbsd0
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
    libraries=$(dirname "$(find "$work/root" -name libxtables.so.12)")
    PATH="$work/root/usr/sbin:$work/root/bin:$PATH" LD_LIBRARY_PATH="$libraries" \
        XTABLES_LIBDIR="$libraries/xtables" XTABLES_LOCKFILE="$work/lock" \
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

printf '%s\n' "$(iptables-nft -V), $(iptables-legacy -V), kernel $(uname -r)"
nft --version
renamed() { # the program
    "$1" -A OUTPUT -d 192.0.2.1 -j DROP
    local status=0
    "$1" -E OUTPUT mine 2>/dev/null || status=$?
    echo "$status"
}

told "iptables-legacy -E OUTPUT mine ends with" 1 "$(renamed iptables-legacy)"
told "iptables-nft -E OUTPUT mine ends with" 0 "$(renamed iptables-nft)"
told "iptables-nft-save:" \
    "# Table \`filter' contains incompatible base-chains, use 'nft' tool to list them.
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
COMMIT" "$(iptables-nft-save | grep -v '^# [GC]')"
told "the chain's hook and its rule, by nft:" \
    "type filter hook output priority filter; policy accept;
ip daddr 192.0.2.1 counter packets 0 bytes 0 drop" \
    "$(nft list chain ip filter mine | sed -n 's/^\t\t//p')"
exit "$changed"
