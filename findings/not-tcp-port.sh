#!/usr/bin/env bash
# iptables-extensions(8), tcp, says that its options can be used if "--protocol tcp" is given, and
# one expects "! -p tcp -m tcp --dport 80" to be refused, or to take nothing, since what isn't TCP
# has no TCP port. iptables-legacy refuses it. iptables-nft turns it into "meta l4proto != tcp th
# dport 80", in which nothing asks for TCP: it takes UDP datagrams to port 80, and leaves TCP and
# other UDP ports alone. In the same way both back ends load "! -p tcp -j MASQUERADE --to-ports",
# where iptables-extensions(8), MASQUERADE, asks for a rule of tcp, udp, dccp or sctp: the check
# looks at the number and overlooks the "!". Who reads the dump holds such a rule for idle by its
# own words, and it isn't.
# Seen with iptables 1.8.9 on Linux 6.18.44.
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
ip link set lo up
loads() { "$1" <<<"$2" >/dev/null 2>&1 && echo loaded || echo refused; }
packets() { iptables-nft -vnxL OUTPUT 2>/dev/null | awk 'NR == 3 {print $1}'; }

port="*filter
-A OUTPUT ! -p tcp -m tcp --dport 80
COMMIT"
masquerade="*nat
-A POSTROUTING ! -p tcp -j MASQUERADE --to-ports 80
COMMIT"

told "iptables-legacy-restore, ! -p tcp -m tcp --dport 80" refused \
    "$(loads iptables-legacy-restore "$port")"
told "iptables-nft-restore, the same" loaded "$(loads iptables-nft-restore "$port")"
(echo >/dev/tcp/127.0.0.1/80) 2>/dev/null || true
echo x >/dev/udp/127.0.0.1/81
told "packets it took: one to TCP port 80 and one to UDP port 81 were sent" 0 "$(packets)"
echo x >/dev/udp/127.0.0.1/80
told "packets it took: one more to UDP port 80" 1 "$(packets)"
for way in nft legacy; do
    told "iptables-$way-restore, ! -p tcp -j MASQUERADE --to-ports 80" loaded \
        "$(loads "iptables-$way-restore" "$masquerade")"
done
exit "$changed"
