#!/usr/bin/env bash
# ip-rule(8) says of uidrange that it selects the uid value, and one reads it as "packets of
# sockets of these users", so that a packet that only passes through, which no user of this host
# sent, is none of its business. The kernel looks up a packet that arrives as root's
# (ip_route_input_slow fills in the uid of the namespace's owner): "uidrange 0-0" takes it, and
# "uidrange 1-4294967294" doesn't. A rule meant to send what root's programs say another way, or to
# stop it, does the same to all that is forwarded, and "ip route get ... iif ..." agrees, even when
# it is given another uid. Who reads "ip rule" beside a dump has to count uid 0 as "root, and
# everything that came in".
# Seen with iproute2 6.1.0 (packets counted by iptables 1.8.9) on Linux 6.18.44.
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
ip -V

peer() { nsenter -t "$other" -n "$@"; }

unshare -n sleep 60 &
other=$!
trap 'kill "$other"' EXIT
while [ "$(readlink "/proc/$other/ns/net")" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
ip link set lo up
ip link add near type veth peer name far netns "$other"
ip link set near up
ip addr add 10.9.0.1/24 dev near
peer ip link set far up
peer ip addr add 10.9.0.2/24 dev far
peer ip route add default via 10.9.0.1
ip route add default via 10.9.0.2
echo 1 >/proc/sys/net/ipv4/ip_forward
iptables-nft -A FORWARD -p udp -d 192.0.2.5

forwarded() { # of one packet that came in, with a rule of this range that drops
    ip rule add uidrange "$1" priority 50 blackhole
    iptables-nft -Z FORWARD
    peer bash -c 'echo x >/dev/udp/192.0.2.5/9'
    sleep 1 # the neighbour is asked for first
    iptables-nft -vnxL FORWARD | awk 'NR == 3 {print $1}'
    ip rule del priority 50
}

told "packets forwarded with: uidrange 1-4294967294 blackhole" 1 "$(forwarded 1-4294967294)"
told "packets forwarded with: uidrange 0-0 blackhole" 0 "$(forwarded 0-0)"

ip rule add uidrange 0-0 priority 50 table 100
ip route add unreachable default table 100
way() { ip route get 192.0.2.5 "$@" >/dev/null 2>&1 && echo "by the main table" || echo "by the rule"; }
told "ip route get uid 0" "by the rule" "$(way uid 0)"
told "ip route get uid 1000" "by the main table" "$(way uid 1000)"
told "ip route get from 10.9.0.2 iif near uid 1000" "by the rule" "$(way from 10.9.0.2 iif near uid 1000)"
exit "$changed"
