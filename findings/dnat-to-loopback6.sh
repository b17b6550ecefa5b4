#!/usr/bin/env bash
# RFC 4291, 2.5.3, says of ::1 that a packet to it must never leave the node, and ip6tables takes
# "DNAT --to-destination ::1" in PREROUTING without a word. One expects that the packet is
# delivered, or, as with 127.0.0.1 where route_localnet is off, dropped. It depends on the default
# route. Where that goes by the interface the packet came in by, the packet is FORWARDED: it passes
# FORWARD and POSTROUTING, not INPUT, and leaves by that interface with destination ::1. Where
# there is none, it is dropped before both chains. The kernel looks ::1 up with the arriving
# interface as a must (rt6_need_strict, ip6_route_input_lookup), so the local route by lo doesn't
# fit and the default route by the right interface does. Who reads the dump looks in INPUT for the
# rule that decides, and it is in FORWARD.
# Seen with iptables 1.8.9, nft back end, on Linux 6.18.44.
set -euo pipefail

packages=(
    iptables=1.8.9-2 libxtables12=1.8.9-2 libip4tc2=1.8.9-2 libip6tc2=1.8.9-2
    libnftnl11=1.2.4-2 libmnl0
    iproute2=6.1.0-3 libbpf1 libelf1 libbsd0
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
peer() { nsenter -t "$other" -n "$@"; }

unshare -n sleep 60 &
other=$!
trap 'kill "$other"' EXIT
while [ "$(readlink "/proc/$other/ns/net")" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
ip link set lo up
ip link add near type veth peer name far netns "$other"
ip link set near up
ip addr add fd09::1/64 dev near nodad
peer ip link set lo up
peer ip link set far up
peer ip addr add fd09::2/64 dev far nodad
echo 1 >/proc/sys/net/ipv6/conf/all/forwarding

run=ip6tables-nft
"$run" -t nat -A PREROUTING -i near -p udp --dport 7 -j DNAT --to-destination ::1
"$run" -t mangle -A PREROUTING -i near -p udp --dport 7
"$run" -t mangle -A INPUT -p udp -d ::1
"$run" -t mangle -A FORWARD -p udp -d ::1
"$run" -t mangle -A POSTROUTING -p udp -d ::1 -o near

met() { # where packets to port 7 were counted, one chain a word
    "$run" -t mangle -Z
    peer bash -c 'echo x >/dev/udp/fd09::1/7'
    sleep 1 # the neighbour is asked for first
    "$run" -t mangle -vnxL | awk '/^Chain/ {chain = $2} $1 == 1 {printf "%s ", chain}'
}

told "chains met by a packet DNATed to ::1, no default route:" "PREROUTING " "$(met)"
ip -6 route add default via fd09::2 dev near
told "the same with the default route by the interface it came in by:" \
    "PREROUTING FORWARD POSTROUTING " "$(met)"
exit "$changed"
