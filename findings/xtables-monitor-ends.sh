#!/usr/bin/env bash
# xtables-monitor(8), --trace, says that it prints every rule that a traced packet matches. With a
# REDIRECT or DNAT rule of IPv6 that iptables itself wrote ("-p tcp --dport 81 -j REDIRECT --to-ports
# 8081") it prints the line up to the table and ends there, with status 3 and "unsupported layer 4
# protocol value": to print a rule it reads it back without the protocol that the rule asked for
# first. The packets that come after are not told, so a log that stops is not a host that is silent.
# The same rule of IPv4 is printed.
# Seen with iptables 1.8.9 on Linux 6.18.44.
set -euo pipefail

packages=(
    iptables=1.8.9-2 libxtables12=1.8.9-2 libip4tc2=1.8.9-2 libip6tc2=1.8.9-2
    libnftnl11=1.2.4-2 libmnl0
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
ip link set lo up
printed() { # 4 or 6, the program, the address: the last line but its id, and how the monitor ended
    local out status=0
    out=$(mktemp)
    "$2-nft-restore" <<<"*raw
-A OUTPUT -j TRACE
COMMIT
*nat
-A OUTPUT -p tcp --dport 81 -j REDIRECT --to-ports 8081
COMMIT"
    timeout 2 xtables-monitor --trace "-$1" >"$out" 2>/dev/null & local monitor=$!
    sleep 1
    (echo >"/dev/tcp/$3/81") 2>/dev/null || true
    wait "$monitor" || status=$?
    echo "status $status"
    sed -n 's/^.*\(nat:OUTPUT:rule:\)0x[0-9a-f]*/\1/p' "$out"
    rm "$out"
}
told "IPv4 (124: it was going on, and was ended)" \
    "status 124
nat:OUTPUT:rule::ACCEPT  -4 -t nat -A OUTPUT -p tcp -m tcp --dport 81 -j REDIRECT --to-ports 8081" \
    "$(printed 4 iptables 127.0.0.1)"
told "IPv6" \
    "status 3
nat:OUTPUT:rule::ACCEPT  -6 -t nat " "$(printed 6 ip6tables ::1)"
exit "$changed"
