#!/usr/bin/env bash
# One expects iptables-nft-save to say, or to pass over, what it can't read: it does pass over
# tables of nft that don't look like its own. But one rule that nft(8) wrote into a chain that does
# (table raw, chain PREROUTING, priority -300) and that iptables has no words for ("tcp dport 7
# meta mark set 3") ends the whole dump there. Standard output has "*raw", its chains and no rule,
# no COMMIT, and none of the tables that were to follow: the filter rules of iptables itself are
# missing. Only standard error and status 3 tell, and "iptables-nft-save > file" at a timer loses
# both. iptables-nft -S shows the same as an empty chain with policy ACCEPT. Who is handed such a
# file must not take the missing tables for empty ones; the sign is the table without COMMIT at the
# end.
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
iptables-nft -A INPUT -s 192.0.2.1 -j DROP
nft add table ip mine
nft add chain ip mine marks
nft add rule ip mine marks tcp dport 7 meta mark set 3 counter
told "iptables-nft-save with such a rule in a table of another name:" \
    "*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -s 192.0.2.1/32 -j DROP
COMMIT" "$(iptables-nft-save | grep -v '^#')"

nft add table ip raw
nft add chain ip raw PREROUTING '{ type filter hook prerouting priority -300; }'
nft add rule ip raw PREROUTING tcp dport 7 meta mark set 3 counter

status=0
errors=$(mktemp)
saved=$(iptables-nft-save 2>"$errors") || status=$?
told "iptables-nft-save after nft wrote a rule into raw PREROUTING:" \
    "*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]" "$(grep -v '^#' <<<"$saved")"
told "its exit status" 3 "$status"
told "on standard error" 1 "$(grep -c 'Parsing nftables rule failed' "$errors")"
rm "$errors"

status=0
shown=$(iptables-nft -t raw -S 2>/dev/null) || status=$?
told "iptables-nft -t raw -S:" "-P PREROUTING ACCEPT
-P OUTPUT ACCEPT" "$shown"
told "its exit status" 3 "$status"
exit "$changed"
